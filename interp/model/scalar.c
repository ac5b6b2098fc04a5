// Single values: text, ids, numbers, durations, choices.

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/near.h"
#include "model/reader.h"

// Where a `${{` stands that means an expression; SIZE_MAX: nowhere.
static size_t find_expression(struct str s)
{
    for (size_t at = 0; at < s.n;) {
        size_t found = str_search(str_slice(s, at, s.n), STR("${{"));
        if (found == SIZE_MAX)
            return SIZE_MAX;
        at += found;
        if (at == 0 || s.s[at - 1] != '$')
            return at;
        at += 3;
    }
    return SIZE_MAX;
}

// True when [t] has no expression in it, as a literal must.
static bool is_literal(const struct text *t, struct reader *r)
{
    size_t at = find_expression(t->str);

    if (at == SIZE_MAX)
        return true;
    size_t end = str_search(str_slice(t->str, at, t->str.n), STR("}}"));
    end = end == SIZE_MAX ? t->str.n : at + end + 2;
    refuse(r, DIAG_EXPR_NOT_ALLOWED_HERE, text_span(t, at, end),
           "this is read as it stands; an expression cannot stand here");
    return false;
}

// Quotes with nothing in them, where that says nothing.
static bool says_something(const struct type *type, const struct node *n, struct reader *r)
{
    return !type->filled || str_trim(n->text.str).n > 0 || empty_text(n, r);
}

bool read_text(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    *(struct text *)to = n->text;
    return says_something(type, n, r) && is_literal(&n->text, r);
}

bool read_words(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    if (!says_something(type, n, r))
        return false;
    return (*(const struct template **)to = template_parse(r->arena, &n->text, r->diags)) != NULL;
}

bool is_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool letter = s.s[i] >= 'a' && s.s[i] <= 'z';
        bool inside = (s.s[i] >= '0' && s.s[i] <= '9') || s.s[i] == '_';
        if (!letter && !(inside && i > 0))
            return false;
    }
    return s.n > 0;
}

// The id that was meant: lower case, `_` for what is neither letter nor digit.
static struct str as_id(struct arena *a, struct str s, char filler, bool slash)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        bool digit = c >= '0' && c <= '9';
        bool stays = lower || (digit && i) || (slash && c == '/');
        buf_add_c(&b, upper ? (char)(c | 0x20) : stays ? c : filler);
    }
    return buf_take(&b, a);
}

static void help_with_form(struct diag *d, struct str meant, const char *rule, struct reader *r)
{
    if (str_trim(meant).n == meant.n && str_find(STR("_-"), meant.n ? meant.s[0] : '_') == SIZE_MAX)
        diag_help(r->diags, d, "write `%.*s`: %s", STR_ARG(meant), rule);
    else
        diag_help(r->diags, d, "%s", rule);
}

enum { ID_LONGEST = 128 };

bool read_id(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type;
    *(struct text *)to = n->text;
    if (!is_literal(&n->text, r))
        return false;
    if (n->text.str.n > ID_LONGEST) {
        refuse(r, DIAG_BAD_ID, n->span, "the id has %zu characters, more than %d", n->text.str.n,
               ID_LONGEST);
        return false;
    }
    if (is_id(n->text.str))
        return true;
    struct diag *d = refuse(r, DIAG_BAD_ID, n->span, "`%.*s` is not an id", STR_ARG(n->text.str));
    help_with_form(d, as_id(r->arena, n->text.str, '_', false),
                   "lower-case letters, digits and `_`, beginning with a letter", r);
    return false;
}

bool is_kebab(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool word = (s.s[i] >= 'a' && s.s[i] <= 'z') || (s.s[i] >= '0' && s.s[i] <= '9');
        bool dash = s.s[i] == '-' && i > 0 && i + 1 < s.n && s.s[i - 1] != '-';
        if (!word && !dash)
            return false;
    }
    return s.n > 0;
}

bool is_address(struct str s)
{
    size_t slash = str_find(s, '/');

    if (slash == SIZE_MAX)
        return is_kebab(s);
    return is_kebab(str_slice(s, 0, slash)) && is_kebab(str_slice(s, slash + 1, s.n));
}

static bool is_name(const struct type *type, struct str s)
{
    return type->slash ? is_address(s) : is_kebab(s);
}

bool read_name(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    *(struct text *)to = n->text;
    if (!is_literal(&n->text, r))
        return false;
    if (is_name(type, n->text.str))
        return true;
    struct str meant = as_id(r->arena, n->text.str, '-', type->slash);
    struct diag *d = refuse(r, DIAG_BAD_ID, n->span, "`%.*s` is not %s", STR_ARG(n->text.str),
                            type->slash ? "the address of a runbook" : "a name");
    help_with_form(d, is_name(type, meant) ? meant : STR(""),
                   type->slash ? "lower-case words with `-`, below at most one folder: "
                                 "`postgres/restore`"
                               : "lower-case letters, digits and `-`",
                   r);
    return false;
}

bool read_condition(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type;
    return (*(const struct expr **)to = condition_parse(r->arena, &n->text, r->diags)) != NULL;
}

bool read_value(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type;
    return (*(const struct form **)to = form_read(r->arena, n, r->diags)) != NULL;
}

// A whole number without a leading zero or plus.
static bool parse_int(struct str s, int64_t *out)
{
    bool minus = s.n > 1 && s.s[0] == '-';
    struct str digits = str_slice(s, minus, s.n);

    if (digits.n == 0 || digits.n > 18 || (digits.n > 1 && digits.s[0] == '0'))
        return false;
    *out = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.s[i] < '0' || digits.s[i] > '9')
            return false;
        *out = *out * 10 + (digits.s[i] - '0');
    }
    *out = minus ? -*out : *out;
    return true;
}

static bool parse_number(struct str s, double *out)
{
    char copy[40], *end;

    if (s.n == 0 || s.n >= sizeof copy || strspn(s.s, "-0123456789.eE") < s.n)
        return false;
    memcpy(copy, s.s, s.n);
    copy[s.n] = 0;
    *out = strtod(copy, &end);
    return *end == 0 && end != copy;
}

// Something else was written where a number or bool belongs; where quotes are all that
// is wrong, taking them away mends it.
static bool wrong_literal(const struct type *type, const struct node *n, bool fits,
                          struct reader *r)
{
    struct str wanted = with_article(r->arena, type->name);
    struct diag *d = refuse(r, DIAG_WRONG_TYPE, n->span, "`%.*s` is not %.*s", STR_ARG(n->text.str),
                            STR_ARG(wanted));

    if (fits) {
        diag_help(r->diags, d, "write %.*s, without quotes", STR_ARG(n->text.str));
        diag_edit(r->diags, d, n->span, n->text.str);
    }
    return false;
}

bool read_int(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    bool fits = is_literal(&n->text, r);

    if (!fits)
        return false;
    fits = parse_int(n->text.str, to) && is_in_range(type, (double)*(int64_t *)to);
    return (fits && !n->text.quoted) || wrong_literal(type, n, fits, r);
}

// What people write for true and false elsewhere.
static const char *meant_bool(struct str s)
{
    static const char *const words[][2] = { { "yes", "true" },  { "on", "true" },
                                            { "y", "true" },    { "no", "false" },
                                            { "off", "false" }, { "n", "false" },
                                            { "1", "true" },    { "0", "false" },
                                            { "true", "true" }, { "false", "false" } };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i][0]) == s.n && strncasecmp(words[i][0], s.s, s.n) == 0)
            return words[i][1];
    return NULL;
}

bool read_bool(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    const char *meant = meant_bool(n->text.str);

    if (!is_literal(&n->text, r))
        return false;
    *(int *)to = str_is(n->text.str, "true") ? YES : NO;
    if (!n->text.quoted && meant && str_is(n->text.str, meant))
        return true;
    wrong_literal(type, n, false, r);
    if (meant && !reader_is_full(r)) {
        diag_help(r->diags, r->diags->last, "write %s", meant);
        diag_edit(r->diags, r->diags->last, n->span, str_from(meant));
    }
    return false;
}

// "1h 30m": durations have no spaces in them.
static struct str without_spaces(struct arena *a, struct str s)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] != ' ')
            buf_add_c(&b, s.s[i]);
    return buf_take(&b, a);
}

// "5 minutes", "90sec", "1h 30m": what was meant, or empty.
static struct str meant_duration(struct arena *a, struct str s)
{
    struct str dense = without_spaces(a, s);
    int64_t ignored;

    if (dense.n < s.n && duration_parse(dense, &ignored))
        return dense;
    static const struct {
        const char *word, *unit;
    } units[] = { { "ms", "ms" }, { "msec", "ms" }, { "millisecond", "ms" },
                  { "s", "s" },   { "sec", "s" },   { "second", "s" },
                  { "m", "m" },   { "min", "m" },   { "minute", "m" },
                  { "h", "h" },   { "hr", "h" },    { "hour", "h" },
                  { "d", "d" },   { "day", "d" } };
    size_t digits = 0;

    while (digits < s.n && s.s[digits] >= '0' && s.s[digits] <= '9')
        digits++;
    struct str word = str_trim(str_slice(s, digits, s.n));
    if (digits == 0 || digits > 9 || word.n == 0)
        return STR("");
    if (word.n > 2 && (word.s[word.n - 1] | 0x20) == 's' && !str_is(word, "ms"))
        word.n--;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].word) == word.n && strncasecmp(units[i].word, word.s, word.n) == 0)
            return str_format(a, "%.*s%s", (int)digits, s.s, units[i].unit);
    return STR("");
}

static bool is_number(const struct text *t)
{
    double number;

    return !t->quoted && parse_number(t->str, &number);
}

bool duration_of(const struct text *t, int64_t *out, struct reader *r)
{
    if (duration_parse(t->str, out))
        return true;
    struct diag *d;
    if (is_number(t))
        d = refuse(r, DIAG_WRONG_TYPE, t->span, "`%.*s` is a number, not a duration",
                   STR_ARG(t->str));
    else
        d = refuse(r, DIAG_BAD_DURATION, t->span, "`%.*s` is not a duration", STR_ARG(t->str));
    struct str meant = meant_duration(r->arena, t->str);
    if (meant.n) {
        diag_help(r->diags, d, "write `%.*s`", STR_ARG(meant));
        diag_edit(r->diags, d, t->span, meant);
    } else {
        diag_help(r->diags, d, "write a number and a unit: `500ms`, `30s`, `5m`, `1h30m`, `7d`");
    }
    return false;
}

static bool size_of(const struct text *t, int64_t *out, struct reader *r)
{
    if (size_parse(t->str, out))
        return true;
    enum diag_code code = is_number(t) ? DIAG_WRONG_TYPE : DIAG_BAD_DURATION;
    diag_help(r->diags, refuse(r, code, t->span, "`%.*s` is not a size", STR_ARG(t->str)),
              "write a number and a unit: `64KiB`, `10MiB`");
    return false;
}

// A duration that was understood, and cannot be: too short.
static bool within_range(const struct type *type, const struct node *n, int64_t ns,
                         struct reader *r)
{
    struct str wanted = with_article(r->arena, type->name);

    if (is_in_range(type, (double)ns))
        return true;
    refuse(r, DIAG_BAD_DURATION, n->span, "`%.*s` is not %.*s", STR_ARG(n->text.str),
           STR_ARG(wanted));
    return false;
}

bool read_duration(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    return is_literal(&n->text, r) && duration_of(&n->text, to, r) &&
           within_range(type, n, *(int64_t *)to, r);
}

static bool is_true_or_false(const struct text *t)
{
    return !t->quoted && (str_is(t->str, "true") || str_is(t->str, "false"));
}

// The literal of an amount, into m->n or m->number.
static bool read_quantity(const struct type *type, const struct node *n, struct amount *m,
                          struct reader *r)
{
    const struct text *t = &n->text;
    bool fits;

    switch (type->unit) {
    case UNIT_DURATION:
        return duration_of(t, &m->n, r) && within_range(type, n, m->n, r);
    case UNIT_SIZE:
        return size_of(t, &m->n, r) && within_range(type, n, m->n, r);
    case UNIT_NUMBER:
        fits = parse_number(t->str, &m->number) && is_in_range(type, m->number);
        m->n = (int64_t)m->number;
        return (fits && !t->quoted) || wrong_literal(type, n, fits, r);
    case UNIT_BOOL:
    case UNIT_COUNT_OR_BOOL:
        if (is_true_or_false(t)) {
            bool yes = str_is(t->str, "true");
            m->n = type->unit == UNIT_BOOL ? yes : !yes;
            return true;
        }
        if (type->unit == UNIT_BOOL) {
            int ignored;
            return read_bool(type, n, &ignored, r);
        }
        fits = parse_int(t->str, &m->n) && m->n >= 1;
        return (fits && !t->quoted) || wrong_literal(type, n, fits, r);
    case UNIT_INT:
        break;
    }
    fits = parse_int(t->str, &m->n) && is_in_range(type, (double)m->n);
    return (fits && !t->quoted) || wrong_literal(type, n, fits, r);
}

bool read_amount(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct amount *m = NEW(r->arena, struct amount);

    *(const struct amount **)to = m;
    *m = (struct amount){ .unit = type->unit, .type = type, .text = n->text };
    if (find_expression(n->text.str) == SIZE_MAX)
        return read_quantity(type, n, m, r);
    m->template = template_parse(r->arena, &n->text, r->diags);
    return m->template != NULL;
}

bool read_choice(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    if (!is_literal(&n->text, r))
        return false;
    for (int i = 0; type->choices[i]; i++)
        if (str_is(n->text.str, type->choices[i])) {
            *(int *)to = i + 1;
            return true;
        }
    struct near near = near_words(n->text.str, type->choices);
    struct str listed = words_listed(r->arena, type->choices, "or");
    struct diag *d = refuse(r, DIAG_BAD_ENUM, n->span, "`%.*s` is not a %s", STR_ARG(n->text.str),
                            type->name);
    if (near.count == 1)
        diag_edit(r->diags, d, n->span, str_from(near.words[0]));
    if (near.count)
        d->help = near_question(&near, r->arena);
    else
        diag_help(r->diags, d, "write %.*s", STR_ARG(listed));
    return false;
}
