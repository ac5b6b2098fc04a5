// What outlives a crash: the journal, what the steps did to the world, and the promises
// that are checked against both at every event (execution.md section 1).

#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "exec/core/run.h"
#include "exec/driver.h"
#include "tests/sim/dice.h"

enum defect {
    DEFECT_NONE,
    DEFECT_EARLY_EFFECT,   // the effect before its intent is durable
    DEFECT_UNDO_ORDER,     // undone in the order in which steps ended
    DEFECT_FORGETS_LAST,   // resume does not read the last event of the journal
    DEFECT_FROM_MEMORY,    // resume trusts what it remembers, durable or not
    DEFECT_GUESSES,        // an unknown outcome is taken for "not started"
    DEFECT_EPOCH,          // who lost the run can still write its journal
    DEFECT_KILLPG,         // only the process group is killed, not what left it
    DEFECT_COUNT
};

// One address, as the journal and the world know it.
struct record {
    struct str address;
    int64_t first_intent, last_end;  // seq; 0: never
    int intents, effects;
    int64_t ahead;  // seq of an intent that was written ahead of its start; 0: none
    bool done;      // recorded as succeeded, satisfied, skipped or rescued
    bool in_doubt;  // it took effect, and the journal does not say what came of it
    int64_t cleared;  // seq of the event that said it last; 0: none
    bool active;    // begun in this session and not ended
    bool stray;     // a process of it that left its group lives
};

// An interpreter that was stopped, not dead: the run was taken over, and it wakes.
struct sleeper {
    struct str *intended;  // what it is about to commit, and then does
    size_t count;
    int64_t epoch;
    unsigned wakes_in;
};

struct sim {
    struct arena *arena;
    struct dice dice;
    uint64_t seed;  // of what the steps of this play come to
    enum defect defect;
    const char *name;
    struct str book, callee;
    struct program *program;
    struct run *run;
    struct run_facts facts_of_run;

    struct str *lines;  // the journal
    size_t count, room, durable;
    struct map *facts;  // struct record
    int64_t now_ms;

    struct walk **walks;
    size_t walk_count, walk_room;
    int signals, session;
    bool stopped, over, calm;  // calm: nobody interrupts, nothing crashes
    bool undo_session, owes_always;
    bool nobody;        // no person is there in this session
    bool suspended;
    bool settling;      // it began before the crash, and is told now, whatever was decided since
    int64_t epoch, held_by;  // of this interpreter; of the one that the store knows
    struct sleeper sleeper;
    struct task **to_undo;
    size_t undo_count, undo_next;
    long long *events;
};

static bool walk_is_busy(const struct walk *w);
static _Noreturn void broken(struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static _Noreturn void broken(struct sim *s, const char *format, ...)
{
    va_list args;

    printf("%.*s--- callee\n%.*s", STR_ARG(s->book), STR_ARG(s->callee));
    for (size_t i = 0; i < s->count; i++)
        printf("%s%.*s\n", i == s->durable ? "-- not durable:\n" : "", STR_ARG(s->lines[i]));
    printf("broken promise (%s, session %d): ", s->name, s->session);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(1);
}

static struct record *fact_of(struct sim *s, struct str address)
{
    struct record *f = map_get(s->facts, address);

    if (f)
        return f;
    f = NEW(s->arena, struct record);
    f->address = str_copy(s->arena, address);
    map_put(s->facts, f->address, f);
    return f;
}

static struct value field_of(const struct event *e, const char *name)
{
    struct value v = VALUE_NONE;

    value_field(e->data, name, NULL, &v);
    return v;
}

static struct str text_of(const struct event *e, const char *name)
{
    struct value v = field_of(e, name);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

static bool flag_of(const struct event *e, const char *name)
{
    struct value v = field_of(e, name);

    return v.kind == VALUE_BOOL && v.b;
}

static bool is_in(const struct task *t, enum series_kind kind)
{
    for (const struct task *at = t; at; at = at->in->owner)
        if (at->in->kind == kind)
            return true;
    return false;
}

static bool is_below(const struct task *t, const struct task *owner)
{
    for (const struct task *at = t->in->owner; at; at = at->in->owner)
        if (at == owner)
            return true;
    return false;
}

// ---- the promises

// Done for good, unless what is around it is tried again as a whole.
static void forget_inside(struct sim *s, const struct task *owner, bool only_rescue)
{
    for (size_t i = 0; i < run_task_count(s->run); i++) {
        const struct task *t = run_task_at(s->run, i);
        bool below = is_below(t, owner) && (!only_rescue || is_in(t, SERIES_RESCUE));
        if (below)
            fact_of(s, t->address)->done = false;
    }
}

static void must_be_ready(struct sim *s, const struct task *t)
{
    for (size_t i = 0; i < t->need_count; i++) {
        const struct task *n = t->needs[i];
        if (!n->ended)
            broken(s, "%.*s begins before %.*s has ended", STR_ARG(t->address),
                   STR_ARG(n->address));
        if (t->need_blocks[i] && (!state_is_good(n->state) || n->by_person))
            broken(s, "%.*s begins, and %.*s, which it needs, is %s", STR_ARG(t->address),
                   STR_ARG(n->address), state_word(n->state));
    }
}

static void must_fit(struct sim *s, const struct task *t)
{
    const struct task *group = t->in->owner;
    size_t limit = 0, active = 0;

    if (!group || t->in->kind != SERIES_STEPS)
        return;
    if (group->kind == TASK_EACH)
        limit = group->step->more->for_each->parallel
                    ? (size_t)group->step->more->for_each->parallel->n : 1;
    else if (group->step->more->parallel && group->step->more->parallel->n > 0)
        limit = (size_t)group->step->more->parallel->n;
    for (size_t i = 0; i < t->in->count; i++)
        active += t->in->tasks[i] != t && fact_of(s, t->in->tasks[i]->address)->active;
    if (limit && active >= limit)
        broken(s, "%.*s is one more than the %zu that may run at once", STR_ARG(t->address),
               limit);
}

static void judge_start(struct sim *s, const struct task *t)
{
    struct record *f = fact_of(s, t->address);
    bool kept_from_starting = !is_in(t, SERIES_ALWAYS) && !is_in(t, SERIES_UNDO);

    if (f->done && !is_in(t, SERIES_ALWAYS) && t->step->more->on_resume != ON_RESUME_AGAIN)
        broken(s, "%.*s is done and begins again", STR_ARG(t->address));
    if (f->active)
        return;  // another attempt
    must_be_ready(s, t);
    must_fit(s, t);
    if (s->stopped && kept_from_starting && !s->settling)
        broken(s, "%.*s begins after the run was stopped", STR_ARG(t->address));
}

static int latest_intent_first(const void *x, const void *y, void *sim)
{
    int64_t a = fact_of(sim, (*(struct task *const *)x)->address)->first_intent;
    int64_t b = fact_of(sim, (*(struct task *const *)y)->address)->first_intent;

    return (a < b) - (a > b);
}

static int latest_end_first(const void *x, const void *y, void *sim)
{
    int64_t a = fact_of(sim, (*(struct task *const *)x)->address)->last_end;
    int64_t b = fact_of(sim, (*(struct task *const *)y)->address)->last_end;

    return (a < b) - (a > b);
}

static bool speaks(const struct step *s)
{
    return s->more->undo.kind != UNDO_UNWRITTEN || s->more->irreversible;
}

// An action that says nothing, or a group that does not say how it is undone as a whole.
static bool group_undoes_it(const struct task *t)
{
    for (const struct task *at = t; at->in->owner; at = at->in->owner) {
        const struct task *owner = at->in->owner;
        bool inside = at->in->kind == SERIES_STEPS || at->in->kind == SERIES_PREPARE;
        if (inside && (owner->kind == TASK_GROUP || owner->kind == TASK_USE) && speaks(owner->step))
            return true;
    }
    return false;
}

static bool was_rolled_back(const struct task *t)
{
    return t->step->more->transaction && t->kind == TASK_GROUP && t->state != STATE_SUCCEEDED &&
           t->state != STATE_UNKNOWN && t->state != STATE_RESCUED;
}

static bool has_undo_to_run(struct sim *s, const struct task *t)
{
    bool container = t->kind == TASK_EACH || t->kind == TASK_GATE;

    return fact_of(s, t->address)->first_intent && t->phase <= PHASE_STEPS && !container &&
           t->undo_state != UNDO_DONE && t->step->more->undo.kind == UNDO_STEPS &&
           !is_in(t, SERIES_ALWAYS) && !group_undoes_it(t) && !task_transaction(t) &&
           !was_rolled_back(t);
}

static void expect_undo(struct sim *s)
{
    s->to_undo = NEW_ARRAY(s->arena, struct task *, run_task_count(s->run));
    s->undo_count = s->undo_next = 0;
    for (size_t i = 0; i < run_task_count(s->run); i++)
        if (has_undo_to_run(s, run_task_at(s->run, i)))
            s->to_undo[s->undo_count++] = run_task_at(s->run, i);
    qsort_r(s->to_undo, s->undo_count, sizeof *s->to_undo, latest_intent_first, s);
}

static void judge_undo(struct sim *s, const struct task *t)
{
    if (s->undo_next == s->undo_count)
        broken(s, "%.*s is undone, and it is not its turn", STR_ARG(t->address));
    if (s->to_undo[s->undo_next] != t)
        broken(s, "%.*s is undone before %.*s, which began later", STR_ARG(t->address),
               STR_ARG(s->to_undo[s->undo_next]->address));
    s->undo_next++;
}

// A run that waits for people does nothing meanwhile.
static void judge_suspend(struct sim *s)
{
    for (size_t i = 0; i < s->walk_count; i++)
        if (walk_is_busy(s->walks[i]))
            broken(s, "it waits for a person, and something is under way");
}

static void judge_phase_end(struct sim *s, const struct event *e)
{
    bool interrupted = run_interrupted(s->run) != 0;

    if (str_is(text_of(e, "phase"), "undo") && !interrupted && s->undo_next < s->undo_count)
        broken(s, "the undo is over, and %.*s was not undone",
               STR_ARG(s->to_undo[s->undo_next]->address));
}

// Before [e] is applied.
static void judge(struct sim *s, const struct event *e)
{
    const struct task *t = run_task(s->run, text_of(e, "step"));

    if (e->type == EVENT_STEP_START)
        judge_start(s, t);
    else if (e->type == EVENT_UNDO_START)
        judge_undo(s, t);
    else if (e->type == EVENT_PHASE_END)
        judge_phase_end(s, e);
    else if (e->type == EVENT_RUN_SUSPEND)
        judge_suspend(s);
}

// ---- what is known from the journal

// No process of a step that failed or was cancelled survives it.
static void no_stray(struct sim *s, const struct record *f, bool bad)
{
    if (f->stray && bad)
        broken(s, "%.*s failed, and a process of it lives", STR_ARG(f->address));
}

static void clear_doubt(struct record *f, const struct event *e)
{
    f->cleared = f->in_doubt ? e->seq : f->cleared;
    f->in_doubt = false;
}

static void note_end(struct sim *s, const struct event *e, struct record *f)
{
    enum state state = state_of(text_of(e, "state"));

    f->active = false;
    f->last_end = e->seq;
    f->done = state_is_good(state);
    no_stray(s, f, state == STATE_FAILED || state == STATE_CANCELLED);
    if (state != STATE_UNKNOWN)
        clear_doubt(f, e);
}

static void note(struct sim *s, const struct event *e)
{
    struct str address = text_of(e, "step");
    struct record *f = address.n ? fact_of(s, address) : NULL;
    const struct task *t = f ? run_task(s->run, address) : NULL;

    if (e->type == EVENT_STEP_START || e->type == EVENT_UNDO_START)
        s->owes_always = true;
    if (e->type == EVENT_PHASE_END && str_is(text_of(e, "phase"), "always"))
        s->owes_always = false;
    switch (e->type) {
    case EVENT_RUN_END: s->owes_always = false; break;
    case EVENT_STEP_ITEMS: f->active = true; break;
    case EVENT_STEP_INTENT: f->ahead = e->seq; break;
    case EVENT_STEP_START:
        f->ahead = 0;
        f->intents++;
        f->active = true;
        if (!f->first_intent)
            f->first_intent = e->seq;
        forget_inside(s, t, !t->step->more->transaction);  // one that begins, begins anew
        break;
    case EVENT_STEP_ATTEMPT:
    case EVENT_STEP_RESCUE:
        no_stray(s, f, true);
        clear_doubt(f, e);
        f->active = true;  // also one that was begun before a crash
        if (e->type == EVENT_STEP_ATTEMPT)
            forget_inside(s, t, false);
        break;
    case EVENT_STEP_END: note_end(s, e, f); break;
    default: break;
    }
}

// A step takes effect: once, unless it may be more often.
static void take_effect(struct sim *s, const struct task *t)
{
    struct record *f = fact_of(s, t->address);
    bool harmless = step_is_idempotent(s->program, t->step) || t->step->more->done_if;

    if (f->in_doubt && !harmless)
        broken(s, "%.*s takes effect again, and what became of it is not known",
               STR_ARG(t->address));
    f->effects++;
    f->in_doubt = true;
    if (f->effects > f->intents)
        broken(s, "%.*s took effect %d times, and was intended %d times", STR_ARG(f->address),
               f->effects, f->intents);
}

// ---- the final word, by the table "Which code wins"

// By its own word, or by that of something around it.
static bool excused(const struct task *t)
{
    if (t->in->kind == SERIES_ALWAYS)
        return false;
    for (const struct task *at = t; at; at = at->in->owner)
        if (at->continued || at->state == STATE_RESCUED || at->in->kind == SERIES_RESCUE)
            return true;
    return false;
}

static bool any_undo(struct sim *s, enum undo_state state)
{
    for (size_t i = 0; i < run_task_count(s->run); i++)
        if (run_task_at(s->run, i)->undo_state == state)
            return true;
    return false;
}

static bool any_task(struct sim *s, bool (*is)(const struct task *t))
{
    for (size_t i = 0; i < run_task_count(s->run); i++) {
        const struct task *t = run_task_at(s->run, i);
        if (t->ended && t->phase != PHASE_UNDO && is(t))
            return true;
    }
    return false;
}

static bool is_unknown(const struct task *t)
{
    return t->state == STATE_UNKNOWN;
}

static bool is_bad(const struct task *t)
{
    return (t->state == STATE_FAILED || t->state == STATE_CANCELLED) && !excused(t);
}

// A code that cannot stand beside what happened.
static void judge_code(struct sim *s, int code)
{
    bool undoing = run_began_undo(s->run);

    if (code == CODE_OK && any_task(s, is_bad) && !undoing)
        broken(s, "the run is good, and a step failed");
    if (code == CODE_OK && any_task(s, is_unknown))
        broken(s, "the run is good, and a step is unknown");
    if (any_undo(s, UNDO_UNKNOWN) && code != CODE_UNKNOWN)
        broken(s, "an undo is unknown, and the code is %d", code);
    if (any_undo(s, UNDO_FAILED) && code != CODE_UNKNOWN && code != CODE_UNDO_INCOMPLETE)
        broken(s, "an undo failed, and the code is %d", code);
    if (code == CODE_UNDONE && s->undo_next < s->undo_count)
        broken(s, "undone, but not everything");
    if (any_task(s, is_unknown) && !undoing && code != CODE_UNKNOWN)
        broken(s, "a step is unknown, and the code is %d", code);
    if (run_interrupted(s->run) && code < CODE_UNDO_INCOMPLETE)
        broken(s, "interrupted, and the code is %d", code);
}
