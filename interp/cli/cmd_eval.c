#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/open.h"
#include "expr/expr.h"
#include "value/json.h"

enum { LARGEST = 16 * 1024 * 1024 };

// Names come from the JSON object of --bind.
static bool get_bound(const struct scope *s, struct str name, struct arena *a, struct value *out,
                      struct str *why)
{
    (void)a, (void)why;
    return value_get(*(const struct value *)s->ctx, value_string(name), out);
}

static int read_names(struct invocation *v, struct value *names)
{
    struct str path = flag_text(v, "bind"), text;
    struct json_error error = { 0 };  // stays so where it is JSON, but no object

    *names = value_finish(value_map_start(v->arena));
    if (!path.n)
        return CODE_OK;
    if (!file_read(v->arena, str_copy(v->arena, path), LARGEST, &text, v->diags))
        return CODE_USAGE;
    if (json_read(text, v->arena, names, &error) && names->kind == VALUE_MAP)
        return CODE_OK;
    if (error.beyond)
        return usage_error(v, NULL, "`--bind %.*s`: %.*s", STR_ARG(path), STR_ARG(error.message));
    return usage_error(v, NULL, "`--bind %.*s` is no JSON object%s%.*s", STR_ARG(path),
                       error.message.n ? ": " : "", STR_ARG(error.message));
}

static const char *const *names_of(struct arena *a, struct value names)
{
    size_t n = value_size(names);
    const char **all = NEW_ARRAY(a, const char *, n + 1);

    for (size_t i = 0; i < n; i++)
        all[i] = str_copy(a, names.map->entries[i].key.s).s;
    return all;
}

static struct value now_value(void)
{
    int64_t ns = clock_wall_ns();

    return value_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000));
}

int command_eval(struct invocation *v)
{
    struct value names, result;
    struct expr_error err = { 0 };
    int code = read_names(v, &names);

    if (code != CODE_OK)
        return code;
    // A source of its own, so that what is wrong can be shown.
    struct source *src = source_new(v->arena, STR("expression"), v->words[0]);
    struct text text = { .str = v->words[0], .span = { src, 0, (uint32_t)v->words[0].n } };
    struct expr *e = expr_parse(v->arena, &text, v->diags);
    if (!e)
        return CODE_INVALID;
    struct scope scope = {
        .get = get_bound, .ctx = &names, .now = now_value(), .roots = names_of(v->arena, names)
    };
    if (!expr_eval(e, &scope, v->arena, &result, &err)) {
        struct diag *d = diag_error(v->diags, DIAG_EXPR_TYPE, err.span, "%.*s",
                                    STR_ARG(err.message));
        if (err.help.n)
            diag_help(v->diags, d, "%.*s", STR_ARG(err.help));
        return CODE_INVALID;
    }
    struct str line = json_text(value_copy(v->arena, result), v->arena);
    printf("%.*s\n", STR_ARG(line));
    return CODE_OK;
}
