#include "action/http/exchange.h"

#include <string.h>
#include <unistd.h>

#include "action/http/inside.h"
#include "base/arena.h"

bool http_is_safe(const struct http_request *r)
{
    return str_is(r->method, "GET") || str_is(r->method, "HEAD");
}

static void let_go(struct http_exchange *x)
{
    if (x->easy) {
        http_pool_remove(x->pool, x->easy);
        x->curl->easy_cleanup(x->easy);
        x->easy = NULL;
    }
    x->curl->slist_free_all(x->lines);
    x->lines = NULL;
    if (x->body_fd >= 0)
        close(x->body_fd);
    x->body_fd = -1;
    http_save_drop(x->save);
    x->save = NULL;
}

static void let_go_of(void *arg)
{
    let_go(arg);
}

static void end(struct http_exchange *x, struct http_reply *reply)
{
    reply->url = http_url_text(&x->url, x->arena);
    reply->took_ms = loop_now_ms(x->loop) - x->started_ms;
    let_go(x);
    x->then(x->arg, reply);
}

static void fail(struct http_exchange *x, enum http_end how, struct str message)
{
    struct http_reply reply = { .end = how, .message = message };

    end(x, &reply);
}

// ---- the answer

static bool header_at(struct str raw, size_t *at, struct http_header *out, struct arena *a)
{
    while (*at < raw.n) {
        struct str rest = str_slice(raw, *at, raw.n);
        size_t end_of_line = str_find(rest, '\n');
        struct str line = str_slice(rest, 0, end_of_line == SIZE_MAX ? rest.n : end_of_line);
        size_t colon = str_find(line, ':');
        *at += line.n + 1;
        if (colon == SIZE_MAX || colon == 0 || str_starts(line, "HTTP/"))
            continue;
        char *name = (char *)str_copy(a, str_slice(line, 0, colon)).s;
        for (size_t i = 0; i < colon; i++)
            if (name[i] >= 'A' && name[i] <= 'Z')
                name[i] += 'a' - 'A';
        out->name = (struct str){ name, colon };
        out->value = str_copy(a, str_trim(str_slice(line, colon + 1, line.n)));
        return true;
    }
    return false;
}

static void read_headers(struct http_exchange *x, struct http_reply *reply)
{
    struct str raw = buf_str(x->headers);
    struct http_header *list, one;
    size_t count = 0;

    for (size_t at = 0; header_at(raw, &at, &one, x->arena);)
        count++;
    list = NEW_ARRAY(x->arena, struct http_header, count + 1);
    for (size_t at = 0, i = 0; i < count && header_at(raw, &at, &list[i], x->arena);)
        i++;
    reply->headers = list;
    reply->header_count = count;
}

static struct str reply_header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (str_is(reply->headers[i].name, name))
            return reply->headers[i].value;
    return STR("");
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// 303 asks for the answer elsewhere; 301 and 302 of a POST are taken so by everybody.
static bool becomes_get(const struct http_exchange *x, int status)
{
    bool changes = status == 303 || (status < 303 && str_is(x->method, "POST"));

    return changes && !str_is(x->method, "HEAD");
}

// Why a redirect to [next] is not followed; empty: it is.
static struct str refusal(const struct http_exchange *x, const struct http_url *next, int status)
{
    bool other = !str_equal(http_url_origin(&x->request->url, x->arena),
                            http_url_origin(next, x->arena));
    bool keeps_body = x->with_body && !becomes_get(x, status);

    if (str_is(x->url.scheme, "https") && !str_is(next->scheme, "https"))
        return STR("it would leave TLS");
    if (next->socket.n && !str_equal(next->socket, x->url.socket))
        return STR("it leads to a socket of this machine");
    if (other && keeps_body)
        return STR("the body would be sent to another host");
    return STR("");
}

static void send_next(struct http_exchange *x);

static void follow(struct http_exchange *x, int status, struct str location)
{
    struct str why, text = location.n > 200 ? str_slice(location, 0, 200) : location;
    struct http_url next;

    if (!http_url_follow(&x->url, location, x->arena, &next, &why) ||
        (why = refusal(x, &next, status)).n) {
        fail(x, HTTP_REFUSED,
             str_format(x->arena, "the redirect to %.*s is not followed: %.*s", STR_ARG(text),
                        STR_ARG(why)));
        return;
    }
    if (x->redirects_left-- == 0) {
        fail(x, HTTP_REFUSED,
             str_format(x->arena, "more than %lld redirects", (long long)x->request->redirects));
        return;
    }
    if (becomes_get(x, status)) {
        x->method = STR("GET");
        x->with_body = false;
    }
    // Once away, its own credentials stay away: the way back may be somebody's trick.
    x->foreign |= !str_equal(http_url_origin(&x->request->url, x->arena),
                             http_url_origin(&next, x->arena));
    x->url = next;
    let_go(x);
    send_next(x);
}

static struct str cannot_save(struct http_exchange *x)
{
    return str_format(x->arena, "cannot write %.*s: %s", STR_ARG(x->request->save),
                      strerror(x->save_error));
}

static void cannot_be_saved(struct http_exchange *x)
{
    fail(x, HTTP_LOST, cannot_save(x));
}

static void saved(void *arg, int error)
{
    struct http_exchange *x = arg;

    x->save = NULL;
    x->save_error = error;
    if (error)
        cannot_be_saved(x);
    else
        end(x, x->answer);
}

// An empty body has not begun one yet.
static void save(struct http_exchange *x, const struct http_reply *reply)
{
    if (!x->save && !http_begin_body(x)) {
        cannot_be_saved(x);
        return;
    }
    x->answer = NEW(x->arena, struct http_reply);
    *x->answer = *reply;
    http_save_finish(x->save, x->loop, saved, x);
}

static void answered(struct http_exchange *x)
{
    struct http_reply reply = { .end = HTTP_ANSWERED, .status = http_status(x) };
    struct str location;

    read_headers(x, &reply);
    location = reply_header(&reply, "location");
    if (x->request->redirects > 0 && is_redirect(reply.status) && location.n) {
        follow(x, reply.status, location);
        return;
    }
    reply.body = str_copy(x->arena, buf_str(x->body));
    reply.saved = x->request->save.n && http_is_good(reply.status);
    if (reply.saved)
        save(x, &reply);
    else
        end(x, &reply);
}

// ---- from start to end

static void ended(void *arg, CURLcode code)
{
    struct http_exchange *x = arg;

    if (code == CURLE_OK) {
        answered(x);
        return;
    }
    struct http_reply reply = {
        .end = x->ever_sent ? HTTP_LOST : HTTP_NOT_SENT,
        .timed_out = code == CURLE_OPERATION_TIMEDOUT,
        .status = http_status(x),
        .message = x->save_error ? cannot_save(x) : http_failure_words(x, code),
    };
    end(x, &reply);
}

static void tell_failure(void *arg)
{
    struct http_exchange *x = arg;

    end(x, x->failure);
}

// Not at once: the caller of http_send() hears of it from the loop.
static void fail_soon(struct http_exchange *x, struct str message)
{
    x->failure = NEW(x->arena, struct http_reply);
    x->failure->end = x->ever_sent ? HTTP_LOST : HTTP_NOT_SENT;
    x->failure->message = message;
    loop_timer(x->loop, x->arena, loop_now_ms(x->loop), tell_failure, x);
}

static void send_next(struct http_exchange *x)
{
    struct str why = STR("out of memory");

    buf_clear(x->headers);
    buf_clear(x->body);
    x->header_bytes = 0;
    x->received = 0;
    x->sent = x->in_body = false;
    x->error[0] = '\0';
    x->easy = x->curl->easy_init();
    if (x->easy && http_set_options(x, &why))
        http_pool_add(x->pool, x->easy);
    else
        fail_soon(x, why);
}

struct http_exchange *http_send(struct http_pool *p, struct loop *l, struct arena *a,
                                const struct http_request *r,
                                void (*then)(void *arg, const struct http_reply *reply), void *arg)
{
    struct http_exchange *x = NEW(a, struct http_exchange);

    *x = (struct http_exchange){
        .arena = a,
        .loop = l,
        .pool = p,
        .curl = http_pool_api(p),
        .request = r,
        .then = then,
        .arg = arg,
        .started_ms = loop_now_ms(l),
        .redirects_left = r->redirects,
        .url = r->url,
        .method = r->method,
        .with_body = r->has_body,
        .body_fd = -1,
        .headers = buf_in(a),
        .body = buf_in(a),
    };
    x->ending = (struct http_ending){ ended, x };
    arena_defer(a, let_go_of, x);
    send_next(x);
    return x;
}

bool http_stop(struct http_exchange *x)
{
    let_go(x);
    return x->ever_sent;
}
