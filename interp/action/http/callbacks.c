// What libcurl calls while a request is on its way.

#include <errno.h>
#include <unistd.h>

#include "action/http/inside.h"

int http_about_to_send(void *arg, char *ip, char *local, int port, int local_port)
{
    struct http_exchange *x = arg;

    (void)ip, (void)local, (void)port, (void)local_port;
    x->sent = x->ever_sent = true;
    return CURL_PREREQFUNC_OK;
}

int http_status(struct http_exchange *x)
{
    long status = 0;

    x->curl->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

size_t http_take_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_exchange *x = arg;
    struct str line = { bytes, size * n };

    x->header_bytes += line.n;
    if (x->header_bytes > HTTP_HEADERS_MOST) {
        x->too_many_headers = true;
        return 0;
    }
    if (x->in_body)  // a trailer
        return line.n;
    if (str_starts(line, "HTTP/"))  // a new answer: behind one of 1xx
        buf_clear(x->headers);
    buf_add(x->headers, line);
    // From here on a server that says nothing any more is not waited for.
    x->curl->easy_setopt(x->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    x->curl->easy_setopt(x->easy, CURLOPT_LOW_SPEED_TIME, (long)HTTP_STALL_S);
    return line.n;
}

bool http_is_good(int status)
{
    return status >= 200 && status < 300;
}

bool http_begin_body(struct http_exchange *x)
{
    x->in_body = true;
    if (!x->request->save.n || !http_is_good(http_status(x)))
        return true;
    x->save = http_save_begin(x->request->save);
    x->save_error = x->save ? 0 : errno;
    return x->save != NULL;
}

size_t http_take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_exchange *x = arg;
    struct str part = { bytes, size * n };

    x->received += (int64_t)part.n;
    if (x->received > x->request->max_size) {
        x->too_big = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (!x->in_body && !http_begin_body(x))
        return CURL_WRITEFUNC_ERROR;
    if (!x->save) {
        buf_add(x->body, part);
    } else if (!http_save_write(x->save, part)) {
        x->save_error = errno;
        return CURL_WRITEFUNC_ERROR;
    }
    return part.n;
}

size_t http_give_body(char *to, size_t size, size_t n, void *arg)
{
    struct http_exchange *x = arg;
    ssize_t got = read(x->body_fd, to, size * n);

    return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

int http_seek_body(void *arg, curl_off_t offset, int whence)
{
    struct http_exchange *x = arg;

    return lseek(x->body_fd, offset, whence) < 0 ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}
