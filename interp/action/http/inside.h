// What http_exchange.c (what happens) and http_options.c (what libcurl is told) share.

#pragma once

#include "action/http/exchange.h"
#include "action/http/save.h"
#include "base/buf.h"

struct http_exchange {
    struct arena *arena;
    struct loop *loop;
    struct http_pool *pool;
    const struct curl_api *curl;
    const struct http_request *request;
    void (*then)(void *arg, const struct http_reply *reply);
    void *arg;
    int64_t started_ms, redirects_left;

    // Of the request that is on its way; a redirect may change them.
    struct http_url url;
    struct str method;
    bool with_body, foreign;  // [foreign]: it goes to another host than the first

    CURL *easy;
    struct curl_slist *lines;
    struct http_ending ending;
    char error[CURL_ERROR_SIZE];
    int body_fd;
    bool sent, ever_sent;  // this request, any of those before it
    bool in_body, too_big, too_many_headers;
    int save_error;  // an errno, 0: none

    struct buf *headers, *body;  // as they came
    size_t header_bytes;         // of this request, those of 1xx answers included
    struct http_save *save;      // NULL until a good answer begins, or when none is wanted
    int64_t received;
    struct http_reply *failure;  // found before anything was started; told from the loop
    struct http_reply *answer;   // while its body is put on disk
};

// Tells libcurl everything about the request that comes next, on a new [x->easy]. False
// with the reason in [why].
bool http_set_options(struct http_exchange *x, struct str *why);

// Why there is no whole answer, for the operator.
struct str http_failure_words(struct http_exchange *x, CURLcode code);

// What libcurl calls.
int http_about_to_send(void *arg, char *ip, char *local, int port, int local_port);
size_t http_take_header(char *bytes, size_t size, size_t n, void *arg);
size_t http_take_body(char *bytes, size_t size, size_t n, void *arg);
size_t http_give_body(char *to, size_t size, size_t n, void *arg);
int http_seek_body(void *arg, curl_off_t offset, int whence);

// The answer is good: its body goes where the request says. False with [save_error].
bool http_begin_body(struct http_exchange *x);
int http_status(struct http_exchange *x);
bool http_is_good(int status);
