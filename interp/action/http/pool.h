// The connections of a session to HTTP servers: libcurl's multi interface on our loop.
//
// A transfer is one request and its answer, without redirects. It ends once, always from
// the loop and never inside http_pool_add().

#pragma once

#include "action/action.h"
#include "action/http/curl.h"

struct http_pool;

// The pool of a session, made when it is first asked for. NULL with the reason in *[why].
struct http_pool *http_pool_of(struct session *s, const char **why);
const struct curl_api *http_pool_api(const struct http_pool *p);

// Starts [easy], whose CURLOPT_PRIVATE is the struct http_ending that is told.
struct http_ending {
    void (*ended)(void *arg, CURLcode code);
    void *arg;
};
void http_pool_add(struct http_pool *p, CURL *easy);
// Stops [easy] if it is running; the caller cleans it up.
void http_pool_remove(struct http_pool *p, CURL *easy);
