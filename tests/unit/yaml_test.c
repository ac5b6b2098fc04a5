// Bytes to nodes: what is refused, and where every decoded byte was written.

#include <stdlib.h>

#include "base/buf.h"
#include "test.h"
#include "yaml/node.h"

static struct diags mistakes;

static const struct node *read_bytes(const char *bytes, size_t n)
{
    struct source *src = source_new(scratch, STR("t"), (struct str){ bytes, n });

    mistakes = (struct diags){ .arena = scratch };
    return node_read(scratch, src, &mistakes);
}

static const struct node *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

// "2:5 yaml-syntax 3:1 tab-indent": what reading [text] complains about.
static struct str blamed(const char *text)
{
    struct buf b = BUF_EMPTY;

    read_text(text);
    diags_sort(&mistakes);
    for (const struct diag *d = mistakes.first; d; d = d->next) {
        struct place at = source_place(d->span.source, d->span.start);
        buf_format(&b, "%s%u:%u %s", b.n ? " " : "", at.line, at.column, diag_slug(d->code));
    }
    return buf_take(&b, scratch);
}

static struct str help_of(const char *text)
{
    read_text(text);
    return mistakes.first ? mistakes.first->help : STR("no mistake");
}

static struct str first_rule(const char *bytes, size_t n)
{
    read_bytes(bytes, n);
    if (!mistakes.first)
        return STR("none");
    struct place at = source_place(mistakes.first->span.source, mistakes.first->span.start);
    return str_format(scratch, "%u:%u %s", at.line, at.column, diag_slug(mistakes.first->code));
}
#define RULE(bytes) first_rule((bytes), sizeof(bytes) - 1)

TEST(a_file_that_is_not_utf8_is_refused_at_the_byte)
{
    CHECK_STR(RULE("a: \xE4rger\n"), "1:4 invalid-encoding");
    CHECK_STR(RULE("a: b\nc: \xC0\xAF\n"), "2:4 invalid-encoding");
    CHECK_STR(RULE("a: \xED\xA0\x80\n"), "1:4 invalid-encoding");
    CHECK_STR(RULE("a: \xF4\x90\x80\x80\n"), "1:4 invalid-encoding");
    CHECK_STR(RULE("a: \xE2\x82"), "1:4 invalid-encoding");
    CHECK_STR(RULE("\xFF\xFE"
                   "a\0:\0"),
              "1:1 invalid-encoding");
    CHECK_STR(RULE("\xFE\xFF\0a\0:"), "1:1 invalid-encoding");
    CHECK_STR(RULE("a: b\n\0"), "2:1 invalid-encoding");
    CHECK_STR(RULE("a: b\x1B[0m\n"), "1:5 invalid-encoding");
    CHECK_STR(RULE("a: b\x7F\n"), "1:5 invalid-encoding");
    CHECK_STR(RULE("a: \xEF\xBB\xBF"
                   "b\n"),
              "1:4 invalid-encoding");
}

TEST(a_byte_order_mark_at_the_start_is_accepted_and_counts_for_nothing)
{
    const struct node *n = read_text("\xEF\xBB\xBF"
                                     "a: *b\n");

    CHECK(n && mistakes.errors == 1);
    CHECK_STR(blamed("\xEF\xBB\xBF"
                     "a: *b\n"),
              "1:4 unknown-alias");
    CHECK_STR(blamed("\xEF\xBB\xBF"
                     "\xC3\xA4: *b\n"),
              "1:4 unknown-alias");
}

TEST(limits_are_named)
{
    enum { MEGA = 1024 * 1024 };
    char *big = memset(malloc(MEGA + 1), ' ', MEGA + 1);
    memcpy(big, "a: b\n", 5);
    CHECK_STR(first_rule(big, MEGA), "none");
    CHECK_STR(first_rule(big, MEGA + 1), "2:1048572 over-limit");
    memset(big, '[', MEGA);
    CHECK_STR(first_rule(big, MEGA), "1:65 over-limit");
    for (int i = 0; i < MEGA; i += 2)
        memcpy(big + i, "- ", 2);
    CHECK_STR(first_rule(big, MEGA), "1:129 over-limit");
    memset(big, 'x', 1025);
    memcpy(big + 1025, ": 1\n", 4);
    CHECK_STR(first_rule(big, 1029), "1:1 over-limit");
    CHECK_STR(first_rule(big + 1, 1028), "none");
    free(big);
}

TEST(nesting_of_64_is_accepted_and_of_65_is_not)
{
    char text[200];

    for (int depth = 64; depth <= 65; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        CHECK_STR(first_rule(text, (size_t)depth * 2), depth == 64 ? "none" : "1:65 over-limit");
    }
}

TEST(aliases_repeat_what_they_name)
{
    const struct node *n = read_text("a: &x [1, &y 2]\nb: *x\nc: *y\n");

    CHECK(n && mistakes.errors == 0);
    const struct node *b = node_get(n, "b"), *c = node_get(n, "c");
    CHECK(b->kind == NODE_LIST && node_count(b) == 2);
    CHECK(node_alias(b).source && node_alias(b).start == 19);
    CHECK_STR(c->text.str, "2");
    CHECK(source_place(c->span.source, c->span.start).line == 1);
    CHECK(node_alias(node_get(n, "a")).source == NULL);
}

TEST(aliases_that_explode_or_loop_are_refused)
{
    CHECK_STR(blamed("a: *nobody\n"), "1:4 unknown-alias");
    CHECK_STR(blamed("a: &a {b: *a}\n"), "1:11 alias-bomb");
    CHECK_STR(blamed("&a [*a]\n"), "1:5 alias-bomb");
    CHECK_STR(blamed("a: &a\n  <<: *a\n"), "2:3 yaml-feature 2:7 alias-bomb");

    struct buf b = BUF_EMPTY;
    buf_add_s(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++)
        buf_format(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                   i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    struct str bomb = buf_take(&b, scratch);
    CHECK_STR(blamed(bomb.s), "5:10 alias-bomb");
}

TEST(parts_of_yaml_that_are_not_used_are_named)
{
    CHECK_STR(blamed("%YAML 1.2\n---\na: b\n"), "1:1 yaml-feature");
    CHECK_STR(blamed("# c\n%TAG ! x\n---\na: b\n"), "2:1 yaml-feature");
    CHECK_STR(blamed("a: !!python/object:x {}\n"), "1:4 yaml-feature");
    CHECK_STR(blamed("a: !x b\n"), "1:4 yaml-feature");
    CHECK_STR(blamed("a: !e!x b\n"), "1:4 yaml-feature");
    CHECK_STR(blamed("a: {<<: {b: c}}\n"), "1:5 yaml-feature");
    CHECK_STR(blamed("a: {\"<<\": {b: c}}\n"), "");
    CHECK_STR(blamed("a: b\n---\nc: d\n"), "2:1 multiple-documents");
    CHECK_STR(blamed("---\na: b\n...\n"), "");
    CHECK_STR(blamed("? [a]\n: b\n"), "1:3 wrong-type");
}

TEST(an_empty_file_is_not_a_runbook)
{
    CHECK_STR(blamed(""), "1:1 empty-runbook");
    CHECK_STR(blamed("# only words\n\n"), "1:1 empty-runbook");
    CHECK_STR(blamed("~\n"), "1:1 empty-runbook");
    CHECK_STR(blamed("---\nnull\n"), "2:1 empty-runbook");
    CHECK_STR(blamed("\xEF\xBB\xBF"), "1:1 empty-runbook");
}

TEST(a_key_that_is_written_twice_is_refused_after_unquoting)
{
    CHECK_STR(blamed("a: 1\n\"a\": 2\n'a': 3\n"), "2:1 duplicate-key 3:1 duplicate-key");
    CHECK_STR(blamed("x: {\"\\x61\": 1, a: 2}\n"), "1:16 duplicate-key");
    CHECK(mistakes.first->other.start == 4);
    const struct node *n = read_text("a: 1\na: 2\n");
    CHECK(node_count(n) == 1);
    CHECK_STR(node_get(n, "a")->text.str, "1");
}

TEST(many_keys_are_found_and_many_repeated_ones_are_counted)
{
    struct buf b = BUF_EMPTY;
    for (int i = 0; i < 50000; i++)
        buf_format(&b, "k%d: %d\n", i, i);
    struct str keys = buf_take(&b, scratch);
    const struct node *n = read_text(keys.s);
    CHECK(n && node_count(n) == 50000);
    CHECK_STR(node_get(n, "k49999")->text.str, "49999");
    CHECK(node_get(n, "k50000") == NULL);

    for (int i = 0; i < 100000; i++)
        buf_add_s(&b, "k: 1\n");
    struct str twice = buf_take(&b, scratch);
    CHECK(read_text(twice.s) && mistakes.errors == 101);
    CHECK_STR(mistakes.last->message, "99899 more keys are written twice");
}

TEST(what_is_not_closed_is_blamed_where_it_begins)
{
    CHECK_STR(blamed("a: [b, c\nd: e\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("a: {b: c\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("a: [\n  - b: c\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("a: [{b: c}, [d, e]\nf: g\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("a: \"b\nc: d\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("a: 'b\nc: d\n"), "1:4 yaml-syntax");
}

TEST(other_bad_syntax_is_blamed_where_it_stands)
{
    CHECK_STR(blamed("a: \"b\\dc\"\n"), "1:6 yaml-syntax");
    CHECK_STR(blamed("a:\n  b: c\n d: e\n"), "3:2 yaml-syntax");
    CHECK_STR(blamed("a:\n  - b\n   c: d\n"), "3:5 yaml-syntax");
    CHECK_STR(blamed("name: Restore: the database\n"), "1:14 yaml-syntax");
    CHECK_STR(help_of("name: Restore: the database\n"),
              "quote the value: \"Restore: the database\"");
    CHECK_STR(blamed("a: @b\n"), "1:4 yaml-syntax");
    CHECK_STR(blamed("\xC3\xA4: \"\xF0\x9F\x98\x80\\q\"\n"), "1:6 yaml-syntax");
}

TEST(a_tab_that_indents_is_named)
{
    CHECK_STR(blamed("a:\n\t- b\n"), "2:1 tab-indent");
    CHECK_STR(blamed("a:\n  \tb: c\n"), "2:3 tab-indent");
    CHECK_STR(blamed("a: |\n\tb\n"), "2:1 tab-indent");
    CHECK_STR(blamed("a: b\n\tc: d\n"), "2:1 tab-indent");
    CHECK_STR(blamed("a: |\n  b\n  \tc\n"), "");
    CHECK_STR(blamed("a:\tb\n"), "");
    CHECK_STR(blamed("a: \"b\n\tc\"\n"), "");
}

TEST(an_expression_that_yaml_takes_for_something_else_is_shown_in_quotes)
{
    CHECK_STR(help_of("if: a ? \"b\" : \"c\"\n"), "write 'a ? \"b\" : \"c\"'");
    CHECK_STR(help_of("if: a['k'] ? \"b\" : \"c\"\n"), "write 'a[''k''] ? \"b\" : \"c\"'");
    CHECK_STR(help_of("if: !a.b\n"), "write \"!a.b\"");
    CHECK_STR(help_of("if: [1, 2].exists(x, x == 1)\n"), "write \"[1, 2].exists(x, x == 1)\"");
    CHECK_STR(help_of("expect: {'a': 1} == b\n"), "write \"{'a': 1} == b\"");
    CHECK_STR(help_of("expect: \"a\" == b\n"), "write '\"a\" == b'");
    CHECK_STR(help_of("dir: {{ inputs.x }}/y\n"), "write \"${{ inputs.x }}/y\"");
    CHECK_STR(help_of("dir: a/${{ b ? \"x: y\" : \"\" }}/c  # why\n"),
              "write 'a/${{ b ? \"x: y\" : \"\" }}/c'");
    CHECK_STR(help_of("x: {dir: ${{ inputs.x }}, b: c}\n"), "write \"${{ inputs.x }}\"");
}

TEST(collisions_are_named_at_the_whole_value)
{
    CHECK_STR(blamed("if: a ? \"b\" : \"c\"\n"), "1:5 expr-needs-quotes");
    CHECK(mistakes.first->span.end == 17);
    CHECK_STR(blamed("if: a.b == {\"x\": 1}\n"), "1:5 expr-needs-quotes");
    CHECK_STR(blamed("- {if: f(a, b), id: c}\n"), "1:8 expr-needs-quotes");
    CHECK(mistakes.first->span.end == 14);
    CHECK_STR(blamed("expect: [f(a, b), c]\n"), "1:10 expr-needs-quotes");
    CHECK_STR(blamed("expect: [c, a ? b : c]\n"), "1:13 expr-needs-quotes");
    CHECK_STR(blamed("args: [a, ${{ f(a, b) }}, c]\n"), "1:11 expr-needs-quotes");
    CHECK_STR(blamed("args:\n  - ${{ a ? b : c }}\n"), "2:5 expr-needs-quotes");
    CHECK_STR(blamed("x:\n  {\n  dir: ${{ b }},\n  c: d}\n"), "3:8 expr-needs-quotes");
    CHECK_STR(blamed("if: `a`\nwhen: %b\nclear: @c\n"),
              "1:5 expr-needs-quotes 2:7 expr-needs-quotes 3:8 expr-needs-quotes");
    CHECK_STR(blamed("expect:\n  - a &&\n    b == {\"x\": 1}\n"), "2:5 expr-needs-quotes");
    CHECK_STR(blamed("if: !a\n"), "1:5 bang-is-a-tag");
    CHECK_STR(blamed("if: !(a && b) || c\n"), "1:5 bang-is-a-tag");
    CHECK_STR(blamed("if: !has(a.b[\"c\"])\n"), "1:5 bang-is-a-tag");
    CHECK_STR(blamed("expect: [!a, b]\n"), "1:10 bang-is-a-tag");
    CHECK_STR(blamed("if: a == \"x # y\"\n"), "1:13 comment-cuts-expression");
    CHECK_STR(blamed("x: ${{ a + \" # \" }}\n"), "1:14 comment-cuts-expression");
    CHECK_STR(blamed("x: {if: a == \"x # y\", b: c}\n"), "1:17 comment-cuts-expression");
    CHECK_STR(blamed("x: {{ y }}\n"), "1:4 braces-are-a-map");
    CHECK_STR(blamed("- {{ y }}\n"), "1:3 braces-are-a-map");
    CHECK_STR(blamed("x: [{{ y }}, z]\n"), "1:5 braces-are-a-map");
}

TEST(expressions_that_yaml_leaves_alone_are_no_mistake)
{
    CHECK_STR(blamed("if: a in [1, 2] && f(a, b) # why\n"), "");
    CHECK_STR(blamed("if: \"a ? 'b' : 'c'\"\n"), "");
    CHECK_STR(blamed("x: a ${{ b }} # ${{ c\n"), "");
    CHECK_STR(blamed("x: |\n  ${{ a ? \"b\" : \"c # d\" }}\n"), "");
    CHECK_STR(blamed("x: [a(b, c)]\n"), "");
    CHECK_STR(blamed("expect: [a, b == 1, \"c\"]\n"), "");
    CHECK_STR(blamed("done_if: {sql: SELECT 1, expect: a == 1}\n"), "");
}

TEST(lines_longer_than_anybody_writes_are_not_looked_at_for_expressions)
{
    struct buf b = BUF_EMPTY;

    buf_add_s(&b, "expect: [");
    for (int i = 0; i < 100000; i++)
        buf_add_s(&b, "f(a b, ");
    buf_add_s(&b, "c]\n");
    struct str text = buf_take(&b, scratch);
    CHECK_STR(blamed(text.s), "");
}

TEST(the_rest_of_the_file_is_read_behind_a_collision)
{
    const struct node *n = read_text("if: a ? \"b\" : \"c\"\nb: 1\nb: 2\nwhen: !x\nc: *y\n");

    CHECK_STR(blamed("if: a ? \"b\" : \"c\"\nb: 1\nb: 2\nwhen: !x\nc: *y\n"),
              "1:5 expr-needs-quotes 3:1 duplicate-key 4:7 bang-is-a-tag 5:4 unknown-alias");
    CHECK(n && node_get(n, "if")->refused && node_get(n, "when")->refused);
    CHECK(n && !node_get(n, "b")->refused);
}

// --- places ---

// The value of [key], and for [word] in it: "line:column-line:column", the end
// exclusive, as the file has them.
static struct str place_of(const char *text, const char *word)
{
    const struct node *n = read_text(text);
    if (!n || mistakes.errors)
        return STR("does not read");
    const struct text *t = &n->first->text;
    size_t at = str_search(t->str, str_from(word));
    if (at == SIZE_MAX)
        return str_format(scratch, "not in '%.*s'", STR_ARG(t->str));
    struct span s = text_span(t, at, at + strlen(word));
    struct place from = source_place(s.source, s.start), to = source_place(s.source, s.end);
    return str_format(scratch, "%u:%u-%u:%u", from.line, from.column, to.line, to.column);
}

TEST(places_in_plain_text)
{
    CHECK_STR(place_of("k: one two\n", "two"), "1:8-1:11");
    CHECK_STR(place_of("k: one   \n   two\n\n  three\n", "two"), "2:4-2:7");
    CHECK_STR(place_of("k: one   \n   two\n\n  three\n", "one two\nthree"), "1:4-4:8");
    CHECK_STR(place_of("k: &anchor one\n", "one"), "1:12-1:15");
    CHECK_STR(place_of("k: &anchor # why\n  one\n", "one"), "2:3-2:6");
    CHECK_STR(place_of("k: \xF0\x9F\x98\x80 two\n", "two"), "1:6-1:9");
    CHECK_STR(place_of("k: one\r\n  two\r\n", "two"), "2:3-2:6");
    CHECK_STR(place_of("k: one\r\n  two\r\n", "one"), "1:4-1:7");
    CHECK_STR(place_of("k: one\n\t two\n", "two"), "does not read");
    CHECK_STR(place_of("k: one\n \ttwo\n", "two"), "2:3-2:6");
}

TEST(places_in_quotes)
{
    CHECK_STR(place_of("k: 'one two'\n", "two"), "1:9-1:12");
    CHECK_STR(place_of("k: 'it''s two'\n", "two"), "1:11-1:14");
    CHECK_STR(place_of("k: 'it''s two'\n", "'s"), "1:7-1:10");
    CHECK_STR(place_of("k: \"a\\tb\\\\ two\"\n", "two"), "1:12-1:15");
    CHECK_STR(place_of("k: \"a\\u263A two\"\n", "\xE2\x98\xBA"), "1:6-1:12");
    CHECK_STR(place_of("k: \"a\\U0001F600\\x41 two\"\n", "two"), "1:21-1:24");
    CHECK_STR(place_of("k: \"end\\n\"\n", "\n"), "1:8-1:10");
    CHECK_STR(place_of("k: \"one \\\n    two\n\n  three\"\n", "one two\nthree"), "1:5-4:8");
    CHECK_STR(place_of("k: \"one \\\n    two\n\n  three\"\n", "two"), "2:5-2:8");
    CHECK_STR(place_of("k: \"one  \n    two\"\n", "one"), "1:5-1:8");
    CHECK_STR(place_of("k: \"one\\\n\n\n  two\"\n", "two"), "4:3-4:6");
    CHECK_STR(place_of("k: 'one\r\n\r\n  two'\r\n", "two"), "3:3-3:6");
    CHECK_STR(place_of("k: \"\\N\\_\\L\\P two\"\n", "two"), "1:14-1:17");
    CHECK_STR(place_of("k: \"\xC3\xA4\\xe4 two\"\n", "two"), "1:11-1:14");
}

TEST(places_in_blocks)
{
    CHECK_STR(place_of("k: |\n  one\n  two\n", "two"), "3:3-3:6");
    CHECK_STR(place_of("k: |\n  one\n  two\n", "one\ntwo"), "2:3-3:6");
    CHECK_STR(place_of("k: |\n\n\n  one\n    two\n", "two"), "5:5-5:8");
    CHECK_STR(place_of("k: |2\n    one\n  two\n", "two"), "3:3-3:6");
    CHECK_STR(place_of("k: |2\n    one\n  two\n", "one"), "2:5-2:8");
    CHECK_STR(place_of("k: |+ # why\n  one\n\n  two\n\n", "two"), "4:3-4:6");
    CHECK_STR(place_of("k: |-\n  one\n\n  two\n\n", "two"), "4:3-4:6");
    CHECK_STR(place_of("k: |\r\n  one\r\n  two\r\n", "two"), "3:3-3:6");
    CHECK_STR(place_of("k: |\n  one\n  \ttwo\n", "two"), "3:4-3:7");
    CHECK_STR(place_of("k: |\n  \xF0\x9F\x98\x80 one\n  \xC3\xA4 two\n", "two"), "3:5-3:8");
    CHECK_STR(place_of("k: >\n  one\n  two\n\n  three\n", "one two\nthree"), "2:3-5:8");
    CHECK_STR(place_of("k: >\n  one\n  two\n\n  three\n", "three"), "5:3-5:8");
    CHECK_STR(place_of("k: >\n  one\n    two\n    three\n\n  four\n", "four"), "6:3-6:7");
    CHECK_STR(place_of("k: >\n  one\n    two\n    three\n\n  four\n", "three"), "4:5-4:10");
    CHECK_STR(place_of("k: >-\n\n  one\n\n\n  two\n", "two"), "6:3-6:6");
    CHECK_STR(place_of("k: >\r\n  one\r\n  two\r\n", "two"), "3:3-3:6");
    CHECK_STR(place_of("k: >+\n  one\n\n\nz: b\n", "\n\n\n"), "2:6-5:1");
    CHECK_STR(place_of("k: >1\n  one\n two\n", "two"), "3:2-3:5");
    CHECK_STR(place_of("k: |\n  one\n   \n  two", "two"), "4:3-4:6");
}

TEST(a_part_of_a_text_keeps_its_places)
{
    const struct node *n = read_text("k: \"a\\tb\n  c d\"\n");
    const struct text *t = &n->first->text;
    struct text cut = text_cut(scratch, t, 2, t->str.n);

    CHECK_STR(cut.str, "b c d");
    struct span s = text_span(&cut, 4, 5);
    CHECK(source_place(s.source, s.start).line == 2);
    CHECK(source_place(s.source, s.start).column == 5);
}

TEST(maps_and_lists_know_where_they_end)
{
    const struct node *n = read_text("a:\n  b: c\n  d: [e]\n\n# x\nf: g\n");

    CHECK(n->first->span.end == 18);
    CHECK(node_get(n->first, "d")->span.end == 18);
}

TEST(a_file_cut_off_anywhere_is_refused_or_read_and_never_crashes)
{
    static const char whole[] = "a: &x [b, {c: \"d\\u263A\"}]\ne: *x\nf: |\n  g\n  h\ni: 'j''k'\n"
                                "if: a ? \"b\" : \"c\"\nl: >-\n  \xF0\x9F\x98\x80\n";
    for (size_t n = 0; n < sizeof whole; n++) {
        const struct node *root = read_bytes(whole, n);
        CHECK(root || mistakes.errors);
    }
}

TEST(a_copy_stays_when_the_tree_it_was_made_of_goes)
{
    static const char text[] = "top:\n  a: &x [1, \"t\\x77o\"]\n  b: *x\n  c: |\n    three\n    four\n"
                               "  d: 4\n  e: 5\n  f: 6\n  g: 7\n  h: 8\n  i: 9\n";
    struct arena *tree = arena_new(scratch);
    struct source *src = source_new(scratch, STR("t"), STR(text));

    mistakes = (struct diags){ .arena = scratch };
    const struct node *n = node_read_apart(scratch, tree, src, &mistakes);
    CHECK(n && mistakes.errors == 0);
    struct node *copy = node_copy(scratch, n->first);
    arena_free(tree);
    CHECK(node_count(copy) == 9 && !node_get(copy, "j"));
    CHECK_STR(node_get(copy, "i")->text.str, "9");
    CHECK_STR(node_get(copy, "a")->first->next->text.str, "two");
    CHECK(!node_alias(node_get(copy, "a")).source);
    CHECK(node_alias(node_get(copy, "b")).source == src);
    const struct text *block = &node_get(copy, "c")->text;
    CHECK_STR(block->str, "three\nfour\n");
    struct span four = text_span(block, 6, 10);
    CHECK_STR(str_slice(src->text, four.start, four.end), "four");
    CHECK_STR(node_get(copy, "h")->key->text.str, "h");
}
