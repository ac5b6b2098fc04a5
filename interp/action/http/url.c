#include "action/http/url.h"

#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~", c);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The byte that %XX at [i] stands for, or -1.
static int escaped_byte(struct str s, size_t i)
{
    if (s.n - i < 3)
        return -1;
    int high = hex_digit(s.s[i + 1]), low = hex_digit(s.s[i + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void percent_encode(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] && is_unreserved((unsigned char)s.s[i]))
            buf_add_c(out, s.s[i]);
        else
            buf_format(out, "%%%02X", (unsigned char)s.s[i]);
}

bool percent_decode(struct str s, struct arena *a, struct str *out)
{
    char *to = NEW_ARRAY(a, char, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int byte = s.s[i] == '%' ? escaped_byte(s, i) : (unsigned char)s.s[i];
        if (byte < 0)
            return false;
        i += s.s[i] == '%' ? 2 : 0;
        to[n++] = (char)byte;
    }
    *out = (struct str){ to, n };
    return true;
}

size_t control_character(struct str s)
{
    for (size_t at = 0, next = 0; at < s.n; at = next) {
        uint32_t code;
        if (!utf8_next(s, &next, &code))
            return at;
        if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
            return at;
    }
    return SIZE_MAX;
}

static bool refuse(struct str *why, struct str reason)
{
    *why = reason;
    return false;
}

// Written text as it may be sent.
static bool clean(struct str text, struct arena *a, struct str *out, struct str *why)
{
    struct buf *b = buf_in(a);

    if (control_character(text) != SIZE_MAX)
        return refuse(why, STR("a control character stands in the URL"));
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (strchr(" \"\\<>", c))
            return refuse(why, str_format(a, "%s stands in the URL",
                                          c == ' ' ? "a space" : str_format(a, "`%c`", c).s));
        if (c == '%' && escaped_byte(text, i) < 0)
            return refuse(why, STR("a `%` without two hexadecimal digits stands in the URL"));
        if (c > 0x7e || strchr("{}|^`", c))
            buf_format(b, "%%%02X", c);
        else
            buf_add_c(b, (char)c);
    }
    *out = str_copy(a, buf_str(b));
    return true;
}

static size_t find_any(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(set, s.s[i]))
            return i;
    return s.n;
}

static bool is_dots(struct str segment, struct arena *a)
{
    struct str plain;

    return percent_decode(segment, a, &plain) && (str_is(plain, ".") || str_is(plain, ".."));
}

// The segment of [path] that begins at *at; moves *at behind its slash.
static struct str segment_at(struct str path, size_t *at)
{
    size_t end = *at;

    while (end < path.n && path.s[end] != '/')
        end++;
    struct str segment = str_slice(path, *at, end);
    *at = end + 1;
    return segment;
}

static bool no_dots(struct str path, struct arena *a, struct str *why)
{
    for (size_t at = 0; at <= path.n;)
        if (is_dots(segment_at(path, &at), a))
            return refuse(why, STR("a path segment of one or two dots would lead elsewhere"));
    return true;
}

static bool read_port(struct str text, int *port, struct str *why)
{
    int n = 0;

    if (text.n == 0 || text.n > 5)
        return refuse(why, STR("the port is not a number from 1 to 65535"));
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] < '0' || text.s[i] > '9')
            return refuse(why, STR("the port is not a number from 1 to 65535"));
        n = n * 10 + text.s[i] - '0';
    }
    *port = n;
    return (n >= 1 && n <= URL_PORT_MOST) ||
           refuse(why, STR("the port is not a number from 1 to 65535"));
}

static bool read_host(struct str text, struct arena *a, struct http_url *u, struct str *why)
{
    bool v6 = text.n > 0 && text.s[0] == '[';
    size_t end = v6 ? str_find(text, ']') : find_any(text, ":");

    if (text.n == 0 || end == 0)
        return refuse(why, STR("the URL has no host"));
    if (end == SIZE_MAX)
        return refuse(why, STR("the host begins with `[` and has no `]`"));
    end += v6;
    struct str host = str_copy(a, str_slice(text, 0, end));
    for (size_t i = 0; i < host.n; i++) {
        char *c = (char *)&host.s[i];
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
        if (v6 ? !strchr("[]:.%", *c) && hex_digit(*c) < 0 : !is_unreserved((unsigned char)*c))
            return refuse(why, str_format(a, "`%.*s` is not a host name", STR_ARG(host)));
    }
    u->host = host;
    if (end == text.n)
        return true;
    if (text.s[end] != ':')
        return refuse(why, STR("behind the host stands neither a port nor a path"));
    return read_port(str_slice(text, end + 1, text.n), &u->port, why);
}

static bool read_authority(struct str text, struct arena *a, struct http_url *u, struct str *why)
{
    size_t at = SIZE_MAX;

    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] == '@')
            at = i;
    if (at != SIZE_MAX) {
        struct str who = str_slice(text, 0, at);
        size_t colon = find_any(who, ":");
        struct str password = colon < who.n ? str_slice(who, colon + 1, who.n) : STR("");
        if (!percent_decode(str_slice(who, 0, colon), a, &u->user) ||
            !percent_decode(password, a, &u->password))
            return refuse(why, STR("user and password of the URL are not percent-encoded"));
        text = str_slice(text, at + 1, text.n);
    }
    return read_host(text, a, u, why);
}

static bool is_socket(struct str path, struct arena *a)
{
    struct stat st;

    return stat(str_copy(a, path).s, &st) == 0 && S_ISSOCK(st.st_mode);
}

// Where the path of the socket ends and that of the request begins: at `:/`, else behind
// the first part that is a socket, else at the end.
static size_t socket_end(struct str path, struct arena *a)
{
    size_t colon = str_search(path, STR(":/"));

    if (colon != SIZE_MAX)
        return colon;
    if (path.n && path.s[path.n - 1] == ':')
        return path.n - 1;
    for (size_t i = 1; i < path.n; i++)
        if (path.s[i] == '/' && is_socket(str_slice(path, 0, i), a))
            return i;
    return path.n;
}

// http+unix://%2Frun%2Fx.sock/path, or http+unix:///run/x.sock:/path.
static bool read_socket(struct str authority, struct arena *a, struct http_url *u, struct str *why)
{
    if (authority.n) {
        if (!percent_decode(authority, a, &u->socket) || u->socket.s[0] != '/')
            return refuse(why, STR("the socket is not an absolute path with each / as %2F"));
        u->socket = str_copy(a, u->socket);
        return true;
    }
    size_t end = socket_end(u->path, a);
    if (!percent_decode(str_slice(u->path, 0, end), a, &u->socket))
        return refuse(why, STR("the path of the socket is not percent-encoded"));
    u->socket = str_copy(a, u->socket);
    end += end < u->path.n && u->path.s[end] == ':';
    u->path = str_slice(u->path, end, u->path.n);
    return u->socket.n > 1 || refuse(why, STR("the URL names no socket"));
}

static bool read_scheme(struct str *rest, struct arena *a, struct http_url *u, struct str *why)
{
    size_t end = str_search(*rest, STR("://"));
    struct buf *b = buf_in(a);

    if (end == SIZE_MAX)
        return refuse(why, STR("the URL does not begin with http:// or https://"));
    for (size_t i = 0; i < end; i++)
        buf_add_c(b, rest->s[i] >= 'A' && rest->s[i] <= 'Z' ? rest->s[i] + 32 : rest->s[i]);
    u->scheme = str_copy(a, buf_str(b));
    *rest = str_slice(*rest, end + 3, rest->n);
    return str_is(u->scheme, "http") || str_is(u->scheme, "https") ||
           str_is(u->scheme, "http+unix") ||
           refuse(why, str_format(a, "`%.*s` is not http or https", STR_ARG(u->scheme)));
}

bool http_url_parse(struct str text, struct arena *a, struct http_url *out, struct str *why)
{
    struct http_url u = { 0 };
    struct str rest;

    if (!clean(text, a, &rest, why) || !read_scheme(&rest, a, &u, why))
        return false;
    size_t authority_end = find_any(rest, "/?#");
    struct str authority = str_slice(rest, 0, authority_end);
    size_t hash = find_any(rest, "#");
    if (hash < rest.n)
        u.fragment = str_slice(rest, hash + 1, rest.n);
    rest = str_slice(rest, authority_end, hash);
    size_t mark = find_any(rest, "?");
    if (mark < rest.n)
        u.query = str_slice(rest, mark + 1, rest.n);
    u.path = str_slice(rest, 0, mark);
    if (str_is(u.scheme, "http+unix") ? !read_socket(authority, a, &u, why)
                                      : !read_authority(authority, a, &u, why))
        return false;
    if (u.path.n == 0)
        u.path = STR("/");
    *out = u;
    return no_dots(u.path, a, why);
}

int http_url_port(const struct http_url *u)
{
    if (u->port)
        return u->port;
    return str_is(u->scheme, "https") ? 443 : 80;
}

static void write_origin(const struct http_url *u, struct buf *b)
{
    buf_add(b, u->scheme);
    buf_add_s(b, "://");
    if (u->socket.n)
        percent_encode(u->socket, b);
    buf_add(b, u->host);
}

struct str http_url_origin(const struct http_url *u, struct arena *a)
{
    struct buf *b = buf_in(a);

    write_origin(u, b);
    buf_format(b, ":%d", http_url_port(u));
    return str_copy(a, buf_str(b));
}

struct str http_url_text(const struct http_url *u, struct arena *a)
{
    struct buf *b = buf_in(a);

    write_origin(u, b);
    if (u->port)
        buf_format(b, ":%d", u->port);
    buf_add(b, u->path);
    if (u->query.n) {
        buf_add_c(b, '?');
        buf_add(b, u->query);
    }
    return str_copy(a, buf_str(b));
}

void http_url_query(struct http_url *u, struct str name, struct str value, struct arena *a)
{
    struct buf *b = buf_in(a);

    buf_add(b, u->query);
    if (u->query.n)
        buf_add_c(b, '&');
    percent_encode(name, b);
    buf_add_c(b, '=');
    percent_encode(value, b);
    u->query = str_copy(a, buf_str(b));
}
