// What each event changes in a history; those of steps, in history_steps.c.

#include "base/arena.h"
#include "base/map.h"
#include "report/answers.h"
#include "report/history_inside.h"
#include "value/base64.h"
#include "value/fields.h"
#include "value/when.h"

// -------- the run

static void announce(struct history *h, struct value steps)
{
    if (steps.kind == VALUE_LIST)
        map_reserve(h->by_id, value_size(steps));
    for (size_t i = 0; steps.kind == VALUE_LIST && i < value_size(steps); i++) {
        struct value step = value_item(steps, i);
        struct str id = step.kind == VALUE_STRING ? step.s : text_of(step, "id");
        if (!id.n)
            continue;
        if (text_of(step, "in").n) {  // run only if it comes to that
            size_t *place = NEW(h->arena, size_t);
            *place = i;
            map_put(h->places, history_kept(h, id), place);
            continue;
        }
        struct story *s = history_make_story(h, id);
        s->place = i;
        s->planned = true;
        history_take_name(h, step, s);
        history_take_word(h, step, "state", &s->state);
        s->group |= truth_of(step, "group");
    }
}

// The steps have stories of their own.
static struct value without_steps(struct history *h, struct value d)
{
    struct value_builder *b = value_map_of(h->arena, value_size(d));

    for (size_t i = 0; i < value_size(d); i++) {
        struct value_entry e = d.map->entries[i];
        if (e.key.kind != VALUE_STRING || !str_is(e.key.s, "steps"))
            value_put(b, value_copy(h->arena, e.key), value_copy(h->arena, e.value));
    }
    return value_finish(b);
}

static struct str host_if_left(struct history *h, struct value d)
{
    return truth_of(d, "detach") ? history_kept(h, text_of(d, "host")) : STR("");
}

static void on_run_start(struct history *h, const struct event *e)
{
    struct value d = e->data;

    h->start = without_steps(h, d);
    h->started_ns = h->session_ns = e->wall_ns;
    h->sessions = 1;
    h->drill = truth_of(d, "drill");
    h->dry_run = truth_of(d, "dry_run");
    history_take(h, d, "runbook", &h->runbook);
    history_take(h, d, "title", &h->title);
    history_take(h, d, "file", &h->file);
    history_take(h, d, "place", &h->place);
    history_take(h, d, "digest", &h->digest);
    history_take(h, d, "mode", &h->mode);
    history_take(h, d, "user", &h->user);
    history_take(h, d, "host", &h->host);
    h->left_on = host_if_left(h, d);
    history_take(h, d, "severity", &h->severity);
    announce(h, value_of(d, "steps"));
    history_moment(h, e,
                   str_format(h->arena, "the run was started by %.*s on %.*s", STR_ARG(h->user),
                              STR_ARG(h->host)),
                   false);
}

static struct str resumed_words(struct history *h, struct value d)
{
    if (h->worker.n)
        return str_format(h->arena, "the run was resumed by worker %.*s", STR_ARG(h->worker));
    if (truth_of(d, "abort"))
        return STR("the run was taken up, to end it for good");
    if (text_of(d, "undo_step").n)
        return str_format(h->arena, "the run was taken up, to undo %.*s of it",
                          STR_ARG(text_of(d, "undo_step")));
    return truth_of(d, "undo") ? STR("the run was taken up, to undo it")
                               : STR("the run was resumed");
}

static void on_run_resume(struct history *h, const struct event *e)
{
    h->call_count = 0;
    if (h->start.kind != VALUE_MAP)
        on_run_start(h, e);
    else
        h->sessions++;
    h->session_ns = e->wall_ns;
    h->resumed = true;
    h->over = h->suspended = false;
    h->exit = -1;
    h->result = STR("");
    h->end = VALUE_NONE;  // what it had come to is not what it comes to
    h->ended_ns = 0;
    h->place = history_kept(h, text_of(e->data, "place"));
    h->undo_step = history_kept(h, text_of(e->data, "undo_step"));
    h->worker = history_kept(h, text_of(e->data, "worker"));
    h->left_on = host_if_left(h, e->data);
    history_moment(h, e, resumed_words(h, e->data), false);
}

// Which the undo of one step leaves as it is.
static void stands_as(struct history *h, struct str result)
{
    h->stands = result;
    h->stands_exit = h->exit;
}

static void on_run_end(struct history *h, const struct event *e)
{
    if (h->printed_last)
        tail_drop(&h->printed_last->tail);
    h->over = true;
    h->end = value_copy(h->arena, e->data);
    h->ended_ns = e->wall_ns;
    h->exit = (int)int_of(e->data, "exit", -1);
    h->took_ms = int_of(e->data, "took_ms", (e->wall_ns - h->started_ns) / 1000000);
    h->waiting_ms = int_of(e->data, "waiting_ms", 0);
    history_take(h, e->data, "result", &h->result);
    h->part_undone = h->undo_step.n && h->exit == 0;
    if (!h->part_undone)
        stands_as(h, h->result);
    history_moment(h, e,
                   str_format(h->arena, "the %s ended: %.*s (exit code %d)",
                              h->undo_step.n ? "undo of one step" : "run", STR_ARG(h->result),
                              h->exit),
                   h->exit != 0);
}

struct str history_contact(struct history *h, struct value contact)
{
    struct str role = text_of(contact, "role"), name = text_of(contact, "name");

    return !name.n ? history_kept(h, role)
           : role.n ? str_format(h->arena, "%.*s (%.*s)", STR_ARG(role), STR_ARG(name))
                    : history_kept(h, name);
}

static void take_calls(struct history *h, struct value list)
{
    h->call_count = list.kind == VALUE_LIST ? value_size(list) : 0;
    h->calls = NEW_ARRAY(h->arena, struct call_left, h->call_count + 1);
    for (size_t i = 0; i < h->call_count; i++) {
        struct value one = value_item(list, i), contact = value_of(one, "contact");
        h->calls[i] = (struct call_left){ .step = history_kept(h, text_of(one, "step")),
                                          .who = history_contact(h, contact),
                                          .contact = value_copy(h->arena, contact),
                                          .at_ns = wall_from(text_of(one, "at")) };
    }
}

static void on_run_suspend(struct history *h, const struct event *e)
{
    take_calls(h, value_of(e->data, "calls"));
    h->suspended = true;
    h->exit = (int)int_of(e->data, "exit", 6);
    stands_as(h, STR("suspended"));
    h->took_ms = int_of(e->data, "took_ms", (e->wall_ns - h->started_ns) / 1000000);
    h->waiting = value_copy(h->arena, value_of(e->data, "waiting"));
    history_moment(h, e, STR("the run was suspended: it waits for a person"), false);
}

static void on_phase_start(struct history *h, const struct event *e)
{
    history_take(h, e->data, "phase", &h->phase);
    h->phase_ns = e->wall_ns;
    h->undoing |= str_is(h->phase, "undo");
    history_moment(h, e, str_format(h->arena, "phase %.*s", STR_ARG(h->phase)), false);
}

static void on_phase_end(struct history *h, const struct event *e)
{
    (void)h, (void)e;
}

// -------- people, locks, hooks

static struct asked *question_about(struct history *h, struct str step)
{
    for (size_t i = h->question_count; i > 0; i--)
        if (h->questions[i - 1]->open && str_equal(h->questions[i - 1]->step, step))
            return h->questions[i - 1];
    return NULL;
}

struct asked *history_new_question(struct history *h)
{
    struct asked *q = NEW(h->arena, struct asked);

    ROOM(h, questions, question_count, question_room);
    h->questions[h->question_count++] = q;
    q->open = true;
    return q;
}

// After a resume a question that is still open is asked again.
static void on_confirm_ask(struct history *h, const struct event *e)
{
    struct asked *q = question_about(h, text_of(e->data, "step"));

    if (!q)
        q = history_new_question(h);
    if (!q->asked_ns)
        q->asked_ns = e->wall_ns;
    q->data = value_copy(h->arena, e->data);
    history_take(h, e->data, "step", &q->step);
    history_take(h, e->data, "kind", &q->kind);
    history_take(h, e->data, "message", &q->message);
    history_take(h, e->data, "danger", &q->danger);
    history_moment(h, e, str_format(h->arena, "asked: %.*s", STR_ARG(history_question(q))), false);
}

static void on_confirm_answer(struct history *h, const struct event *e)
{
    struct asked *q = question_about(h, text_of(e->data, "step"));

    if (!q) {
        // Answered before it was asked, by a flag.
        on_confirm_ask(h, e);
        q = h->questions[h->question_count - 1];
    }
    q->open = false;
    q->answered_ns = e->wall_ns;
    history_take(h, e->data, "kind", &q->kind);
    history_take(h, e->data, "answer", &q->answer);
    history_take(h, e->data, "by", &q->by);
    history_take(h, e->data, "how", &q->how);
    history_take(h, e->data, "text", &q->text);
    history_take(h, e->data, "reason", &q->reason);
    history_take(h, e->data, "evidence", &q->evidence);
    q->ballots = answers_ballots(e->data, h->arena);
    struct str note = answers_note(q, h->arena), who = answers_by(q, h->arena);
    history_moment(h, e,
                   str_format(h->arena, "%s%.*s%s%.*s%s%.*s", str_is(q->answer, "none") ? "" : "answered: ",
                              STR_ARG(history_answer(q)), !who.n ? "" : q->by.n ? ", by " : ", ",
                              STR_ARG(who), note.n ? ": " : "", STR_ARG(note)),
                   false);
}

static void on_lock_wait(struct history *h, const struct event *e)
{
    struct value locks = value_of(e->data, "locks");
    struct value holder = value_of(e->data, "holder");

    if (locks.kind == VALUE_LIST && value_size(locks) && value_item(locks, 0).kind == VALUE_STRING)
        h->locks_waited = history_kept(h, value_item(locks, 0).s);
    else
        h->locks_waited = history_kept(h, text_of(e->data, "locks"));
    h->lock_holder = history_kept(h, holder.kind == VALUE_MAP ? text_of(holder, "run")
                                                              : text_of(e->data, "holder"));
    history_moment(h, e,
                   str_format(h->arena, "waited for lock %.*s, held by run %.*s",
                              STR_ARG(h->locks_waited), STR_ARG(h->lock_holder)),
                   false);
}

static void on_lock_held(struct history *h, const struct event *e)
{
    (void)e;
    h->has_locks = true;
}

// What an event says of output.
static struct str output_of(struct history *h, struct value d)
{
    struct str text = text_of(d, "text"), bytes;
    bool coded = !text.n && text_of(d, "b64").n && base64_read(text_of(d, "b64"), h->arena, &bytes);

    text = coded ? bytes : history_kept(h, text);
    return str_slice(text, 0, text.n - str_ends(text, "\n"));
}

// One that was stopped by a signal did not come to it.
static void on_call(struct history *h, const struct event *e, bool good)
{
    struct value contact = value_of(e->data, "contact");
    struct str step = text_of(e->data, "step");

    if (contact.kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < h->call_count && !str_is(text_of(e->data, "state"), "cancelled"); i++)
        h->calls[i].told |= str_equal(h->calls[i].step, step) &&
                            value_equal(h->calls[i].contact, contact);
    if (good)
        history_moment(h, e,
                       str_format(h->arena, "told %.*s that nobody has answered",
                                  STR_ARG(history_contact(h, contact))),
                       false);
}

static void on_hook_end(struct history *h, const struct event *e)
{
    struct str state = text_of(e->data, "state");
    struct str message = text_of(e->data, "message");

    on_call(h, e, str_is(state, "succeeded"));
    if (str_is(state, "succeeded") || str_is(state, "skipped"))
        return;
    struct str hook = text_of(e->data, "hook"), step = text_of(e->data, "id");
    struct str who = history_contact(h, value_of(e->data, "contact"));
    struct str words = str_format(h->arena, "the hook %.*s (%.*s) failed%s%.*s%s%.*s",
                                  STR_ARG(step), STR_ARG(hook), who.n ? " for " : "", STR_ARG(who),
                                  message.n ? ": " : "", STR_ARG(message));
    history_notice(h, e, STR("warning"), words, STR(""));
    struct notice *n = &h->notices[h->notice_count - 1];
    n->said = output_of(h, e->data);
    n->said_more = truth_of(e->data, "truncated");
    n->is_hook = true;
    history_moment(h, e, words, true);
}

static void on_diagnostic(struct history *h, const struct event *e)
{
    struct str level = text_of(e->data, "level");
    struct str message = text_of(e->data, "message");

    history_notice(h, e, level, message, text_of(e->data, "help"));
    history_moment(h, e, str_format(h->arena, "%.*s: %.*s", STR_ARG(level), STR_ARG(message)),
                   str_is(level, "error"));
}

void (*const history_handlers[EVENT_COUNT])(struct history *h, const struct event *e) = {
    [EVENT_RUN_START] = on_run_start,
    [EVENT_RUN_END] = on_run_end,
    [EVENT_RUN_SUSPEND] = on_run_suspend,
    [EVENT_RUN_RESUME] = on_run_resume,
    [EVENT_PHASE_START] = on_phase_start,
    [EVENT_PHASE_END] = on_phase_end,
    [EVENT_STEP_ITEMS] = history_on_step_items,
    [EVENT_STEP_START] = history_on_step_start,
    [EVENT_STEP_OUTPUT] = history_on_step_output,
    [EVENT_STEP_ATTEMPT] = history_on_step_attempt,
    [EVENT_STEP_RESCUE] = history_on_step_rescue,
    [EVENT_STEP_END] = history_on_step_end,
    [EVENT_CONFIRM_ASK] = on_confirm_ask,
    [EVENT_CONFIRM_ANSWER] = on_confirm_answer,
    [EVENT_VERIFY_TRY] = history_on_verify_try,
    [EVENT_UNDO_START] = history_on_undo_start,
    [EVENT_UNDO_END] = history_on_undo_end,
    [EVENT_LOCK_WAIT] = on_lock_wait,
    [EVENT_LOCK_HELD] = on_lock_held,
    [EVENT_HOOK_END] = on_hook_end,
    [EVENT_DIAGNOSTIC] = on_diagnostic,
};
