// What libcurl's errors mean to the operator.

#include <string.h>

#include "action/http/inside.h"
#include "base/arena.h"
#include "value/value.h"

enum detail { DETAIL_NONE, DETAIL_LIBRARY, DETAIL_ERRNO };

// Errors that are not told better by libcurl itself.
static const struct {
    CURLcode code;
    const char *words;
    enum detail detail;
} failures[] = {
    { CURLE_COULDNT_RESOLVE_HOST, "no such host", DETAIL_NONE },
    { CURLE_COULDNT_RESOLVE_PROXY, "no such proxy", DETAIL_NONE },
    { CURLE_COULDNT_CONNECT, "cannot connect", DETAIL_ERRNO },
    { CURLE_PEER_FAILED_VERIFICATION, "the server's certificate is not accepted", DETAIL_LIBRARY },
    { CURLE_SSL_CACERT_BADFILE, "cannot read the CA certificates", DETAIL_LIBRARY },
    { CURLE_SSL_CERTPROBLEM, "cannot use the client certificate", DETAIL_LIBRARY },
    { CURLE_SSL_CONNECT_ERROR, "TLS failed", DETAIL_LIBRARY },
    { CURLE_GOT_NOTHING, "the server closed the connection without an answer", DETAIL_NONE },
    { CURLE_PARTIAL_FILE, "the connection was closed in the middle of the answer", DETAIL_NONE },
    { CURLE_RECV_ERROR, "the connection was lost", DETAIL_LIBRARY },
    { CURLE_SEND_ERROR, "the connection was lost", DETAIL_LIBRARY },
    { CURLE_READ_ERROR, "the file of the body cannot be read", DETAIL_NONE },
    { CURLE_UNSUPPORTED_PROTOCOL, "the answer is not HTTP", DETAIL_LIBRARY },
    { CURLE_WEIRD_SERVER_REPLY, "the answer is not HTTP", DETAIL_LIBRARY },
    { CURLE_BAD_CONTENT_ENCODING, "the body is not encoded as its header says", DETAIL_LIBRARY },
    // Of all that could be too much, libcurl only bounds one header line.
    { CURLE_OUT_OF_MEMORY, "a header of the answer is over 100 KiB", DETAIL_NONE },
    { CURLE_OK, NULL, DETAIL_NONE },
};

static struct str detail(struct http_exchange *x, enum detail kind)
{
    long error = 0;

    if (kind == DETAIL_LIBRARY)
        return str_from(x->error);
    x->curl->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
    return kind == DETAIL_ERRNO && error ? str_from(strerror((int)error)) : STR("");
}

static struct str place(struct http_exchange *x)
{
    return x->url.socket.n
               ? x->url.socket
               : str_format(x->arena, "%.*s:%d", STR_ARG(x->url.host), http_url_port(&x->url));
}

static struct str timed_out(struct http_exchange *x)
{
    struct str limit = duration_text(x->arena, x->request->timeout_ms * 1000000);
    bool over = x->request->timeout_ms &&
                loop_now_ms(x->loop) >= x->started_ms + x->request->timeout_ms - 1;

    if (over)
        return str_format(x->arena, "no answer within %.*s", STR_ARG(limit));
    if (x->sent)
        return str_format(x->arena, "the answer stopped for %d s", HTTP_STALL_S);
    return STR("no connection in time");
}

static struct str words(struct http_exchange *x, CURLcode code)
{
    if (x->too_big)
        return str_format(x->arena, "the body of the answer is over %lld bytes (`max_size`)",
                          (long long)x->request->max_size);
    if (x->too_many_headers)
        return str_format(x->arena, "the headers of the answer are over %d KiB",
                          HTTP_HEADERS_MOST / 1024);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return timed_out(x);
    for (size_t i = 0; failures[i].words; i++)
        if (failures[i].code == code) {
            struct str more = detail(x, failures[i].detail);
            return str_format(x->arena, "%s%s%.*s", failures[i].words, more.n ? ": " : "",
                              STR_ARG(more));
        }
    return str_from(x->error[0] ? x->error : x->curl->easy_strerror(code));
}

struct str http_failure_words(struct http_exchange *x, CURLcode code)
{
    return str_format(x->arena, "%.*s: %.*s", STR_ARG(place(x)), STR_ARG(words(x, code)));
}
