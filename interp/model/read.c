// From a tree of nodes to C structs, by the tables in field.h.

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "model/reader.h"

static void *records_new(const struct type *type, size_t count, struct reader *r)
{
    char *records = arena_alloc(r->arena, count ? count : 1, type->size);

    for (size_t i = 0; type->begin && i < count; i++)
        type->begin(records + i * type->size);
    return records;
}

// Of as many elements as [n] has.
static struct list list_of(const struct type *type, const struct node *n, struct reader *r)
{
    size_t count = node_count(n);

    return (struct list){ records_new(type->element, count, r), count };
}

static bool read_list(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct list *list = to;
    bool ok = true;

    if (n->kind != NODE_LIST) {
        *list = (struct list){ records_new(type->element, 1, r), 1 };
        ok = type_read(type->element, n, list->items, r);
        if (ok && !type->single && !template_whole(*(const struct template **)list->items))
            ok = wrong_type(type, n, r);
        return ok;
    }
    if (type->filled && !n->first)
        return empty_list(n, r);
    *list = list_of(type, n, r);
    char *item = list->items;
    for (const struct node *child = n->first; child; child = child->next) {
        ok &= type_read(type->element, child, item, r);
        item += type->element->size;
    }
    return ok;
}

static bool check_key(const struct type *type, const struct node *key, struct reader *r)
{
    struct text ignored;

    return type->any_key ? read_text(&type_text, key, &ignored, r)
                         : read_id(&type_id, key, &ignored, r);
}

static bool read_map(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct list *list = to;
    bool ok = true;

    *list = list_of(type, n, r);
    char *item = list->items;
    for (const struct node *child = n->first; child; child = child->next) {
        *(struct entry *)(void *)item = (struct entry){ child, child->key->text };
        ok &= check_key(type, child->key, r);
        ok &= type_read(type->element, child, item, r);
        item += type->element->size;
    }
    return ok;
}

const struct field *field_named(const struct type *type, struct str name)
{
    for (const struct field *f = type->fields; f->name; f++)
        if (name.n && f->name[0] == name.s[0] && str_is(name, f->name))
            return f;
    return NULL;
}

// What the keys that were not understood may have meant: their absence is no second
// mistake.
struct meant {
    struct near near[4];
    size_t count;
};

static bool is_meant(const struct meant *meant, const char *name)
{
    for (size_t i = 0; i < meant->count; i++)
        for (size_t j = 0; j < meant->near[i].count; j++)
            if (strcmp(meant->near[i].words[j], name) == 0)
                return true;
    return false;
}

// A key of a step that this kind of step (a check, a hook, ...) may not have.
static bool is_step_key(const struct type *type, struct str key)
{
    return type != &step_type && type->size == step_type.size && type->other &&
           field_named(&step_type, key);
}

static bool read_other(const struct type *type, const struct node *map, const struct node *child,
                       void *to, struct meant *meant, struct reader *r)
{
    if (type->other && type->other(child, to, r))
        return true;
    if (is_step_key(type, child->key->text.str)) {
        struct str element = with_article(r->arena, type->name);
        refuse(r, DIAG_CONFLICTING_FIELDS, child->key->span, "%.*s may not have `%.*s`",
               STR_ARG(element), STR_ARG(child->key->text.str));
        return false;
    }
    struct near near = near_keys(type, map, child->key->text.str, r);
    unknown_key(type, map, child->key, &near, r);
    if (meant->count < sizeof meant->near / sizeof meant->near[0])
        meant->near[meant->count++] = near;
    return false;
}

static bool check_required(const struct type *type, const struct node *n, const struct meant *meant,
                           struct reader *r)
{
    bool ok = true;

    for (const struct field *f = type->fields; f->name; f++) {
        if (!(f->flags & FIELD_REQUIRED) || n->partial || node_get(n, f->name) ||
            is_meant(meant, f->name))
            continue;
        struct str element = element_words(type, n, r->arena);
        refuse(r, DIAG_MISSING_FIELD, lack_span(n), "%.*s needs `%s`", STR_ARG(element), f->name);
        ok = false;
    }
    return ok;
}

static void *field_of(const struct type *type, const struct field *f, void *to, struct reader *r)
{
    return (char *)(f->flags & FIELD_MORE ? type->more(to, r) : to) + f->offset;
}

static bool read_object(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct meant meant = { 0 };
    bool ok = true;

    *(const struct node **)to = n;
    for (const struct node *child = n->first; child; child = child->next) {
        const struct field *f = field_named(type, child->key->text.str);
        if (f)
            ok &= type_read(f->type, child, field_of(type, f, to, r), r);
        else
            ok &= read_other(type, n, child, to, &meant, r);
    }
    ok &= check_required(type, n, &meant, r);
    r->unsure = meant.count > 0 || n->partial;
    if (type->check)
        ok &= type->check(type, n, to, r);
    r->unsure = false;
    return ok;
}

static bool read_optional(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    void *record = records_new(type->element, 1, r);

    *(void **)to = record;
    return type_read(type->element, n, record, r);
}

static bool read_node(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type, (void)r;
    *(const struct node **)to = n;
    return true;
}

static bool read_own(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    return type->read(type, n, to, r);
}

enum {
    SCALAR = 1 << NODE_SCALAR,
    LIST = 1 << NODE_LIST,
    MAP = 1 << NODE_MAP,
    ANY = SCALAR | LIST | MAP
};

static const struct {
    unsigned kinds;    // of nodes that may stand there
    bool takes_empty;  // it looks for itself what an empty value is
    bool (*read)(const struct type *, const struct node *, void *, struct reader *);
} readers[TYPE_COUNT] = {
    // clang-format off
    [TYPE_TEXT]      = { SCALAR, false, read_text },
    [TYPE_WORDS]     = { SCALAR, false, read_words },
    [TYPE_ID]        = { SCALAR, false, read_id },
    [TYPE_NAME]      = { SCALAR, false, read_name },
    [TYPE_CONDITION] = { SCALAR, false, read_condition },
    [TYPE_VALUE]     = { ANY,    false, read_value },
    [TYPE_AMOUNT]    = { SCALAR, false, read_amount },
    [TYPE_INT]       = { SCALAR, false, read_int },
    [TYPE_BOOL]      = { SCALAR, false, read_bool },
    [TYPE_DURATION]  = { SCALAR, false, read_duration },
    [TYPE_CHOICE]    = { SCALAR, false, read_choice },
    [TYPE_LIST]      = { LIST,   false, read_list },
    [TYPE_MAP]       = { MAP,    false, read_map },
    [TYPE_OBJECT]    = { MAP,    false, read_object },
    [TYPE_OPTIONAL]  = { ANY,    true,  read_optional },
    [TYPE_NODE]      = { ANY,    false, read_node },
    [TYPE_OWN]       = { ANY,    true,  read_own },
    // clang-format on
};

// Nothing, not even quotes; where no text may stand, `null` and `~` are nothing too.
static bool is_empty(const struct type *type, const struct node *n)
{
    if (n->kind != NODE_SCALAR || n->text.quoted)
        return false;
    if (n->text.str.n == 0)
        return true;
    return !(readers[type->kind].kinds & SCALAR) && node_is_null(n);
}

bool type_read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    assert(type->kind < TYPE_COUNT);
    if (n->refused)
        return false;
    if (!readers[type->kind].takes_empty && is_empty(type, n))
        return empty_value(n, r);
    bool fits = readers[type->kind].kinds >> n->kind & 1;
    bool lone = type->single || (type->computed && n->kind == NODE_SCALAR);
    if (!fits && !(type->kind == TYPE_LIST && lone))
        return wrong_type(type, n, r);
    return readers[type->kind].read(type, n, to, r);
}
