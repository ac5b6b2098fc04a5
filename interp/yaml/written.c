// Where a value that somebody wrote begins and ends.

#include "yaml/written.h"

#include <ctype.h>
#include <string.h>

struct str written_text(const struct reading *r, uint32_t start, uint32_t end)
{
    return str_slice(r->source->text, start, end);
}

// Behind the string literal that begins at [i], or the end where it is not closed.
size_t behind_string(struct str s, size_t i)
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
            i = behind_string(s, i);
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
size_t behind_brackets(struct str s)
{
    int depth = 0;

    for (size_t i = 0; i < s.n;) {
        char c = s.s[i];
        if (c == '"' || c == '\'') {
            i = behind_string(s, i);
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
bool braces_find(struct str s, size_t from, size_t *start, size_t *end)
{
    size_t at = str_search(str_slice(s, from, s.n), STR("${{"));

    if (at == SIZE_MAX)
        return false;
    *start = from + at;
    for (size_t i = *start + 3; i < s.n;) {
        if (s.s[i] == '"' || s.s[i] == '\'') {
            i = behind_string(s, i);
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

    while (braces_find(s, end, &start, &end))
        if (!str_ends(str_slice(s, start, end), "}}"))
            return true;
    return false;
}

// Whether an expression goes on behind [s], the first part of a value.
bool expression_goes_on(struct str s, bool condition)
{
    return has_open_braces(s) || (condition && is_open(s));
}

uint32_t line_start_at(const struct reading *r, uint32_t at)
{
    struct place p = source_place(r->source, at);

    return r->source->line_start[p.line - 1];
}

uint32_t line_end_at(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && !is_line_end(r->source->text.s[at]))
        at++;
    return at;
}

// How long the line at [at] is, without looking at what stands on it.
static uint32_t line_length(const struct source *src, uint32_t at)
{
    uint32_t low = 0, high = src->line_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (src->line_start[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    uint32_t end = high < src->line_count ? src->line_start[high] : (uint32_t)src->text.n;
    return end - src->line_start[low];
}

// Lines that are longer hold no expression that somebody wrote by hand.
static bool is_too_long(const struct reading *r, uint32_t at)
{
    enum { LONGEST = 4096 };

    return line_length(r->source, at) > LONGEST;
}

static uint32_t next_line(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && r->source->text.s[at] != '\n')
        at++;
    return at < r->source->text.n ? at + 1 : at;
}

uint32_t behind_blanks(const struct reading *r, uint32_t at)
{
    while (at < r->source->text.n && is_blank(r->source->text.s[at]))
        at++;
    return at;
}

uint32_t trimmed_end(const struct reading *r, uint32_t start, uint32_t end)
{
    while (end > start &&
           (is_blank(r->source->text.s[end - 1]) || is_line_end(r->source->text.s[end - 1])))
        end--;
    return end;
}

// The end of a value in a block: with its line, or before a comment that is one.
uint32_t end_on_line_at(const struct reading *r, uint32_t start, bool condition)
{
    const char *s = r->source->text.s;
    uint32_t end = is_too_long(r, start) ? start : line_end_at(r, start);

    for (uint32_t i = start + 1; i < end; i++)
        if (s[i] == '#' && is_blank(s[i - 1]) &&
            !expression_goes_on(written_text(r, start, i), condition))
            return trimmed_end(r, start, i);
    return trimmed_end(r, start, end);
}

// Lines that are indented deeper belong to it.
static uint32_t end_in_block(const struct reading *r, uint32_t start, bool condition)
{
    uint32_t line = line_start_at(r, start), indent = behind_blanks(r, line) - line;
    uint32_t end = end_on_line_at(r, start, condition);

    for (uint32_t next = next_line(r, start); next < r->source->text.n; next = next_line(r, next)) {
        uint32_t words = behind_blanks(r, next);
        if (words - next <= indent || line_end_at(r, words) == words || is_too_long(r, words))
            break;
        end = end_on_line_at(r, words, condition);
    }
    return end;
}

// `word: `, as in the line of a block; [*value] is where the value begins.
struct str key_at(const struct reading *r, uint32_t at, uint32_t *value)
{
    const char *s = r->source->text.s;
    uint32_t end = at;

    while (isalnum((unsigned char)s[end]) || s[end] == '_' || s[end] == '-' || s[end] == '.')
        end++;
    if (end == at || s[end] != ':' || !(is_blank(s[end + 1]) || is_line_end(s[end + 1])))
        return (struct str){ 0 };
    *value = behind_blanks(r, end + 1);
    return written_text(r, at, end);
}

// Whether the comma at [at] belongs to a sentence: in { }, the next key or nothing would
// follow it otherwise.
static bool comma_of_sentence(const struct reading *r, uint32_t start, uint32_t at)
{
    const char *s = r->source->text.s;
    uint32_t before = trimmed_end(r, 0, start), next = behind_blanks(r, at + 1), value;

    if (before == 0 || s[before - 1] != ':' || !is_blank(s[at + 1]))
        return false;
    return next < r->source->text.n && !is_line_end(s[next]) && !strchr("}],#\"'", s[next]) &&
           !key_at(r, next, &value).n;
}

// The end of a value in [ ] or { }: at the comma or bracket that is not part of it.
static uint32_t end_in_flow(const struct reading *r, uint32_t start)
{
    struct str s = written_text(r, start, line_end_at(r, start));
    int depth = 0;

    for (size_t i = 0; i < s.n;) {
        char c = s.s[i];
        if ((c == '"' || c == '\'') && behind_string(s, i) <= s.n) {
            i = behind_string(s, i);
            continue;
        }
        bool closes = c == ')' || c == ']' || c == '}';
        bool in_sentence = c == ',' && comma_of_sentence(r, start, start + (uint32_t)i);
        if (depth == 0 && (c == ',' || c == ']' || c == '}') && !in_sentence)
            return trimmed_end(r, start, start + (uint32_t)i);
        depth += c == '(' || c == '[' || c == '{';
        depth -= closes && depth > 0;
        i++;
    }
    return trimmed_end(r, start, start + (uint32_t)s.n);
}

struct written written_at(const struct reading *r, uint32_t start, bool flow, bool condition)
{
    struct written w = { start, start, flow, condition };

    if (!is_too_long(r, start))
        w.end = flow ? end_in_flow(r, start) : end_in_block(r, start, condition);
    return w;
}

uint32_t behind_dashes(const struct reading *r, uint32_t at)
{
    const char *s = r->source->text.s;

    for (at = behind_blanks(r, at); s[at] == '-' && is_blank(s[at + 1]);)
        at = behind_blanks(r, at + 1);
    return at;
}

// The line above [at] that is indented less: the key whose value goes on at [at].
uint32_t head_line_at(const struct reading *r, uint32_t at)
{
    uint32_t line = line_start_at(r, at), indent = behind_blanks(r, line) - line;

    for (int seen = 0; line > 0 && seen < 100; seen++) {
        line = line_start_at(r, line - 1);
        uint32_t words = behind_blanks(r, line);
        if (words - line < indent && line_end_at(r, words) != words)
            return line;
    }
    return line;
}
