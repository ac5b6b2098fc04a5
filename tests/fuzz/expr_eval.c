// Any bytes as an expression that is evaluated and drawn, with a name for each kind of
// value: a to j.

#include "base/arena.h"
#include "expr/bindings.h"
#include "expr/expr.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct value bindings(struct arena *a)
{
    struct value_builder *b = value_map_start(a);
    struct value json = VALUE_NONE;
    struct json_error error;

    json_read(STR("{\"k\": [1, 2.5, \"x\", null, {\"k\": true}], \"l\": \"k\"}"), a, &json, &error);
    value_put_s(b, "a", value_int(7));
    value_put_s(b, "b", value_double(-0.5));
    value_put_s(b, "c", value_text("caf\xc3\xa9 %d (a+)+$"));
    value_put_s(b, "d", value_duration_ms(90500));
    value_put_s(b, "e", json);
    value_put_s(b, "f", value_secret(value_text("hunter2")));
    value_put_s(b, "g", value_uint(UINT64_MAX));
    value_put_s(b, "h", value_bytes(STR("\x00\xff")));
    value_put_s(b, "i", VALUE_NONE);
    value_put_s(b, "j", value_bool(true));
    return value_finish(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct text text = text_bare(str_copy(a, (struct str){ (const char *)data, size }));
    const struct scope *scope = scope_of_map(a, bindings(a), value_timestamp(1790000000, 5));
    struct expr_error error;
    struct value v;

    const struct expr *e = expr_parse(a, &text, &ds);
    if (e && expr_eval(e, scope, a, &v, &error))
        value_show(value_copy(a, v), a, 200);
    if (e && size < 200) {
        expr_picture(e, scope, a);
        expr_parts(e, scope, a);
    }
    arena_free(a);
    return 0;
}
