#include "action/http/pool.h"

#include "base/arena.h"

enum { IDLE_CONNECTIONS = 16 };  // kept for GET and HEAD

struct http_pool {
    const struct curl_api *curl;
    CURLM *multi;
    struct loop *loop;
    struct arena *arena;  // of sockets and timer; freed after libcurl let go of them
    struct arena *timer;  // of the timer that is set, NULL when none is
};

// A socket that libcurl wants to be watched.
struct socket {
    struct http_pool *pool;
    struct arena *arena;
    struct watch *watch;
    curl_socket_t fd;
};

// Tells everybody whose transfer is over. An ending may add and remove transfers.
static void tell_endings(struct http_pool *p)
{
    CURLMsg *m;
    int left;

    while ((m = p->curl->multi_info_read(p->multi, &left))) {
        struct http_ending *e = NULL;
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE)
            continue;
        p->curl->easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&e);
        p->curl->multi_remove_handle(p->multi, easy);
        e->ended(e->arg, code);
    }
}

static void socket_ready(void *arg, int events)
{
    struct socket *s = arg;
    struct http_pool *p = s->pool;
    int running, mask = 0;

    if (events & WATCH_READ)
        mask |= CURL_CSELECT_IN;
    if (events & WATCH_WRITE)
        mask |= CURL_CSELECT_OUT;
    p->curl->multi_socket_action(p->multi, s->fd, mask, &running);
    tell_endings(p);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *pool, void *known)
{
    struct http_pool *p = pool;
    struct socket *s = known;
    int events = (what & CURL_POLL_IN ? WATCH_READ : 0) | (what & CURL_POLL_OUT ? WATCH_WRITE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        p->curl->multi_assign(p->multi, fd, NULL);
        if (s)
            arena_free(s->arena);
        return 0;
    }
    if (s) {
        watch_change(s->watch, events);
        return 0;
    }
    struct arena *a = arena_new(p->arena);
    s = NEW(a, struct socket);
    *s = (struct socket){ .pool = p, .arena = a, .fd = fd };
    s->watch = loop_watch(p->loop, a, fd, events, socket_ready, s);
    p->curl->multi_assign(p->multi, fd, s);
    return 0;
}

static void forget_timer(struct http_pool *p)
{
    if (p->timer)
        arena_free(p->timer);
    p->timer = NULL;
}

static void time_has_come(void *arg)
{
    struct http_pool *p = arg;
    int running;

    forget_timer(p);
    p->curl->multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_endings(p);
}

static int on_timer(CURLM *multi, long ms, void *pool)
{
    struct http_pool *p = pool;

    (void)multi;
    forget_timer(p);
    if (ms < 0)
        return 0;
    p->timer = arena_new(p->arena);
    loop_timer(p->loop, p->timer, loop_now_ms(p->loop) + ms, time_has_come, p);
    return 0;
}

static void close_pool(void *arg)
{
    struct http_pool *p = arg;

    p->curl->multi_cleanup(p->multi);
    arena_free(p->arena);
}

struct http_pool *http_pool_of(struct session *s, const char **why)
{
    const struct curl_api *curl = curl_api(why);

    if (s->http || !curl)
        return s->http;
    CURLM *multi = curl->multi_init();
    if (!multi) {
        *why = "out of memory";
        return NULL;
    }
    struct http_pool *p = NEW(s->arena, struct http_pool);
    *p = (struct http_pool){ .curl = curl, .multi = multi, .loop = s->loop };
    p->arena = arena_new(NULL);
    arena_defer(s->arena, close_pool, p);
    curl->multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl->multi_setopt(multi, CURLMOPT_SOCKETDATA, p);
    curl->multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl->multi_setopt(multi, CURLMOPT_TIMERDATA, p);
    curl->multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    s->http = p;
    return p;
}

const struct curl_api *http_pool_api(const struct http_pool *p)
{
    return p->curl;
}

void http_pool_add(struct http_pool *p, CURL *easy)
{
    p->curl->multi_add_handle(p->multi, easy);
}

void http_pool_remove(struct http_pool *p, CURL *easy)
{
    p->curl->multi_remove_handle(p->multi, easy);
}
