#include "yaml/collide.h"

#include <string.h>

#include "base/arena.h"
#include "yaml/written.h"

struct clash {
    const struct cause *cause;
    uint32_t start, end;  // what YAML takes for something else
};

bool key_is_condition(struct str key)
{
    static const char *const keys[] = { "if",    "expect",   "done_if", "when",
                                        "clear", "valid_if", "value",   "subject" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (str_is(key, keys[i]))
            return true;
    return false;
}

struct str quoted(struct arena *a, struct str value)
{
    bool is_single = str_find(value, '"') != SIZE_MAX || str_find(value, '\\') != SIZE_MAX;
    char quote = is_single ? '\'' : '"';
    struct buf b = BUF_EMPTY;

    buf_add_c(&b, quote);
    for (size_t i = 0; i < value.n; i++) {
        buf_add_c(&b, value.s[i]);
        if (is_single && value.s[i] == '\'')
            buf_add_c(&b, '\'');
    }
    buf_add_c(&b, quote);
    return buf_take(&b, a);
}

static const struct cause {
    enum diag_code code;
    const char *before, *after;  // the message, around the characters that are to blame
} in_middle = { DIAG_EXPR_NEEDS_QUOTES, "an expression with `", "` in it must stand in quotes" },
  in_front = { DIAG_EXPR_NEEDS_QUOTES, "an expression that begins with `",
               "` must stand in quotes" },
  comment = { DIAG_COMMENT_CUTS_EXPRESSION, "` ",
              "` begins a comment, which cuts the expression off" },
  bang = { DIAG_BANG_IS_A_TAG, "`", "` begins a YAML tag, so this is no condition" },
  braces = { DIAG_BRACES_ARE_A_MAP, "`", "` without `$` is a map to YAML, not an expression" };

// What YAML does not leave alone between [start] and [end], all of it expression.
static bool clash_inside(const struct reading *r, const struct written *w, uint32_t start,
                         uint32_t end, struct clash *out)
{
    const char *s = r->source->text.s;

    for (uint32_t i = start; i < end; i++) {
        bool last = i + 1 == end || is_line_end(s[i + 1]);
        if (s[i] == '#' && i > w->start && is_blank(s[i - 1])) {
            *out = (struct clash){ &comment, i, i + 1 };
            return true;
        }
        if (s[i] == ':' && (last || is_blank(s[i + 1]))) {
            *out = (struct clash){ &in_middle, i, i + (last ? 1 : 2) };
            return true;
        }
        if (w->flow && strchr(",[]{}", s[i])) {
            *out = (struct clash){ &in_middle, i, i + 1 };
            return true;
        }
    }
    return false;
}

// A condition whose first character means something to YAML. A quoted value or a list
// is one only when something follows it.
static bool clash_in_front(const struct reading *r, const struct written *w, struct clash *out)
{
    struct str s = written_text(r, w->start, w->end);
    char c = s.n ? s.s[0] : 0;
    bool followed = true;

    if (c == '!') {
        *out = (struct clash){ &bang, w->start, w->start + 1 };
        return true;
    }
    if (c == '"' || c == '\'') {
        followed = behind_string(s, 0) < s.n;
    } else if (c == '[' || c == '{') {
        followed = behind_brackets(s) < s.n;
    } else if (!c || !strchr("&*%@`|>", c)) {
        return false;
    }
    if (followed)
        *out = (struct clash){ &in_front, w->start, w->start + 1 };
    return followed;
}

// Where the first `{{` without a dollar stands; SIZE_MAX: nowhere.
static size_t bare_braces(struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.s[i] == '{' && s.s[i + 1] == '{' && (i == 0 || s.s[i - 1] != '$'))
            return i;
    return SIZE_MAX;
}

// Whether YAML reads something else than was meant.
static bool clashes(const struct reading *r, const struct written *w, struct clash *out)
{
    struct str s = written_text(r, w->start, w->end);
    size_t start, end = 0;

    size_t bare = bare_braces(s);

    if (bare == 0 || (w->flow && bare != SIZE_MAX && !strchr("\"'[{", s.s[0]))) {
        uint32_t at = w->start + (uint32_t)bare;
        *out = (struct clash){ &braces, at, at + 2 };
        return true;
    }
    if (w->condition && clash_in_front(r, w, out))
        return true;
    if (s.n == 0 || strchr("\"'[{", s.s[0]))
        return false;  // YAML's own quotes and brackets; what is inside is judged alone
    if (w->condition)
        return clash_inside(r, w, w->start, w->end, out);
    while (braces_find(s, end, &start, &end))
        if (clash_inside(r, w, w->start + (uint32_t)start, w->start + (uint32_t)end, out))
            return true;
    return false;
}

// Letters in place of the value, so that YAML has nothing to say about it.
static void paint(struct reading *r, uint32_t start, uint32_t end)
{
    bool line_begins = false;

    for (uint32_t i = start; i < end; i++) {
        line_begins = is_line_end(r->bytes[i]) || (line_begins && is_blank(r->bytes[i]));
        if (!line_begins)
            r->bytes[i] = 'x';
    }
}

// The value with every `{{` made `${{`.
static struct str with_dollars(struct arena *a, struct str s)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '{' && i + 1 < s.n && s.s[i + 1] == '{' && (i == 0 || s.s[i - 1] != '$')) {
            buf_add_s(&b, "${{");
            i++;
        } else {
            buf_add_c(&b, s.s[i]);
        }
    }
    return buf_take(&b, a);
}

static void help(struct reading *r, struct diag *d, const struct written *w)
{
    struct str s = written_text(r, w->start, w->end);

    if (str_find(s, '\n') != SIZE_MAX) {
        diag_help(r->final, d, "write it behind `>-`, on lines of its own");
        return;
    }
    if (d->code == DIAG_BRACES_ARE_A_MAP)
        s = with_dollars(r->arena, s);
    struct str text = quoted(r->arena, s);
    if (text.n <= 200)
        diag_help(r->final, d, "write %.*s", STR_ARG(text));
    diag_edit(r->final, d, span_at(r, w->start, w->end), text);
}

static void report(struct reading *r, const struct written *w, const struct clash *c)
{
    bool at_word = c->cause == &comment;
    struct span span = span_at(r, at_word ? c->start : w->start, at_word ? c->end : w->end);
    struct str what = written_text(r, c->start, c->end);
    struct diag *d = diag_error(r->final, c->cause->code, span, "%s%.*s%s", c->cause->before,
                                STR_ARG(what), c->cause->after);

    help(r, d, w);
    if (r->collision_count == sizeof r->collisions / sizeof r->collisions[0])
        return;
    r->collisions[r->collision_count++] = (struct collision){ w->start, w->end };
    paint(r, w->start, w->end);
    r->again = true;
}

static bool is_painted(const struct reading *r, uint32_t at)
{
    for (size_t i = 0; i < r->collision_count; i++)
        if (at >= r->collisions[i].start && at < r->collisions[i].end)
            return true;
    return false;
}

static bool judge(struct reading *r, const struct written *w)
{
    struct clash c;

    if (w->end <= w->start || is_painted(r, w->start) || !clashes(r, w, &c))
        return false;
    report(r, w, &c);
    return true;
}

// Whether the list whose item begins on the line at [at] stands behind a condition.
static bool list_is_condition(const struct reading *r, uint32_t at)
{
    uint32_t line = line_start_at(r, at), indent = behind_blanks(r, line) - line, value;

    for (int seen = 0; line > 0 && seen < 100; seen++) {
        line = line_start_at(r, line - 1);
        uint32_t words = behind_blanks(r, line);
        if (words - line > indent || line_end_at(r, words) == words ||
            r->source->text.s[words] == '-')
            continue;
        return key_is_condition(key_at(r, behind_dashes(r, line), &value));
    }
    return false;
}

// Looks at each value between brackets on one line.
static bool judge_flow(struct reading *r, uint32_t at, bool condition)
{
    const char *s = r->source->text.s;
    uint32_t end = line_end_at(r, at), value;
    bool in_conditions = condition;

    for (int seen = 0; at < end && seen < 1000; seen++) {
        at = behind_blanks(r, at);
        bool opens = (s[at] == '{' || s[at] == '[') && s[at + 1] != s[at];
        if (at >= end || s[at] == '#')
            return false;
        if (opens || s[at] == ',' || s[at] == ']' || s[at] == '}' || s[at] == '[') {
            in_conditions = in_conditions && (s[at] == ',' || s[at] == '[');
            at++;
            continue;
        }
        struct str key = key_at(r, at, &value);
        bool is_condition = key.n ? key_is_condition(key) : in_conditions;
        struct written w = written_at(r, key.n ? value : at, true, is_condition);
        if (judge(r, &w))
            return true;
        bool nested = s[w.start] == '[' || (s[w.start] == '{' && s[w.start + 1] != '{');
        in_conditions = nested && is_condition;
        at = nested ? w.start : w.end > at ? w.end : at + 1;
    }
    return false;
}

// Looks at the values that begin on the line at [at], behind a key or a dash.
static bool judge_line(struct reading *r, uint32_t at)
{
    const char *s = r->source->text.s;
    uint32_t first = behind_dashes(r, line_start_at(r, at)), value = first;
    struct str key = key_at(r, first, &value);

    if (!key.n && first == behind_blanks(r, line_start_at(r, at)))
        return false;
    bool condition = key.n ? key_is_condition(key) : list_is_condition(r, first);
    struct written w = written_at(r, value, false, condition);

    if (judge(r, &w))
        return true;
    return (s[value] == '[' || s[value] == '{') && judge_flow(r, value, condition);
}

bool collide_problem(struct reading *r, uint32_t problem, uint32_t context)
{
    uint32_t n = (uint32_t)r->source->text.n;

    if (problem >= n && n > 0)
        problem = trimmed_end(r, 0, n) ? trimmed_end(r, 0, n) - 1 : 0;
    uint32_t line = line_start_at(r, problem);
    if (judge_line(r, problem) || judge_flow(r, line, false))
        return true;
    if (context < line && (judge_line(r, context) || judge_flow(r, context, false)))
        return true;
    return judge_line(r, head_line_at(r, problem));
}

// A word, as keys are; not `a ? "b"`.
static bool begins_with_key(const struct reading *r, uint32_t at)
{
    uint32_t value;
    char c = r->source->text.s[at];

    return key_at(r, at, &value).n || c == '"' || c == '\'';
}

static bool is_tagged(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
           (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag) ||
           (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag);
}

bool collide_event(struct reading *r, const yaml_event_t *event, const struct context *c,
                   uint32_t start)
{
    struct str rest = written_text(r, start, (uint32_t)r->source->text.n);
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    bool suspect = (c->condition && is_tagged(event) && str_starts(rest, "!")) ||
                   (is_map && str_starts(rest, "{{")) ||
                   (is_map && c->condition && c->item && rest.s[0] != '{' &&
                    !begins_with_key(r, start));

    if (!suspect)
        return false;
    struct written w = written_at(r, start, c->flow, c->condition);
    return judge(r, &w);
}

bool collide_scalar(struct reading *r, const struct node *n, const struct context *c, bool is_key)
{
    if (n->kind != NODE_SCALAR || n->refused || n->text.quoted || n->text.str.n == 0)
        return false;
    bool condition = c->condition && !is_key;
    if (!expression_goes_on(n->text.str, condition) || n->span.end >= r->source->text.n)
        return false;
    uint32_t after = behind_blanks(r, n->span.end);
    bool cut = r->source->text.s[after] == '#' && after > n->span.end;
    if (!cut && !c->flow && !is_key)
        return false;  // open until its end: the expression itself is wrong
    struct written w = written_at(r, n->span.start, c->flow, condition);
    return judge(r, &w);
}

struct str plain_value(const struct reading *r, uint32_t at)
{
    uint32_t first = behind_dashes(r, line_start_at(r, at)), value = first;
    struct str key = key_at(r, first, &value);

    if (!key.n || strchr("\"'[{|>&*!", r->source->text.s[value]))
        return (struct str){ 0 };
    return written_text(r, value, end_on_line_at(r, value, false));
}
