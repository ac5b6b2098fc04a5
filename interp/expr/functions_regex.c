// Regular expressions: matches(), regex.extract(), regex.extractAll(), regex.replace().

#include "base/arena.h"
#include "base/buf.h"
#include "expr/function.h"
#include "expr/regex.h"

// A pattern: the one that was compiled when the expression was read, or a new one that
// lives only as long as [own].
struct pattern {
    const struct regex *regex;
    struct arena *own;
};

static bool pattern_open(struct eval *ev, struct value text, struct pattern *p)
{
    struct str problem;

    *p = (struct pattern){ .regex = ev->at->regex };
    if (p->regex)
        return true;
    if (!eval_charge(ev, 10 + text.s.n))
        return false;
    p->own = arena_new(NULL);
    p->regex = regex_compile(p->own, text.s, &problem);
    if (!p->regex)
        eval_fail(ev, "the regular expression cannot be used: %.*s", STR_ARG(problem));
    return p->regex != NULL;
}

static void pattern_close(struct pattern *p)
{
    arena_free(p->own);
}

// A tenth of the text for each quarter of the pattern, as cel-go counts it.
static bool charge_match(struct eval *ev, struct str text, struct str pattern)
{
    return eval_charge(ev, (text.n / 10 + 1) * (pattern.n / 4 + 1));
}

static bool over_limit(struct eval *ev)
{
    eval_fail(ev, "the regular expression is over the match limit on this text");
    ev->fault.limit = true;
    return false;
}

static bool matches(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct pattern p;
    struct regex_groups groups;
    enum regex_result result = REGEX_NONE;

    (void)count;
    bool ok = pattern_open(ev, args[1], &p) && charge_match(ev, args[0].s, args[1].s);
    if (ok)
        result = regex_find(p.regex, args[0].s, 0, &groups);
    pattern_close(&p);
    *out = value_bool(result == REGEX_FOUND);
    return ok && (result != REGEX_LIMIT || over_limit(ev));
}

// The first group if the pattern has one, else the whole match.
static struct str captured(struct str text, const struct regex_groups *groups)
{
    const struct regex_group *g = &groups->groups[groups->count > 1];

    return g->start == SIZE_MAX ? STR("") : str_slice(text, g->start, g->end);
}

static bool one_group(struct eval *ev, const struct regex_groups *groups)
{
    return groups->count <= 2 ||
           eval_fail(ev, "the pattern has %zu groups; one is taken out, (?:...) groups without it",
                     groups->count - 1);
}

static bool extract(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct pattern p;
    struct regex_groups groups = { 0 };
    enum regex_result result = REGEX_NONE;

    (void)count;
    bool ok = pattern_open(ev, args[1], &p) && charge_match(ev, args[0].s, args[1].s);
    if (ok)
        result = regex_find(p.regex, args[0].s, 0, &groups);
    pattern_close(&p);
    if (!ok || (result == REGEX_LIMIT && !over_limit(ev)) || !one_group(ev, &groups))
        return false;
    *out = result == REGEX_FOUND ? value_string(captured(args[0].s, &groups))
                                 : value_optional(NULL);
    return true;
}

// Where to look on behind a match; an empty one moves on by one character.
static size_t behind(struct str text, const struct regex_groups *groups)
{
    size_t at = groups->groups[0].end;
    uint32_t code;

    if (groups->groups[0].start == at && !utf8_next(text, &at, &code))
        at++;
    return at;
}

static bool extract_each(struct eval *ev, const struct regex *r, struct str text,
                         struct value_builder *found)
{
    struct regex_groups groups;

    for (size_t at = 0; at <= text.n; at = behind(text, &groups)) {
        enum regex_result result = regex_find(r, text, at, &groups);
        if (result == REGEX_LIMIT)
            return over_limit(ev);
        if (result == REGEX_NONE)
            return true;
        if (!one_group(ev, &groups) || !eval_take(ev, 2 * sizeof(struct value)) ||
            !eval_charge(ev, 1 + text.n / 1000))
            return false;
        value_add(found, value_string(captured(text, &groups)));
    }
    return true;
}

static bool extract_all(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct value_builder *found = value_list_start(ev->arena);
    struct pattern p;

    (void)count;
    bool ok = pattern_open(ev, args[1], &p) && charge_match(ev, args[0].s, args[1].s) &&
              extract_each(ev, p.regex, args[0].s, found);
    pattern_close(&p);
    *out = value_finish(found);
    return ok;
}

// clang-format off
const struct function functions_regex[] = {
    { "matches", FUNCTION_PATTERN, T_BOOL, { T_STRING, T_STRING }, matches,
      "Whether a regular expression (RE2) is found in a text; ^ and $ tie it to its ends.",
      "matches('v1.2', '^v[0-9]')" },
    { "matches", FUNCTION_MEMBER | FUNCTION_PATTERN, T_BOOL, { T_STRING, T_STRING }, matches,
      "Whether a regular expression (RE2) is found in it; ^ and $ tie it to its ends.",
      "'v1.2'.matches('^v[0-9]')" },
    { "regex.extract", FUNCTION_PATTERN, T_DYN, { T_STRING, T_STRING }, extract,
      "The first group of the first match, or the whole match; optional.none() without a match.",
      "regex.extract('release-42', 'release-([0-9]+)') == '42'" },
    { "regex.extractAll", FUNCTION_PATTERN, T_STRINGS, { T_STRING, T_STRING }, extract_all,
      "The same of every match, as a list.", "regex.extractAll('a1 b2', '[0-9]') == ['1', '2']" },
    { 0 },
};
// clang-format on
