// Functions of text. Places are counted in code points.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/format.h"
#include "expr/function.h"

static bool charge_text(struct eval *ev, struct str s)
{
    return eval_charge(ev, s.n / 10);
}

// The byte where code point [n] begins; the end of the text for its length.
static bool byte_of(struct str s, int64_t n, size_t *at)
{
    uint32_t code;

    *at = 0;
    for (; n > 0 && *at < s.n; n--)
        if (!utf8_next(s, at, &code))
            ++*at;
    return n == 0;
}

static bool bad_index(struct eval *ev, int64_t i)
{
    return eval_fail(ev, "the index %lld is outside of the text", (long long)i);
}

static bool contains(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    *out = value_bool(args[1].s.n == 0 || str_search(args[0].s, args[1].s) != SIZE_MAX);
    return charge_text(ev, args[0].s);
}

static bool starts_with(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)ev, (void)count;
    *out = value_bool(str_equal(str_slice(args[0].s, 0, args[1].s.n), args[1].s));
    return true;
}

static bool ends_with(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s, end = args[1].s;

    (void)ev, (void)count;
    *out = value_bool(s.n >= end.n && str_equal(str_slice(s, s.n - end.n, s.n), end));
    return true;
}

static bool char_at(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s;
    size_t from, to;
    uint32_t code;

    (void)count;
    if (args[1].i < 0 || !byte_of(s, args[1].i, &from))
        return bad_index(ev, args[1].i);
    to = from;
    if (from < s.n && !utf8_next(s, &to, &code))
        to++;
    *out = value_string(str_slice(s, from, to));
    return charge_text(ev, s);
}

static bool index_of(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s, part = args[1].s;
    int64_t from = count > 2 ? args[2].i : 0;
    size_t start;

    if (from < 0 || !byte_of(s, from, &start))
        return bad_index(ev, from);
    struct str rest = str_slice(s, start, s.n);
    size_t at = part.n ? str_search(rest, part) : 0;
    *out = value_int(at == SIZE_MAX ? -1 : from + (int64_t)utf8_length(str_slice(rest, 0, at)));
    return charge_text(ev, s);
}

// The last place at or before [last] where [part] stands, in bytes.
static bool last_place(struct str s, struct str part, size_t last, size_t *at)
{
    if (part.n > s.n)
        return false;
    *at = last < s.n - part.n ? last : s.n - part.n;
    for (;; --*at) {
        if (memcmp(s.s + *at, part.s, part.n) == 0)
            return true;
        if (*at == 0)
            return false;
    }
}

static bool last_index_of(struct eval *ev, const struct value *args, size_t count,
                          struct value *out)
{
    struct str s = args[0].s, part = args[1].s;
    size_t last = s.n, at;

    if (count > 2 && (args[2].i < 0 || !byte_of(s, args[2].i, &last)))
        return bad_index(ev, args[2].i);
    if (part.n && !eval_charge(ev, s.n / 10 * (1 + part.n / 10)))
        return false;
    bool found = part.n ? last_place(s, part, last, &at) : (at = last, true);
    *out = value_int(found ? (int64_t)utf8_length(str_slice(s, 0, at)) : -1);
    return charge_text(ev, s);
}

static bool ascii_case(struct eval *ev, struct str s, char from, char to, int by, struct value *out)
{
    if (!charge_text(ev, s) || !eval_text(ev, s.s, s.n, out))
        return false;
    char *text = (char *)out->s.s;
    for (size_t i = 0; i < s.n; i++)
        if (text[i] >= from && text[i] <= to)
            text[i] = (char)(text[i] + by);
    return true;
}

static bool lower_ascii(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    return ascii_case(ev, args[0].s, 'A', 'Z', 32, out);
}

static bool upper_ascii(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    (void)count;
    return ascii_case(ev, args[0].s, 'a', 'z', -32, out);
}

// Adds to the result, or says that it has become too long.
static bool add(struct eval *ev, struct buf *b, struct str s)
{
    if (b->n + s.n > (size_t)ev->memory)
        return eval_take(ev, b->n + s.n);
    buf_add(b, s);
    return true;
}

static bool finish(struct eval *ev, bool ok, struct buf *b, struct value *out)
{
    ok = ok && charge_text(ev, buf_str(b)) && eval_text(ev, b->s, b->n, out);
    buf_free(b);
    return ok;
}

// Between any two characters for an empty [old], as Go does it.
static bool replace_empty(struct eval *ev, struct str s, struct str with, int64_t limit,
                          struct buf *b)
{
    size_t at = 0, from;
    uint32_t code;
    bool ok = true;

    while (ok && limit != 0) {
        ok = add(ev, b, with);
        limit--;
        from = at;
        if (at == s.n)
            return ok;
        if (!utf8_next(s, &at, &code))
            at++;
        ok = ok && add(ev, b, str_slice(s, from, at));
    }
    return ok && add(ev, b, str_slice(s, at, s.n));
}

static bool replace(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s, old = args[1].s, with = args[2].s;
    int64_t limit = count > 3 ? args[3].i : -1;
    struct buf b = BUF_EMPTY;
    bool ok = true;

    if (!old.n)
        return finish(ev, replace_empty(ev, s, with, limit, &b), &b, out);
    while (ok && limit != 0) {
        size_t at = str_search(s, old);
        if (at == SIZE_MAX)
            break;
        ok = add(ev, &b, str_slice(s, 0, at)) && add(ev, &b, with);
        s = str_slice(s, at + old.n, s.n);
        limit--;
    }
    return finish(ev, ok && add(ev, &b, s), &b, out);
}

// Where the next part ends and where the one behind it begins.
static bool next_part(struct str s, struct str by, size_t *end, size_t *behind)
{
    uint32_t code;

    if (by.n) {
        *end = str_search(s, by);
        *behind = *end + by.n;
        return *end != SIZE_MAX;
    }
    *end = 0;
    if (!utf8_next(s, end, &code))
        *end = s.n ? 1 : 0;
    *behind = *end;
    return *end < s.n;
}

static bool split(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct value_builder *parts = value_list_start(ev->arena);
    struct str s = args[0].s, by = args[1].s;
    int64_t limit = count > 2 ? args[2].i : -1;
    size_t end, behind;

    if (!charge_text(ev, s))
        return false;
    bool none = limit == 0 || (!s.n && !by.n);
    while (!none && limit != 1 && next_part(s, by, &end, &behind)) {
        if (!eval_take(ev, 2 * sizeof(struct value)) || !eval_step(ev))
            return false;
        value_add(parts, value_string(str_slice(s, 0, end)));
        s = str_slice(s, behind, s.n);
        limit--;
    }
    if (!none)
        value_add(parts, value_string(s));
    *out = value_finish(parts);
    return true;
}

static bool join(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    const struct value_list *list = args[0].list;
    struct str between = count > 1 ? args[1].s : STR("");
    struct buf b = BUF_EMPTY;
    bool ok = eval_charge(ev, list->count);

    for (size_t i = 0; ok && i < list->count; i++) {
        if (list->items[i].kind != VALUE_STRING)
            ok = eval_fail(ev, "`join` wants a list of text, but item %zu is %s", i,
                           value_kind_words(list->items[i].kind));
        else
            ok = (i == 0 || add(ev, &b, between)) && add(ev, &b, list->items[i].s);
    }
    return finish(ev, ok, &b, out);
}

static bool substring(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s;
    size_t from, to = s.n;

    if (args[1].i < 0 || !byte_of(s, args[1].i, &from))
        return bad_index(ev, args[1].i);
    if (count > 2 && (args[2].i < 0 || !byte_of(s, args[2].i, &to)))
        return bad_index(ev, args[2].i);
    if (to < from)
        return eval_fail(ev, "the end %lld is before the start %lld", (long long)args[2].i,
                         (long long)args[1].i);
    *out = value_string(str_slice(s, from, to));
    return charge_text(ev, s);
}

// White_Space of Unicode.
static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

static bool trim(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s;
    size_t start = SIZE_MAX, end = 0;
    uint32_t code;

    (void)count;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        if (!utf8_next(s, &at, &code))
            code = 0xFFFD, at++;
        if (is_space(code))
            continue;
        start = start == SIZE_MAX ? from : start;
        end = at;
    }
    *out = value_string(str_slice(s, start == SIZE_MAX ? 0 : start, end));
    return charge_text(ev, s);
}

static bool reverse(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str s = args[0].s;
    char *text = eval_bytes(ev, s.n);
    uint32_t code;

    (void)count;
    if (!text || !charge_text(ev, s))
        return false;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        if (!utf8_next(s, &at, &code))
            at++;
        memcpy(text + s.n - at, s.s + from, at - from);
    }
    *out = value_string((struct str){ text, s.n });
    return true;
}

static bool quote(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    static const char plain[] = "\a\b\f\n\r\t\v\"\\", letters[] = "abfnrtv\"\\";
    struct str s = args[0].s;
    struct buf b = BUF_EMPTY;

    (void)count;
    buf_add_c(&b, '"');
    for (size_t at = 0; at < s.n;) {
        uint32_t code;
        if (!utf8_next(s, &at, &code))
            code = 0xFFFD, at++;
        const char *special = code && code < 0x80 ? strchr(plain, (int)code) : NULL;
        if (special)
            buf_format(&b, "\\%c", letters[special - plain]);
        else
            buf_add_utf8(&b, code);
    }
    buf_add_c(&b, '"');
    return finish(ev, true, &b, out);
}

static bool format(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct buf b = BUF_EMPTY;

    (void)count;
    return finish(ev, format_text(ev, args[0].s, args[1].list, &b), &b, out);
}

// clang-format off
const struct function functions_strings[] = {
    { "contains", FUNCTION_MEMBER, T_BOOL, { T_STRING, T_STRING }, contains,
      "Whether a text stands in it.", "'database'.contains('tab')" },
    { "startsWith", FUNCTION_MEMBER, T_BOOL, { T_STRING, T_STRING }, starts_with,
      "Whether it begins with a text.", "'v1.2'.startsWith('v')" },
    { "endsWith", FUNCTION_MEMBER, T_BOOL, { T_STRING, T_STRING }, ends_with,
      "Whether it ends with a text.", "'a.sql.gz'.endsWith('.gz')" },
    { "charAt", FUNCTION_MEMBER, T_STRING, { T_STRING, T_INT }, char_at,
      "The character at a place, counted from 0; empty at the end.", "'abc'.charAt(1) == 'b'" },
    { "indexOf", FUNCTION_MEMBER, T_INT, { T_STRING, T_STRING }, index_of,
      "Where a text first stands, or -1.", "'tacocat'.indexOf('c') == 2" },
    { "indexOf", FUNCTION_MEMBER, T_INT, { T_STRING, T_STRING, T_INT }, index_of,
      "The same, looking from a place on.", "'tacocat'.indexOf('c', 3) == 4" },
    { "lastIndexOf", FUNCTION_MEMBER, T_INT, { T_STRING, T_STRING }, last_index_of,
      "Where a text last stands, or -1.", "'tacocat'.lastIndexOf('c') == 4" },
    { "lastIndexOf", FUNCTION_MEMBER, T_INT, { T_STRING, T_STRING, T_INT }, last_index_of,
      "The same, looking from a place backwards.", "'tacocat'.lastIndexOf('c', 3) == 2" },
    { "lowerAscii", FUNCTION_MEMBER, T_STRING, { T_STRING }, lower_ascii,
      "A to Z become a to z.", "'ÄB'.lowerAscii() == 'Äb'" },
    { "upperAscii", FUNCTION_MEMBER, T_STRING, { T_STRING }, upper_ascii,
      "a to z become A to Z.", "'äb'.upperAscii() == 'äB'" },
    { "replace", FUNCTION_MEMBER, T_STRING, { T_STRING, T_STRING, T_STRING }, replace,
      "Each place where a text stands becomes another.", "'a-b-c'.replace('-', '_') == 'a_b_c'" },
    { "replace", FUNCTION_MEMBER, T_STRING, { T_STRING, T_STRING, T_STRING, T_INT }, replace,
      "The same, at most so many times.", "'a-b-c'.replace('-', '_', 1) == 'a_b-c'" },
    { "split", FUNCTION_MEMBER, T_STRINGS, { T_STRING, T_STRING }, split,
      "The parts between a separator; characters for an empty one.", "'a,b'.split(',') == ['a', 'b']" },
    { "split", FUNCTION_MEMBER, T_STRINGS, { T_STRING, T_STRING, T_INT }, split,
      "The same, at most so many parts.", "'a,b,c'.split(',', 2) == ['a', 'b,c']" },
    { "join", FUNCTION_MEMBER, T_STRING, { T_STRINGS }, join,
      "All texts of a list as one.", "['a', 'b'].join() == 'ab'" },
    { "join", FUNCTION_MEMBER, T_STRING, { T_STRINGS, T_STRING }, join,
      "The same, with a text between each two.", "['a', 'b'].join(', ') == 'a, b'" },
    { "substring", FUNCTION_MEMBER, T_STRING, { T_STRING, T_INT }, substring,
      "The text from a place on.", "'tacocat'.substring(4) == 'cat'" },
    { "substring", FUNCTION_MEMBER, T_STRING, { T_STRING, T_INT, T_INT }, substring,
      "The text from a place up to before another.", "'tacocat'.substring(0, 4) == 'taco'" },
    { "trim", FUNCTION_MEMBER, T_STRING, { T_STRING }, trim,
      "Without the white space at both ends.", "' a '.trim() == 'a'" },
    { "reverse", FUNCTION_MEMBER, T_STRING, { T_STRING }, reverse,
      "The characters from the last to the first.", "'abc'.reverse() == 'cba'" },
    { "strings.quote", 0, T_STRING, { T_STRING }, quote,
      "In double quotes, with escapes.", "strings.quote('a\"b') == '\"a\\\\\"b\"'" },
    { "format", FUNCTION_MEMBER, T_STRING, { T_STRING, &cel_list_dyn }, format,
      "Fills %s, %d, %f, %e, %b, %o, %x and %X from a list; %.2f rounds.",
      "'%s: %.1f%%'.format(['load', 12.34]) == 'load: 12.3%'" },
    { 0 },
};
// clang-format on
