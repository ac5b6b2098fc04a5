// Questions: one at a time, in the order asked; flags answer first, votes from
// elsewhere count, nobody there is a no.

#include "base/arena.h"
#include "base/clock.h"
#include "exec/walk.h"

struct asked {
    struct driver *d;
    struct question *q;
    struct task *task;  // NULL: asked before any step
    struct asked *next;
    void (*then)(void *arg, const struct answer *a);
    void *arg;
    struct timer *timer, *votes;
    struct answer answer;
    struct value counted;  // approve: the votes, as the journal is told of them
    bool shown, done, parked;
    bool put;              // to the person at the terminal
    bool waits;            // somebody is there who may answer
};

// What was counted is told also where it decided nothing.
static bool count_votes(struct asked *k, struct answer *a)
{
    return votes_answer(k->d, k->q, a, &k->counted) == VOTES_DECIDE;
}

// ---- one question

static void show_next(struct driver *d);

// The time in which anything is open, however much.
static void begin_waiting(struct asked *k)
{
    k->waits = true;
    if (k->d->waiting.now++ == 0)
        k->d->waiting.since_ms = loop_now_ms(k->d->loop);
}

static void end_waiting(struct asked *k)
{
    struct driver *d = k->d;

    if (k->waits && --d->waiting.now == 0)
        d->waiting.ms += loop_now_ms(d->loop) - d->waiting.since_ms;
    k->waits = false;
}

static void unlink_asked(struct asked *k)
{
    struct asked **link = &k->d->questions;

    while (*link && *link != k)
        link = &(*link)->next;
    if (*link)
        *link = k->next;
    if (k->timer)
        timer_stop(k->timer);
    if (k->votes)
        timer_stop(k->votes);
    k->timer = k->votes = NULL;
    end_waiting(k);
}

static void finish(void *arg)
{
    struct asked *k = arg;
    struct driver *d = k->d;

    if (k->done)
        return;
    k->done = true;
    unlink_asked(k);
    if (k->parked)
        run_park(d->run, k->task, false);
    tell_answer(k->d, k->q, &k->answer, k->counted);
    k->then(k->arg, &k->answer);
    show_next(d);
    pump(d);
}

static void answered(struct asked *k, const struct answer *a)
{
    struct arena *ar = k->d->arena;

    if (k->done)
        return;
    k->answer = *a;
    k->answer.text = str_copy(ar, a->text);
    k->answer.by = a->by.n ? str_copy(ar, a->by) : STR("");
    k->answer.how = str_copy(ar, a->how);
    k->answer.evidence = str_copy(ar, a->evidence);
    loop_later(k->d->loop, finish, k);
}

static void from_asker(struct question *q, const struct answer *a)
{
    struct asked *k = q->owner;
    struct answer full = *a;

    if (!full.by.n && full.kind != ANSWER_NONE)
        full.by = person(k->d);
    if (!full.how.n)
        full.how = STR("terminal");
    answered(k, &full);
}

static void time_is_up(void *arg)
{
    struct asked *k = arg;
    struct answer a = { .kind = ANSWER_NONE, .how = STR("timeout") };

    k->timer = NULL;
    if (k->put)
        k->d->asker->withdraw(k->d->asker, k->q);
    // A vote counts when it was given in time, also in the moment before this.
    if (k->q->kind == QUESTION_APPROVE)
        count_votes(k, &a);
    answered(k, &a);
}

enum { VOTES_EVERY_MS = 500 };

static void look_for_votes(void *arg)
{
    struct asked *k = arg;
    struct answer a;

    k->votes = NULL;
    if (k->done)
        return;
    if (count_votes(k, &a)) {
        if (k->put)
            k->d->asker->withdraw(k->d->asker, k->q);
        answered(k, &a);
        return;
    }
    k->votes = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + VOTES_EVERY_MS,
                          look_for_votes, k);
}

static void park(struct asked *k)
{
    if (!k->task || k->parked)
        return;
    k->parked = true;
    run_park(k->d->run, k->task, true);
    pump(k->d);
}

static void nobody(void *arg)
{
    answered(arg, &(struct answer){ .kind = ANSWER_NONE });
}

static void start_timeout(struct asked *k)
{
    if (k->q->timeout_ms)
        k->timer = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + question_time_left(k->d, k->q),
                              time_is_up, k);
}

// The person has been told by then of all that led to the question.
static void put_it(void *arg)
{
    struct asked *k = arg;

    if (k->done || k->answer.kind || k->answer.how.n)
        return;
    k->put = true;
    k->d->asker->ask(k->d->asker, k->q);
}

// An approval waits for votes beside everything else; it does not hold up the rest. Where nobody
// is here and nobody was to be waited for (the undo of a run that a timer started), it is a no.
static void await_votes(struct asked *k)
{
    k->shown = true;
    if (!somebody_is_here(k->d) && !k->d->options->detach) {
        loop_later(k->d->loop, nobody, k);
        return;
    }
    if (k->q->timeout_ms && question_time_left(k->d, k->q) <= 0) {
        answered(k, &(struct answer){ .kind = ANSWER_NONE, .how = STR("timeout") });
        return;
    }
    start_timeout(k);
    call_people(k->d, k->q, question_open_ms(k->d, k->q), &k->done);
    if (k->d->options->detach)
        park(k);
    else
        begin_waiting(k);
    if (somebody_is_here(k->d) && !k->d->options->detach)
        when_durable(k->d, put_it, k);
    k->votes = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + VOTES_EVERY_MS,
                          look_for_votes, k);
}

static void show(struct asked *k)
{
    struct driver *d = k->d;

    k->shown = true;
    if (somebody_is_here(d)) {
        begin_waiting(k);
        start_timeout(k);
        call_people(d, k->q, question_open_ms(d, k->q), &k->done);
        when_durable(d, put_it, k);
    } else if (d->options->detach) {
        call_people(d, k->q, question_open_ms(d, k->q), &k->done);
        park(k);
    } else if (k->q->has_fallback) {
        answered(k, &(struct answer){ .kind = ANSWER_VALUE, .text = k->q->fallback,
                                      .how = STR("default") });
    } else {
        loop_later(d->loop, nobody, k);
    }
}

static void show_next(struct driver *d)
{
    for (struct asked *k = d->questions; k; k = k->next) {
        if (k->q->kind == QUESTION_APPROVE || k->done || k->answer.kind)
            continue;
        if (!k->shown)
            show(k);
        if (d->asker->has_terminal)
            return;
    }
}

// A flag that is about this question and answers it wrongly was meant to answer it.
static void tell_wrong_flag(struct driver *d, const struct question *q)
{
    const struct said *s = flag_for(d, q);

    if (s)
        say(d, "%.*s: `%.*s` is not what answers it", STR_ARG(q->id), STR_ARG(s->text));
}

struct asked *ask(struct driver *d, struct question *q, struct task *t,
                  void (*then)(void *arg, const struct answer *a), void *arg)
{
    struct asked *k = NEW(d->arena, struct asked), **link = &d->questions;
    struct answer given;
    bool known, voted;

    *k = (struct asked){ .d = d, .q = q, .task = t, .then = then, .arg = arg };
    q->owner = k;
    q->answer = from_asker;
    question_complete(d, q);
    while (*link)
        link = &(*link)->next;
    *link = k;
    known = recorded_answer(d, q, &given);
    voted = !known && q->kind == QUESTION_APPROVE && count_votes(k, &given);
    tell_question(d, q, known || voted);
    if (known || voted || answer_from_flags(d, q, &given)) {
        answered(k, &given);
        return k;
    }
    tell_wrong_flag(d, q);
    if (q->kind == QUESTION_APPROVE)
        await_votes(k);
    else
        show_next(d);
    return k;
}

void ask_withdraw(struct asked *k)
{
    if (k->done)
        return;
    k->done = true;
    if (k->put)
        k->d->asker->withdraw(k->d->asker, k->q);
    if (k->parked)
        run_park(k->d->run, k->task, false);
    unlink_asked(k);
    struct str how = k->d->signals ? STR("signal") : STR("withdrawn");
    tell_answer(k->d, k->q, &(struct answer){ .kind = ANSWER_NONE, .how = how }, k->counted);
    show_next(k->d);
}

bool ask_give_up(struct driver *d)
{
    struct asked *k = d->questions;

    if (!k)
        return false;
    if (k->put)
        d->asker->withdraw(d->asker, k->q);
    k->answer = (struct answer){ .kind = ANSWER_NONE, .how = STR("signal") };
    finish(k);
    return true;
}

// Nothing is open but what waits for a person who is not here.
bool questions_all_wait(const struct driver *d)
{
    for (const struct asked *k = d->questions; k; k = k->next)
        if (k->done || k->answer.kind || k->answer.how.n)
            return false;
    return d->questions != NULL;
}

void open_calls(const struct driver *d, struct value_builder *list)
{
    for (const struct asked *k = d->questions; k; k = k->next)
        put_calls_left(d, k->q, list);
}

size_t open_questions(const struct driver *d, struct value_builder *list)
{
    size_t n = 0;

    for (const struct asked *k = d->questions; k; k = k->next) {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "step", value_string(k->q->id));
        value_put_s(b, "kind", value_text(question_word(k->q->kind)));
        value_put_s(b, "message", value_string(k->q->message));
        value_put_s(b, "digest", value_string(k->q->digest));
        if (k->q->kind == QUESTION_APPROVE)
            value_put_s(b, "needed", value_int((int64_t)(k->q->votes_needed - k->q->votes)));
        value_add(list, value_finish(b));
        n++;
    }
    return n;
}
