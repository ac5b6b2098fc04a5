// What libcurl is told about a request: every option that we rely on stands here.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "action/http/inside.h"
#include "base/arena.h"

static void set_text(struct http_exchange *x, CURLoption option, struct str text)
{
    if (text.n)
        x->curl->easy_setopt(x->easy, option, str_copy(x->arena, text).s);
}

static void add_line(struct http_exchange *x, const char *line)
{
    struct curl_slist *longer = x->curl->slist_append(x->lines, line);

    x->lines = longer ? longer : x->lines;
}

static void set_headers(struct http_exchange *x)
{
    const struct http_request *r = x->request;

    for (size_t i = 0; i < r->header_count; i++) {
        const struct http_header *h = &r->headers[i];
        bool about_body = strncasecmp(h->name.s, "content-", 8) == 0;
        if ((x->foreign && h->secret) || (!x->with_body && about_body && r->has_body))
            continue;
        // libcurl takes "Name:" for a header to leave out, and "Name;" for an empty one.
        add_line(x, h->value.n
                        ? str_format(x->arena, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(h->value)).s
                        : str_format(x->arena, "%.*s;", STR_ARG(h->name)).s);
    }
    add_line(x, "Expect:");  // an answer of 100 that is lost must not hold us up
    x->curl->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->lines);
}

static bool open_file(struct http_exchange *x, curl_off_t *size, struct str *why)
{
    const char *path = str_copy(x->arena, x->request->file).s;
    struct stat st;

    x->body_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (x->body_fd >= 0 && fstat(x->body_fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = st.st_size;
        return true;
    }
    *why = str_format(x->arena, "cannot read %s: %s", path,
                      x->body_fd >= 0 ? "it is no plain file" : strerror(errno));
    return false;
}

static bool set_body(struct http_exchange *x, struct str *why)
{
    const struct curl_api *curl = x->curl;
    const struct http_request *r = x->request;
    bool expected = str_is(x->method, "POST") || str_is(x->method, "PUT") ||
                    str_is(x->method, "PATCH");
    curl_off_t size;

    if (str_is(x->method, "HEAD")) {
        curl->easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
        return true;
    }
    if (x->with_body && r->file.n) {
        if (!open_file(x, &size, why))
            return false;
        curl->easy_setopt(x->easy, CURLOPT_UPLOAD, 1L);
        curl->easy_setopt(x->easy, CURLOPT_INFILESIZE_LARGE, size);
        curl->easy_setopt(x->easy, CURLOPT_READFUNCTION, http_give_body);
        curl->easy_setopt(x->easy, CURLOPT_READDATA, x);
        curl->easy_setopt(x->easy, CURLOPT_SEEKFUNCTION, http_seek_body);
        curl->easy_setopt(x->easy, CURLOPT_SEEKDATA, x);
    } else if (x->with_body || expected) {
        struct str body = x->with_body ? r->body : STR("");
        curl->easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
        curl->easy_setopt(x->easy, CURLOPT_POSTFIELDS, body.s);
        if (!x->with_body)
            add_line(x, "Content-Type:");
    }
    set_text(x, CURLOPT_CUSTOMREQUEST, x->method);
    return true;
}

static void set_places(struct http_exchange *x)
{
    const struct curl_api *curl = x->curl;
    struct http_url url = x->url;

    if (url.socket.n) {
        set_text(x, CURLOPT_UNIX_SOCKET_PATH, url.socket);
        url = (struct http_url){
            .scheme = STR("http"), .host = STR("localhost"), .path = url.path, .query = url.query
        };
    }
    set_text(x, CURLOPT_URL, http_url_text(&url, x->arena));
    curl->easy_setopt(x->easy, CURLOPT_PATH_AS_IS, 1L);
    curl->easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl->easy_setopt(x->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl->easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(x->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl->easy_setopt(x->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    // An empty proxy is none, whatever the environment says; and its exceptions do not count.
    curl->easy_setopt(x->easy, CURLOPT_PROXY, str_copy(x->arena, x->request->proxy).s);
    curl->easy_setopt(x->easy, CURLOPT_NOPROXY, "");
    curl->easy_setopt(x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static void set_tls(struct http_exchange *x)
{
    const struct http_request *r = x->request;

    x->curl->easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, r->verify ? 1L : 0L);
    x->curl->easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, r->verify ? 2L : 0L);
    set_text(x, CURLOPT_CAINFO, r->ca);
    if (x->foreign)
        return;
    set_text(x, CURLOPT_SSLCERT, r->cert);
    set_text(x, CURLOPT_SSLKEY, r->key);
}

// 0 would mean no limit; what is over is over.
static long time_left(const struct http_exchange *x)
{
    int64_t left = x->started_ms + x->request->timeout_ms - loop_now_ms(x->loop);

    return left > 1 ? (long)left : 1;
}

static void set_times(struct http_exchange *x)
{
    const struct http_request *r = x->request;
    long connect = r->connect_ms ? (long)r->connect_ms : HTTP_CONNECT_MS;

    if (r->timeout_ms)
        x->curl->easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, time_left(x));
    x->curl->easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
    x->curl->easy_setopt(x->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    x->curl->easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    // What stops a request does not wait for the thread that looks up its host.
    x->curl->easy_setopt(x->easy, CURLOPT_QUICK_EXIT, 1L);
}

// A request that must not be sent twice goes on a connection of its own: on one that was
// kept and has died, libcurl sends it again.
static void set_once(struct http_exchange *x)
{
    bool safe = str_is(x->method, "GET") || str_is(x->method, "HEAD");

    x->curl->easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    x->curl->easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, safe ? 0L : 1L);
    x->curl->easy_setopt(x->easy, CURLOPT_FORBID_REUSE, safe ? 0L : 1L);
}

static void set_callbacks(struct http_exchange *x)
{
    const struct curl_api *curl = x->curl;

    curl->easy_setopt(x->easy, CURLOPT_PRIVATE, &x->ending);
    curl->easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->error);
    curl->easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, http_about_to_send);
    curl->easy_setopt(x->easy, CURLOPT_PREREQDATA, x);
    curl->easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, http_take_header);
    curl->easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
    curl->easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, http_take_body);
    curl->easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    curl->easy_setopt(x->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
}

bool http_set_options(struct http_exchange *x, struct str *why)
{
    set_callbacks(x);
    set_places(x);
    set_tls(x);
    set_times(x);
    set_once(x);
    if (!set_body(x, why))
        return false;
    set_headers(x);
    return true;
}
