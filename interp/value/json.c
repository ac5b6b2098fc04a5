#include "value/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

enum { DEEPEST = 200, DEEPEST_OWN = 400 };

static bool convert(const json_t *from, int left, struct arena *a, struct value *out);

static struct str copy_string(struct arena *a, const char *s, size_t n)
{
    return str_copy(a, (struct str){ s, n });
}

static bool convert_list(const json_t *from, int left, struct arena *a, struct value *out)
{
    struct value_builder *b = value_list_of(a, json_array_size(from));
    size_t i;
    json_t *item;

    json_array_foreach(from, i, item)
    {
        struct value v;
        if (!convert(item, left - 1, a, &v))
            return false;
        value_add(b, v);
    }
    *out = value_finish(b);
    return true;
}

static bool convert_map(json_t *from, int left, struct arena *a, struct value *out)
{
    struct value_builder *b = value_map_of(a, json_object_size(from));
    const char *key;
    size_t key_length;
    json_t *item;

    json_object_keylen_foreach(from, key, key_length, item)
    {
        struct value v;
        if (!convert(item, left - 1, a, &v))
            return false;
        value_put(b, value_string(copy_string(a, key, key_length)), v);
    }
    *out = value_finish(b);
    return true;
}

// False only when it is deeper than [left] more levels.
static bool convert(const json_t *from, int left, struct arena *a, struct value *out)
{
    if (left < 0)
        return false;
    switch (json_typeof(from)) {
    case JSON_OBJECT:
        return convert_map((json_t *)from, left, a, out);
    case JSON_ARRAY:
        return convert_list(from, left, a, out);
    case JSON_STRING:
        *out = value_string(copy_string(a, json_string_value(from), json_string_length(from)));
        return true;
    case JSON_INTEGER:
        *out = value_int(json_integer_value(from));
        return true;
    case JSON_REAL:
        *out = value_double(json_real_value(from));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = value_bool(json_is_true(from));
        return true;
    default:
        *out = VALUE_NONE;
        return true;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Copies a number; one that is whole but too big for an int gets quotes, which make it text: as
// a double it would be another number.
static size_t copy_number(struct str text, size_t at, struct buf *out)
{
    size_t end = at + (text.s[at] == '-');
    char digits[24];

    while (end < text.n && is_digit(text.s[end]))
        end++;
    bool whole = end == text.n || !strchr(".eE", text.s[end]);
    bool huge = whole && end - at >= sizeof digits;
    if (whole && !huge && end - at >= 19) {
        memcpy(digits, text.s + at, end - at);
        digits[end - at] = '\0';
        errno = 0;
        huge = (strtoll(digits, NULL, 10), errno == ERANGE);
    }
    const char *quote = huge ? "\"" : "";
    buf_format(out, "%s%.*s%s", quote, STR_ARG(str_slice(text, at, end)), quote);
    return end;
}

// The text with its huge integers made text, which jansson refuses altogether.
static struct str with_huge_numbers(struct str text, struct buf *out)
{
    bool quoted = false;

    for (size_t at = 0; at < text.n;) {
        char c = text.s[at];
        if (!quoted && (is_digit(c) || (c == '-' && at + 1 < text.n && is_digit(text.s[at + 1])))) {
            at = copy_number(text, at, out);
            // What stands behind a point or an exponent is part of the same number.
            while (at < text.n && strchr("0123456789.eE+-", text.s[at]) && text.s[at])
                buf_add_c(out, text.s[at++]);
            continue;
        }
        if (quoted && c == '\\' && at + 1 < text.n)
            buf_add_c(out, text.s[at++]);
        else if (c == '"')
            quoted = !quoted;
        buf_add_c(out, text.s[at++]);
    }
    return buf_str(out);
}

static json_t *load(struct str text, size_t more, json_error_t *error)
{
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | more;
    json_t *root = json_loadb(text.s ? text.s : "", text.n, flags, error);

    if (root || json_error_code(error) != json_error_numeric_overflow)
        return root;
    struct buf again = BUF_EMPTY;
    int position = error->position;
    struct str other = with_huge_numbers(text, &again);
    root = json_loadb(other.s, other.n, flags, error);
    error->position = position;  // in what was given; of the first that is too big for an int
    buf_free(&again);
    return root;
}

static struct json_error error_of(const json_error_t *why, struct arena *a)
{
    struct json_error e = { .offset = why->position > 0 ? (size_t)why->position : 0 };
    const char *near = strstr(why->text, "near '");
    struct str text = str_from(near ? near + 6 : "");

    e.beyond = json_error_code(why) == json_error_numeric_overflow && text.n > 1;
    e.message = e.beyond ? str_format(a, "the number %.*s is out of range",
                                      STR_ARG(str_slice(text, 0, text.n - 1)))
                         : copy_string(a, why->text, strlen(why->text));
    return e;
}

static bool read_json(struct str text, size_t flags, int deepest, struct arena *a,
                      struct value *out, struct json_error *error)
{
    json_error_t why = { 0 };
    json_t *root = load(text, flags, &why);

    if (!root) {
        *error = error_of(&why, a);
        return false;
    }
    bool flat_enough = convert(root, deepest, a, out);
    json_decref(root);
    if (!flat_enough)
        *error = (struct json_error){ .message = str_format(a, "nested deeper than %d", deepest) };
    return flat_enough;
}

bool json_read(struct str text, struct arena *a, struct value *out, struct json_error *error)
{
    return read_json(text, JSON_REJECT_DUPLICATES, DEEPEST, a, out, error);
}

bool json_read_own(struct str text, struct arena *a, struct value *out, struct json_error *error)
{
    return read_json(text, 0, DEEPEST_OWN, a, out, error);
}
