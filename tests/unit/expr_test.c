#include "tests/unit/test.h"

#include <glob.h>
#include <stdlib.h>

#include "base/buf.h"
#include "expr/bindings.h"
#include "expr/expr.h"
#include "expr/function.h"
#include "expr/manual.h"
#include "expr/template.h"
#include "value/json.h"

// The files of tests/expr. A test is a few lines, ended by an empty one:
//
//     given {"load": 3}
//     load + 'a'
//          ^ `+` has no meaning between a whole number and text
//
// The first line may be left out. Behind the expression stands either `= value`, as
// people are shown it, or the place and the words of the error, and perhaps `help: ...`.

struct block {
    struct str given, source, value, message, help;
    size_t at, width;  // of the carets
};

static struct str read_file(const char *path)
{
    struct buf *out = buf_in(scratch);
    FILE *f = fopen(path, "re");
    int c;

    while (f && (c = getc(f)) != EOF)
        buf_add_c(out, (char)c);
    if (f)
        fclose(f);
    return buf_str(out);
}

static struct str next_line(struct str *rest)
{
    size_t end = str_find(*rest, '\n');
    struct str line = str_slice(*rest, 0, end);

    *rest = end == SIZE_MAX ? STR("") : str_slice(*rest, end + 1, rest->n);
    return line;
}

static bool caret_line(struct str line, struct block *b)
{
    size_t start = 0, end;

    while (start < line.n && line.s[start] == ' ')
        start++;
    for (end = start; end < line.n && line.s[end] == '^'; end++)
        ;
    if (end == start)
        return false;
    b->at = start;
    b->width = end - start;
    b->message = str_trim(str_slice(line, end, line.n));
    return true;
}

static bool next_block(struct str *rest, struct block *b)
{
    *b = (struct block){ 0 };
    while (rest->n) {
        struct str line = next_line(rest);
        if (line.n == 0 && b->source.n)
            return true;
        if (line.n == 0 || line.s[0] == '#')
            continue;
        if (str_starts(line, "given "))
            b->given = str_slice(line, 6, line.n);
        else if (str_starts(line, "= "))
            b->value = str_slice(line, 2, line.n);
        else if (str_starts(line, "help: "))
            b->help = str_slice(line, 6, line.n);
        else if (!caret_line(line, b))
            b->source = line;
    }
    return b->source.n > 0;
}

// What came of an expression: its value in words, or its error.
struct outcome {
    struct str value, message, help;
    size_t start, end;
};

static const struct expr_type *any_type(const struct check_scope *s, struct str name,
                                        struct arena *a, struct str *why)
{
    struct value v;

    (void)a, (void)why;
    return value_get(*(const struct value *)s->ctx, value_string(name), &v) ? expr_dyn : NULL;
}

static struct outcome told(const struct diags *ds)
{
    const struct diag *d = ds->first;

    return (struct outcome){
        .message = d->message, .help = d->help, .start = d->span.start, .end = d->span.end
    };
}

static struct outcome evaluate(struct str source, struct value given)
{
    struct diags ds = { .arena = scratch };
    struct source *file = source_new(scratch, STR("x"), source);
    struct text text = { .str = file->text, .span = { file, 0, (uint32_t)source.n } };
    const struct scope *scope = scope_of_map(scratch, given, value_timestamp(1790000000, 0));
    struct check_scope types = { .type = any_type, .ctx = &given, .roots = scope->roots };
    struct expr_error error;
    struct value v;

    const struct expr *e = expr_parse(scratch, &text, &ds);
    if (!e || !expr_check(e, &types, scratch, &ds))
        return told(&ds);
    if (expr_eval(e, scope, scratch, &v, &error))
        return (struct outcome){ .value = value_show(v, scratch, 1000) };
    return (struct outcome){ .message = error.message,
                             .help = error.help,
                             .start = error.span.start,
                             .end = error.span.end };
}

static size_t column(struct str source, size_t at)
{
    return utf8_length(str_slice(source, 0, at)) + (at > source.n);
}

static void run_block(const struct block *b)
{
    struct value given = VALUE_NONE;
    struct json_error error;
    struct str text = b->given.n ? b->given : STR("{}");

    CHECK(json_read(text, scratch, &given, &error));
    struct outcome got = evaluate(b->source, given);
    bool as_wanted = str_equal(got.value, b->value) && str_equal(got.message, b->message) &&
                     (!b->help.n || str_equal(got.help, b->help));
    if (b->message.n)
        as_wanted &= column(b->source, got.start) == b->at &&
                     column(b->source, got.end + (got.end == got.start)) == b->at + b->width;
    if (as_wanted)
        return;
    printf("# %.*s\n#   value %.*s\n#   error %.*s (%zu to %zu)\n#   help  %.*s\n",
           STR_ARG(b->source), STR_ARG(got.value), STR_ARG(got.message), got.start, got.end,
           STR_ARG(got.help));
    failures++;
}

TEST(the_files_of_tests_expr_hold)
{
    glob_t files;
    size_t blocks = 0;

    CHECK(glob("tests/expr/*.test", 0, NULL, &files) == 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct str rest = read_file(files.gl_pathv[i]);
        struct block b;
        for (; next_block(&rest, &b); blocks++)
            run_block(&b);
    }
    globfree(&files);
    CHECK(blocks > 100);
}

// The blocks between ```cel and ``` of the manual are written in the same way.
TEST(the_examples_of_the_manual_hold)
{
    struct str rest = read_file("docs/expressions.md");
    size_t at, blocks = 0;

    while ((at = str_search(rest, STR("\n```cel\n"))) != SIZE_MAX) {
        rest = str_slice(rest, at + 8, rest.n);
        struct str examples = str_slice(rest, 0, str_search(rest, STR("\n```\n")));
        struct block b;
        for (; next_block(&examples, &b); blocks++)
            run_block(&b);
    }
    CHECK(blocks > 15);
}

TEST(the_manual_has_every_function)
{
    struct buf *functions = buf_in(scratch);
    struct str manual = read_file("docs/expressions.md");

    manual_write_functions(scratch, functions);
    bool same = str_ends(manual, functions->s);
    if (!same)
        printf("# run expr-manual and put what it prints at the end of docs/expressions.md\n");
    CHECK(same && functions->n > 1000);
}

static struct value value_of(const char *source, struct value given)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(str_from(source));
    struct expr_error error = { 0 };
    struct value v = VALUE_NONE;
    const struct expr *e = expr_parse(scratch, &text, &ds);

    bool ok = e && expr_eval(e, scope_of_map(scratch, given, VALUE_NONE), scratch, &v, &error);
    if (!ok)
        printf("# %s: %.*s\n", source, STR_ARG(ds.first ? ds.first->message : error.message));
    CHECK(ok);
    return v;
}

static struct value json_value(const char *text)
{
    struct json_error error;
    struct value v = VALUE_NONE;

    CHECK(json_read(str_from(text), scratch, &v, &error));
    return v;
}

static struct value empty_map(void)
{
    return value_finish(value_map_start(scratch));
}

TEST(the_example_of_every_function_is_true)
{
    const struct function *const *f = function_all();

    for (; *f; f++)
        if ((*f)->example)
            CHECK(value_of((*f)->example, empty_map()).b);
    for (const struct macro_doc *m = macro_docs; m->name; m++)
        CHECK(value_of(m->example, empty_map()).b);
}

TEST(every_function_says_what_it_does)
{
    for (const struct function *const *f = function_all(); *f; f++)
        CHECK(((*f)->flags & FUNCTION_OPERATOR) || ((*f)->doc && (*f)->example && (*f)->call));
    CHECK(function_find(STR("size"), true) && function_find(STR("size"), false));
    CHECK(!function_find(STR("sice"), false));
}

// Secrets

static struct value with_secret(void)
{
    struct value_builder *b = value_map_start(scratch);
    struct value_builder *inside = value_map_start(scratch);

    value_put_s(inside, "key", value_secret(value_text("hunter2")));
    value_put_s(inside, "open", value_text("open"));
    value_put_s(b, "s", value_finish(inside));
    value_put_s(b, "whole", value_secret(value_of("[{'a': 'x'}]", empty_map())));
    return value_finish(b);
}

TEST(what_is_computed_from_a_secret_is_secret)
{
    static const char *const sources[] = {
        "s.key",
        "s['key']",
        "s.?key",
        "s.key + 'x'",
        "size(s.key)",
        "s.key == 'x'",
        "[1, s.key]",
        "{'a': s.key}",
        "s.key.contains('h') ? 1 : 2",
        "s",
        "toJson(s)",
        "s.map(k, s[k])",
        "['a'].map(x, s.key)",
        "['a'].exists(x, x == s.key)",
        "cel.bind(x, s.key, x + 'a')",
        "optional.of(s.key)",
        "s.key.matches('h.*')",
        "'%s'.format([s.key])",
        "whole[0].a",
        "whole.map(x, x.a)[0]",
        "whole.filter(x, x.a == 'x').size()",
        "s.key in ['a']",
        "!(s.key == 'a')",
        "s.key == 'a' && true",
        "json(toJson(s)).open",
        "whole + [1]",
        "whole.sort().size() >= 0 ? 'a' : 'b'",
    };

    for (size_t i = 0; i < sizeof sources / sizeof *sources - 1; i++) {
        bool secret = value_of(sources[i], with_secret()).secret;
        if (!secret)
            printf("# not secret: %s\n", sources[i]);
        CHECK(secret);
    }
}

TEST(what_stands_beside_a_secret_is_not_one)
{
    CHECK(!value_of("s.open", with_secret()).secret);
    CHECK(!value_of("has(s.key)", with_secret()).secret);
    CHECK(!value_of("s['open'] + 'x'", with_secret()).secret);
    CHECK(!value_of("{'a': s.key, 'b': 1}", with_secret()).map->entries[1].value.secret);
    CHECK(value_of("{'a': s.key, 'b': 1}", with_secret()).map->entries[0].value.secret);
    CHECK(value_of("{'a': 1, 'b': s.key + 'x'}", with_secret()).map->entries[1].value.secret);
}

static struct expr_error error_of(const char *source, struct value given);

TEST(an_error_does_not_tell_a_secret)
{
    static const char *const sources[] = {
        "int(s.key)",
        "duration(s.key)",
        "{'a': 1}[s.key]",
        "json(s.key)",
        "timestamp(0).getHours(s.key)",
        "'a'.matches(s.key + '(')",
        "s.key + 1",
        "[1][s.key]",
        "semver(s.key)",
        "json('{\"hunter2x\": 1, \"k\": \"' + s.key + '\"}').hunter2y",
    };

    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct expr_error error = error_of(sources[i], with_secret());
        bool told = str_search(error.message, STR("hunter2\"")) != SIZE_MAX || error.help.n > 0;
        if (told)
            printf("# %s: %.*s\n", sources[i], STR_ARG(error.message));
        CHECK(!told);
    }
}

// Objects

static bool door_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                     struct str *why)
{
    (void)a;
    ++*(int *)o->ctx;
    *out = value_int(7);
    if (str_is(field, "json"))
        *why = STR("the output of step `a` is not JSON");
    return str_is(field, "exit");
}

static const struct str *door_fields(const struct object *o, struct arena *a)
{
    static const struct str names[] = { { "exit", 4 }, { "json", 4 }, { "", 0 } };

    (void)o, (void)a;
    return names;
}

static const struct object_class door = { "step", door_get, door_fields };

static struct value with_object(int *asked)
{
    struct value_builder *b = value_map_start(scratch);

    value_put_s(b, "a", value_object(scratch, &door, asked));
    return value_finish(b);
}

TEST(an_object_is_asked_for_what_is_read)
{
    int asked = 0;

    CHECK(value_of("a.exit", with_object(&asked)).i == 7);
    CHECK(asked == 1);
    CHECK(value_of("a['exit'] + 1", with_object(&asked)).i == 8);
    CHECK(!value_of("has(a.json)", with_object(&asked)).b);
    CHECK(value_of("a.?json.orValue(1)", with_object(&asked)).i == 1);
    CHECK_STR(value_of("toJson(a)", with_object(&asked)).s, "{\"exit\":7}");
    CHECK(value_of("a == {'exit': 7}", with_object(&asked)).b);
    CHECK(value_of("a.map(k, k) == ['exit']", with_object(&asked)).b);
    CHECK(value_of("'exit' in a && size(a) == 1", with_object(&asked)).b);
}

static struct expr_error error_of(const char *source, struct value given)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(str_from(source));
    struct expr_error error = { .message = STR("") };
    struct value v;
    const struct expr *e = expr_parse(scratch, &text, &ds);

    CHECK(e && !expr_eval(e, scope_of_map(scratch, given, VALUE_NONE), scratch, &v, &error));
    return error;
}

static bool safe_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                     struct str *why)
{
    (void)a, (void)why;
    *out = o->ctx ? value_object(a, o->class, NULL) : value_secret(value_text("hunter2"));
    return str_is(field, "inner");
}

static const struct str *safe_fields(const struct object *o, struct arena *a)
{
    static const struct str names[] = { { "inner", 5 }, { "", 0 } };

    (void)o, (void)a;
    return names;
}

TEST(a_secret_inside_of_objects_is_found)
{
    static const struct object_class safe = { "safe", safe_get, safe_fields };
    static const char *const sources[] = {
        "o",
        "o.inner",
        "o.inner.inner",
        "[o]",
        "{'a': o}",
        "toJson(o)",
        "o == {}",
        "'%s'.format([o])",
        "toJson([{'a': o.inner}])",
        "[o].map(x, x)",
        "o in [{}]",
        "optional.of(o)",
        "[o].distinct().size()",
        "cel.bind(x, o, toJson(x))",
    };
    struct value_builder *b = value_map_start(scratch);

    value_put_s(b, "o", value_object(scratch, &safe, scratch));
    struct value given = value_finish(b);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        bool secret = value_of(sources[i], given).secret;
        if (!secret)
            printf("# not secret: %s\n", sources[i]);
        CHECK(secret);
    }
}

TEST(an_object_says_why_a_field_is_not_there)
{
    int asked = 0;

    CHECK_STR(error_of("a.json.x", with_object(&asked)).message,
              "the output of step `a` is not JSON");
    CHECK(error_of("a.json.x", with_object(&asked)).missing);
    CHECK_STR(error_of("a.exitt", with_object(&asked)).help, "did you mean `exit`?");
}

TEST(missing_is_told_from_wrong)
{
    CHECK(error_of("a.b", empty_map()).missing == false);
    CHECK(error_of("{'a': 1}.b", empty_map()).missing);
    CHECK(error_of("[1][3]", empty_map()).missing);
    CHECK(error_of("optional.none().value()", empty_map()).missing);
    CHECK(!error_of("1 / 0", empty_map()).missing);
    CHECK(!error_of("1 + 'a'", empty_map()).missing);
}

// Limits

TEST(every_limit_names_itself)
{
    static const struct {
        const char *source, *words;
    } rows[] = {
        { "range(10000).all(x, range(10000).all(y, x + y >= 0))", "cost limit" },
        { "cel.bind(a, range(10000), cel.bind(b, a + a + a + a, cel.bind(c, b + b + b + b, c + c "
          "+ c + c + c + c + c + c)))",
          "memory limit" },
        { "range(10001)", "range limit" },
        { "cel.bind(a, range(10), cel.bind(b, [a, a, a, a, a, a, a, a, a, a], cel.bind(c, [b, b, "
          "b, "
          "b, b, b, b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c, c, c], cel.bind(e, [d, d, d, "
          "d, d, d, d, d, d, d], [e, e, e, e, e, e, e, e, e, e])))))",
          "memory limit" },
        { "'a'.matches('b') || range(10000).exists(x, range(10000).exists(y, x + y < 0)) || true",
          "cost limit" },
        { "('a'.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') + 'b').matches('^(a+)+$')",
          "match limit" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct expr_error error = error_of(rows[i].source, empty_map());
        bool named = str_search(error.message, str_from(rows[i].words)) != SIZE_MAX;
        if (!named)
            printf("# %s: %.*s\n", rows[i].source, STR_ARG(error.message));
        CHECK(named && error.limit);
    }
}

static struct str syntax_error(struct str source)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(source);

    CHECK(!expr_parse(scratch, &text, &ds));
    return ds.first ? ds.first->message : STR("");
}

static struct str repeated(const char *open, const char *inside, const char *close, int times)
{
    struct buf b = BUF_EMPTY;

    for (int i = 0; i < times; i++)
        buf_add_s(&b, open);
    buf_add_s(&b, inside);
    for (int i = 0; i < times; i++)
        buf_add_s(&b, close);
    return buf_take(&b, scratch);
}

TEST(depth_and_source_are_bounded)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(repeated("(", "1", ")", 100));

    CHECK(expr_parse(scratch, &text, &ds) != NULL);
    CHECK(str_search(syntax_error(repeated("(", "1", ")", 101)), STR("depth limit")) != SIZE_MAX);
    CHECK(str_search(syntax_error(repeated("[", "1", "]", 5000)), STR("depth limit")) != SIZE_MAX);
    CHECK(str_search(syntax_error(repeated("1+", "1", "", 5000)), STR("depth limit")) != SIZE_MAX);
    CHECK(str_search(syntax_error(repeated("a?1:", "1", "", 9000)), STR("depth limit")) !=
          SIZE_MAX);
    CHECK(str_search(syntax_error(repeated("1 ", "", "", 40000)), STR("source limit")) != SIZE_MAX);
    text = text_bare(repeated("false || ", "true", "", 5000));
    CHECK(expr_parse(scratch, &text, &ds) != NULL);
    text = text_bare(repeated("!", "true", "", 5000));
    CHECK(expr_parse(scratch, &text, &ds) != NULL);
    CHECK(value_of(repeated("n + ", "n", "", 999).s, json_value("{\"n\": 1}")).i == 1000);
    CHECK(value_of(repeated("n == 0 ? 0 : ", "7", "", 999).s, json_value("{\"n\": 1}")).i == 7);
    CHECK_STR(evaluate(repeated("n + ", "n", "", 999), json_value("{\"n\": 1}")).value, "1000");
    CHECK_STR(evaluate(repeated("n == 0 ? 0 : ", "7", "", 999), json_value("{\"n\": 1}")).value,
              "7");
    CHECK(value_of(repeated("[", "n", "]", 99).s, json_value("{\"n\": 1}")).kind == VALUE_LIST);
}

TEST(a_nul_is_a_character_like_any_other)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(STR("size('a\0b')"));
    struct expr_error error;
    struct value v;
    const struct expr *e = expr_parse(scratch, &text, &ds);

    CHECK(e && expr_eval(e, NULL, scratch, &v, &error) && v.i == 3);
}

// References and pictures

static struct str refs_of(const char *source)
{
    struct diags ds = { .arena = scratch };
    struct text text = text_bare(str_from(source));
    const struct expr *e = expr_parse(scratch, &text, &ds);
    struct buf out = BUF_EMPTY;
    size_t count = 0;

    CHECK(e != NULL);
    const struct expr_ref *refs = e ? expr_refs(e, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        buf_add_s(&out, i ? " " : "");
        for (size_t j = 0; j < refs[i].count; j++)
            buf_format(&out, "%s%.*s", j ? "." : "", STR_ARG(refs[i].path[j]));
        buf_add_s(&out, refs[i].guarded ? "?" : "");
    }
    return buf_take(&out, scratch);
}

TEST(references_are_the_longest_static_paths)
{
    CHECK_STR(refs_of("steps.a.json.n > inputs.x[0]"), "steps.a.json.n inputs.x");
    CHECK_STR(refs_of("steps['a'].exit + steps[b].exit"), "steps.a.exit steps b");
    CHECK_STR(refs_of("has(steps.a.x) && steps.b.?y.orValue(1) > 0"), "steps.a.x? steps.b.y?");
    CHECK_STR(refs_of("xs.map(x, x.y + z)"), "xs z");
    CHECK_STR(refs_of("xs.exists(x, y, x == y) || y"), "xs y");
    CHECK_STR(refs_of("math.abs(n) + size([1])"), "n");
    CHECK_STR(refs_of("type(a) == int"), "a");
    CHECK_STR(refs_of("1 + 2"), "");
    CHECK_STR(refs_of("cel.bind(a, b, a + c)"), "b c");
    CHECK_STR(refs_of("{'k': v}[i]"), "v i");
}

TEST(references_know_their_places)
{
    struct diags ds = { .arena = scratch };
    struct source *file = source_new(scratch, STR("x"), STR("1 + steps.a.exit"));
    struct text text = { .str = file->text, .span = { file, 0, 16 } };
    size_t count;
    const struct expr_ref *refs = expr_refs(expr_parse(scratch, &text, &ds), &count);

    CHECK(count == 1 && refs[0].span.start == 4 && refs[0].span.end == 16);
    CHECK(refs[0].last.start == 10 && refs[0].last.end == 11);
}

static const struct expr *parsed(const char *source)
{
    struct diags ds = { .arena = scratch };
    struct text *text = NEW(scratch, struct text);

    *text = text_bare(str_from(source));
    return expr_parse(scratch, text, &ds);
}

static struct str picture_of(const char *source, const char *given)
{
    const struct scope *s = scope_of_map(scratch, json_value(given), VALUE_NONE);

    return expr_picture(parsed(source), s, scratch);
}

TEST(a_picture_has_each_value_under_its_part)
{
    CHECK_STR(
        picture_of(
            "result.value > 1000",
            "{\"result\": {\"value\": 12, \"rows\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}}"),
        "result.value > 1000\n"
        "|      |     |\n"
        "|      12    false\n"
        "{\"value\": 12, \"rows\": [1, 2, 3, 4, 5, ...]}\n");
    CHECK_STR(picture_of("a && b", "{\"a\": false, \"b\": true}"), "a && b\n"
                                                                   "| |\n"
                                                                   "| false\n"
                                                                   "false\n");
    CHECK_STR(picture_of("xs.all(x, x > 1)", "{\"xs\": [1, 2]}"), "xs.all(x, x > 1)\n"
                                                                  "|  |\n"
                                                                  "|  false\n"
                                                                  "[1, 2]\n");
    CHECK_STR(picture_of("a.b > 1", "{\"a\": {}}"), "a.b > 1\n|\n{}\n");
}

TEST(a_picture_keeps_secrets)
{
    const struct scope *s = scope_of_map(scratch, with_secret(), VALUE_NONE);
    struct str picture = expr_picture(parsed("s.key == 'x'"), s, scratch);

    CHECK(str_search(picture, STR("hunter2")) == SIZE_MAX);
    CHECK(str_search(picture, STR("***")) != SIZE_MAX);
    CHECK(str_search(json_text(expr_parts(parsed("s.key == 'x'"), s, scratch), scratch),
                     STR("hunter2")) == SIZE_MAX);
}

TEST(parts_are_told_to_tools)
{
    const struct scope *s = scope_of_map(scratch, json_value("{\"a\": {\"b\": 2}}"), VALUE_NONE);

    CHECK_STR(json_text(expr_parts(parsed("a.b > 3"), s, scratch), scratch),
              "[{\"text\":\"a\",\"value\":{\"b\":2}},{\"text\":\"a.b\",\"value\":2},"
              "{\"text\":\"a.b > 3\",\"value\":false}]");
}

TEST(a_condition_must_be_true_or_false)
{
    struct expr_error error;
    bool b;

    CHECK(expr_test(parsed("1 < 2"), NULL, scratch, &b, &error) && b);
    CHECK(!expr_test(parsed("1"), NULL, scratch, &b, &error));
    CHECK_STR(error.message, "a condition is true or false, but this is a whole number");
}
