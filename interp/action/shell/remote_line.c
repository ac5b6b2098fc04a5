#include "action/shell/remote_line.h"

#include <dirent.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"

enum {
    PATIENCE_MS = 20 * 1000,  // until it is open
    SSH_ADDS = 18,            // to the path, while it makes the socket
    GRACE_MS = 1000,
};

enum state {
    LINE_UNUSED,  // the host has not answered yet
    LINE_CLOSED,  // it has: the next script has it opened
    LINE_OPENING,
    LINE_OPEN,
    LINE_REFUSED,  // there is none to be had
};

struct waiter {
    struct attempt *at;  // NULL: gone
    void (*then)(struct attempt *at, const char *socket);
    struct waiter *next;
};

struct line {
    struct session *session;
    struct str host, socket, name;
    enum state state;
    struct child *child;
    struct timer *patience;
    struct waiter *waiters;
    bool running;
    struct line *next;
};

struct remote_lines {
    struct line *first;
    size_t opened;  // for names
};

static struct line *line_of(struct session *s, struct str host)
{
    if (!s->lines)
        s->lines = NEW(s->arena, struct remote_lines);
    for (struct line *l = s->lines->first; l; l = l->next)
        if (str_equal(l->host, host))
            return l;
    struct line *l = NEW(s->arena, struct line);
    *l = (struct line){ .session = s, .host = str_copy(s->arena, host), .next = s->lines->first };
    return s->lines->first = l;
}

// ---- those who wait

static void leave(void *arg)
{
    struct waiter *w = arg;

    w->at = NULL;
}

static void release(struct line *l)
{
    struct waiter *w = l->waiters;
    const char *socket = l->state == LINE_OPEN ? l->socket.s : NULL;

    l->waiters = NULL;
    for (; w; w = w->next) {
        struct attempt *at = w->at;
        w->at = NULL;
        if (at)
            w->then(at, socket);
    }
}

// ---- its process

static void on_output(void *arg, enum stream stream, struct str bytes)
{
    struct line *l = arg;

    if (l->state != LINE_OPENING || stream != STREAM_STDOUT ||
        str_search(bytes, STR("ready")) == SIZE_MAX)
        return;
    l->state = LINE_OPEN;
    timer_stop(l->patience);
    release(l);
}

static void on_end(void *arg, const struct child_result *r)
{
    struct line *l = arg;

    (void)r;
    l->running = false;
    keeper_settled(l->session->keeper, l->name);
    if (l->state == LINE_OPENING)
        timer_stop(l->patience);
    l->state = l->state == LINE_OPEN ? LINE_CLOSED : LINE_REFUSED;
    release(l);
}

static void give_up(void *arg)
{
    struct line *l = arg;

    l->state = LINE_REFUSED;
    child_cancel(l->child, true);
    release(l);
}

static void open_line(struct line *l, const struct attempt *at)
{
    struct session *s = l->session;
    struct arena *a = s->arena;
    struct str *argv = NEW_ARRAY(a, struct str, 6);

    l->name = str_format(a, "ssh%zu", ++s->lines->opened);
    l->socket = str_format(a, "%.*s/%.*s", STR_ARG(s->folder), STR_ARG(l->name));
    if (l->socket.n + SSH_ADDS > sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        l->state = LINE_REFUSED;
        return;
    }
    argv[0] = STR("/proc/self/exe");
    argv[1] = STR("@ssh-line");
    argv[2] = l->host;
    argv[3] = l->socket;
    argv[4] = str_format(a, "%d", (int)getpid());
    struct child_spec spec = { .name = l->name,
                               .argv = argv,
                               .env = at->env,
                               .dir = s->folder,
                               .grace_ms = GRACE_MS,
                               .left = LEFT_KILL,
                               .mask = s->mask };
    l->state = LINE_OPENING;
    l->running = true;
    l->patience = loop_timer(s->loop, a, loop_now_ms(s->loop) + PATIENCE_MS, give_up, l);
    l->child = child_start(s->keeper, a, &spec, on_output, on_end, l);
}

void remote_line_wait(struct attempt *at, struct str host,
                      void (*then)(struct attempt *at, const char *socket))
{
    struct line *l = line_of(at->session, host);

    if (l->state == LINE_CLOSED && !l->running)
        open_line(l, at);
    if (l->state != LINE_OPENING) {
        then(at, l->state == LINE_OPEN ? l->socket.s : NULL);
        return;
    }
    struct waiter *w = NEW(at->arena, struct waiter);
    *w = (struct waiter){ at, then, l->waiters };
    arena_defer(at->arena, leave, w);
    l->waiters = w;
}

void remote_line_answered(struct attempt *at, struct str host)
{
    struct line *l = line_of(at->session, host);

    if (l->state == LINE_UNUSED)
        l->state = LINE_CLOSED;
}

void remote_lines_end(struct session *s)
{
    for (struct line *l = s->lines ? s->lines->first : NULL; l; l = l->next)
        if (l->running)
            child_cancel(l->child, false);
}

void remote_clean(struct str folder)
{
    DIR *d = opendir(folder.s);
    struct dirent *e;

    while (d && (e = readdir(d))) {
        struct str name = str_from(e->d_name);
        if (str_ends(name, ".ssh") || (str_starts(name, "ssh") && str_ends(name, ".result")))
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
}
