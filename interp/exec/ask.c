// Questions: one at a time, in the order asked; flags answer first, votes from
// elsewhere count, nobody there is a no.

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
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
    bool shown, done, parked;
    int64_t asked_ms;
};

static const char *const kinds[] = {
    [QUESTION_CHECKLIST] = "checklist", [QUESTION_CONFIRM] = "confirm",
    [QUESTION_APPROVE] = "approve",     [QUESTION_MANUAL] = "manual",
    [QUESTION_PROMPT] = "prompt",       [QUESTION_FAILURE] = "failure",
    [QUESTION_WALK] = "walk",           [QUESTION_UNDO] = "undo",
};
static const char *const answers[] = {
    [ANSWER_NONE] = "none",   [ANSWER_NO] = "no",           [ANSWER_YES] = "yes",
    [ANSWER_FAILED] = "failed", [ANSWER_NA] = "na",         [ANSWER_VALUE] = "value",
    [ANSWER_RETRY] = "retry", [ANSWER_SKIP] = "skip",       [ANSWER_STOP] = "stop",
    [ANSWER_UNDO] = "undo",   [ANSWER_RUN] = "run",         [ANSWER_RUN_ALL] = "run_all",
    [ANSWER_SUSPEND] = "suspend",
};

// ---- flags

static const struct said *said_for(const struct said *all, size_t n, const struct driver *d,
                                   struct str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i].id, id))
            return &all[i];
    const struct task *t = run_task(d->run, id);
    if (!t || !t->is_instance)
        return NULL;
    for (size_t i = 0; i < n; i++)  // the id of a for_each answers all instances
        if (str_equal(all[i].id, t->in->owner->address))
            return &all[i];
    return NULL;
}

static bool from_confirm(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    const struct said *s = said_for(o->confirms, o->confirm_count, d, q->id);

    if (s) {
        bool right = q->danger == DANGER_SEVERE ? str_equal(s->text, q->phrase)
                     : q->danger == DANGER_MILD
                         ? str_is(s->text, "y") || str_is(s->text, "yes")
                         : str_is(s->text, "yes");
        if (!right)
            return false;
        *a = (struct answer){ .kind = ANSWER_YES, .text = s->text };
        return true;
    }
    if (!o->yes || q->danger == DANGER_SEVERE)
        return false;
    *a = (struct answer){ .kind = ANSWER_YES, .text = STR("yes") };
    return true;
}

static bool from_answer(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    const struct said *s = said_for(o->answers, o->answer_count, d, q->id);

    if (!s)
        return false;
    a->text = s->text;
    if (q->kind == QUESTION_PROMPT)
        return a->kind = ANSWER_VALUE, true;
    if (str_is(s->text, "done"))
        return a->kind = ANSWER_YES, a->text = STR(""), true;
    if (str_starts(s->text, "failed:"))
        return a->kind = ANSWER_FAILED, a->text = str_slice(s->text, 7, s->text.n), true;
    if (str_starts(s->text, "na:"))
        return a->kind = ANSWER_NA, a->text = str_slice(s->text, 3, s->text.n), true;
    return false;
}

bool answer_from_flags(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    bool found = false;

    *a = (struct answer){ 0 };
    switch (q->kind) {
    case QUESTION_CONFIRM: found = from_confirm(d, q, a); break;
    case QUESTION_MANUAL:
    case QUESTION_PROMPT: found = from_answer(d, q, a); break;
    case QUESTION_CHECKLIST: {
        const struct said *s = said_for(o->attests, o->attest_count, d, q->id);
        found = s != NULL;
        if (s)
            *a = (struct answer){ .kind = ANSWER_YES, .text = s->text };
        break;
    }
    default: break;
    }
    a->by = found ? person(d) : STR("");
    a->how = STR("flag");
    return found;
}

// ---- votes

// Whose run it is, whoever goes on with it.
static struct str requester(const struct driver *d)
{
    return d->row.user.n ? d->row.user : person(d);
}

static bool may_vote(const struct asked *k, const struct vote *v)
{
    const struct question *q = k->q;

    if (!str_equal(v->step, q->id) || (v->digest.n && !str_equal(v->digest, q->digest)))
        return false;
    if (q->not_requester && str_equal(v->user, requester(k->d)))
        return false;
    for (size_t i = 0; i < q->from_count; i++)
        if (str_equal(q->from[i], v->user))
            return true;
    return q->from_count == 0;
}

// One refusal ends it; one vote a person.
static bool count_votes(struct asked *k, struct answer *a)
{
    const struct vote *votes;
    size_t n = 0, yes = 0;
    struct diags ds = { .arena = k->d->arena };

    if (store_votes(k->d->store, k->d->id, k->d->arena, &votes, &n, &ds) != STORE_OK)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!may_vote(k, &votes[i]))
            continue;
        *a = (struct answer){ .kind = votes[i].yes ? ANSWER_YES : ANSWER_NO, .by = votes[i].user,
                              .text = votes[i].reason, .how = STR("approve") };
        if (!votes[i].yes)
            return true;
        yes++;
    }
    k->q->votes = yes;
    return yes >= k->q->votes_needed;
}

// ---- one question

static void show_next(struct driver *d);

static void tell_answer(struct asked *k, const struct answer *a)
{
    struct value_builder *b = event_data(k->d);

    if (a->kind == ANSWER_SUSPEND)
        return;
    value_put_s(b, "step", value_string(k->q->id));
    value_put_s(b, "kind", value_text(kinds[k->q->kind]));
    value_put_s(b, "answer", value_text(answers[a->kind]));
    if (a->by.n)
        value_put_s(b, "by", value_string(a->by));
    if (a->how.n)
        value_put_s(b, "how", value_string(a->how));
    if (a->text.n && k->q->kind != QUESTION_CONFIRM)
        value_put_s(b, a->kind == ANSWER_VALUE ? "text" : "reason", value_string(a->text));
    if (a->evidence.n)
        value_put_s(b, "evidence", value_string(a->evidence));
    emit(k->d, EVENT_CONFIRM_ANSWER, b);
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
    if (k->asked_ms)
        d->waiting_ms += loop_now_ms(d->loop) - k->asked_ms;
    tell_answer(k, &k->answer);
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

    if (!full.by.n)
        full.by = person(k->d);
    if (!full.how.n)
        full.how = STR("terminal");
    answered(k, &full);
}

static void time_is_up(void *arg)
{
    struct asked *k = arg;

    k->timer = NULL;
    if (k->shown && k->d->asker->has_terminal)
        k->d->asker->withdraw(k->d->asker, k->q);
    answered(k, &(struct answer){ .kind = ANSWER_NONE, .how = STR("timeout") });
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
        if (k->shown && k->d->asker->has_terminal)
            k->d->asker->withdraw(k->d->asker, k->q);
        answered(k, &a);
        return;
    }
    k->votes = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + VOTES_EVERY_MS,
                          look_for_votes, k);
}

// So that `approve` can say at once that a vote would not count.
static void tell_who_may(struct asked *k, struct value_builder *b)
{
    const struct question *q = k->q;
    struct value_builder *from = value_list_start(turn_arena(k->d));

    for (size_t i = 0; i < q->from_count; i++)
        value_add(from, value_string(q->from[i]));
    value_put_s(b, "digest", value_string(q->digest));
    value_put_s(b, "needed", value_int((int64_t)q->votes_needed));
    value_put_s(b, "from", value_finish(from));
    value_put_s(b, "not_requester", value_bool(q->not_requester));
    value_put_s(b, "requester", value_string(requester(k->d)));
    if (q->timeout_ms)
        value_put_s(b, "timeout_ms", value_int(q->timeout_ms));
    value_put_s(b, "reason_required", value_bool(q->reason_required));
}

static void tell_question(struct asked *k)
{
    const struct question *q = k->q;
    struct value_builder *b = event_data(k->d);

    value_put_s(b, "step", value_string(q->id));
    value_put_s(b, "kind", value_text(kinds[q->kind]));
    if (q->message.n)
        value_put_s(b, "message", value_string(q->message));
    if (q->kind == QUESTION_CONFIRM)
        value_put_s(b, "danger", value_text(danger_word(q->danger)));
    if (q->details.n)
        value_put_s(b, "details", value_string(q->details));
    if (q->kind == QUESTION_APPROVE)
        tell_who_may(k, b);
    emit(k->d, EVENT_CONFIRM_ASK, b);
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

// The time of a question that was open when the run was suspended has gone on.
static int64_t time_left(const struct asked *k)
{
    const int64_t *since = map_get(k->d->open_since, k->q->id);
    int64_t passed = since && *since ? (clock_wall_ns() - *since) / 1000000 : 0;

    return k->q->timeout_ms - (passed > 0 ? passed : 0);
}

static void start_timeout(struct asked *k)
{
    if (k->q->timeout_ms)
        k->timer = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + time_left(k),
                              time_is_up, k);
}

// ---- escalation

struct call {
    struct asked *k;
    const struct contact *contact;
};

static void told(struct driver *d)
{
    (void)d;
}

static struct value contact_value(struct driver *d, const struct contact *c)
{
    struct value_builder *b = value_map_start(d->arena);

    value_put_s(b, "role", value_string(c->role.str));
    value_put_s(b, "name", value_string(c->name.str));
    value_put_s(b, "phone", value_string(c->phone.str));
    value_put_s(b, "email", value_string(c->email.str));
    value_put_s(b, "link", value_string(c->link.str));
    return value_finish(b);
}

// hooks.waiting: once a contact, when its time has come and nobody has answered.
static void call_now(void *arg)
{
    struct call *c = arg;
    struct driver *d = c->k->d;
    const struct hooks *all[] = { d->project->hooks, run_root(d->run)->module->rb->hooks };

    if (c->k->done || d->options->drill)
        return;
    for (size_t i = 0; i < 2; i++)
        if (all[i] && all[i]->waiting.count)
            hooks_run(d, "waiting", &all[i]->waiting, contact_value(d, c->contact), told);
}

static void start_calls(struct asked *k)
{
    struct driver *d = k->d;
    const struct list *own = &run_root(d->run)->module->rb->contacts;
    const struct list *contacts = own->count ? own : &d->project->contacts;

    LIST_EACH(const struct contact, c, *contacts) {
        struct call *call = NEW(d->arena, struct call);
        *call = (struct call){ k, c };
        loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + c->after / 1000000, call_now, call);
    }
}

// An approval waits for votes beside everything else; it does not hold up the rest.
static void await_votes(struct asked *k)
{
    struct answer a;

    k->shown = true;
    if (count_votes(k, &a)) {
        answered(k, &a);
        return;
    }
    if (k->q->timeout_ms && time_left(k) <= 0) {
        answered(k, &(struct answer){ .kind = ANSWER_NONE, .how = STR("timeout") });
        return;
    }
    start_timeout(k);
    if (!k->d->options->detach)
        start_calls(k);
    if (k->d->options->detach) {
        park(k);
        return;
    }
    if (k->d->asker->has_terminal)
        k->d->asker->ask(k->d->asker, k->q);
    k->votes = loop_timer(k->d->loop, k->d->arena, loop_now_ms(k->d->loop) + VOTES_EVERY_MS,
                          look_for_votes, k);
}

static void show(struct asked *k)
{
    struct driver *d = k->d;

    k->shown = true;
    if (d->asker->has_terminal && !d->options->no_input) {
        k->asked_ms = loop_now_ms(d->loop);
        start_timeout(k);
        start_calls(k);
        d->asker->ask(d->asker, k->q);
    } else if (d->options->detach) {
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

struct asked *ask(struct driver *d, struct question *q, struct task *t,
                  void (*then)(void *arg, const struct answer *a), void *arg)
{
    struct asked *k = NEW(d->arena, struct asked), **link = &d->questions;
    struct answer given;

    *k = (struct asked){ .d = d, .q = q, .task = t, .then = then, .arg = arg };
    q->owner = k;
    q->answer = from_asker;
    while (*link)
        link = &(*link)->next;
    *link = k;
    tell_question(k);
    if (answer_from_flags(d, q, &given) || recorded_answer(d, q, &given))
        answered(k, &given);
    else if (q->kind == QUESTION_APPROVE)
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
    if (k->shown && k->d->asker->has_terminal)
        k->d->asker->withdraw(k->d->asker, k->q);
    if (k->parked)
        run_park(k->d->run, k->task, false);
    unlink_asked(k);
    show_next(k->d);
}

bool ask_give_up(struct driver *d)
{
    struct asked *k = d->questions;

    if (!k)
        return false;
    if (k->shown && d->asker->has_terminal)
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

size_t open_questions(const struct driver *d, struct value_builder *list)
{
    size_t n = 0;

    for (const struct asked *k = d->questions; k; k = k->next) {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "step", value_string(k->q->id));
        value_put_s(b, "kind", value_text(kinds[k->q->kind]));
        value_put_s(b, "message", value_string(k->q->message));
        value_put_s(b, "digest", value_string(k->q->digest));
        if (k->q->kind == QUESTION_APPROVE)
            value_put_s(b, "needed", value_int((int64_t)(k->q->votes_needed - k->q->votes)));
        value_add(list, value_finish(b));
        n++;
    }
    return n;
}
