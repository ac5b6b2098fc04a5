#include "yaml/collide.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"

// A value as it stands in the file, up to where its author meant it to end.
struct written {
    uint32_t start, end;
    bool flow, condition;
};

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

static struct str source_text(const struct reading *r, uint32_t start, uint32_t end)
{
    return str_slice(r->source->text, start, end);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

// Behind the string literal that begins at [i], or the end where it is not closed.
static size_t skip_string(struct str s, size_t i)
{
    char quote = s.s[i++];

    while (i < s.n && s.s[i] != quote)
        i += s.s[i] == '\\' ? 2 : 1;
    return i < s.n ? i + 1 : s.n + 1;
}

// Whether an expression cannot end here: a string or a bracket is open, or one is
// closed that was never opened.
static bool is_open(struct str s)
{
    int depth = 0;

    for (size_t i = 0; i < s.n;) {
        char c = s.s[i];
        if (c == '"' || c == '\'') {
            i = skip_string(s, i);
            if (i > s.n)
                return true;
            continue;
        }
        depth += c == '(' || c == '[' || c == '{';
        depth -= c == ')' || c == ']' || c == '}';
        if (depth < 0)
            return true;
        i++;
    }
    return depth > 0;
}

// Behind the bracket that closes the one [s] begins with, or the end.
static size_t skip_brackets(struct str s)
{
    int depth = 0;

    for (size_t i = 0; i < s.n;) {
        char c = s.s[i];
        if (c == '"' || c == '\'') {
            i = skip_string(s, i);
            continue;
        }
        depth += c == '(' || c == '[' || c == '{';
        depth -= c == ')' || c == ']' || c == '}';
        i++;
        if (depth == 0)
            return i;
    }
    return s.n;
}

// The ${{ }} that begins at or behind [from]: false if there is none. [end] is behind
// the braces, or the end of the text where they are missing.
static bool find_braces(struct str s, size_t from, size_t *start, size_t *end)
{
    size_t at = str_search(str_slice(s, from, s.n), STR("${{"));

    if (at == SIZE_MAX)
        return false;
    *start = from + at;
    for (size_t i = *start + 3; i < s.n;) {
        if (s.s[i] == '"' || s.s[i] == '\'') {
            i = skip_string(s, i);
        } else if (s.n - i >= 2 && s.s[i] == '}' && s.s[i + 1] == '}') {
            *end = i + 2;
            return true;
        } else {
            i++;
        }
    }
    *end = s.n;
    return true;
}

static bool has_open_braces(struct str s)
{
    size_t start, end = 0;

    while (find_braces(s, end, &start, &end))
        if (!str_ends(str_slice(s, start, end), "}}"))
            return true;
    return false;
}

// Whether an expression goes on behind [s], the first part of a value.
static bool goes_on(struct str s, bool condition)
{
    return has_open_braces(s) || (condition && is_open(s));
}

static uint32_t line_start(const struct reading *r, uint32_t at)
{
    struct place p = source_place(r->source, at);

    return r->source->line_start[p.line - 1];
}

static uint32_t line_end(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && !is_line_end(r->source->text.s[at]))
        at++;
    return at;
}

static uint32_t next_line(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && r->source->text.s[at] != '\n')
        at++;
    return at < r->source->text.n ? at + 1 : at;
}

static uint32_t skip_blanks(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && is_blank(r->source->text.s[at]))
        at++;
    return at;
}

static uint32_t trim_end(const struct reading *r, uint32_t start, uint32_t end)
{
    while (end > start && (is_blank(r->source->text.s[end - 1]) ||
                           is_line_end(r->source->text.s[end - 1])))
        end--;
    return end;
}

// The end of a value in a block: with its line, or before a comment that is one.
static uint32_t end_on_line(const struct reading *r, uint32_t start, bool condition)
{
    const char *s = r->source->text.s;
    uint32_t end = line_end(r, start);

    for (uint32_t i = start + 1; i < end; i++)
        if (s[i] == '#' && is_blank(s[i - 1]) && !goes_on(source_text(r, start, i), condition))
            return trim_end(r, start, i);
    return trim_end(r, start, end);
}

// Lines that are indented deeper belong to it.
static uint32_t end_in_block(const struct reading *r, uint32_t start, bool condition)
{
    uint32_t line = line_start(r, start), indent = skip_blanks(r, line) - line;
    uint32_t end = end_on_line(r, start, condition);

    for (uint32_t next = next_line(r, start); next < r->source->text.n;
         next = next_line(r, next)) {
        uint32_t words = skip_blanks(r, next);
        if (words - next <= indent || line_end(r, words) == words)
            break;
        end = end_on_line(r, words, condition);
    }
    return end;
}

// The end of a value in [ ] or { }: at the comma or bracket that is not part of it.
static uint32_t end_in_flow(const struct reading *r, uint32_t start)
{
    struct str s = source_text(r, start, line_end(r, start));
    int depth = 0;

    for (size_t i = 0; i < s.n;) {
        char c = s.s[i];
        if ((c == '"' || c == '\'') && skip_string(s, i) <= s.n) {
            i = skip_string(s, i);
            continue;
        }
        bool closes = c == ')' || c == ']' || c == '}';
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return trim_end(r, start, start + (uint32_t)i);
        depth += c == '(' || c == '[' || c == '{';
        depth -= closes && depth > 0;
        i++;
    }
    return trim_end(r, start, start + (uint32_t)s.n);
}

static struct written written_at(const struct reading *r, uint32_t start, bool flow,
                                 bool condition)
{
    return (struct written){ start,
                             flow ? end_in_flow(r, start) : end_in_block(r, start, condition),
                             flow, condition };
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
    struct str s = source_text(r, w->start, w->end);
    char c = s.n ? s.s[0] : 0;
    bool followed = true;

    if (c == '!') {
        *out = (struct clash){ &bang, w->start, w->start + 1 };
        return true;
    }
    if (c == '"' || c == '\'') {
        followed = skip_string(s, 0) < s.n;
    } else if (c == '[' || c == '{') {
        followed = skip_brackets(s) < s.n;
    } else if (!c || !strchr("&*%@`|>", c)) {
        return false;
    }
    if (followed)
        *out = (struct clash){ &in_front, w->start, w->start + 1 };
    return followed;
}

// Whether YAML reads something else than was meant.
static bool clashes(const struct reading *r, const struct written *w, struct clash *out)
{
    struct str s = source_text(r, w->start, w->end);
    size_t start, end = 0;

    if (str_starts(s, "{{")) {
        *out = (struct clash){ &braces, w->start, w->start + 2 };
        return true;
    }
    if (w->condition && clash_in_front(r, w, out))
        return true;
    if (s.n == 0 || strchr("\"'[{", s.s[0]))
        return false;  // YAML's own quotes and brackets; what is inside is judged alone
    if (w->condition)
        return clash_inside(r, w, w->start, w->end, out);
    while (find_braces(s, end, &start, &end))
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
    struct str s = source_text(r, w->start, w->end);

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
    struct str what = source_text(r, c->start, c->end);
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

// `word: `, as in the line of a block; [*value] is where the value begins.
static struct str key_at(const struct reading *r, uint32_t at, uint32_t *value)
{
    const char *s = r->source->text.s;
    uint32_t end = at;

    while (isalnum((unsigned char)s[end]) || s[end] == '_' || s[end] == '-' || s[end] == '.')
        end++;
    if (end == at || s[end] != ':' || !(is_blank(s[end + 1]) || is_line_end(s[end + 1])))
        return (struct str){ 0 };
    *value = skip_blanks(r, end + 1);
    return source_text(r, at, end);
}

static uint32_t skip_dashes(const struct reading *r, uint32_t at)
{
    const char *s = r->source->text.s;

    for (at = skip_blanks(r, at); s[at] == '-' && is_blank(s[at + 1]);)
        at = skip_blanks(r, at + 1);
    return at;
}

// Whether the list whose item begins on the line at [at] stands behind a condition.
static bool list_is_condition(const struct reading *r, uint32_t at)
{
    uint32_t line = line_start(r, at), indent = skip_blanks(r, line) - line, value;

    for (int seen = 0; line > 0 && seen < 100; seen++) {
        line = line_start(r, line - 1);
        uint32_t words = skip_blanks(r, line);
        if (words - line > indent || line_end(r, words) == words || r->source->text.s[words] == '-')
            continue;
        return key_is_condition(key_at(r, skip_dashes(r, line), &value));
    }
    return false;
}

// Looks at each value between brackets on one line.
static bool judge_flow(struct reading *r, uint32_t at, bool condition)
{
    const char *s = r->source->text.s;
    uint32_t end = line_end(r, at), value;
    bool in_conditions = condition;

    while (at < end) {
        at = skip_blanks(r, at);
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
    uint32_t first = skip_dashes(r, line_start(r, at)), value = first;
    struct str key = key_at(r, first, &value);

    if (!key.n && first == skip_blanks(r, line_start(r, at)))
        return false;
    bool condition = key.n ? key_is_condition(key) : list_is_condition(r, first);
    struct written w = written_at(r, value, false, condition);

    if (judge(r, &w))
        return true;
    return (s[value] == '[' || s[value] == '{') && judge_flow(r, value, condition);
}

// The line above [at] that is indented less: the key whose value goes on at [at].
static uint32_t head_line(const struct reading *r, uint32_t at)
{
    uint32_t line = line_start(r, at), indent = skip_blanks(r, line) - line;

    for (int seen = 0; line > 0 && seen < 100; seen++) {
        line = line_start(r, line - 1);
        uint32_t words = skip_blanks(r, line);
        if (words - line < indent && line_end(r, words) != words)
            return line;
    }
    return line;
}

bool collide_problem(struct reading *r, uint32_t problem, uint32_t context)
{
    uint32_t n = (uint32_t)r->source->text.n;

    if (problem >= n && n > 0)
        problem = trim_end(r, 0, n) ? trim_end(r, 0, n) - 1 : 0;
    uint32_t line = line_start(r, problem);
    if (judge_line(r, problem) || judge_flow(r, line, false))
        return true;
    if (context < line && (judge_line(r, context) || judge_flow(r, context, false)))
        return true;
    return judge_line(r, head_line(r, problem));
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
    struct str rest = source_text(r, start, (uint32_t)r->source->text.n);
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
    if (!goes_on(n->text.str, condition) || n->span.end >= r->source->text.n)
        return false;
    uint32_t after = skip_blanks(r, n->span.end);
    bool cut = r->source->text.s[after] == '#' && after > n->span.end;
    if (!cut && !c->flow && !is_key)
        return false;  // open until its end: the expression itself is wrong
    struct written w = written_at(r, n->span.start, c->flow, condition);
    return judge(r, &w);
}

struct str plain_value(const struct reading *r, uint32_t at)
{
    uint32_t first = skip_dashes(r, line_start(r, at)), value = first;
    struct str key = key_at(r, first, &value);

    if (!key.n || strchr("\"'[{|>&*!", r->source->text.s[value]))
        return (struct str){ 0 };
    return source_text(r, value, end_on_line(r, value, false));
}
