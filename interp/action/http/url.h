// A URL whose values cannot change where it points.
//
// What the runbook wrote decides the scheme, the host and the borders of path segments,
// query names and fragment. A value stands in one of those places, percent-encoded, and
// stays in it: the finished URL is parsed again and compared with the one that was
// written. Rules: faults.md "Values by sink".

#pragma once

#include "base/buf.h"

// What is between two ${{ }}, or the text of a value.
struct url_piece {
    struct str text;
    bool value;
};

enum { URL_PORT_MOST = 65535 };

struct http_url {
    struct str scheme;          // "http", "https"; of a socket: "http+unix"
    struct str user, password;  // decoded; empty when there are none
    struct str host;            // lower case; an IPv6 address with its brackets
    int port;                   // 0: the scheme's own
    struct str path;            // at least "/"
    struct str query;           // without its ?, or empty
    struct str fragment;        // without its #, or empty
    struct str socket;          // path of the unix socket, or empty
};

// The text of a URL below: false, with the reason in [why], if [text] is not an http,
// https or http+unix URL. Characters that a URL has to encode (non-ASCII, { } | ^ and
// the backquote) are encoded in the result; white space, control characters, quotes,
// backslashes and segments of one or two dots are refused.
bool http_url_parse(struct str text, struct arena *a, struct http_url *out, struct str *why);

// As it is sent and shown: without user, password and fragment.
struct str http_url_text(const struct http_url *u, struct arena *a);
// "https://host:port": what a request may not leave with its credentials.
struct str http_url_origin(const struct http_url *u, struct arena *a);
int http_url_port(const struct http_url *u);

// [pieces] put together, every value encoded for its place. [base], if not NULL, is the
// connection that the URL is below: then the text has no scheme or begins with the
// base's. False with the reason in [why].
bool http_url_build(const struct url_piece *pieces, size_t count, const struct http_url *base,
                    struct arena *a, struct http_url *out, struct str *why);

// One name=value more behind the query.
void http_url_query(struct http_url *u, struct str name, struct str value, struct arena *a);

// Where a reference of a redirect leads from [from] (RFC 3986 section 5.2).
bool http_url_follow(const struct http_url *from, struct str location, struct arena *a,
                     struct http_url *out, struct str *why);

// "scheme://..." rather than a path.
bool http_url_has_scheme(struct str text);
// Scheme and host are over before [literal] ends: what follows cannot be a part of them.
bool http_url_host_is_closed(struct str literal);

// Bytes as %XX but for letters, digits, - . _ and ~.
void percent_encode(struct str s, struct buf *out);
// False if a % is not followed by two hexadecimal digits.
bool percent_decode(struct str s, struct arena *a, struct str *out);
// Where a control character (C0, DEL, C1) stands in [s], or SIZE_MAX.
size_t control_character(struct str s);
