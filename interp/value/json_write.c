#include "base/arena.h"
#include "base/buf.h"
#include "value/base64.h"
#include "value/json.h"
#include "value/number.h"
#include "value/time.h"

#include <math.h>

// [indent] is negative when everything stands in one line.
struct writer {
    struct buf *out;
    struct arena *scratch;
    int indent;
};

static void write_value(struct writer *w, struct value v);

// What a terminal obeys, and what turns the text around it round or cannot be seen. A line
// of JSON may come to be shown as it is.
static bool is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           code == 0xFEFF || (code >= 0xE0000 && code <= 0xE0FFF);
}

static void write_code(uint32_t code, struct buf *out)
{
    if (code > 0xFFFF) {
        buf_format(out, "\\u%04x", 0xD7C0 + (code >> 10));
        code = 0xDC00 + (code & 0x3FF);
    }
    buf_format(out, "\\u%04x", code);
}

static void write_escaped(uint32_t code, struct buf *out)
{
    switch (code) {
    case '"':
        buf_add_s(out, "\\\"");
        break;
    case '\\':
        buf_add_s(out, "\\\\");
        break;
    case '\n':
        buf_add_s(out, "\\n");
        break;
    case '\r':
        buf_add_s(out, "\\r");
        break;
    case '\t':
        buf_add_s(out, "\\t");
        break;
    default:
        if (is_hidden(code))
            write_code(code, out);
        else
            buf_add_utf8(out, code);
        break;
    }
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7F && c != '"' && c != '\\';
}

void json_write_string(struct str s, struct buf *out)
{
    buf_reserve(out, s.n + 2);
    buf_add_c(out, '"');
    for (size_t at = 0; at < s.n;) {
        size_t plain = at;
        uint32_t code;
        while (plain < s.n && is_plain(s.s[plain]))
            plain++;
        buf_add(out, str_slice(s, at, plain));
        at = plain;
        if (at >= s.n)
            break;
        if (!utf8_next(s, &at, &code))
            at++, code = 0xFFFD;
        write_escaped(code, out);
    }
    buf_add_c(out, '"');
}

static void new_line(struct writer *w)
{
    if (w->indent < 0)
        return;
    buf_add_c(w->out, '\n');
    for (int i = 0; i < w->indent; i++)
        buf_add_s(w->out, "  ");
}

static void open_bracket(struct writer *w, char c)
{
    buf_add_c(w->out, c);
    if (w->indent >= 0)
        w->indent++;
}

static void close_bracket(struct writer *w, char c, size_t count)
{
    if (w->indent >= 0)
        w->indent--;
    if (count)
        new_line(w);
    buf_add_c(w->out, c);
}

static void separate(struct writer *w, size_t i)
{
    if (i)
        buf_add_c(w->out, ',');
    new_line(w);
}

static void write_list(struct writer *w, const struct value_list *list)
{
    open_bracket(w, '[');
    for (size_t i = 0; i < list->count; i++) {
        separate(w, i);
        write_value(w, list->items[i]);
    }
    close_bracket(w, ']', list->count);
}

// Keys are text in JSON; numbers and booleans become it.
static void write_key(struct writer *w, struct value key)
{
    struct str text = STR("");

    value_to_text(key, w->scratch, &text);
    json_write_string(text, w->out);
    buf_add_s(w->out, w->indent < 0 ? ":" : ": ");
}

static void write_map(struct writer *w, const struct value_map *map)
{
    open_bracket(w, '{');
    for (size_t i = 0; i < map->count; i++) {
        separate(w, i);
        write_key(w, map->entries[i].key);
        write_value(w, map->entries[i].value);
    }
    close_bracket(w, '}', map->count);
}

// A whole double keeps its point, so that it is a double again when it is read.
static void write_double(double d, struct buf *out)
{
    size_t start = out->n;

    if (isnan(d) || isinf(d))
        buf_add_c(out, '"');
    double_write(d, out);
    if (isnan(d) || isinf(d))
        buf_add_c(out, '"');
    else if (d == trunc(d) && str_find(str_slice(buf_str(out), start, out->n), 'e') == SIZE_MAX)
        buf_add_s(out, ".0");
}

static void write_digits(uint64_t number, struct buf *out)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    buf_add(out, (struct str){ digits + at, sizeof digits - at });
}

static void write_quoted(struct writer *w, struct value v)
{
    buf_add_c(w->out, '"');
    if (v.kind == VALUE_DURATION)
        duration_write_cel(v.i, w->out);
    else if (v.kind == VALUE_TIMESTAMP)
        timestamp_write(v.i, v.nanos, w->out);
    else
        base64_write(v.s, w->out);
    buf_add_c(w->out, '"');
}

static void write_value(struct writer *w, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL:
        buf_add_s(w->out, "null");
        break;
    case VALUE_BOOL:
        buf_add_s(w->out, v.b ? "true" : "false");
        break;
    case VALUE_INT:
        if (v.i < 0)
            buf_add_c(w->out, '-');
        write_digits(v.i < 0 ? -(uint64_t)v.i : (uint64_t)v.i, w->out);
        break;
    case VALUE_UINT:
        write_digits(v.u, w->out);
        break;
    case VALUE_DOUBLE:
        write_double(v.d, w->out);
        break;
    case VALUE_STRING:
    case VALUE_TYPE:
    case VALUE_IDENT:
        json_write_string(v.s, w->out);
        break;
    case VALUE_SEMVER:
        json_write_string(v.semver->text, w->out);
        break;
    case VALUE_BYTES:
    case VALUE_DURATION:
    case VALUE_TIMESTAMP:
        write_quoted(w, v);
        break;
    case VALUE_LIST:
        write_list(w, v.list);
        break;
    case VALUE_MAP:
        write_map(w, v.map);
        break;
    case VALUE_OBJECT:
        write_map(w, value_object_map(v, w->scratch).map);
        break;
    case VALUE_OPTIONAL:
        write_value(w, v.optional ? *v.optional : VALUE_NONE);
        break;
    }
}

void json_write(struct value v, struct arena *scratch, struct buf *out)
{
    write_value(&(struct writer){ out, scratch, -1 }, v);
}

void json_write_pretty(struct value v, struct arena *scratch, struct buf *out)
{
    write_value(&(struct writer){ out, scratch, 0 }, v);
}

struct str json_text(struct value v, struct arena *a)
{
    struct buf out = BUF_EMPTY;

    json_write(v, a, &out);
    return buf_take(&out, a);
}
