#include "store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/thread.h"

enum {
    SLOW_MS = 50,     // a write that takes longer than that is slow
    QUICK_AFTER = 16  // and so are all, until so many in a row were not
};

struct writer {
    struct arena *arena;
    struct loop *loop;
    bool (*write)(void *arg, const struct batch *batches, struct failure *why);
    void (*late)(void *arg, const struct batch *batches);
    bool (*wants_tidy)(void *arg);  // may be NULL, and then the next is
    bool (*tidy)(void *arg, struct failure *why);
    void *arg;
    bool threaded;
    struct batch *filling;  // these two are the loop's alone
    struct batches calling;
    struct timer *later;  // without a thread: calls back in the next turn
    void (*on_failure)(void *arg);
    void *failure_arg;
    bool listens;  // for a failure that comes by itself

    pthread_t thread;
    bool running;  // there is a thread
    int event_fd;  // the thread tells the loop
    struct watch *watch;

    pthread_mutex_t mutex;  // of what follows
    pthread_cond_t changed;
    struct batches queued, done;
    bool busy;  // somebody is writing
    int64_t took_ms;  // the last write
    int slow;   // quick writes until it is not any more
    bool untidy, tidying;
    bool stop;
    bool failed;
    struct failure why;
};

// With the mutex held.
static void remember_failure(struct writer *w, const struct failure *why)
{
    if (!w->failed)
        w->why = *why;
    w->failed = true;
}

static void write_all(struct writer *w, struct batch *batches)
{
    struct failure why = { "" };

    pthread_mutex_lock(&w->mutex);
    bool ok = !w->failed;
    pthread_mutex_unlock(&w->mutex);
    if (!ok) {
        w->late(w->arg, batches);
    } else if (!w->write(w->arg, batches, &why)) {
        writer_fail(w, &why);
        ok = false;
    }
    for (struct batch *b = batches; b; b = b->next)
        b->ok = ok;
}

static void write_timed(struct writer *w, struct batch *batches)
{
    int64_t began_ms = clock_boot_ms();

    write_all(w, batches);
    int64_t took_ms = clock_boot_ms() - began_ms;
    pthread_mutex_lock(&w->mutex);
    w->took_ms = took_ms;
    w->slow = took_ms > SLOW_MS ? QUICK_AFTER : w->slow - (w->slow > 0);
    pthread_mutex_unlock(&w->mutex);
}

static void tell_loop(struct writer *w)
{
    uint64_t one = 1;
    ssize_t n = write(w->event_fd, &one, sizeof one);

    (void)n;  // the counter cannot overflow
}

static void tidy(struct writer *w)
{
    struct failure why = { "" };

    if (!w->tidy(w->arg, &why))
        writer_fail(w, &why);
}

static bool is_untidy(const struct writer *w, const struct batch *last)
{
    return last->ok && w->wants_tidy && w->wants_tidy(w->arg);
}

// With the mutex held, which is given up meanwhile.
static void tidy_in_thread(struct writer *w)
{
    w->untidy = false;
    w->tidying = true;
    pthread_mutex_unlock(&w->mutex);
    tidy(w);
    pthread_mutex_lock(&w->mutex);
    w->tidying = false;
    pthread_cond_broadcast(&w->changed);
}

// The same.
static void write_in_turn(struct writer *w, struct batch *batches)
{
    w->busy = true;
    pthread_mutex_unlock(&w->mutex);
    write_timed(w, batches);
    pthread_mutex_lock(&w->mutex);
    w->busy = false;
    w->untidy = is_untidy(w, batches);
    batches_append(&w->done, batches);
    pthread_cond_broadcast(&w->changed);
    tell_loop(w);
}

static void *run_thread(void *arg)
{
    struct writer *w = arg;

    pthread_mutex_lock(&w->mutex);
    while (w->queued.first || !w->stop) {
        if (w->queued.first)
            write_in_turn(w, batches_take(&w->queued));
        else if (w->untidy && !w->failed && !w->busy)
            tidy_in_thread(w);
        else
            pthread_cond_wait(&w->changed, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

// A batch is gone before its call, which may commit more or close the journal.
static void call_back(struct writer *w)
{
    while (w->calling.first) {
        struct batch *b = batches_take_first(&w->calling);
        void (*then)(void *, bool) = b->then;
        void *arg = b->arg;
        bool ok = b->ok;
        arena_free(b->arena);
        if (then)
            then(arg, ok);
    }
}

// The last thing that is done: who is told may close the journal.
static void tell_failure(struct writer *w)
{
    void (*fn)(void *) = w->on_failure;

    pthread_mutex_lock(&w->mutex);
    bool failed = w->failed, idle = !w->busy && !w->queued.first;
    pthread_mutex_unlock(&w->mutex);
    if (!failed || !fn)
        return;
    if (w->listens && idle)
        watch_idle(w->watch, true);
    w->on_failure = NULL;
    w->listens = false;
    fn(w->failure_arg);
}

static void call_done(void *arg, int events)
{
    struct writer *w = arg;
    uint64_t times;
    ssize_t n = read(w->event_fd, &times, sizeof times);

    (void)events, (void)n;
    pthread_mutex_lock(&w->mutex);
    batches_append(&w->calling, batches_take(&w->done));
    bool idle = !w->busy && !w->queued.first;
    pthread_mutex_unlock(&w->mutex);
    if (idle && !w->listens)
        watch_idle(w->watch, true);
    call_back(w);
    tell_failure(w);
}

static void call_later(void *arg)
{
    struct writer *w = arg;

    w->later = NULL;
    call_back(w);
    tell_failure(w);
}

static void close_writer(void *arg)
{
    struct writer *w = arg;

    writer_stop(w);
    if (w->filling)
        arena_free(w->filling->arena);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
}

struct writer *writer_new(struct arena *a, struct loop *loop, bool threaded,
                          bool (*write)(void *arg, const struct batch *batches,
                                        struct failure *why),
                          void (*late)(void *arg, const struct batch *batches), void *arg)
{
    struct writer *w = NEW(a, struct writer);

    *w = (struct writer){ .arena = a,
                          .loop = loop,
                          .threaded = threaded && loop,
                          .write = write,
                          .late = late,
                          .arg = arg,
                          .event_fd = -1 };
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    arena_defer(a, close_writer, w);
    return w;
}

void writer_tidies(struct writer *w, bool (*wants)(void *arg),
                   bool (*fn)(void *arg, struct failure *why))
{
    w->wants_tidy = wants;
    w->tidy = fn;
}

struct batch *writer_batch(struct writer *w)
{
    if (!w->filling)
        w->filling = batch_new();
    return w->filling;
}

static bool start_thread(struct writer *w)
{
    w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->event_fd < 0)
        return false;
    w->running = thread_start(&w->thread, run_thread, w) == 0;
    if (w->running)
        w->watch = loop_watch(w->loop, w->arena, w->event_fd, WATCH_READ, call_done, w);
    if (w->running)
        watch_idle(w->watch, true);
    return w->running;
}

static void write_here(struct writer *w, struct batch *b)
{
    write_all(w, b);
    if (is_untidy(w, b))
        tidy(w);
    batches_append(&w->calling, b);
    if (!w->loop) {
        call_back(w);
        tell_failure(w);
    } else if (!w->later) {
        w->later = loop_timer(w->loop, w->arena, loop_now_ms(w->loop), call_later, w);
    }
}

static bool have_thread(struct writer *w)
{
    struct failure why;

    if (w->running || (w->threaded && start_thread(w)))
        return true;
    if (w->threaded) {
        failure_set(&why, "no thread can be started: %s", strerror(errno));
        w->threaded = false;
        writer_fail(w, &why);
    }
    return false;
}

static void write_in_thread(struct writer *w, struct batch *b)
{
    pthread_mutex_lock(&w->mutex);
    batches_append(&w->queued, b);
    pthread_mutex_unlock(&w->mutex);
    pthread_cond_broadcast(&w->changed);  // behind the unlock, or it would wake only to wait again
    watch_idle(w->watch, false);
}

void writer_commit(struct writer *w, void (*then)(void *arg, bool ok), void *arg)
{
    struct batch *b = writer_batch(w);

    w->filling = NULL;
    b->then = then;
    b->arg = arg;
    if (have_thread(w))
        write_in_thread(w, b);
    else
        write_here(w, b);
}

// [b] is written here and now. What is untidy then is the thread's, which is woken only for that.
static bool write_now(struct writer *w, struct batch *b)
{
    write_timed(w, b);
    bool ok = b->ok;

    pthread_mutex_lock(&w->mutex);
    w->busy = false;
    w->untidy = is_untidy(w, b);
    if (w->untidy)
        pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    arena_free(b->arena);
    return ok;
}

bool writer_commit_now(struct writer *w)
{
    if (have_thread(w)) {
        pthread_mutex_lock(&w->mutex);
        bool idle = !w->busy && !w->tidying && !w->queued.first;
        w->busy |= idle;
        pthread_mutex_unlock(&w->mutex);
        if (idle) {
            struct batch *b = writer_batch(w);
            w->filling = NULL;
            return write_now(w, b);
        }
    }
    writer_commit(w, NULL, NULL);
    return writer_wait(w);
}

bool writer_is_slow(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    bool slow = w->slow > 0;
    pthread_mutex_unlock(&w->mutex);
    return slow;
}

int64_t writer_took_ms(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    int64_t took_ms = w->took_ms;
    pthread_mutex_unlock(&w->mutex);
    return took_ms;
}

bool writer_wait(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    while (w->busy || w->tidying || w->queued.first)
        pthread_cond_wait(&w->changed, &w->mutex);
    bool ok = !w->failed;
    pthread_mutex_unlock(&w->mutex);
    return ok;
}

static void join_thread(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    w->running = false;
    watch_stop(w->watch);
    close(w->event_fd);
}

void writer_stop(struct writer *w)
{
    if (w->running)
        join_thread(w);
    if (w->later)
        timer_stop(w->later);
    w->later = NULL;
    w->on_failure = NULL;
    batches_free(batches_take(&w->done));
    batches_free(batches_take(&w->calling));
}

void writer_fail(struct writer *w, const struct failure *why)
{
    pthread_mutex_lock(&w->mutex);
    remember_failure(w, why);
    if (w->running)
        tell_loop(w);
    pthread_mutex_unlock(&w->mutex);
}

void writer_forgive(struct writer *w)
{
    writer_wait(w);
    if (w->filling)
        arena_free(w->filling->arena);
    w->filling = NULL;
    pthread_mutex_lock(&w->mutex);
    w->failed = false;
    pthread_mutex_unlock(&w->mutex);
}

// The thread is there from now on, since it has what wakes the loop.
void writer_on_failure(struct writer *w, bool alone, void (*fn)(void *arg), void *arg)
{
    w->on_failure = fn;
    w->failure_arg = arg;
    w->listens = alone && have_thread(w);
    if (w->listens)
        watch_idle(w->watch, false);
}

struct str writer_failure(struct writer *w, struct arena *a)
{
    pthread_mutex_lock(&w->mutex);
    struct str why = w->failed ? str_copy(a, str_from(w->why.text)) : STR("");
    pthread_mutex_unlock(&w->mutex);
    return why;
}
