// Plays the conformance suite of the Common Expression Language, one test a line.
//
//     cel-conformance FILE
//
// Standard output: `FAIL <id>: why` for each test that fails, then
// `<N> passed, <M> failed, <K> skipped`. Exit 0 when none failed, 1 when some did, 2
// when the file cannot be read.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/expr.h"
#include "expr/overloads.h"
#include "expr/type.h"
#include "value/base64.h"
#include "value/json.h"
#include "value/number.h"
#include "value/time.h"

struct tally {
    unsigned passed, failed, skipped;
};

static struct value field(struct value map, const char *name)
{
    struct value v = VALUE_NONE;

    value_get(map, value_text(name), &v);
    return v;
}

static struct str text_field(struct value map, const char *name)
{
    struct value v = field(map, name);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

static bool flag(struct value map, const char *name)
{
    struct value v = field(map, name);

    return v.kind == VALUE_BOOL && v.b;
}

// Values are written as {"kind": what}, numbers as text.

static bool read_value(struct value from, struct arena *a, struct value *out);

static bool read_list(struct value from, struct arena *a, struct value *out)
{
    struct value_builder *b = value_list_start(a);

    for (size_t i = 0; i < value_size(from); i++) {
        struct value v;
        if (!read_value(value_item(from, i), a, &v))
            return false;
        value_add(b, v);
    }
    *out = value_finish(b);
    return true;
}

static bool read_map(struct value from, struct arena *a, struct value *out)
{
    struct value_builder *b = value_map_start(a);

    for (size_t i = 0; i < value_size(from); i++) {
        struct value key, v, pair = value_item(from, i);
        if (!read_value(value_item(pair, 0), a, &key) || !read_value(value_item(pair, 1), a, &v))
            return false;
        value_put(b, key, v);
    }
    *out = value_finish(b);
    return true;
}

static bool read_bytes(struct str s, struct arena *a, struct value *out)
{
    struct str bytes;

    if (!base64_read(s, a, &bytes))
        return false;
    *out = value_bytes(bytes);
    return true;
}

static bool read_duration(struct str s, struct value *out)
{
    int64_t ns;

    if (!duration_parse_cel(s, &ns))
        return false;
    *out = value_duration(ns);
    return true;
}

static bool read_timestamp(struct str s, struct value *out)
{
    int64_t seconds;
    uint32_t nanos;

    if (!timestamp_parse(s, &seconds, &nanos))
        return false;
    *out = value_timestamp(seconds, nanos);
    return true;
}

static bool read_scalar(struct str kind, struct value v, struct arena *a, struct value *out)
{
    const char *s = v.kind == VALUE_STRING ? str_copy(a, v.s).s : "";

    if (str_is(kind, "int"))
        *out = value_int(strtoll(s, NULL, 10));
    else if (str_is(kind, "uint"))
        *out = value_uint(strtoull(s, NULL, 10));
    else if (str_is(kind, "double"))
        *out = value_double(strtod(s, NULL));
    else if (str_is(kind, "null"))
        *out = VALUE_NONE;
    else if (str_is(kind, "type"))
        *out = (struct value){ .kind = VALUE_TYPE, .s = v.s };
    else if (str_is(kind, "bool") || str_is(kind, "string"))
        *out = v;
    else
        return false;
    return true;
}

static bool read_value(struct value from, struct arena *a, struct value *out)
{
    if (from.kind != VALUE_MAP || value_size(from) != 1)
        return false;
    struct str kind = from.map->entries[0].key.s;
    struct value v = from.map->entries[0].value;

    if (str_is(kind, "list"))
        return read_list(v, a, out);
    if (str_is(kind, "map"))
        return read_map(v, a, out);
    if (str_is(kind, "bytes"))
        return read_bytes(v.s, a, out);
    if (str_is(kind, "duration"))
        return read_duration(v.s, out);
    if (str_is(kind, "timestamp"))
        return read_timestamp(v.s, out);
    return read_scalar(kind, v, a, out);
}

// Same kind and same value; NaN is NaN, and -0.0 is not 0.0.
static bool same(struct value a, struct value b);

static bool same_lists(struct value a, struct value b)
{
    if (value_size(a) != value_size(b))
        return false;
    for (size_t i = 0; i < value_size(a); i++)
        if (!same(value_item(a, i), value_item(b, i)))
            return false;
    return true;
}

static bool has_entry(struct value map, struct value_entry e)
{
    for (size_t i = 0; i < value_size(map); i++)
        if (same(map.map->entries[i].key, e.key) && same(map.map->entries[i].value, e.value))
            return true;
    return false;
}

static bool same_maps(struct value a, struct value b)
{
    if (value_size(a) != value_size(b))
        return false;
    for (size_t i = 0; i < value_size(a); i++)
        if (!has_entry(b, a.map->entries[i]))
            return false;
    return true;
}

static bool same(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == VALUE_DOUBLE)
        return isnan(a.d) ? isnan(b.d) : a.d == b.d && signbit(a.d) == signbit(b.d);
    if (a.kind == VALUE_LIST)
        return same_lists(a, b);
    if (a.kind == VALUE_MAP)
        return same_maps(a, b);
    return value_equal(a, b);
}

// The world of one test.
struct test {
    struct value line, bindings, types;
    struct arena *arena;
    struct buf *why;
};

static bool binding(const struct scope *s, struct str name, struct arena *a, struct value *out,
                    struct str *why)
{
    const struct test *t = s->ctx;
    struct value v;

    (void)why;
    return value_get(t->bindings, value_string(name), &v) && read_value(v, a, out);
}

static const struct expr_type *binding_type(const struct check_scope *s, struct str name,
                                            struct arena *a, struct str *why)
{
    const struct test *t = s->ctx;
    struct value v;

    (void)why;
    return value_get(t->types, value_string(name), &v) ? cel_type_read(v.s, a) : NULL;
}

static bool fail(struct test *t, const char *why, struct str what)
{
    buf_format(t->why, "%s %.*s", why, STR_ARG(what));
    return false;
}

static struct str first_error(const struct diags *ds)
{
    return ds->first ? ds->first->message : STR("");
}

static const struct overload *read_overloads(struct test *t)
{
    struct value list = field(t->line, "functions");
    size_t n = list.kind == VALUE_LIST ? value_size(list) : 0;
    struct overload *all = NEW_ARRAY(t->arena, struct overload, n + 1);

    for (size_t i = 0; i < n; i++) {
        struct value f = value_item(list, i), params = field(f, "params");
        all[i].name = text_field(f, "name");
        all[i].member = flag(f, "member");
        all[i].result = cel_type_read(text_field(f, "result"), t->arena);
        all[i].param_count = value_size(params);
        all[i].params = NEW_ARRAY(t->arena, const struct expr_type *, value_size(params) + 1);
        for (size_t j = 0; j < value_size(params); j++)
            all[i].params[j] = cel_type_read(value_item(params, j).s, t->arena);
    }
    return all;
}

// Checks, and compares the type if one is expected. [stopped] when there was an error,
// which may be what is expected.
static bool check(struct test *t, const struct expr *e, bool *stopped)
{
    struct diags ds = { .arena = t->arena };
    struct check_scope scope = { .type = binding_type, .ctx = t };
    struct value wanted = field(field(t->line, "expected"), "type");

    *stopped = false;
    if (flag(t->line, "check_disabled"))
        return true;
    const struct expr_type *type = expr_check_with(e, &scope, read_overloads(t), t->arena, &ds);
    *stopped = !type;
    if (!type) {
        buf_format(t->why, "check: %.*s", STR_ARG(first_error(&ds)));
        return false;
    }
    struct str text = expr_type_text(type, t->arena);
    if (wanted.kind == VALUE_STRING && !str_equal(wanted.s, text))
        return fail(t, "its type is", text);
    return true;
}

static bool evaluate(struct test *t, const struct expr *e, bool *stopped)
{
    struct scope scope = { .get = binding, .ctx = t };
    struct expr_error error;
    struct value got, wanted, form = field(field(t->line, "expected"), "value");

    *stopped = !expr_eval(e, &scope, t->arena, &got, &error);
    if (*stopped)
        return fail(t, "error:", error.message);
    if (form.kind == VALUE_NULL)
        return fail(t, "no error but", value_show(got, t->arena, 200));
    if (!read_value(form, t->arena, &wanted))
        return fail(t, "the expected value cannot be read", STR(""));
    return same(got, wanted) || fail(t, "it is", value_show(got, t->arena, 200));
}

static bool play(struct test *t)
{
    struct text source = text_bare(text_field(t->line, "expr"));
    struct diags ds = { .arena = t->arena };
    bool wants_error = field(field(t->line, "expected"), "error").kind == VALUE_STRING;
    bool stopped = false;

    const struct expr *e = expr_parse_in(t->arena, &source, text_field(t->line, "container"), &ds);
    if (!e)
        return wants_error || fail(t, "syntax:", first_error(&ds));
    bool ok = check(t, e, &stopped);
    if (ok && !flag(t->line, "check_only"))
        ok = evaluate(t, e, &stopped);
    return wants_error ? stopped : ok;
}

static bool needs_other_library(struct value line)
{
    struct value needs = field(line, "needs");

    for (size_t i = 0; needs.kind == VALUE_LIST && i < value_size(needs); i++)
        if (str_is(value_item(needs, i).s, "network") || str_is(value_item(needs, i).s, "block"))
            return true;
    return false;
}

// One line of text, whatever stands in it.
static void print_failure(struct str id, struct str why)
{
    printf("FAIL %.*s: ", STR_ARG(id));
    for (size_t i = 0; i < why.n; i++)
        putchar((unsigned char)why.s[i] < ' ' ? ' ' : why.s[i]);
    putchar('\n');
}

static bool play_line(struct str line, struct tally *tally)
{
    struct arena *a = arena_new(NULL);
    struct buf why = BUF_EMPTY;
    struct json_error error;
    struct test t = { .arena = a, .why = &why };
    bool ok = json_read(line, a, &t.line, &error) && t.line.kind == VALUE_MAP;

    if (ok && needs_other_library(t.line)) {
        tally->skipped++;
    } else if (ok) {
        t.bindings = field(t.line, "bindings");
        t.types = field(t.line, "type_env");
        bool passed = play(&t);
        if (!passed)
            print_failure(text_field(t.line, "id"), buf_str(&why));
        tally->passed += passed;
        tally->failed += !passed;
    }
    buf_free(&why);
    arena_free(a);
    return ok;
}

int main(int argc, char **argv)
{
    struct tally tally = { 0 };
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;

    if (!f) {
        fprintf(stderr, "usage: cel-conformance FILE\n");
        return 2;
    }
    for (int number = 1; (n = getline(&line, &room, f)) >= 0; number++) {
        struct str text = str_trim((struct str){ line, (size_t)n });
        if (text.n && !play_line(text, &tally)) {
            fprintf(stderr, "%s:%d: the line cannot be understood\n", argv[1], number);
            return 2;
        }
    }
    free(line);
    fclose(f);
    printf("%u passed, %u failed, %u skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed > 0;
}
