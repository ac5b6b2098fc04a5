// From a template and its values to a URL, and from a redirect to the next one.

#include <string.h>

#include "action/http/url.h"
#include "base/arena.h"

static bool refuse(struct str *why, struct str reason)
{
    *why = reason;
    return false;
}

bool http_url_has_scheme(struct str text)
{
    size_t i = 0;

    while (i < text.n && !strchr(":/?#", text.s[i]))
        i++;
    return str_starts(str_slice(text, i, text.n), "://");
}

bool http_url_host_is_closed(struct str literal)
{
    size_t at = str_search(literal, STR("://"));

    if (at == SIZE_MAX)
        return false;
    struct str rest = str_slice(literal, at + 3, literal.n);
    return str_find(rest, '/') != SIZE_MAX || str_find(rest, '?') != SIZE_MAX ||
           str_find(rest, '#') != SIZE_MAX;
}

// The pieces as one text. With [shape] each value is the letter v.
static bool join(const struct url_piece *pieces, size_t count, bool shape, struct buf *b,
                 struct str *why)
{
    for (size_t i = 0; i < count; i++) {
        struct str text = pieces[i].text;
        if (!pieces[i].value) {
            buf_add(b, text);
        } else if (control_character(text) != SIZE_MAX) {
            return refuse(why, STR("a value in the URL holds a control character"));
        } else if (shape) {
            buf_add_c(b, 'v');
        } else if (!http_url_host_is_closed(buf_str(b))) {
            return refuse(why, STR("a value cannot be a part of scheme, host or port"));
        } else {
            percent_encode(text, b);
        }
    }
    return true;
}

// Whether [segment]s are empty only where they were written so.
static bool same_path(struct str shape, struct str path, struct str *why)
{
    size_t i = 0, j = 0;

    while (i <= shape.n && j <= path.n) {
        size_t from_i = i, from_j = j;
        while (i < shape.n && shape.s[i] != '/')
            i++;
        while (j < path.n && path.s[j] != '/')
            j++;
        if (i > from_i && j == from_j)
            return refuse(why, STR("an empty value leaves an empty path segment"));
        i++, j++;
    }
    return i == shape.n + 1 && j == path.n + 1;
}

static size_t count_of(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.s[i] == c;
    return n;
}

// The finished URL leads where the written one does.
static bool same_shape(const struct http_url *shape, const struct http_url *u, struct str *why)
{
    *why = STR("a value changes where the URL leads");
    return str_equal(shape->scheme, u->scheme) && str_equal(shape->host, u->host) &&
           shape->port == u->port && str_equal(shape->user, u->user) &&
           str_equal(shape->password, u->password) && str_equal(shape->socket, u->socket) &&
           count_of(shape->query, '&') == count_of(u->query, '&') &&
           count_of(shape->query, '=') == count_of(u->query, '=') &&
           same_path(shape->path, u->path, why);
}

// [base] up to where what is below it begins.
static struct str base_text(const struct http_url *base, struct arena *a)
{
    struct http_url plain = *base;

    plain.query = STR("");
    struct str text = http_url_text(&plain, a);
    return str_ends(text, "/") ? str_slice(text, 0, text.n - 1) : text;
}

static bool is_below(const struct http_url *base, const struct http_url *u, struct arena *a)
{
    struct str path = str_ends(base->path, "/") ? str_slice(base->path, 0, base->path.n - 1)
                                                : base->path;
    bool begins = u->path.n >= path.n && memcmp(u->path.s, path.s, path.n) == 0 &&
                  (u->path.n == path.n || u->path.s[path.n] == '/');

    return begins && str_equal(http_url_origin(base, a), http_url_origin(u, a));
}

static bool finish(struct str real, struct str shape, struct arena *a, struct http_url *out,
                   struct str *why)
{
    struct http_url written;

    return http_url_parse(real, a, out, why) && http_url_parse(shape, a, &written, why) &&
           same_shape(&written, out, why);
}

// What is the whole text of one expression is read like text that was written.
static bool build_text(struct str text, const struct http_url *base, struct arena *a,
                       struct http_url *out, struct str *why)
{
    if (base && !http_url_has_scheme(text)) {
        struct str below = base_text(base, a);
        const char *slash = text.n == 0 || text.s[0] == '/' || text.s[0] == '?' ? "" : "/";
        text = str_format(a, "%.*s%s%.*s", STR_ARG(below), slash, STR_ARG(text));
    }
    if (!http_url_parse(text, a, out, why))
        return false;
    if (base && !is_below(base, out, a))
        return refuse(why, str_format(a, "the URL is not below that of its connection, %.*s",
                                      STR_ARG(base_text(base, a))));
    return true;
}

bool http_url_build(const struct url_piece *pieces, size_t count, const struct http_url *base,
                    struct arena *a, struct http_url *out, struct str *why)
{
    struct buf *real = buf_in(a), *shape = buf_in(a);

    if (count == 1)
        return build_text(pieces[0].text, base, a, out, why);
    bool below = base && count && (pieces[0].value || !http_url_has_scheme(pieces[0].text));
    if (below) {
        struct str text = base_text(base, a);
        bool slash = pieces[0].value || !strchr("/?", pieces[0].text.s[0]);
        buf_format(real, "%.*s%s", STR_ARG(text), slash ? "/" : "");
        buf_format(shape, "%.*s%s", STR_ARG(text), slash ? "/" : "");
    }
    if (!join(pieces, count, false, real, why) || !join(pieces, count, true, shape, why) ||
        !finish(buf_str(real), buf_str(shape), a, out, why))
        return false;
    if (base && !is_below(base, out, a))
        return refuse(why, str_format(a, "the URL is not below that of its connection, %.*s",
                                      STR_ARG(base_text(base, a))));
    return true;
}

// ---- redirects

// A path without its dot segments (RFC 3986 section 5.2.4).
static struct str without_dots(struct str path, struct arena *a)
{
    struct str *kept = NEW_ARRAY(a, struct str, path.n + 2);
    size_t count = 0;
    bool slash = false;
    struct buf *b = buf_in(a);

    for (size_t at = 1; at <= path.n;) {
        size_t end = at;
        while (end < path.n && path.s[end] != '/')
            end++;
        struct str segment = str_slice(path, at, end);
        bool up = str_is(segment, ".."), here = str_is(segment, ".");
        if (up && count)
            count--;
        if (!up && !here)
            kept[count++] = segment;
        slash = up || here;
        at = end + 1;
    }
    for (size_t i = 0; i < count; i++) {
        buf_add_c(b, '/');
        buf_add(b, kept[i]);
    }
    if (slash || count == 0)
        buf_add_c(b, '/');
    return str_copy(a, buf_str(b));
}

static struct str folder_of(struct str path)
{
    size_t end = path.n;

    while (end > 0 && path.s[end - 1] != '/')
        end--;
    return str_slice(path, 0, end);
}

bool http_url_follow(const struct http_url *from, struct str location, struct arena *a,
                     struct http_url *out, struct str *why)
{
    struct http_url origin = *from;

    if (http_url_has_scheme(location))
        return http_url_parse(location, a, out, why);
    if (str_starts(location, "//"))
        return http_url_parse(str_format(a, "%.*s:%.*s", STR_ARG(from->scheme), STR_ARG(location)),
                              a, out, why);

    size_t path_end = 0;
    while (path_end < location.n && !strchr("?#", location.s[path_end]))
        path_end++;
    struct str path = str_slice(location, 0, path_end);
    if (path.n == 0)
        path = from->path;
    else if (path.s[0] != '/')
        path = str_format(a, "%.*s%.*s", STR_ARG(folder_of(from->path)), STR_ARG(path));
    origin.path = without_dots(path, a);
    origin.query = STR("");
    struct str text = http_url_text(&origin, a);
    struct str rest = str_slice(location, path_end, location.n);
    return http_url_parse(str_format(a, "%.*s%.*s", STR_ARG(text), STR_ARG(rest)), a, out, why);
}
