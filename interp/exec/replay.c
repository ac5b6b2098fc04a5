// The journal of earlier sessions, applied to a new run; and what of it only the driver
// keeps: answers that still count, questions that are open.

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/lasting.h"
#include "exec/reader.h"
#include "exec/session.h"
#include "value/base64.h"
#include "value/fields.h"

static enum answer_kind recorded_kind(const struct event *e, struct str word)
{
    if (value_of(e->data, "text").kind == VALUE_STRING)
        return ANSWER_VALUE;
    return str_is(word, "done") || str_is(word, "yes") ? ANSWER_YES
           : str_is(word, "failed")                    ? ANSWER_FAILED
           : str_is(word, "na")                        ? ANSWER_NA
                                                       : ANSWER_NONE;
}

static void remember_consent(struct driver *d, const struct event *e)
{
    struct consent *c = NEW(d->arena, struct consent);

    *c = (struct consent){ str_copy(d->arena, text_of(e->data, "by")),
                           str_copy(d->arena, text_of(e->data, "how")), e->wall_ns };
    map_put(d->earlier.consents, str_copy(d->arena, text_of(e->data, "step")), c);
}

// An answer counts until the step that it was given for has ended.
static void remember_answer(struct driver *d, const struct event *e)
{
    struct str kind = text_of(e->data, "kind"), word = text_of(e->data, "answer");
    bool stays = str_is(kind, "manual") || str_is(kind, "prompt") || str_is(kind, "checklist");
    struct answer *a = NEW(d->arena, struct answer);

    if ((str_is(kind, "confirm") || str_is(kind, "approve")) && str_is(word, "yes"))
        remember_consent(d, e);
    if (str_is(kind, "approve") && str_is(word, "no"))
        note_refusal(d, text_of(e->data, "step"));
    if (!stays)
        return;
    a->kind = recorded_kind(e, word);
    a->text = str_copy(d->arena, a->kind == ANSWER_VALUE ? text_of(e->data, "text")
                                                         : text_of(e->data, "reason"));
    a->evidence = str_copy(d->arena, text_of(e->data, "evidence"));
    a->by = str_copy(d->arena, text_of(e->data, "by"));
    a->how = STR("recorded");
    if (a->kind != ANSWER_NONE)
        map_put(d->earlier.answers, str_copy(d->arena, text_of(e->data, "step")), a);
}

static void remember_question(struct driver *d, const struct event *e)
{
    struct str id = str_copy(d->arena, text_of(e->data, "step"));
    const struct open_since *before = map_get(d->earlier.open, id);
    struct open_since *open = NEW(d->arena, struct open_since);

    *open = (struct open_since){ e->wall_ns, value_copy(d->arena, e->data) };
    if (before && before->wall_ns)
        open->wall_ns = before->wall_ns;
    map_put(d->earlier.open, id, open);
}

static void forget_question(struct driver *d, struct str id)
{
    struct open_since *open = map_get(d->earlier.open, id);

    if (open)
        open->wall_ns = 0;
}

bool recorded_answer(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct answer *kept = map_get(d->earlier.answers, q->id);

    if (!kept || kept->kind == ANSWER_NO)
        return false;
    *a = *kept;
    return true;
}

static void forget_answer(struct driver *d, struct str id)
{
    struct answer *kept = map_get(d->earlier.answers, id);

    if (kept)
        kept->kind = ANSWER_NO;
}

// `took` is a duration, which JSON does not know.
static void restore_result(struct event *e, struct arena *a)
{
    struct value result = value_of(e->data, "result"), took = value_of(result, "took");

    if (took.kind != VALUE_STRING)
        return;
    took = value_duration((int64_t)(strtod(str_copy(a, took.s).s, NULL) * 1e9));
    e->data = value_with(a, e->data, "result", value_with(a, result, "took", took));
}

// Results that steps left are in the folder of the machine that they ran on.
static void remember_place(struct driver *d, const struct event *e)
{
    struct task *t = e->type == EVENT_STEP_START ? run_task(d->run, text_of(e->data, "step"))
                                                 : NULL;

    if (e->type == EVENT_RUN_START)
        d->digest = str_copy(d->arena, text_of(e->data, "digest"));
    if (e->type == EVENT_RUN_START || e->type == EVENT_RUN_RESUME)
        d->place = str_copy(d->arena, text_of(e->data, "place"));
    if (t)
        t->elsewhere = !str_equal(d->place, journal_place(d->journal));
}

// One whose process died took until the last that it told.
static void session_begins(struct earlier *past, int64_t at_ns)
{
    if (past->began_ns && past->last_ns > past->began_ns)
        past->ms += (past->last_ns - past->began_ns) / 1000000;
    past->began_ns = past->last_ns = at_ns;
}

static void session_ends(struct earlier *past, const struct event *e)
{
    int64_t whole = int_of(e->data, "took_ms", 0);  // of all sessions so far

    session_begins(past, 0);
    if (whole > 0)
        past->ms = whole;
}

static void phase_before(struct driver *d, const struct event *e)
{
    struct str word = text_of(e->data, "phase");

    for (int p = 0; p <= PHASE_ALWAYS; p++)
        if (str_is(word, phase_word((enum phase)p)))
            d->phases.ms[p] += int_of(e->data, "took_ms", 0);
    if (!str_is(word, "always"))
        return;
    d->always.owed = d->always.cut = !run_always_is_whole(d->run);
    d->always.failed = run_always_failed(d->run);
}

static void session_before(struct driver *d, const struct event *e)
{
    struct value undo = value_of(e->data, "undo");
    struct run_facts facts = { .on_failure = d->options->on_failure };

    d->earlier.sessions++;  // one that crashed leaves a run as suspended as it was
    d->always.cut = false;
    d->earlier.undone = facts.undo_only = undo.kind == VALUE_BOOL && undo.b;
    d->earlier.undo_step = str_copy(d->arena, text_of(e->data, "undo_step"));
    run_resume_here(d->run, &facts);
    run_settle_nothing(d->run);
}

// What only the driver keeps.
static void note_event(struct driver *d, struct event *e, struct arena *a)
{
    switch (e->type) {
    case EVENT_CONFIRM_ASK: remember_question(d, e); break;
    case EVENT_CONFIRM_ANSWER:
        remember_answer(d, e);
        forget_question(d, text_of(e->data, "step"));
        break;
    case EVENT_STEP_START:
        program_replayed(d, e, a);
        d->always.owed = true;
        break;
    case EVENT_UNDO_START: d->always.owed = true; break;
    case EVENT_STEP_RESCUE: restore_result(e, a); break;
    case EVENT_STEP_END:
        restore_result(e, a);
        forget_answer(d, text_of(e->data, "step"));
        break;
    case EVENT_PHASE_START:
        d->undo.of_all |= str_is(text_of(e->data, "phase"), "undo") && d->earlier.undo_step.n == 0;
        break;
    case EVENT_PHASE_END: phase_before(d, e); break;
    case EVENT_RUN_SUSPEND:
        d->earlier.suspended = true;
        session_ends(&d->earlier, e);
        break;
    case EVENT_RUN_RESUME: session_before(d, e); break;
    case EVENT_HOOK_END: call_replayed(d, e); break;
    case EVENT_RUN_END:
        d->earlier.suspended = false;
        session_ends(&d->earlier, e);
        d->waiting.ms = int_of(e->data, "waiting_ms", 0);  // of all sessions so far
        d->earlier.alive = value_copy(d->arena, value_of(e->data, "alive"));
        // Where nothing further was started, `always` was not either.
        d->always.owed &= d->always.cut || str_is(text_of(e->data, "result"), "store");
        break;
    default: break;
    }
}

static bool replay_event(struct driver *d, struct event e, struct arena *a)
{
    d->earlier.replay_failed = !lasting_restore(d, &e);
    if (d->earlier.replay_failed)
        return false;
    d->earlier.heard_ns = e.wall_ns;
    if (e.type == EVENT_RUN_START || e.type == EVENT_RUN_RESUME)
        session_begins(&d->earlier, e.wall_ns);
    note_event(d, &e, a);
    run_apply(d->run, &e);
    remember_place(d, &e);
    return true;
}

// What says nothing about where the run stands: mostly output.
static const bool says_nothing[EVENT_COUNT] = {
    [EVENT_STEP_OUTPUT] = true, [EVENT_VERIFY_TRY] = true, [EVENT_LOCK_WAIT] = true,
    [EVENT_LOCK_HELD] = true,   [EVENT_DIAGNOSTIC] = true,
};

static void tell_past(struct driver *d, const struct event *e, struct str line)
{
    for (struct observer *o = d->env->observers; o; o = o->next)
        if (o->past)
            o->past(o, e, line);
}

// The type stands beside the event as well, and only the event is in the chain.
static void is_damaged(struct driver *d, const struct event *e)
{
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
               "the journal of run %.*s is damaged: event %lld is not what was written",
               STR_ARG(d->id), (long long)e->seq);
    d->earlier.replay_failed = true;
}

// Of an event nothing is kept that was not copied, but for the items of a list.
static bool keep_items(struct driver *d, struct read_event *read)
{
    if (read->event.type != EVENT_STEP_ITEMS)
        return true;
    read->line = str_copy(d->arena, read->line);
    return event_read(read->line, d->arena, &read->event);
}

// False, with an error: no more may be applied.
static bool replay_read(struct driver *d, struct read_event read, struct arena *scratch)
{
    if (!read.as_filed || !keep_items(d, &read)) {
        is_damaged(d, &read.event);
        return false;
    }
    tell_past(d, &read.event, read.line);
    d->earlier.last_ns = read.event.wall_ns;
    return says_nothing[read.event.type] || replay_event(d, read.event, scratch);
}

enum store_error journal_replay(struct driver *d, struct reader *r)
{
    struct arena *scratch = arena_new(NULL);
    const struct read_event *read;
    bool fine = true;

    while (fine && (read = reader_next(r))) {
        fine = replay_read(d, *read, scratch);
        arena_empty(scratch);
    }
    arena_free(scratch);
    session_begins(&d->earlier, 0);
    enum store_error e = reader_end(r, d->diags);
    return !e && !fine ? STORE_FAILED : e;
}

// ---- where there is no thread

struct replay {
    struct driver *driver;
    struct arena *arena;  // of one event
    struct json_memo *memo;
};

static bool replay_one(const struct stored_event *stored, void *arg)
{
    struct replay *r = arg;
    struct read_event read;
    bool fine = !reader_read(r->memo, stored, stored->json, r->arena, &read) ||
                replay_read(r->driver, read, r->arena);

    arena_empty(r->arena);
    return fine;
}

enum store_error journal_replay_here(struct driver *d, bool look)
{
    struct arena *scratch = arena_new(NULL);
    struct replay r = { d, arena_new(scratch), json_memo_new(scratch) };
    enum store_error e = look ? journal_look(d->journal, replay_one, &r, d->diags)
                              : store_read(d->store, d->id, 1, false, replay_one, &r, d->diags);

    arena_free(scratch);
    session_begins(&d->earlier, 0);
    return !e && d->earlier.replay_failed ? STORE_FAILED : e;
}

// ---- output of what is adopted

static void hear(struct driver *d, const struct event *e, struct arena *a)
{
    struct task *t = run_task(d->run, text_of(e->data, "step"));
    bool output = e->type == EVENT_STEP_OUTPUT;
    int stream = str_is(text_of(e->data, "stream"), "stderr") ? STREAM_STDERR : STREAM_STDOUT;
    struct str text = text_of(e->data, "text"), coded = text_of(e->data, "b64");

    if (!t || !t->dangling)
        return;
    size_t *heard = task_more(d->arena, t)->heard;
    if (!output)
        heard[STREAM_STDOUT] = heard[STREAM_STDERR] = 0;
    else if (!coded.n || base64_read(coded, a, &text))
        heard[stream] += text.n;
}

// What was said before the last start of a step was of another attempt.
static bool hear_one(const struct stored_event *stored, void *arg)
{
    struct arena *a;
    struct event e;

    if (!str_is(stored->type, event_type_word(EVENT_STEP_OUTPUT)) &&
        !str_is(stored->type, event_type_word(EVENT_STEP_START)) &&
        !str_is(stored->type, event_type_word(EVENT_UNDO_START)))
        return true;
    a = arena_new(NULL);
    if (event_read(stored->json, a, &e))
        hear(arg, &e, a);
    arena_free(a);
    return true;
}

// Only after a crash: output is most of a journal.
bool journal_hear(struct driver *d)
{
    bool any = false;

    for (size_t i = 0; i < run_task_count(d->run); i++)
        any |= run_task_at(d->run, i)->dangling;
    return !any || store_read(d->store, d->id, 1, false, hear_one, d, d->diags) == STORE_OK;
}
