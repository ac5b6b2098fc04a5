#include "exec/lasting.h"

#include <errno.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "exec/core/masked.h"
#include "exec/kinds.h"
#include "exec/walk.h"
#include "value/fields.h"

enum {
    INLINE = 3 * 1024,
    SHORT = 256,  // bytes of a field that an event has room for, whatever else it holds
};

struct lasting lasting_in(struct driver *d, struct arena *a, struct value_builder *event,
                          bool aside)
{
    return (struct lasting){ .d = d, .arena = a, .event = event, .aside = aside };
}

static void note(struct lasting *l, struct value_builder **notes, const char *field,
                 struct value v)
{
    if (!*notes)
        *notes = value_map_start(l->arena);
    value_put_s(*notes, field, v);
}

static struct str masked_json(struct lasting *l, struct value v, bool *found)
{
    return json_text(masked_value(v, l->d->mask, l->arena, found), l->arena);
}

// The names of the fields, or the places in the list, in which something is masked or that are
// longer than [most].
static void withhold(struct lasting *l, const char *field, struct value v, size_t most)
{
    struct value_builder *names = value_list_start(l->arena);
    size_t n = v.kind == VALUE_MAP || v.kind == VALUE_LIST ? value_size(v) : 0;

    for (size_t i = 0; i < n; i++) {
        bool found = false;
        bool map = v.kind == VALUE_MAP;
        struct value one = masked_value(map ? v.map->entries[i].value : value_item(v, i),
                                        l->d->mask, l->arena, &found);
        bool is_long = most != SIZE_MAX && json_text(one, l->arena).n > most;
        if (found || is_long)
            value_add(names, map ? v.map->entries[i].key : value_int((int64_t)i));
    }
    note(l, &l->withheld, field, value_finish(names));
}

struct str lasting_digest(struct arena *a, struct str bytes)
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(bytes, digest);
    return str_format(a, "sha256:%.*s", STR_ARG(sha256_hex(a, digest)));
}

// Every result has a `took`, which the replay knows.
static void note_kinds(struct lasting *l, const char *field, struct value v)
{
    struct value kinds = kinds_of(v, l->arena), took;
    bool common = kinds.kind == VALUE_MAP && value_size(kinds) == 1 &&
                  value_get(kinds, value_text("took"), &took);

    if (kinds.kind != VALUE_NULL && !common)
        note(l, &l->kinds, field, kinds);
}

// What a step said is not worth stopping a run for: where the disk is too full for it, it is lost,
// and the rest of the result stands. That a file of this name is there, say, is another matter.
static bool lose_output(struct lasting *l, const char *field, struct value v, int error)
{
    if ((error != ENOSPC && error != EDQUOT && error != EFBIG) || v.kind != VALUE_MAP ||
        !str_is(str_from(field), "result"))
        return false;
    withhold(l, field, v, SHORT);
    value_put_s(l->event, "lost", value_bool(true));
    l->lost = true;
    return true;
}

static bool keep_beside(struct lasting *l, const char *field, struct value v, struct str json)
{
    struct driver *d = l->d;
    struct diags ds = { .arena = l->arena };
    struct str name = str_format(l->arena, "%s-%lld.json", field, (long long)next_seq(d));

    errno = 0;
    if (!journal_keep(d->journal, name.s, json, &ds)) {
        int error = errno;
        if (lose_output(l, field, v, error))
            return true;
        diags_append(d->diags, &ds);
        return false;
    }
    note(l, &l->kept, field, value_string(name));
    note(l, &l->digests, field, value_string(lasting_digest(l->arena, json)));
    return true;
}

bool lasting_put(struct lasting *l, const char *field, struct value v)
{
    struct driver *d = l->d;
    bool found = false;

    value_put_s(l->event, field, v);
    if (!d->journal || l->aside)
        return true;
    note_kinds(l, field, v);
    struct str json = masked_json(l, v, &found);
    if (found)
        withhold(l, field, v, SIZE_MAX);
    return json.n <= INLINE || keep_beside(l, field, v, json);
}

void lasting_end(struct lasting *l)
{
    if (l->kept)
        value_put_s(l->event, "kept", value_finish(l->kept));
    if (l->digests)
        value_put_s(l->event, "digests", value_finish(l->digests));
    if (l->withheld)
        value_put_s(l->event, "withheld", value_finish(l->withheld));
    if (l->kinds)
        value_put_s(l->event, "kinds", value_finish(l->kinds));
}

// ---- read again

// [digest]: of an event that says it.
static bool read_kept(struct driver *d, struct value name, struct value digest, struct value *out)
{
    struct json_error error;
    struct str json;
    const char *file = str_copy(d->arena, name.s).s;

    if (store_kept(d->store, d->id, file, d->arena, &json, d->diags) != STORE_OK)
        return false;
    if (digest.kind == VALUE_STRING && !str_equal(digest.s, lasting_digest(d->arena, json))) {
        diag_error(d->diags, DIAG_STORE, (struct span){ 0 }, "`%s` of run %.*s is not what was written",
                   file, STR_ARG(d->id));
        return false;
    }
    if (json_read_own(json, d->arena, out, &error))
        return true;
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 }, "`%s` of run %.*s is damaged: %.*s", file,
               STR_ARG(d->id), STR_ARG(error.message));
    return false;
}

static struct value joined(struct arena *a, struct value x, struct value y)
{
    struct value_builder *b = value_map_start(a);
    const struct value both[2] = { x, y };

    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; both[i].kind == VALUE_MAP && k < value_size(both[i]); k++)
            value_put(b, both[i].map->entries[k].key, both[i].map->entries[k].value);
    return value_finish(b);
}

// Beside the names of what is lost: why.
static struct value no_room(struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "full", value_bool(true));
    return value_finish(b);
}

bool lasting_restore(struct driver *d, struct event *e)
{
    struct value digests = value_of(e->data, "digests");
    struct value kept = value_of(e->data, "kept"), withheld = value_of(e->data, "withheld"), whole;
    struct value kinds = value_of(e->data, "kinds"), lost = value_of(e->data, "lost");
    struct value_builder *b;

    if (kept.kind != VALUE_MAP && withheld.kind != VALUE_MAP && kinds.kind != VALUE_MAP)
        return true;
    b = value_map_start(d->arena);
    for (size_t i = 0; i < value_size(e->data); i++)
        value_put(b, e->data.map->entries[i].key, e->data.map->entries[i].value);
    if (truth_of(e->data, "lost"))
        lost = no_room(d->arena);
    if (withheld.kind == VALUE_MAP)
        value_put_s(b, "lost", joined(d->arena, lost, withheld));
    for (size_t i = 0; kept.kind == VALUE_MAP && i < value_size(kept); i++) {
        struct value_entry at = kept.map->entries[i];
        struct value digest = at.key.kind == VALUE_STRING
                                  ? value_of(digests, str_copy(d->arena, at.key.s).s)
                                  : VALUE_NONE;
        if (!read_kept(d, at.value, digest, &whole))
            return false;
        value_put(b, at.key, whole);
    }
    e->data = value_finish(b);
    if (kinds.kind == VALUE_MAP)
        e->data = kinds_give(e->data, kinds, d->arena);
    return true;
}

struct value masked_fields(struct arena *a, struct value result)
{
    struct value_builder *names = value_list_start(a);

    for (size_t i = 0; result.kind == VALUE_MAP && i < value_size(result); i++) {
        struct value_entry e = result.map->entries[i];
        if (str_search(json_text(e.value, a), STR("***")) != SIZE_MAX)
            value_add(names, e.key);
    }
    return value_finish(names);
}

struct value lost_names(struct arena *a, const char *field, struct value names)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, field, names);
    return value_finish(b);
}

struct value names_lost(const struct task *t, const char *field)
{
    return value_of(t->more->lost, field);
}
