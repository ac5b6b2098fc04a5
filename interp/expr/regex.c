#include "expr/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

// A match may take so many steps and so many more for each byte of its text: enough for
// patterns that RE2 finds in linear time, too little for one that explodes.
enum { STEPS = 10 * 1000, STEPS_PER_BYTE = 64 };
enum { DEPTH_LIMIT = 100 * 1000, HEAP_LIMIT_KIB = 16 * 1024 };

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

// A walk through a pattern that looks for what RE2 does not have. What both have but
// read differently is rewritten on the way.
struct gate {
    struct str pattern;
    size_t at;
    bool in_class;
    struct buf out;
    const char *problem;
};

static char ahead(const struct gate *g, size_t i)
{
    return g->at + i < g->pattern.n ? g->pattern.s[g->at + i] : '\0';
}

static void copy(struct gate *g, size_t n)
{
    buf_add(&g->out, str_slice(g->pattern, g->at, g->at + n));
    g->at += n;
}

static void replace(struct gate *g, size_t n, const char *with)
{
    buf_add_s(&g->out, with);
    g->at += n;
}

// \x{10FFFF}, \p{Greek}
static void braced(struct gate *g)
{
    while (g->at < g->pattern.n && ahead(g, 0) != '}')
        copy(g, 1);
    copy(g, g->at < g->pattern.n);
}

// \s has no vertical tab in RE2, and \v is nothing but that.
static void escape(struct gate *g)
{
    char c = ahead(g, 1);

    if (c >= '1' && c <= '9' && !g->in_class)
        g->problem = "back-references are not supported";
    else if (c == '\0' && g->at + 1 >= g->pattern.n)
        g->problem = "it ends with a backslash";
    else if (c == 's')
        replace(g, 2, g->in_class ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]");
    else if (c == 'S' && !g->in_class)
        replace(g, 2, "[^\\t\\n\\f\\r ]");
    else if (c == 'v')
        replace(g, 2, "\\x0b");
    else if (c == 'Q')
        while (g->at < g->pattern.n && !(ahead(g, 0) == '\\' && ahead(g, 1) == 'E'))
            copy(g, 1);
    else if (((c | 32) >= 'a' && (c | 32) <= 'z') && !strchr("abBdDfnrStwWxAzpPE", c))
        g->problem = "it has an escape that RE2 does not know";
    else if (strchr("xpP", c) && ahead(g, 2) == '{')
        braced(g);
    else
        copy(g, 2);
}

// (?imsU-imsU) or (?imsU:...)
static void flags(struct gate *g)
{
    while (ahead(g, 0) && strchr("imsU-", ahead(g, 0)))
        copy(g, 1);
    if (ahead(g, 0) != ':' && ahead(g, 0) != ')')
        g->problem = "it has a flag that RE2 does not know; there are i, m, s and U";
}

// What may follow "(?" in RE2: names, flags, or a colon.
static void group(struct gate *g)
{
    char c = ahead(g, 2);

    if (ahead(g, 1) == '*')
        g->problem = "verbs such as (*UTF) are not supported";
    else if (ahead(g, 1) != '?')
        copy(g, 1);
    else if (c == '=' || c == '!' || (c == '<' && (ahead(g, 3) == '=' || ahead(g, 3) == '!')))
        g->problem = "look-around is not supported";
    else if (c == 'P' && ahead(g, 3) != '<')
        g->problem = "recursion and back-references are not supported";
    else if (c == 'P' || c == '<' || c == ':')
        copy(g, 2);
    else if (c && strchr("imsU-", c))
        copy(g, 2), flags(g);
    else
        g->problem = "atomic, conditional and recursive groups and comments are not supported";
}

static size_t counted_length(const struct gate *g)
{
    size_t i = 1;

    while ((ahead(g, i) >= '0' && ahead(g, i) <= '9') || ahead(g, i) == ',')
        i++;
    return ahead(g, i) == '}' && ahead(g, 1) >= '0' && ahead(g, 1) <= '9' ? i + 1 : 0;
}

static bool over_thousand(const struct gate *g)
{
    size_t n = 0;

    for (size_t i = 1; ahead(g, i) != '}'; i++) {
        n = ahead(g, i) == ',' ? 0 : n * 10 + (size_t)(ahead(g, i) - '0');
        if (n > 1000)
            return true;
    }
    return false;
}

static void repetition(struct gate *g, size_t length)
{
    if (length > 1 && over_thousand(g)) {
        g->problem = "it repeats something more than 1000 times";
        return;
    }
    copy(g, length);
    if (ahead(g, 0) == '+')
        g->problem = "possessive and doubled repetitions are not supported";
    else if (ahead(g, 0) == '?')
        copy(g, 1);
    if (!g->problem && (ahead(g, 0) == '*' || ahead(g, 0) == '+' || ahead(g, 0) == '?'))
        g->problem = "possessive and doubled repetitions are not supported";
}

static void class_start(struct gate *g)
{
    g->in_class = true;
    copy(g, 1);
    if (ahead(g, 0) == '^')
        copy(g, 1);
    if (ahead(g, 0) == ']')
        copy(g, 1);
}

static void class_part(struct gate *g)
{
    if (ahead(g, 0) == '[' && ahead(g, 1) == ':') {
        while (ahead(g, 0) && !(ahead(g, 0) == ':' && ahead(g, 1) == ']'))
            copy(g, 1);
        copy(g, 2);
        return;
    }
    if (ahead(g, 0) == '[' && (ahead(g, 1) == '.' || ahead(g, 1) == '=')) {
        replace(g, 1, "\\[");
        return;
    }
    g->in_class = ahead(g, 0) != ']';
    copy(g, 1);
}

static void next(struct gate *g)
{
    char c = ahead(g, 0);
    size_t counted = c == '{' ? counted_length(g) : 0;

    if (c == '\\')
        escape(g);
    else if (g->in_class)
        class_part(g);
    else if (c == '[')
        class_start(g);
    else if (c == '(')
        group(g);
    else if (c == '*' || c == '+' || c == '?')
        repetition(g, 1);
    else if (counted)
        repetition(g, counted);
    else
        copy(g, 1);
}

static const char *translate(struct gate *g)
{
    while (g->at < g->pattern.n && !g->problem)
        next(g);
    return g->problem;
}

static void free_regex(void *arg)
{
    struct regex *r = arg;

    pcre2_match_context_free(r->limits);
    pcre2_match_data_free(r->data);
    pcre2_code_free(r->code);
}

static pcre2_code *compile(struct str pattern, struct arena *a, struct str *problem)
{
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int error;
    PCRE2_SIZE offset;

    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.s, pattern.n, options, &error, &offset,
                                     context);
    pcre2_compile_context_free(context);
    if (!code) {
        char words[160];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)words, sizeof words);
        *problem = str_copy(a, str_from(words));
    }
    return code;
}

const struct regex *regex_compile(struct arena *a, struct str pattern, struct str *problem)
{
    struct gate g = { .pattern = pattern };
    pcre2_code *code = NULL;

    *problem = str_from(translate(&g));
    if (!problem->n)
        code = compile(g.out.s ? buf_str(&g.out) : STR(""), a, problem);
    buf_free(&g.out);
    if (!code)
        return NULL;
    struct regex *r = NEW(a, struct regex);
    r->code = code;
    arena_defer(a, free_regex, r);
    r->data = pcre2_match_data_create_from_pattern(code, NULL);
    r->limits = pcre2_match_context_create(NULL);
    pcre2_set_depth_limit(r->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->limits, HEAP_LIMIT_KIB);
    return r;
}

enum regex_result regex_find(const struct regex *r, struct str text, size_t from,
                             struct regex_groups *out)
{
    size_t steps = STEPS + STEPS_PER_BYTE * (text.n < UINT32_MAX / 128 ? text.n : UINT32_MAX / 128);

    pcre2_set_match_limit(r->limits, (uint32_t)steps);
    int found = pcre2_match(r->code, (PCRE2_SPTR)(text.n ? text.s : ""), text.n, from, 0, r->data,
                            r->limits);

    if (found == PCRE2_ERROR_NOMATCH)
        return REGEX_NONE;
    if (found < 0)
        return REGEX_LIMIT;
    const PCRE2_SIZE *edges = pcre2_get_ovector_pointer(r->data);
    *out = (struct regex_groups){ .count = pcre2_get_ovector_count(r->data) };
    for (size_t i = 0; i < 2 && i < out->count; i++)
        out->groups[i] = (struct regex_group){ edges[2 * i], edges[2 * i + 1] };
    return REGEX_FOUND;
}
