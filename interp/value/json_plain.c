// JSON as json_write() writes it, in one go: how the events of a run are read again.
//
// Only what is plain is read here: no white space, whole numbers of a few digits, keys without
// escapes, the escapes of ASCII. At anything else, also at what is no JSON at all, it gives up,
// so that the library alone says what JSON is.

#include <endian.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/arena.h"
#include "value/json_memo.h"

enum { DEEPEST = 400, FEW = 16, DIGITS = 18 };

struct reader {
    const char *at, *end;
    struct arena *arena;
    struct json_memo *memo;  // or NULL
};

static bool read_value(struct reader *r, int depth, struct value *out);

static bool skip(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

// ---- text

static const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;

// A bit at each of eight bytes that is zero, or stands behind one that is.
static uint64_t zeros(uint64_t bytes)
{
    return (bytes - ones) & ~bytes & tops;
}

// The same for a quote, a backslash or a control character.
static uint64_t specials(uint64_t bytes)
{
    uint64_t controls = (bytes - ones * 0x20) & ~bytes & tops;

    return zeros(bytes ^ ones * '"') | zeros(bytes ^ ones * '\\') | controls;
}

static bool is_special(char c)
{
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

#ifdef __SSE2__
// A bit for each of sixteen bytes that is a quote, a backslash or a control character.
static unsigned special_bits(__m128i bytes)
{
    __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), controls));
}

// As plain_end(), as long as there are sixteen bytes. False: *at is where to go on.
static bool plain_end_in_16(const char **at, const char *end, bool *other)
{
    for (; end - *at >= 16; *at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)*at);
        unsigned found = special_bits(bytes), tops16 = (unsigned)_mm_movemask_epi8(bytes);
        *other |= (tops16 & (found ? (found & -found) - 1 : ~0u)) != 0;
        if (found) {
            *at += __builtin_ctz(found);
            return true;
        }
    }
    return false;
}
#else
static bool plain_end_in_16(const char **at, const char *end, bool *other)
{
    (void)at, (void)end, (void)other;
    return false;
}
#endif

// The first quote, backslash or control character. [other]: something before it is not ASCII.
static const char *plain_end(const char *at, const char *end, bool *other)
{
    uint64_t seen = 0;

    if (plain_end_in_16(&at, end, other))
        return at;
    for (; end - at >= 8; at += 8) {
        uint64_t bytes, found;
        memcpy(&bytes, at, sizeof bytes);
        bytes = le64toh(bytes);
        found = specials(bytes);
        if (found) {
            *other |= ((seen | (bytes & ((found & -found) - 1))) & tops) != 0;
            return at + __builtin_ctzll(found) / 8;
        }
        seen |= bytes;
    }
    for (; at < end && !is_special(*at); at++)
        seen |= (unsigned char)*at;
    *other |= (seen & tops) != 0;
    return at;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

// "\u00XX" of ASCII.
static int ascii_code(const char *at, const char *end)
{
    if (end - at < 6 || at[2] != '0' || at[3] != '0' || hex_digit(at[4]) < 0 ||
        hex_digit(at[5]) < 0)
        return -1;
    int code = hex_digit(at[4]) * 16 + hex_digit(at[5]);
    return code < 0x80 ? code : -1;
}

// What the backslash at [*at] and that behind it stand for, or -1.
static int unescape(const char **at, const char *end)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = strchr(from, (*at)[1]);
    int code = -1;

    if ((*at)[1] == 'u')
        code = ascii_code(*at, end);
    else if (found && *found)
        code = to[found - from];
    *at += (*at)[1] == 'u' ? 6 : 2;
    return code;
}

static const char *closing_quote(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : NULL;
}

static bool read_escaped(struct reader *r, const char *from, struct str *out)
{
    const char *close = closing_quote(from, r->end);
    bool other = false;
    int c;

    if (!close)
        return false;
    char *to = arena_alloc(r->arena, 1, (size_t)(close - from) + 1);
    *out = (struct str){ to, 0 };
    for (const char *at = from, *stop; at < close; at = stop) {
        stop = plain_end(at, close, &other);
        memcpy(to, at, (size_t)(stop - at));
        to += stop - at;
        if (stop == close)
            break;
        if (*stop != '\\' || (c = unescape(&stop, close)) < 0)
            return false;
        *to++ = (char)c;
    }
    out->n = (size_t)(to - out->s);
    r->at = close + 1;
    return !other || utf8_invalid(*out) == SIZE_MAX;
}

static bool read_text(struct reader *r, bool escapes, struct str *out)
{
    bool other = false;

    if (!skip(r, '"'))
        return false;
    const char *from = r->at, *stop = plain_end(from, r->end, &other);
    if (stop < r->end && *stop == '\\')
        return escapes && read_escaped(r, from, out);
    r->at = stop;
    *out = (struct str){ from, (size_t)(stop - from) };
    return skip(r, '"') && (!other || utf8_invalid(*out) == SIZE_MAX);
}

// ---- the rest

static bool read_int(struct reader *r, struct value *out)
{
    bool minus = skip(r, '-');
    const char *from = r->at;
    int64_t n = 0;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - from < DIGITS)
        n = n * 10 + *r->at++ - '0';
    if (r->at == from || (*from == '0' && r->at - from > 1))
        return false;
    *out = value_int(minus ? -n : n);
    return r->at == r->end || *r->at == ',' || *r->at == ']' || *r->at == '}';
}

static bool read_word(struct reader *r, struct str word, struct value is, struct value *out)
{
    if ((size_t)(r->end - r->at) < word.n || memcmp(r->at, word.s, word.n) != 0)
        return false;
    r->at += word.n;
    *out = is;
    return true;
}

static bool read_list(struct reader *r, int depth, struct value *out)
{
    struct value_builder *b;
    struct value item;

    r->at++;
    if (skip(r, ']')) {
        *out = value_finish(value_list_of(r->arena, 0));
        return true;
    }
    b = value_list_start(r->arena);
    do {
        if (!read_value(r, depth + 1, &item))
            return false;
        value_add(b, item);
    } while (skip(r, ','));
    *out = value_finish(b);
    return skip(r, ']');
}

// Entries as they come: [some], then as many as needed.
struct entries {
    struct value_entry *items;
    size_t count, room;
    uint64_t seen;  // a bit for each key, which other keys may share
    struct value_entry some[FEW];
};

static struct value_entry *one_more(struct entries *e, struct arena *a)
{
    if (e->count == e->room) {
        struct value_entry *more = NEW_ARRAY(a, struct value_entry, e->room *= 2);
        memcpy(more, e->items, e->count * sizeof *more);
        e->items = more;
    }
    return &e->items[e->count++];
}

// Only for few keys: of many large_map() knows.
static bool stands_already(struct entries *e, struct str key)
{
    uint64_t bit = value_key_bit(key);
    bool maybe = e->seen & bit;

    e->seen |= bit;
    for (size_t i = 0; maybe && i < e->count && i < FEW; i++)
        if (str_equal(e->items[i].key.s, key))
            return true;
    return false;
}

// Needs no index.
static struct value small_map(const struct entries *e, struct arena *a)
{
    struct value_entry *kept = NEW_ARRAY(a, struct value_entry, e->count);
    struct value_map *map = NEW(a, struct value_map);

    memcpy(kept, e->items, e->count * sizeof *kept);
    *map = (struct value_map){ .count = e->count, .entries = kept, .keys = e->seen };
    for (const struct value_entry *at = kept; at < kept + e->count; at++)
        map->weight += value_weight(at->key) + value_weight(at->value);
    return (struct value){ .kind = VALUE_MAP, .map = map };
}

static bool large_map(const struct entries *e, struct arena *a, struct value *out)
{
    struct value_builder *b = value_map_of(a, e->count);

    for (size_t i = 0; i < e->count; i++)
        if (!value_put_new(b, e->items[i].key, e->items[i].value))
            return false;
    *out = value_finish(b);
    return true;
}

static bool read_object_again(struct reader *r, int depth, struct str key, struct value *out)
{
    const char *from = r->at;
    size_t n;

    if (json_memo_find(r->memo, key, from, r->end, out, &n)) {
        r->at += n;
        return true;
    }
    if (!read_value(r, depth, out))
        return false;
    json_memo_missed(r->memo, key, (struct str){ from, (size_t)(r->at - from) });
    return true;
}

static bool read_entry(struct reader *r, int depth, struct entries *e)
{
    struct str key;
    struct value v;

    if (!read_text(r, false, &key) || stands_already(e, key) || !skip(r, ':'))
        return false;
    bool again = r->memo && depth == 0 && r->at < r->end && *r->at == '{';
    if (!(again ? read_object_again(r, 1, key, &v) : read_value(r, depth + 1, &v)))
        return false;
    *one_more(e, r->arena) = (struct value_entry){ value_string(key), v };
    return true;
}

static bool read_map(struct reader *r, int depth, struct value *out)
{
    struct entries e;

    e.items = e.some;
    e.room = FEW;
    e.count = e.seen = 0;
    r->at++;
    if (r->at < r->end && *r->at != '}')
        do {
            if (!read_entry(r, depth, &e))
                return false;
        } while (skip(r, ','));
    if (!skip(r, '}'))
        return false;
    if (e.count > FEW)
        return large_map(&e, r->arena, out);
    *out = small_map(&e, r->arena);
    return true;
}

static bool read_value(struct reader *r, int depth, struct value *out)
{
    if (r->at == r->end || depth > DEEPEST)
        return false;
    switch (*r->at) {
    case '{':
        return read_map(r, depth, out);
    case '[':
        return read_list(r, depth, out);
    case '"':
        *out = value_string(STR(""));
        return read_text(r, true, &out->s);
    case 't':
        return read_word(r, STR("true"), value_bool(true), out);
    case 'f':
        return read_word(r, STR("false"), value_bool(false), out);
    case 'n':
        return read_word(r, STR("null"), VALUE_NONE, out);
    default:
        return read_int(r, out);
    }
}

static bool read_plain(struct json_memo *m, struct str text, struct arena *a, struct value *out)
{
    struct reader r = { text.s, text.s + text.n, a, m };

    return text.n && read_value(&r, 0, out) && r.at == r.end;
}

bool json_read_plain(struct str text, struct arena *a, struct value *out)
{
    return read_plain(NULL, text, a, out);
}

bool json_read_again(struct json_memo *m, struct str text, struct arena *a, struct value *out)
{
    struct json_error ignored;

    return read_plain(m, text, a, out) || json_read_own(text, a, out, &ignored);
}

bool json_read_view(struct str text, struct arena *a, struct value *out)
{
    return json_read_again(NULL, text, a, out);
}
