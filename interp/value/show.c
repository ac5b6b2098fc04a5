// Values as text: in a template, and for a person to look at.

#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"
#include "value/number.h"
#include "value/time.h"
#include "value/value.h"

static void write_text(struct value v, struct buf *out)
{
    switch (v.kind) {
    case VALUE_BOOL:
        buf_add_s(out, v.b ? "true" : "false");
        break;
    case VALUE_INT:
        buf_format(out, "%lld", (long long)v.i);
        break;
    case VALUE_UINT:
        buf_format(out, "%llu", (unsigned long long)v.u);
        break;
    case VALUE_DOUBLE:
        double_write(v.d, out);
        break;
    default:
        timestamp_write(v.i, v.nanos, out);
        break;
    }
}

// A time inside text is for people: its seconds are enough.
bool value_to_text(struct value v, struct arena *a, struct str *out)
{
    struct buf text = BUF_EMPTY;

    switch (v.kind) {
    case VALUE_STRING:
        *out = v.s;
        return true;
    case VALUE_SEMVER:
        *out = v.semver->text;
        return true;
    case VALUE_DURATION:
        *out = duration_text(a, v.i);
        return true;
    case VALUE_TIMESTAMP:
        v.nanos = 0;
        break;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_DOUBLE:
        break;
    default:
        return false;
    }
    write_text(v, &text);
    *out = buf_take(&text, a);
    return true;
}

// LEAST is what any value can be cut down to: "..." in quotes or brackets.
enum { LEAST = 5 };

static void show(struct value v, struct arena *a, size_t room, struct buf *out);

// Cuts at a whole code point and says so.
static void show_quoted(struct str s, size_t room, struct buf *out)
{
    size_t start = out->n;

    json_write_string(str_slice(s, 0, room), out);
    if (out->n - start <= room && s.n <= room)
        return;
    size_t n = s.n < room ? s.n : room;
    do {
        out->n = start;
        n -= n > 8 ? n / 8 : 1;
        while (n > 0 && ((unsigned char)s.s[n] & 0xC0) == 0x80)
            n--;
        json_write_string(str_slice(s, 0, n), out);
    } while (n > 0 && out->n - start + 3 > room);
    out->n--;
    buf_add_s(out, "...\"");
}

// Appends [part] to a list or map that began at [start], or "..." when behind it there
// would be no place left for ", ..." and the bracket.
static bool append(struct buf *part, bool first, size_t room, size_t start, struct buf *out)
{
    size_t used = out->n - start + (first ? 0 : 2);
    bool fits = used + part->n + 6 <= room;

    buf_add_s(out, first ? "" : ", ");
    buf_add(out, fits ? buf_str(part) : STR("..."));
    buf_free(part);
    return fits;
}

static size_t room_left(size_t room, size_t used)
{
    return room > used + 8 + LEAST ? room - used - 8 : LEAST;
}

static void show_list(const struct value_list *list, struct arena *a, size_t room, struct buf *out)
{
    size_t start = out->n;
    bool fits = true;

    buf_add_c(out, '[');
    for (size_t i = 0; i < list->count && fits; i++) {
        struct buf item = BUF_EMPTY;
        show(list->items[i], a, room_left(room, out->n - start), &item);
        fits = append(&item, i == 0, room, start, out);
    }
    buf_add_c(out, ']');
}

static void show_map(const struct value_map *map, struct arena *a, size_t room, struct buf *out)
{
    size_t start = out->n;
    bool fits = true;

    buf_add_c(out, '{');
    for (size_t i = 0; i < map->count && fits; i++) {
        struct buf entry = BUF_EMPTY;
        show(map->entries[i].key, a, room, &entry);
        buf_add_s(&entry, ": ");
        show(map->entries[i].value, a, room_left(room, out->n - start + entry.n), &entry);
        fits = append(&entry, i == 0, room, start, out);
    }
    buf_add_c(out, '}');
}

static void show_bytes(struct str bytes, size_t room, struct buf *out)
{
    buf_format(out, "b\"");
    for (size_t i = 0; i < bytes.n && i * 4 + 8 < room; i++)
        buf_format(out, "\\x%02x", (unsigned char)bytes.s[i]);
    buf_add_s(out, bytes.n * 4 + 4 < room ? "\"" : "...\"");
}

static void show(struct value v, struct arena *a, size_t room, struct buf *out)
{
    struct str text;

    if (value_wholly_secret(v))
        buf_add_s(out, "***");
    else if (v.kind == VALUE_STRING)
        show_quoted(v.s, room, out);
    else if (v.kind == VALUE_LIST)
        show_list(v.list, a, room, out);
    else if (v.kind == VALUE_MAP)
        show_map(v.map, a, room, out);
    else if (v.kind == VALUE_OBJECT)
        show_map(value_object_map(v, a).map, a, room, out);
    else if (v.kind == VALUE_BYTES)
        show_bytes(v.s, room, out);
    else if (v.kind == VALUE_OPTIONAL && v.optional)
        show(*v.optional, a, room, out);
    else if (v.kind == VALUE_OPTIONAL)
        buf_add_s(out, "none");
    else if (v.kind == VALUE_TYPE || v.kind == VALUE_IDENT)
        buf_add(out, v.s);
    else
        buf_add_s(out, value_to_text(v, a, &text) ? text.s : "null");
}

struct str value_show(struct value v, struct arena *a, size_t limit)
{
    struct buf out = BUF_EMPTY;

    show(v, a, limit < LEAST ? LEAST : limit, &out);
    return buf_take(&out, a);
}
