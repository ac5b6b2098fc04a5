// http: one request.

#pragma once

#include "action/action.h"
#include "action/http/exchange.h"

struct http_params {  // "METHOD URL" is { method: METHOD, url: URL }
    const struct node *node;
    struct text method;  // n == 0: GET, or POST when there is a body
    const struct template *url;
    struct text connection;
    const struct form *query;
    struct list headers;  // of struct words_entry
    const struct form *json;
    const struct template *body;
    const struct form *form;
    const struct template *file;
    struct auth *auth;
    struct tls *tls;
    const struct amount *redirects, *max_size;
    const struct template *save;
};

#define HTTP_SCHEMES "http:,https:,http+unix:"
enum { HTTP_MAX_SIZE = 10 * 1024 * 1024, HTTP_REDIRECTS_MOST = 50 };

// What [at->job] is.
struct http_job {
    struct http_request request;
    struct http_exchange *exchange;
    bool over;
};

struct str http_method(const struct http_params *p);

// http_check.c
bool http_check(const struct step *s, const struct bind *b);
bool http_check_header(const struct words_entry *e, const struct bind *b);
// http_request.c
bool http_resolve(struct attempt *at, struct expr_error *err);
void http_describe(const struct attempt *at, struct buf *out);

// What a header may be: a token, and printable ASCII. NULL, or what is wrong with it.
const char *http_header_name_trouble(struct str name);
const char *http_header_value_trouble(struct str value);

extern const struct action action_http;
