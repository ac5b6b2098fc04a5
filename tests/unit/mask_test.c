#include "base/mask.h"

#include <stdlib.h>

#include "base/disguise.h"
#include "tests/unit/test.h"

#define SECRET "s3cr:t/ \"\xc3\xa9~1"  // something for every encoding

static struct mask *mask_of(const char *secret)
{
    struct mask *m = mask_new(scratch);

    mask_add(m, str_from(secret));
    return m;
}

// Fed in pieces that end at each of [cuts] (ended by 0) and at the end.
static struct str in_pieces(struct mask *m, struct str text, const size_t *cuts)
{
    struct masking *s = masking_new(m, scratch);
    struct buf out = BUF_EMPTY;
    size_t at = 0;

    for (; *cuts && *cuts < text.n; at = *cuts++)
        masking_feed(s, str_slice(text, at, *cuts), &out);
    masking_feed(s, str_slice(text, at, text.n), &out);
    masking_end(s, &out);
    CHECK(masking_held(s) == 0);
    return buf_take(&out, scratch);
}

static struct str masked(struct mask *m, const char *text)
{
    bool found;
    struct str whole = mask_text(m, str_from(text), scratch, &found);
    struct str streamed = in_pieces(m, str_from(text), (size_t[]){ 0 });

    CHECK(str_equal(whole, streamed));
    CHECK(found == !str_is(whole, text));
    return whole;
}

TEST(what_is_not_quite_the_secret_stays)
{
    struct mask *m = mask_of("hunter22");

    CHECK_STR(masked(m, "hunter2 hunter 22 unter22 HUNTER22 hunter2"),
              "hunter2 hunter 22 unter22 HUNTER22 hunter2");
    CHECK_STR(masked(m, ""), "");
}

TEST(five_characters_are_too_few_to_be_a_secret)
{
    struct mask *m = mask_of("short");

    CHECK(mask_is_empty(m));
    CHECK_STR(masked(m, "short"), "short");
}

TEST(nothing_is_held_back_when_there_are_no_secrets)
{
    struct masking *s = masking_new(mask_new(scratch), scratch);
    struct buf *out = buf_in(scratch);

    masking_feed(s, STR("any text"), out);
    CHECK_STR(buf_str(out), "any text");
    CHECK(masking_held(s) == 0);
}

TEST(each_place_becomes_three_stars)
{
    struct mask *m = mask_of("hunter22");

    CHECK_STR(masked(m, "hunter22"), "***");
    CHECK_STR(masked(m, "a hunter22, hhunter22h hunterhunter22"), "a ***, h***h hunter***");
    CHECK_STR(masked(m, "\x1b[31mhunter22\x1b[0m"), "\x1b[31m***\x1b[0m");
}

TEST(secrets_that_overlap_hide_each_other_whole)
{
    struct mask *m = mask_of("abcdef");

    mask_add(m, STR("defghi"));
    mask_add(m, STR("xabcdefghiz"));
    CHECK_STR(masked(m, "-abcdefghi-"), "-***-");
    CHECK_STR(masked(m, "-xabcdefghiz-"), "-***-");
    CHECK_STR(masked(m, "-xabcdefghi-"), "-x***-");
    CHECK_STR(masked(m, "abcdefabcdef"), "******");
}

TEST(a_secret_that_overlaps_itself_leaves_no_tail)
{
    struct mask *m = mask_of("abaaba");

    CHECK_STR(masked(m, "abaabaaba!"), "***!");
    CHECK_STR(masked(m, "abaababa"), "***ba");
}

TEST(lines_of_a_secret_are_secret)
{
    struct mask *m = mask_of("-----BEGIN-----\r\nfirst line\nabc\nlast line\n");

    CHECK_STR(masked(m, "1 first line\n2 abc\n3 last line"), "1 ***\n2 abc\n3 ***");
    CHECK_STR(masked(m, "-----BEGIN-----"), "***");
}

TEST(the_same_secret_is_kept_once)
{
    struct mask *m = mask_of("hunter22");

    mask_add(m, STR("hunter22"));
    mask_add(m, STR("other secret"));
    CHECK(mask_count(m) == 2);
    CHECK_STR(mask_secret(m, 0), "hunter22");
    CHECK_STR(mask_secret(m, 1), "other secret");
}

// As written by the programs named; SECRET each time.
static const struct {
    const char *how, *text;
} written[] = {
    { "as it is", SECRET },
    { "Python quote(safe='')", "s3cr%3At%2F%20%22%C3%A9~1" },
    { "the same in lower case", "s3cr%3at%2f%20%22%c3%a9~1" },
    { "PHP urlencode", "s3cr%3At%2F+%22%C3%A9%7E1" },
    { "Go url.QueryEscape", "s3cr%3At%2F+%22%C3%A9~1" },
    { "JavaScript encodeURI", "s3cr:t/%20%22%C3%A9~1" },
    { "Python quote", "s3cr%3At/%20%22%C3%A9~1" },
    { "base64", "czNjcjp0LyAiw6l+MQ==" },
    { "base64 for URLs", "czNjcjp0LyAiw6l-MQ==" },
    { "base64 for URLs, unpadded", "czNjcjp0LyAiw6l-MQ" },
    { "JSON", "s3cr:t/ \\\"\xc3\xa9~1" },
    { "JSON in ASCII", "s3cr:t/ \\\"\\u00e9~1" },
    { "JSON in ASCII, capitals", "s3cr:t/ \\\"\\u00E9~1" },
    { "PHP json_encode", "s3cr:t\\/ \\\"\\u00e9~1" },
    { "a double quoted word of sh", "s3cr:t/ \\\"\xc3\xa9~1" },
    { "printf %q", "s3cr:t/\\ \\\"\xc3\xa9\\~1" },
    { "CSV", "s3cr:t/ \"\"\xc3\xa9~1" },
    { "HTML", "s3cr:t/ &quot;\xc3\xa9~1" },
    { "grep --color", "s3cr:\x1b[01;31m\x1b[Kt/ \x1b[m\x1b[K\"\xc3\xa9~1" },
    { "base64 in lines of four", "czNj\ncjp0\nLyAi\nw6l+\nMQ==" },
    { "the same from Windows, in YAML", "czNjcjp0Ly\r\n    Aiw6l+MQ==" },
    { "xxd -p", "733363723a742f2022c3a97e31" },
    { "MySQL hex()", "733363723A742F2022C3A97E31" },
    { "xxd -p in short lines, indented", "733363723a\n  742f2022c3\n  a97e31" },
    { "base64, coloured", "czNj\x1b[1mcjp0Ly\x1b[0m\n  Aiw6l+MQ==" },
};

TEST(a_secret_is_found_in_every_encoding)
{
    struct mask *m = mask_of(SECRET);

    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct str got = masked(m, written[i].text);
        if (!str_is(got, "***"))
            printf("# %s: %.*s\n", written[i].how, STR_ARG(got));
        CHECK(str_is(got, "***"));
    }
}

TEST(every_encoding_is_found_wherever_reads_split_it)
{
    struct mask *m = mask_of(SECRET);

    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct str text = str_format(scratch, "<%s>", written[i].text);
        for (size_t cut = 1; cut < text.n; cut++)
            CHECK_STR(in_pieces(m, text, (size_t[]){ cut, 0 }), "<***>");
        struct masking *s = masking_new(m, scratch);
        struct buf out = BUF_EMPTY;
        for (size_t at = 0; at < text.n; at++)
            masking_feed(s, str_slice(text, at, at + 1), &out);
        masking_end(s, &out);
        CHECK_STR(buf_take(&out, scratch), "<***>");
    }
}

static const char *const shell_words[][2] = {
    { "it's $5 `now`", "'it'\\''s $5 `now`'" },
    { "it's $5 `now`", "\"it's \\$5 \\`now\\`\"" },
    { "it's $5 `now`", "it\\'s\\ \\$5\\ \\`now\\`" },
    { "it's $5 `now`", "$'it\\'s $5 `now`'" },
    { "it's $5 `now`", "'it''s $5 `now`'" },
    { "a<b>&c'd", "<p>a&lt;b&gt;&amp;c&#39;d</p>" },
    { "a<b>&c'd", "<p>a&lt;b&gt;&amp;c'd</p>" },
};

TEST(a_secret_that_was_quoted_is_found)
{
    for (size_t i = 0; i < sizeof shell_words / sizeof *shell_words; i++) {
        struct str got = masked(mask_of(shell_words[i][0]), shell_words[i][1]);
        CHECK(str_search(got, STR("***")) != SIZE_MAX);
        CHECK(got.n <= 10);
    }
}

// [text] with [gap] behind each [width] bytes.
static struct str wrapped(struct str text, size_t width, const char *gap)
{
    struct buf out = BUF_EMPTY;

    for (size_t i = 0; i < text.n; i++)
        buf_format(&out, "%s%c", i && i % width == 0 ? gap : "", text.s[i]);
    return buf_take(&out, scratch);
}

TEST(base64_that_is_broken_into_lines_is_found_at_every_width_and_alignment)
{
    static const char *const texts[] = {
        "eHl6dGhlIHNlY3JldCBvZiB0aGUgaG91c2UhIQ==",  // xyz, the secret, !!
        "eHl6eHRoZSBzZWNyZXQgb2YgdGhlIGhvdXNlISE=",
        "eHl6eHl0aGUgc2VjcmV0IG9mIHRoZSBob3VzZSEh",
    };
    static const char *const gaps[] = { "\n", "\r\n", "\n\t  " };
    struct mask *m = mask_of("the secret of the house");

    for (size_t t = 0; t < 3; t++)
        for (size_t width = 1; width < 40; width++)
            for (size_t g = 0; g < 3; g++) {
                struct str got = masked(m, wrapped(str_from(texts[t]), width, gaps[g]).s);
                CHECK(str_search(got, STR("***")) != SIZE_MAX);
                CHECK(got.n <= 20 + 20 * strlen(gaps[g]));
            }
}

TEST(lines_that_only_resemble_base64_stay)
{
    struct mask *m = mask_of("the secret of the house");

    CHECK_STR(masked(m, "dGhl\nIHNl x Y3Jl\ndCBv"), "dGhl\nIHNl x Y3Jl\ndCBv");
    CHECK_STR(masked(m, "the secret\nof the house"), "the secret\nof the house");
}

TEST(endless_gaps_and_colours_hold_nothing_back)
{
    struct mask *m = mask_of("the secret of the house");
    static const char *const endless[] = { "\n", " ", "\x1b[0m", "0", "\x1b" };
    static const char *const begins[] = { "dGhlIHNlY3", "the sec", "\x1b[", "dGhl\n", "" };

    for (size_t b = 0; b < 5; b++)
        for (size_t e = 0; e < 5; e++) {
            struct masking *s = masking_new(m, scratch);
            struct buf out = BUF_EMPTY;
            masking_feed(s, str_from(begins[b]), &out);
            for (int i = 0; i < 2000; i++)
                masking_feed(s, str_from(endless[e]), &out);
            CHECK(masking_held(s) < 300);
            masking_feed(s, STR("[the secret of the house]"), &out);
            masking_end(s, &out);
            CHECK(str_ends(buf_str(&out), "***]"));
            buf_free(&out);
        }
}

TEST(a_secret_behind_half_a_colour_is_found)
{
    struct mask *m = mask_of("12345678");

    CHECK_STR(masked(m, "\x1b[12345678m"), "\x1b[***m");
    CHECK_STR(masked(m, "\x1b"
                        "12345678"),
              "\x1b***");
    CHECK_STR(masked(m, "\x1b[1;12345678"), "\x1b[1;***");
    CHECK_STR(masked(m, "1234\x1b[56785678"), "1234\x1b[56785678");
    CHECK_STR(masked(mask_of("ab\x1b[1mcdefgh"), "ab\x1b[1mcdefgh abcdefgh"), "*** ***");
}

TEST(base64_is_found_at_every_alignment)
{
    struct mask *m = mask_of("topsecret");

    // "user:topsecret!" and with one and two bytes more in front.
    CHECK_STR(masked(m, "dXNlcjp0b3BzZWNyZXQh"), "dXNlcjp***Qh");
    CHECK_STR(masked(m, "eHVzZXI6dG9wc2VjcmV0IQ=="), "eHVzZXI6***IQ==");
    CHECK_STR(masked(m, "eHl1c2VyOnRvcHNlY3JldCE="), "eHl1c2VyOn***CE=");
}

TEST(wide_characters_are_json_pairs)
{
    struct mask *m = mask_of("key \xf0\x9f\x94\x91 <1>");

    CHECK_STR(masked(m, "key \\ud83d\\udd11 <1>"), "***");
    CHECK_STR(masked(m, "key \\uD83D\\uDD11 <1>"), "***");
    CHECK_STR(masked(m, "key \xf0\x9f\x94\x91 \\u003c1\\u003e"), "***");
}

TEST(a_secret_is_found_wherever_reads_split_it)
{
    struct mask *m = mask_of(SECRET);

    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct str text = str_format(scratch, "<%s>", written[i].text);
        for (size_t a = 1; a < text.n; a++) {
            CHECK_STR(in_pieces(m, text, (size_t[]){ a, 0 }), "<***>");
            for (size_t b = a + 1; b < text.n; b++)
                CHECK_STR(in_pieces(m, text, (size_t[]){ a, b, 0 }), "<***>");
        }
    }
}

TEST(bytes_that_cannot_begin_a_secret_come_at_once)
{
    struct masking *s = masking_new(mask_of("hunter22"), scratch);
    struct buf *out = buf_in(scratch);

    masking_feed(s, STR("password: hunt"), out);
    CHECK_STR(buf_str(out), "password: ");
    CHECK(masking_held(s) == 4);
    masking_feed(s, STR("ing"), out);
    CHECK_STR(buf_str(out), "password: hunting");
    CHECK(masking_held(s) == 0);
    masking_feed(s, STR("hun"), out);
    masking_end(s, out);
    CHECK_STR(buf_str(out), "password: huntinghun");
}

TEST(a_secret_may_be_added_while_its_first_half_is_held)
{
    struct mask *m = mask_of("hunter22");
    struct masking *s = masking_new(m, scratch);
    struct buf *out = buf_in(scratch);

    masking_feed(s, STR("hunt"), out);
    mask_add(m, STR("untidy"));
    masking_feed(s, STR("idy hunter22"), out);
    masking_end(s, out);
    CHECK_STR(buf_str(out), "h*** ***");
}

TEST(a_text_that_was_cut_does_not_begin_with_the_rest_of_a_secret)
{
    struct mask *m = mask_of("hunter22");
    static const struct {
        size_t hidden;
        const char *text, *want;
    } rows[] = { { 4, "22 abcdefghij", "bcdefghij" },
                 { 7, "er22unhunter22 x", " x" },
                 { 7, "er22 abhunter22", "***" } };

    CHECK(mask_longest(m) >= 8);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct masking *s = masking_new(m, scratch);
        struct buf *out = buf_in(scratch);
        masking_hide(s, rows[i].hidden);
        masking_feed(s, str_from(rows[i].text), out);
        masking_end(s, out);
        CHECK_STR(buf_str(out), rows[i].want);
    }
}

// The obvious way, for comparison: marks every byte of every occurrence.
struct marking {
    struct str text;
    char *marks;
};

static void mark_form(void *arg, struct str form, bool wraps)
{
    struct marking *m = arg;

    (void)wraps;
    for (size_t i = 0; form.n >= MASK_SHORTEST && i + form.n <= m->text.n; i++)
        if (memcmp(m->text.s + i, form.s, form.n) == 0)
            for (size_t j = 0; j < form.n; j++)
                m->marks[i + j] = j > 0 ? 2 : m->marks[i + j] ? m->marks[i + j] : 1;
}

// 1 at the first byte of a secret that overlaps none before it, 2 inside, 0 elsewhere.
static struct str marked(const struct marking *m)
{
    struct buf out = BUF_EMPTY;

    for (size_t i = 0; i < m->text.n; i++) {
        if (m->marks[i] == 1)
            buf_add_s(&out, "***");
        else if (m->marks[i] == 0)
            buf_add_c(&out, m->text.s[i]);
    }
    return buf_take(&out, scratch);
}

TEST(random_texts_are_masked_as_the_obvious_way_does)
{
    srand(7);
    for (int round = 0; round < 300; round++) {
        char text[200], secret[12];
        struct mask *m = mask_new(scratch);
        struct marking obvious = { { text, sizeof text }, NEW_ARRAY(scratch, char, sizeof text) };
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (char)('a' + rand() % 2);
        for (int n = 0; n < 3; n++) {
            struct str s = { secret, 6 + (size_t)rand() % 6 };
            for (size_t i = 0; i < s.n; i++)
                secret[i] = (char)('a' + rand() % 2);
            mask_add(m, s);
            disguise_each(s, mark_form, &obvious);
        }
        struct str want = marked(&obvious);
        size_t a = 1 + (size_t)rand() % 100, b = a + 1 + (size_t)rand() % 90;
        CHECK(str_equal(mask_text(m, obvious.text, scratch, NULL), want));
        CHECK(str_equal(in_pieces(m, obvious.text, (size_t[]){ a, b, 0 }), want));
    }
}

TEST(an_endless_line_is_masked_in_little_memory)
{
    struct mask *m = mask_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
    struct masking *s = masking_new(m, scratch);
    struct buf *out = buf_in(scratch);
    char *block = NEW_ARRAY(scratch, char, 65536);
    size_t total = 0;

    memset(block, 'a', 65536);
    for (int i = 0; i < 64; i++) {
        masking_feed(s, (struct str){ block, 65536 }, out);
        total += out->n;
        buf_clear(out);
        CHECK(masking_held(s) == 31);
    }
    masking_feed(s, STR("b"), out);
    masking_end(s, out);
    CHECK(total == 64 * 65536 - 31);
    CHECK_STR(buf_str(out), "***");
    CHECK(out->room <= 2 * 65536 + 64);
}
