#include "base/arena.h"
#include "base/clock.h"
#include "report/aftermath.h"
#include "report/budget.h"
#include "report/incident.h"
#include "value/fields.h"

static void put(struct value_builder *b, const char *key, struct str s)
{
    if (s.n)
        value_put_s(b, key, value_string(s));
}

static void put_time(struct value_builder *b, const char *key, int64_t ns, struct arena *a)
{
    if (ns)
        value_put_s(b, key, value_string(clock_rfc3339_ms(a, ns)));
}

static void put_present(struct value_builder *b, const char *key, struct value v)
{
    if (v.kind != VALUE_NULL)
        value_put_s(b, key, v);
}

static struct value output_of(const struct story *s, struct arena *a)
{
    struct str lines[TAIL_LINES];
    size_t n = tail_lines(&s->tail, lines);
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < n; i++)
        value_add(list, value_string(lines[i]));
    return value_finish(list);
}

static struct value step_value(const struct story *s, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    put(b, "id", s->id);
    put(b, "name", s->name);
    put(b, "action", s->action);
    put(b, "phase", s->phase);
    put(b, "state", s->state);
    if (s->attempts)
        value_put_s(b, "attempts", value_int((int64_t)s->attempts));
    put_time(b, "started", s->started_ns, a);
    put_time(b, "ended", s->ended_ns, a);
    if (s->took_ms >= 0)
        value_put_s(b, "took_ms", value_int(s->took_ms));
    if (sign_of(s->state)->bad) {
        put(b, "command", s->command);
        put(b, "message", aftermath_words(s, a));
        put(b, "help", s->more->help);
        put(b, "picture", s->more->picture);
        value_put_s(b, "output", output_of(s, a));
        value_put_s(b, "continued", value_bool(s->continued));
    }
    put(b, "by", s->more->by);
    put(b, "reason", s->more->reason);
    put(b, "leaves", s->more->leaves);
    put(b, "undo", s->undo);
    put(b, "undo_by", s->more->within);
    put(b, "undo_state", s->more->undo_state);
    put(b, "undo_message", s->more->undo_message);
    if (s->before_undo)
        value_put_s(b, "before_undo", value_bool(true));
    put_present(b, "later", s->more->later);
    return value_finish(b);
}

static struct value steps_value(const struct history *h, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < h->story_count; i++)
        value_add(list, step_value(h->stories[i], a));
    return value_finish(list);
}

// Each step whose work is there still when the undo is over, or the run was ended for good.
static struct value not_undone_value(const struct history *h, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < h->story_count; i++) {
        const char *why = history_why_there(h, h->stories[i]);
        if (!why)
            continue;
        struct value_builder *b = value_map_start(a);
        put(b, "step", h->stories[i]->id);
        put(b, "name", h->stories[i]->name);
        value_put_s(b, "why", value_text(why));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static struct value questions_value(const struct history *h, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < h->question_count; i++) {
        const struct asked *q = h->questions[i];
        struct value_builder *b = value_map_start(a);
        put(b, "step", q->step);
        put(b, "kind", q->kind);
        put(b, "message", q->message);
        put(b, "answer", q->answer);
        put(b, "by", q->by);
        put(b, "how", q->how);
        put(b, "text", q->text);
        put(b, "reason", q->reason);
        put(b, "evidence", q->evidence);
        put_time(b, "asked", q->asked_ns, a);
        put_time(b, "answered", q->answered_ns, a);
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static struct value timeline_value(const struct history *h, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < h->moment_count; i++) {
        struct value_builder *b = value_map_start(a);
        put_time(b, "ts", h->moments[i].ns, a);
        value_put_s(b, "type", value_text(h->moments[i].what));
        put(b, "step", h->moments[i].step);
        put(b, "what", h->moments[i].words);
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static struct value notices_value(const struct history *h, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    for (size_t i = 0; i < h->notice_count; i++) {
        const struct notice *n = &h->notices[i];
        struct value_builder *b = value_map_start(a);
        put_time(b, "ts", n->ns, a);
        put(b, "level", n->level);
        put(b, "what", n->words);
        put(b, "help", n->help);
        put(b, "text", n->said);
        if (n->said_more)
            value_put_s(b, "truncated", value_bool(true));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static struct value budget_value(const struct history *h, struct arena *a)
{
    struct measured frames[BUDGET_FRAMES];
    struct value_builder *b = value_map_start(a);

    budget_measure(h, frames);
    for (size_t i = 0; i < BUDGET_FRAMES; i++) {
        struct value_builder *one = value_map_start(a);
        if (frames[i].promised_ms) {
            value_put_s(one, "promised_ms", value_int(frames[i].promised_ms));
            value_put_s(one, "over", value_bool(frames[i].over));
        }
        value_put_s(one, "took_ms", value_int(frames[i].took_ms));
        value_put_s(b, frames[i].name, value_finish(one));
    }
    return value_finish(b);
}

static struct value followups_value(const struct history *h, struct arena *a)
{
    struct value list = value_of(h->start, "followups");
    struct value_builder *all = value_list_start(a);
    int64_t from = h->ended_ns ? h->ended_ns : h->started_ns;

    for (size_t i = 0; list.kind == VALUE_LIST && i < value_size(list); i++) {
        struct value v = value_item(list, i);
        struct value_builder *b = value_map_start(a);
        int64_t due = int_of(v, "due_ms", 0);
        put(b, "title", text_of(v, "title"));
        put(b, "owner", text_of(v, "owner"));
        if (due)
            put_time(b, "due", from + due * 1000000, a);
        value_add(all, value_finish(b));
    }
    return value_finish(all);
}

// The undo of one step leaves it as it was.
static void put_result(struct value_builder *b, const struct history *h)
{
    bool part = h->over && h->part_undone;
    struct str open = h->suspended ? STR("suspended")
                      : h->crashed ? STR("crashed")
                                   : STR("running");
    struct str before = h->stands.n ? h->stands : STR("crashed");
    int code = !part ? h->exit : h->stands.n ? h->stands_exit : -1;

    put(b, "result", part ? before : h->over ? h->result : open);
    if (code >= 0)
        value_put_s(b, "exit", value_int(code));
}

struct value incident_json(const struct history *h, struct arena *a)
{
    static const char *const of_end[] = { "not_run",     "skipped", "undone", "undo_failed",
                                          "cannot_undo", "unknown", "left",   "warnings",
                                          "verified",    "report" };
    static const char *const of_start[] = { "owners", "contacts", "risk", "reason", "locks",
                                            "no_way_back" };
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "version", value_int(1));
    put(b, "run", h->run);
    put(b, "runbook", h->runbook);
    put(b, "title", h->title);
    put(b, "file", h->file);
    put(b, "digest", h->digest);
    put(b, "mode", h->mode);
    put(b, "severity", h->severity);
    put(b, "user", h->user);
    put(b, "host", h->host);
    value_put_s(b, "drill", value_bool(h->drill));
    put_result(b, h);
    put_time(b, "started", h->started_ns, a);
    put_time(b, "ended", h->ended_ns, a);
    value_put_s(b, "took_ms", value_int(h->took_ms));
    value_put_s(b, "waiting_ms", value_int(h->waiting_ms));
    value_put_s(b, "sessions", value_int((int64_t)h->sessions));
    for (size_t i = 0; i < sizeof of_start / sizeof *of_start; i++)
        put_present(b, of_start[i], value_of(h->start, of_start[i]));
    value_put_s(b, "steps", steps_value(h, a));
    value_put_s(b, "decisions", questions_value(h, a));
    value_put_s(b, "notices", notices_value(h, a));
    value_put_s(b, "budget", budget_value(h, a));
    value_put_s(b, "followups", followups_value(h, a));
    for (size_t i = 0; i < sizeof of_end / sizeof *of_end; i++)
        put_present(b, of_end[i], value_of(h->end, of_end[i]));
    if (h->over && (h->undoing || str_is(h->result, "aborted")))
        value_put_s(b, "not_undone", not_undone_value(h, a));
    value_put_s(b, "timeline", timeline_value(h, a));
    return value_finish(b);
}
