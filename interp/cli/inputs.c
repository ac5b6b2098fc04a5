#include "cli/inputs.h"

#include "base/arena.h"
#include "base/map.h"
#include "exec/driver.h"
#include "yaml/node.h"

enum { LARGEST = 1024 * 1024 };

struct inputs {
    struct invocation *v;
    struct map *by_name;  // struct given
};

static void put(struct inputs *in, struct given g)
{
    struct given *kept = NEW(in->v->arena, struct given);

    *kept = g;
    map_put(in->by_name, kept->name, kept);
}

// What a file says is data: nothing in it is an expression.
static bool node_value(struct inputs *in, const struct node *n, struct value *out)
{
    struct arena *a = in->v->arena;

    if (n->kind == NODE_SCALAR && (n->text.quoted || n->text.block)) {
        *out = value_string(n->text.str);
        return true;
    }
    if (n->kind == NODE_SCALAR)
        return core_scalar(&n->text, out, in->v->diags);
    struct value_builder *b = n->kind == NODE_LIST ? value_list_start(a) : value_map_start(a);
    for (const struct node *child = n->first; child; child = child->next) {
        struct value item;
        if (!node_value(in, child, &item))
            return false;
        if (n->kind == NODE_LIST)
            value_add(b, item);
        else
            value_put(b, value_string(child->key->text.str), item);
    }
    *out = value_finish(b);
    return true;
}

static int take_yaml(struct inputs *in, struct str path, struct str text)
{
    struct invocation *v = in->v;
    const struct node *n = node_read(v->arena, source_new(v->arena, path, text), v->diags);

    if (!n || v->diags->errors)
        return CODE_INVALID;
    if (n->kind != NODE_MAP) {
        diag_error(v->diags, DIAG_BAD_INPUT, n->span, "a file of inputs is a map of names and values");
        return CODE_INVALID;
    }
    for (const struct node *child = n->first; child; child = child->next) {
        struct given g = { .name = child->key->text.str, .has_value = true, .span = child->span };
        if (!node_value(in, child, &g.value))
            return CODE_INVALID;
        put(in, g);
    }
    return CODE_OK;
}

static int take_json(struct inputs *in, struct str path, struct value map, struct str text)
{
    struct invocation *v = in->v;
    const struct source *src = source_new(v->arena, path, text);

    for (size_t i = 0; i < map.map->count; i++) {
        const struct value_entry *e = &map.map->entries[i];
        put(in,
            (struct given){
                .name = e->key.s, .has_value = true, .value = e->value, .span = { src, 0, 0 } });
    }
    return CODE_OK;
}

// JSON is read as such; YAML would not take its tabs.
static int take_file(struct inputs *in, struct str path)
{
    struct invocation *v = in->v;
    struct str text;
    struct value map;
    struct json_error error = { 0 };  // stays so where it is JSON, but no object

    if (!file_read(v->arena, str_copy(v->arena, path), LARGEST, &text, v->diags))
        return CODE_USAGE;
    if (json_read(text, v->arena, &map, &error) && map.kind == VALUE_MAP)
        return take_json(in, path, map, text);
    if (str_ends(path, ".json")) {
        const struct source *src = source_new(v->arena, path, text);
        uint32_t at = (uint32_t)(error.offset < text.n ? error.offset : text.n);
        diag_error(v->diags, DIAG_BAD_INPUT, (struct span){ src, at, at }, "%s%s%.*s",
                   error.beyond ? "" : "a file of inputs is a JSON object",
                   error.message.n && !error.beyond ? ": " : "", STR_ARG(error.message));
        return CODE_INVALID;
    }
    return take_yaml(in, path, text);
}

// NAME=VALUE; a name may come once.
static int take_flag(struct inputs *in, struct str said, struct map *seen)
{
    size_t equals = str_find(said, '=');

    if (equals == SIZE_MAX || equals == 0)
        return usage_error(in->v, "-i name=value", "`-i %.*s` is not NAME=VALUE", STR_ARG(said));
    struct str name = str_slice(said, 0, equals);
    if (map_get(seen, name))
        return usage_error(in->v, NULL, "the input `%.*s` is given twice", STR_ARG(name));
    map_put(seen, name, in);
    put(in, (struct given){ .name = name, .text = str_slice(said, equals + 1, said.n) });
    return CODE_OK;
}

int inputs_given(struct invocation *v, const struct given **given, size_t *count)
{
    struct inputs in = { v, map_new(v->arena) };
    struct map *seen = map_new(v->arena);
    size_t files, flags;
    const struct str *file = flag_texts(v, "inputs", &files);
    const struct str *flag = flag_texts(v, "i", &flags);
    int code = CODE_OK;

    for (size_t i = 0; i < files && code == CODE_OK; i++)
        code = take_file(&in, file[i]);
    for (size_t i = 0; i < flags && code == CODE_OK; i++)
        code = take_flag(&in, flag[i], seen);
    struct given *all = NEW_ARRAY(v->arena, struct given, map_count(in.by_name) + 1);
    *count = map_count(in.by_name);
    for (size_t i = 0; i < *count; i++)
        all[i] = *(struct given *)map_value(in.by_name, i);
    *given = all;
    return code;
}
