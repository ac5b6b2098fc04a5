// One request as it is sent, and the answer to it, redirects included.
//
// What libcurl is told stands in http_exchange.c as a list: http and https only, peer and
// host verified, no .netrc, no proxy from the environment, no redirects of its own (they
// are followed here, where it is known what is secret), bodies counted as they come.

#pragma once

#include "action/http/pool.h"
#include "action/http/url.h"

enum {
    HTTP_CONNECT_MS = 30 * 1000,
    HTTP_STALL_S = 60,               // an answer that has begun may pause this long
    HTTP_HEADERS_MOST = 256 * 1024,  // of all headers of an answer together
};

struct http_header {
    struct str name, value;
    bool secret;  // holds a secret, or came from a connection: not for another host
};

struct http_request {
    struct str method;
    struct http_url url;
    const struct http_header *headers;
    size_t header_count;
    bool has_body;
    bool secret_body;
    struct str body;
    struct str file;  // absolute: the body is what it holds; empty: [body]
    struct str save;  // absolute: where the body of a good answer goes; empty: nowhere
    bool verify;      // of TLS
    struct str ca, cert, key, proxy;  // paths, URL; may be empty
    int64_t redirects, max_size;
    int64_t timeout_ms, connect_ms;  // 0: none, HTTP_CONNECT_MS
};

// GET and HEAD change nothing: without an answer they have failed, and no more.
bool http_is_safe(const struct http_request *r);

enum http_end {
    HTTP_ANSWERED,
    HTTP_NOT_SENT,  // nothing of the request can have reached the server
    HTTP_LOST,      // it may have, and there is no whole answer
    HTTP_REFUSED,   // there was an answer, and we do not take it: redirect, size
};

struct http_reply {
    enum http_end end;
    bool timed_out;
    struct str message;  // unless HTTP_ANSWERED
    int status;
    struct str url;                     // where it came from in the end
    const struct http_header *headers;  // names in lower case, in the order sent
    size_t header_count;
    struct str body;  // empty when it was saved
    bool saved;
    int64_t took_ms;
};

struct http_exchange;

// Sends [r], which lives as long as [a]. [then] is called once from the loop; the reply
// lives in [a]. Freeing [a] stops it without a word.
struct http_exchange *http_send(struct http_pool *p, struct loop *l, struct arena *a,
                                const struct http_request *r,
                                void (*then)(void *arg, const struct http_reply *reply), void *arg);
// Stops it; [then] is not called. True when the request may have reached the server.
bool http_stop(struct http_exchange *x);
