// JSON Schema, draft-07.
//
// One flat step with every action as an optional property: `oneOf` would be exact and
// its messages useless. That a step has exactly one action is for the reader to say.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "describe/describe.h"
#include "value/json.h"
#include "yaml/node.h"

#define EXPRESSION "\\$\\{\\{"
#define DURATION   "^([0-9]+(ms|s|m|h|d))+$"
#define SIZE       "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB|TiB)$"
#define TO_WRITE   "write a number and a unit: 500ms, 30s, 5m, 1h30m, 7d"

struct printer {
    struct arena *arena;
    struct elements all;
};

static struct value schema_of(struct printer *p, const struct type *type);

static struct value text(const char *c_string)
{
    return value_text(c_string);
}

// ["string", "number"] of "string number".
static struct value words(struct arena *a, const char *spaced)
{
    struct value_builder *b = value_list_start(a);
    struct str rest = str_from(spaced);

    while (rest.n) {
        size_t end = str_find(rest, ' ');
        value_add(b, value_string(str_slice(rest, 0, end)));
        rest = end == SIZE_MAX ? STR("") : str_slice(rest, end + 1, rest.n);
    }
    return value_finish(b);
}

// What a scalar of each kind looks like to a schema. A plain scalar is taken as it was
// written, so text may look like a number, a bool or null to YAML.
static const struct scalar {
    const char *types, *pattern, *message;
} scalars[TYPE_COUNT] = {
    [TYPE_TEXT] = { "string number boolean null", NULL, NULL },
    [TYPE_WORDS] = { "string number boolean null", NULL, NULL },
    [TYPE_ID] = { "string boolean null", "^[a-z][a-z0-9_]*$",
                  "lower-case letters, digits and _, beginning with a letter" },
    [TYPE_NAME] = { "string number boolean null",
                    "^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?$",
                    "lower-case letters, digits and -" },
    [TYPE_CONDITION] = { "string number boolean null", NULL, NULL },
    [TYPE_INT] = { "integer", NULL, NULL },
    [TYPE_BOOL] = { "boolean", NULL, NULL },
    [TYPE_DURATION] = { "string", DURATION, TO_WRITE },
};

static const struct scalar amounts[] = {
    [UNIT_DURATION] = { "string", DURATION "|" EXPRESSION, TO_WRITE },
    [UNIT_SIZE] = { "string", SIZE "|" EXPRESSION, "write a number and a unit: 64KiB, 10MiB" },
    [UNIT_INT] = { "integer string", EXPRESSION, "write a whole number, or ${{ }} of one" },
    [UNIT_NUMBER] = { "number string", EXPRESSION, "write a number, or ${{ }} of one" },
    [UNIT_BOOL] = { "boolean string", EXPRESSION, "write true or false, or ${{ }} of one" },
    [UNIT_COUNT_OR_BOOL] = { "integer boolean string", EXPRESSION,
                             "write a whole number, true or false, or ${{ }} of one" },
};

static void put_scalar(struct printer *p, struct value_builder *b, const struct scalar *s)
{
    bool one = strchr(s->types, ' ') == NULL;

    value_put_s(b, "type", one ? text(s->types) : words(p->arena, s->types));
    if (s->pattern) {
        value_put_s(b, "pattern", text(s->pattern));
        value_put_s(b, "patternErrorMessage", text(s->message));
    }
}

// Of a number; a duration or size is text to a schema.
static void put_range(struct value_builder *b, const struct type *type)
{
    bool number = type->kind == TYPE_INT || type->unit == UNIT_INT || type->unit == UNIT_NUMBER;

    if (!type->range || !number)
        return;
    value_put_s(b, "minimum", value_int((int64_t)type->range->least));
    value_put_s(b, "maximum", value_int((int64_t)type->range->most));
}

static void put_choices(struct printer *p, struct value_builder *b, const struct type *type)
{
    struct value_builder *list = value_list_start(p->arena);

    for (const char *const *word = type->choices; *word; word++)
        value_add(list, text(*word));
    value_put_s(b, "enum", value_finish(list));
}

static struct str definition(struct arena *a, struct str name)
{
    struct buf b = BUF_EMPTY;

    buf_add_s(&b, "#/definitions/");
    for (size_t i = 0; i < name.n; i++)
        buf_add_c(&b, name.s[i] == ' ' ? '_' : name.s[i]);
    return buf_take(&b, a);
}

static void put_reference(struct printer *p, struct value_builder *b, const struct type *type)
{
    const struct element *e = element_of(&p->all, type);

    value_put_s(b, "$ref", value_string(definition(p->arena, e->name)));
}

static void put_list(struct printer *p, struct value_builder *b, const struct type *type)
{
    struct value_builder *list = type->single || type->computed ? value_map_start(p->arena) : b;

    value_put_s(list, "type", text("array"));
    value_put_s(list, "items", schema_of(p, type->element));
    if (type->filled)
        value_put_s(list, "minItems", value_int(1));
    if (!type->single && !type->computed)
        return;
    struct value_builder *either = value_list_start(p->arena);
    value_add(either, schema_of(p, type->element));
    value_add(either, value_finish(list));
    value_put_s(b, "anyOf", value_finish(either));
}

static void put_map(struct printer *p, struct value_builder *b, const struct type *type)
{
    value_put_s(b, "type", text("object"));
    if (!type->any_key) {
        struct value_builder *names = value_map_start(p->arena);
        value_put_s(names, "pattern", text(scalars[TYPE_ID].pattern));
        value_put_s(b, "propertyNames", value_finish(names));
    }
    value_put_s(b, "additionalProperties", schema_of(p, type->element));
}

// Where any value may stand there is nothing to say.
static bool takes_anything(const struct type *type)
{
    if (type->kind == TYPE_VALUE || type->kind == TYPE_NODE)
        return true;
    for (const struct type *const *form = type->forms; form && *form; form++)
        if (takes_anything(*form))
            return true;
    return type->kind == TYPE_OWN && !type->forms;
}

static void put_type(struct printer *p, struct value_builder *b, const struct type *type);

static void put_forms(struct printer *p, struct value_builder *b, const struct type *type)
{
    if (takes_anything(type))
        return;
    if (!type->forms[1]) {
        put_type(p, b, type->forms[0]);
        return;
    }
    struct value_builder *list = value_list_start(p->arena);
    for (const struct type *const *form = type->forms; *form; form++)
        value_add(list, schema_of(p, *form));
    value_put_s(b, "anyOf", value_finish(list));
}

static void put_type(struct printer *p, struct value_builder *b, const struct type *type)
{
    switch (type->kind) {
    case TYPE_CHOICE:
        put_choices(p, b, type);
        break;
    case TYPE_AMOUNT:
        put_scalar(p, b, &amounts[type->unit]);
        put_range(b, type);
        break;
    case TYPE_INT:
        put_scalar(p, b, &scalars[TYPE_INT]);
        put_range(b, type);
        break;
    case TYPE_LIST:
        put_list(p, b, type);
        break;
    case TYPE_MAP:
        put_map(p, b, type);
        break;
    case TYPE_OBJECT:
        put_reference(p, b, type);
        break;
    case TYPE_OPTIONAL:
        put_type(p, b, type->element);
        break;
    case TYPE_OWN:
        put_forms(p, b, type);
        break;
    case TYPE_VALUE:
    case TYPE_NODE:
        break;
    default:
        put_scalar(p, b, &scalars[type->kind]);
    }
}

static struct value schema_of(struct printer *p, const struct type *type)
{
    struct value_builder *b = value_map_start(p->arena);

    put_type(p, b, type);
    return value_finish(b);
}

static struct str without_backquotes(struct arena *a, const char *doc)
{
    struct buf b = BUF_EMPTY;

    for (; *doc; doc++)
        if (*doc != '`')
            buf_add_c(&b, *doc);
    return buf_take(&b, a);
}

static struct value property(struct printer *p, const struct type *type, const char *doc,
                             const char *fallback)
{
    struct value_builder *b = value_map_start(p->arena);
    struct str marked = fallback ? str_format(p->arena, "%s\n\nDefault: `%s`", doc, fallback)
                                 : str_from(doc);

    value_put_s(b, "description", value_string(without_backquotes(p->arena, doc)));
    value_put_s(b, "markdownDescription", value_string(marked));
    put_type(p, b, type);
    return value_finish(b);
}

// ---- snippets ----

static struct value node_value(struct printer *p, const struct node *n)
{
    struct diags ignored = { .arena = p->arena };
    struct value v;

    if (n->kind == NODE_SCALAR) {
        bool plain = !n->text.quoted && core_scalar(&n->text, &v, &ignored);
        return plain ? v : value_string(n->text.str);
    }
    struct value_builder *b = n->kind == NODE_LIST ? value_list_start(p->arena)
                                                   : value_map_start(p->arena);
    for (const struct node *child = n->first; child; child = child->next)
        if (n->kind == NODE_LIST)
            value_add(b, node_value(p, child));
        else
            value_put(b, value_string(child->key->text.str), node_value(p, child));
    return value_finish(b);
}

// The first step of an action's example.
static struct value snippet(struct printer *p, const struct action *action)
{
    struct diags ignored = { .arena = p->arena };
    struct source *src = source_new(p->arena, STR("example"), str_from(action->example));
    const struct node *n = node_read(p->arena, src, &ignored);
    struct value_builder *b = value_map_start(p->arena);

    if (n && n->kind == NODE_LIST && n->first)
        n = n->first;
    value_put_s(b, "label", text(action->name));
    value_put_s(b, "description", value_string(without_backquotes(p->arena, action->doc)));
    value_put_s(b, "body", n ? node_value(p, n) : text(action->name));
    return value_finish(b);
}

static struct value snippets(struct printer *p)
{
    struct value_builder *b = value_list_start(p->arena);

    for (const struct action *const *action = actions; *action; action++)
        value_add(b, snippet(p, *action));
    return value_finish(b);
}

// ---- objects ----

static void put_properties(struct printer *p, struct value_builder *b, const struct type *type)
{
    struct value_builder *properties = value_map_start(p->arena);

    for (const struct field *f = type->fields; f->name; f++)
        value_put_s(properties, f->name, property(p, f->type, f->doc, f->fallback));
    for (const struct action *const *action = actions; type->other && *action; action++)
        value_put_s(properties, (*action)->name,
                    property(p, (*action)->params, (*action)->doc, NULL));
    value_put_s(b, "properties", value_finish(properties));
}

static void put_required(struct printer *p, struct value_builder *b, const struct type *type)
{
    struct value_builder *required = value_list_start(p->arena);
    bool any = false;

    for (const struct field *f = type->fields; f->name; f++)
        if (f->flags & FIELD_REQUIRED) {
            value_add(required, text(f->name));
            any = true;
        }
    if (any)
        value_put_s(b, "required", value_finish(required));
}

static void put_object(struct printer *p, struct value_builder *b, const struct type *type)
{
    value_put_s(b, "type", text("object"));
    value_put_s(b, "additionalProperties", value_bool(false));
    put_properties(p, b, type);
    put_required(p, b, type);
    if (type == &step_type)
        value_put_s(b, "defaultSnippets", snippets(p));
}

static struct value definitions(struct printer *p)
{
    struct value_builder *all = value_map_start(p->arena);

    for (size_t i = 0; i < p->all.count; i++) {
        const struct element *e = &p->all.items[i];
        struct value_builder *b = value_map_start(p->arena);
        if (e->type == &runbook_type)
            continue;
        put_object(p, b, e->type);
        struct str name = definition(p->arena, e->name);
        value_put(all, value_string(str_slice(name, strlen("#/definitions/"), name.n)),
                  value_finish(b));
    }
    return value_finish(all);
}

void describe_schema(FILE *out)
{
    struct arena *a = arena_new(NULL);
    struct printer p = { a, elements_all(a) };
    struct value_builder *b = value_map_start(a);
    struct buf *json = buf_in(a);

    value_put_s(b, "$schema", text("http://json-schema.org/draft-07/schema#"));
    value_put_s(b, "title", text("Runbook, format 1"));
    put_object(&p, b, &runbook_type);
    value_put_s(b, "definitions", definitions(&p));
    json_write_pretty(value_finish(b), a, json);
    fwrite(json->s, 1, json->n, out);
    fputc('\n', out);
    arena_free(a);
}
