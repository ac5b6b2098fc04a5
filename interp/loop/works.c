#include "loop/works.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"

struct work {
    struct works *works;
    struct work *next;
    pthread_t thread;
    bool apart;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct works {
    void (*wake)(void *arg);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct work *over, **end;  // in the order in which they ended
    size_t awaited, apart;     // how many were started and not collected
    bool gone;                 // of those apart the last one puts out the light
};

struct works *works_new(void (*wake)(void *arg), void *arg)
{
    struct works *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    *w = (struct works){ .wake = wake, .arg = arg, .end = &w->over };
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    return w;
}

static void destroy(struct works *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

// Ends a thread that nobody waits for. The lock is held.
static void leave(struct work *work)
{
    struct works *w = work->works;
    bool last = --w->apart == 0;

    pthread_detach(pthread_self());
    pthread_mutex_unlock(&w->lock);
    free(work);
    if (last)
        destroy(w);
}

static void *run(void *arg)
{
    struct work *work = arg;
    struct works *w = work->works;

    work->work(work->arg);
    pthread_mutex_lock(&w->lock);
    if (w->gone) {
        leave(work);
        return NULL;
    }
    *w->end = work;
    w->end = &work->next;
    w->wake(w->arg);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static size_t *count_of(struct works *w, const struct work *work)
{
    return work->apart ? &w->apart : &w->awaited;
}

bool works_start(struct works *w, bool apart, void (*fn)(void *arg), void (*done)(void *arg),
                 void *arg)
{
    struct work *work = calloc(1, sizeof *work);

    if (!work)
        return false;
    *work = (struct work){ .works = w, .apart = apart, .work = fn, .done = done, .arg = arg };
    ++*count_of(w, work);
    if (thread_start(&work->thread, run, work) == 0)
        return true;
    --*count_of(w, work);
    free(work);
    return false;
}

static struct work *take_over(struct works *w)
{
    pthread_mutex_lock(&w->lock);
    struct work *first = w->over;
    w->over = NULL;
    w->end = &w->over;
    pthread_mutex_unlock(&w->lock);
    return first;
}

void works_collect(struct works *w, works_tell *tell, void *arg)
{
    struct work *next;

    for (struct work *work = take_over(w); work; work = next) {
        next = work->next;
        // It is on its last instructions; then nothing of it touches [w] any more.
        pthread_join(work->thread, NULL);
        --*count_of(w, work);
        tell(arg, work->done, work->arg);
        free(work);
    }
}

void works_free(struct works *w, works_tell *tell, void *arg)
{
    pthread_mutex_lock(&w->lock);
    while (w->over || w->awaited > 0) {
        if (!w->over)
            pthread_cond_wait(&w->changed, &w->lock);
        pthread_mutex_unlock(&w->lock);
        works_collect(w, tell, arg);
        pthread_mutex_lock(&w->lock);
    }
    w->gone = true;
    bool last = w->apart == 0;
    pthread_mutex_unlock(&w->lock);
    if (last)
        destroy(w);
}
