// What libyaml says when it gives up, in words for people.

#include <string.h>

#include "yaml/collide.h"

enum where { AT_PROBLEM, AT_CONTEXT };

static const struct problem {
    const char *theirs;
    enum where where;
    enum diag_code code;
    const char *message, *help;
} problems[] = {
    { "mapping values are not allowed", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "a second `:` in the value of one key",
      "quote the text if `:` belongs to it; keys that belong together begin in the same column" },
    { "mapping keys are not allowed", AT_PROBLEM, DIAG_YAML_SYNTAX, "`?` cannot stand here",
      "quote the text if it belongs to it" },
    { "block sequence entries are not allowed", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "an item with `-` cannot begin here", "begin it on a line of its own, below its key" },
    { "did not find expected key", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "this does not belong to what stands above",
      "keys that belong together begin in the same column; quote a text that goes on behind its "
      "quotes" },
    { "did not find expected '-' indicator", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "this is not an item of the list above", "items begin with `- `, in the same column" },
    { "found unexpected end of stream", AT_CONTEXT, DIAG_YAML_SYNTAX, "this quote is not closed",
      NULL },
    { "found unexpected document indicator", AT_CONTEXT, DIAG_YAML_SYNTAX,
      "this quote is not closed", NULL },
    { "could not find expected ':'", AT_CONTEXT, DIAG_YAML_SYNTAX,
      "this line is neither `key: value` nor part of the text above",
      "write `key: value`, or indent it deeper than the key it belongs to" },
    { "found unknown escape character", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes" },
    { "did not find expected hexdecimal number", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "hexadecimal digits must follow this escape", "`\\x41`, `\\u0041` or `\\U00000041`" },
    { "found invalid Unicode character escape", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "there is no character of this number", NULL },
    { "did not find expected alphabetic", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "the name of an anchor or alias must follow here", "quote the text if it begins with this" },
    { "found undefined tag handle", AT_PROBLEM, DIAG_YAML_FEATURE, "tags are not used",
      "take it away, or quote the value if `!` belongs to it" },
    { "found an indentation indicator equal to 0", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "the indentation of a block is 1 to 9", NULL },
    { "did not find expected comment or line break", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "the text of a block begins on the next line", NULL },
    { "did not find expected node content", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "a value is missing before this", NULL },
    { "did not find expected <document start>", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "this does not belong to what stands above", "every line of a runbook is under a key" },
    { "found character that cannot start any token", AT_PROBLEM, DIAG_YAML_SYNTAX,
      "an unquoted text cannot begin with this", "quote it" },
};

static const struct problem unclosed[] = {
    ['['] = { "", AT_CONTEXT, DIAG_YAML_SYNTAX, "this `[` is not closed",
              "close it with `]`; between items stands `,`" },
    ['{'] = { "", AT_CONTEXT, DIAG_YAML_SYNTAX, "this `{` is not closed",
              "close it with `}`; between keys stands `,`" },
};

static const struct problem *find_problem(const yaml_parser_t *p)
{
    static const struct problem other = { "", AT_PROBLEM, DIAG_YAML_SYNTAX,
                                          "this is not well-formed YAML", NULL };

    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (strncmp(p->problem, problems[i].theirs, strlen(problems[i].theirs)) == 0)
            return &problems[i];
    return &other;
}

static uint32_t first_of_line(const struct reading *r, uint32_t at)
{
    return r->source->line_start[source_place(r->source, at).line - 1];
}

static uint32_t character_end(const struct reading *r, uint32_t at)
{
    uint32_t code;
    size_t end = at;

    return utf8_next(r->source->text, &end, &code) ? (uint32_t)end : at;
}

// A tab in front of the words of the line is nearly always the cause.
static bool report_tab(struct reading *r, uint32_t at)
{
    const char *s = r->source->text.s;
    uint32_t tab = first_of_line(r, at);

    while (s[tab] == ' ')
        tab++;
    if (s[tab] != '\t' && s[at] == '\t')
        tab = at;
    if (tab >= r->source->text.n || s[tab] != '\t')
        return false;
    uint32_t end = tab;
    while (s[end] == '\t')
        end++;
    struct diag *d = diag_error(r->diags, DIAG_TAB_INDENT, span_at(r, tab, end),
                                "a tab cannot indent in YAML");
    diag_help(r->diags, d, "use spaces");
    if (s[tab] == '\t' && end - tab <= 8)
        diag_edit(r->diags, d, span_at(r, tab, end),
                  str_slice(STR("                "), 0, 2 * (end - tab)));
    return true;
}

// libyaml takes a key that is longer than 1,024 characters for text.
static bool report_long_key(struct reading *r, uint32_t at)
{
    if (r->diags->last && r->diags->last->code == DIAG_OVER_LIMIT)
        return true;
    const char *s = r->source->text.s;
    uint32_t start = first_of_line(r, at), n = (uint32_t)r->source->text.n, end = start;

    while (s[start] == ' ' || s[start] == '-')
        start++;
    for (end = start; end < n && s[end] != '\n'; end++)
        if (s[end] == ':' && end > start + KEY_LIMIT)
            break;
    if (end >= n || s[end] != ':')
        return false;
    struct str key = str_slice(r->source->text, start, end);
    if (utf8_length(key) <= KEY_LIMIT || str_search(key, STR(": ")) != SIZE_MAX)
        return false;
    diag_error(r->diags, DIAG_OVER_LIMIT, span_at(r, start, end),
               "the key is longer than 1,024 characters");
    return true;
}

// Whether a [ or { is to blame that is still open: always when libyaml waits for its
// end, else when the lines below it are no part of it.
static bool is_unclosed(const struct reading *r, const yaml_parser_t *parser,
                        const struct problem *p, uint32_t problem, uint32_t *context)
{
    const char *s = r->source->text.s;
    bool waits = strncmp(parser->problem, "did not find expected ','", 25) == 0;

    if (!waits && (r->open == UINT32_MAX || p->where == AT_CONTEXT ||
                   source_place(r->source, problem).line <= source_place(r->source, r->open).line))
        return false;
    if (!waits)
        *context = r->open;
    return s[*context] == '[' || s[*context] == '{';
}

static void report(struct reading *r, const struct problem *p, uint32_t problem, uint32_t context)
{
    uint32_t at = p->where == AT_CONTEXT ? context : problem;
    struct diag *d = diag_error(r->diags, p->code, span_at(r, at, character_end(r, at)), "%s",
                                p->message);
    struct str value = plain_value(r, at);

    if (p->where == AT_CONTEXT && problem > context && problem < r->source->text.n)
        diag_note(r->diags, d, span_at(r, problem, character_end(r, problem)),
                  "up to here it was read");
    if (value.n && value.n < 120 && p->where == AT_PROBLEM &&
        str_search(value, STR(": ")) != SIZE_MAX)
        diag_help(r->diags, d, "quote the value: %.*s", STR_ARG(quoted(r->arena, value)));
    else if (p->help)
        diag_help(r->diags, d, "%s", p->help);
}

void problem_report(struct reading *r)
{
    const yaml_parser_t *parser = &r->parser;
    uint32_t problem = byte_offset(r, parser->problem_mark);
    uint32_t context = parser->context ? byte_offset(r, parser->context_mark) : problem;

    if (report_tab(r, problem) || report_long_key(r, problem) || report_long_key(r, context))
        return;
    const struct problem *p = find_problem(parser);
    if (is_unclosed(r, parser, p, problem, &context))
        p = &unclosed[(unsigned char)r->source->text.s[context]];
    report(r, p, problem, context);
}
