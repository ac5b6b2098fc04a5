#include "report/aftermath.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "report/budget.h"
#include "report/fields.h"
#include "report/when.h"

// -------- one step that failed

static const char *status_hint(int64_t status)
{
    switch (status) {
    case 126:
        return " (the program cannot be executed)";
    case 127:
        return " (the program was not found)";
    case 255:
        return " (often: ssh could not connect)";
    default:
        return "";
    }
}

static struct str status_words(struct value result, struct arena *a)
{
    struct str signal = text_of(result, "signal");
    int64_t status = int_of(result, "exit", -1);
    int64_t http = int_of(result, "status", -1);

    if (signal.n)
        return str_format(a, "ended by signal %.*s", STR_ARG(signal));
    if (status > 0)
        return str_format(a, "exit status %lld%s", (long long)status, status_hint(status));
    if (http >= 0)
        return str_format(a, "HTTP status %lld", (long long)http);
    return STR("");
}

// The message of an action often says its status in words of its own.
static bool is_said(struct str message, struct value result, struct arena *a)
{
    int64_t status = int_of(result, "exit", int_of(result, "status", -1));
    struct str number = str_format(a, "%lld", (long long)status);
    struct str signal = text_of(result, "signal");

    return str_search(message, number) != SIZE_MAX ||
           (signal.n && str_search(message, signal) != SIZE_MAX);
}

struct str aftermath_words(const struct story *s, struct arena *a)
{
    struct str status = status_words(s->result, a);

    if (!s->message.n)
        return status.n ? status : s->state;
    if (!status.n)
        return s->message;
    if (is_said(s->message, s->result, a))
        return str_format(a, "%.*s%s", STR_ARG(s->message),
                          status_hint(int_of(s->result, "exit", -1)));
    return str_format(a, "%.*s: %.*s", STR_ARG(status), STR_ARG(s->message));
}

static void add_output(const struct story *s, struct page *p)
{
    struct str lines[TAIL_LINES];
    size_t n = tail_lines(&s->tail, lines);

    for (size_t i = 0; i < n; i++)
        page_text(p, page_bar(p), INK_PLAIN, lines[i]);
}

void aftermath_story(const struct story *s, struct page *p)
{
    const struct sign *m = sign_of(s->state);
    struct str words = aftermath_words(s, p->arena);

    page_head(p, m->ink, "%s %.*s: %.*s%s%.*s", sign_shown(m, p->look), STR_ARG(s->id),
              STR_ARG(s->state), s->name.n ? " - " : "", STR_ARG(s->name));
    if (s->command.n)
        page_lead(p, "  $ ", INK_PLAIN, s->command);
    add_output(s, p);
    if (words.n && !str_equal(words, s->state))
        page_text(p, "  ", m->ink, words);
    if (s->picture.n)
        page_text(p, "    ", INK_PLAIN, s->picture);
    if (s->polled && !s->picture.n && s->poll_picture->n)
        page_text(p, "    ", INK_PLAIN, buf_str(s->poll_picture));
    if (s->attempts > 1)
        page_head(p, INK_DIM, "  after %zu attempts", s->attempts);
    if (s->help.n)
        page_lead(p, "  help: ", INK_PLAIN, s->help);
}

// -------- lists of the end

// "id" or {id, name, message, ...}.
static struct str id_in(struct value item)
{
    struct str id = item.kind == VALUE_STRING ? item.s : text_of(item, "id");

    return id.n ? id : text_of(item, "step");
}

static struct str words_in(const struct history *h, struct value item)
{
    static const char *const keys[] = { "message", "reason", "text", "name", "command" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_of(item, keys[i]).n)
            return text_of(item, keys[i]);
    const struct story *s = history_story(h, id_in(item));
    return !s ? STR("") : s->reason.n ? s->reason : s->name;
}

static size_t widest(struct value list)
{
    size_t n = 0;

    for (size_t i = 0; i < value_size(list); i++) {
        size_t length = utf8_length(id_in(value_item(list, i)));
        n = length > n && length <= 24 ? length : n;
    }
    return n;
}

static void add_list(const struct history *h, const char *key, const char *head, enum ink color,
                     struct page *p)
{
    struct value list = value_of(h->end, key);

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    page_blank(p);
    page_head(p, color, "%s", head);
    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i);
        page_item(p, id_in(item), widest(list), INK_PLAIN, words_in(h, item));
    }
}

// Steps that [is] is true of, under a heading, with words of theirs.
static void add_stories(const struct history *h, bool (*is)(const struct story *s),
                        struct str (*words)(const struct story *s), const char *head,
                        enum ink color, struct page *p)
{
    size_t wide = 0, n = 0;

    for (size_t i = 0; i < h->story_count; i++) {
        size_t length = utf8_length(h->stories[i]->id);
        if (is(h->stories[i]) && length > wide && length <= 24)
            wide = length;
    }
    for (size_t i = 0; i < h->story_count; i++) {
        if (!is(h->stories[i]))
            continue;
        if (!n++) {
            page_blank(p);
            page_head(p, INK_BOLD, "%s", head);
        }
        page_item(p, h->stories[i]->id, wide, color, words(h->stories[i]));
    }
}

static bool was_not_run(const struct story *s)
{
    return s->planned && !s->is_hook &&
           (str_is(s->state, "pending") || str_is(s->state, "blocked"));
}

static struct str name_of(const struct story *s)
{
    return s->name;
}

static void add_not_run(const struct history *h, struct page *p)
{
    if (value_of(h->end, "not_run").kind == VALUE_LIST)
        add_list(h, "not_run", "Not run:", INK_BOLD, p);
    else
        add_stories(h, was_not_run, name_of, "Not run:", INK_PLAIN, p);
}

static bool had_effect(const struct story *s)
{
    return s->started_ns && !str_is(s->state, "skipped") && !str_is(s->state, "satisfied") &&
           !str_is(s->undo_state, "undone");
}

static bool leaves_something(const struct story *s)
{
    return s->leaves.n && had_effect(s);
}

static struct str what_it_leaves(const struct story *s)
{
    return s->leaves;
}

static void add_world(const struct history *h, struct page *p)
{
    add_stories(h, leaves_something, what_it_leaves, "As things stand:", INK_WARN, p);
}

// -------- what to type

static bool is_resumable(int code)
{
    return code != 0 && code != 9 && (code < 2 || code > 4) && code != 7;
}

static bool anything_to_undo(const struct history *h)
{
    for (size_t i = 0; i < h->story_count; i++)
        if (!h->stories[i]->is_hook && had_effect(h->stories[i]))
            return true;
    return false;
}

struct suggestion {
    struct page *p;
    const struct history *h;
    struct str flags;
};

static void suggest(struct suggestion *s, const char *command, struct str rest, const char *why)
{
    struct str line = str_format(s->p->arena, "runbook %s %.*s%.*s%.*s", command,
                                 STR_ARG(s->h->run), STR_ARG(rest), STR_ARG(s->flags));

    page_item(s->p, line, 22, INK_DIM, str_from(why));
}

static void suggest_marks(struct suggestion *s)
{
    struct arena *a = s->p->arena;

    for (size_t i = 0; i < s->h->story_count; i++) {
        const struct story *t = s->h->stories[i];
        if (!str_is(t->state, "unknown") || t->group)
            continue;
        suggest(s, "resume", str_format(a, " --mark %.*s=done", STR_ARG(t->id)),
                "it took effect: go on");
        suggest(s, "resume", str_format(a, " --mark %.*s=failed", STR_ARG(t->id)),
                "it did not: try it again");
    }
}

static void suggest_votes(struct suggestion *s)
{
    const struct asked *q = history_open_question(s->h);

    if (!q)
        return;
    struct str step = str_is(q->step, "run") ? STR("")
                                             : str_format(s->p->arena, " %.*s", STR_ARG(q->step));
    if (str_is(q->kind, "approve")) {
        suggest(s, "approve", step, "say yes, from anywhere");
        suggest(s, "reject", step, "say no");
    }
}

void aftermath_commands(const struct history *h, struct str flags, struct page *p)
{
    struct suggestion s = { p, h, flags };
    bool unknown = h->exit == 11 && history_in_state(h, "unknown");

    page_blank(p);
    page_head(p, INK_BOLD, "What you can do:");
    if (h->suspended || h->exit == 6)
        suggest_votes(&s);
    if (unknown)
        suggest_marks(&s);
    else if (h->suspended || is_resumable(h->exit))
        suggest(&s, "resume", STR(""),
                h->undoing ? "go on undoing" : "go on from where it stopped");
    if (h->exit != 9 && !unknown && anything_to_undo(h))
        suggest(&s, "undo", STR(""), "take back what was done");
    suggest(&s, "report", STR(""), "the incident report");
    if (h->suspended || is_resumable(h->exit))
        suggest(&s, "abort", STR(""), "end it for good, free its locks");
}

// -------- people

static int64_t after_ms(struct value contact)
{
    struct value after = value_of(contact, "after");
    int64_t ns = 0;

    if (after.kind == VALUE_STRING)
        return duration_parse(after.s, &ns) ? ns / 1000000 : 0;
    if (after.kind == VALUE_DURATION)
        return after.i / 1000000;
    return int_of(contact, "after_ms", 0);
}

static void add_contact(struct value contact, struct buf *out)
{
    static const char *const keys[] = { "name", "phone", "email", "link" };

    if (out->n)
        buf_add_s(out, "; ");
    buf_add(out, text_of(contact, "role"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_of(contact, keys[i]).n)
            buf_format(out, "%s%.*s", i || out->n ? ", " : "", STR_ARG(text_of(contact, keys[i])));
}

struct str aftermath_contact(const struct history *h, int64_t elapsed_ms, struct arena *a)
{
    struct value contacts = value_of(h->start, "contacts");
    struct buf b = BUF_EMPTY;
    int64_t turn = -1;

    for (size_t i = 0; contacts.kind == VALUE_LIST && i < value_size(contacts); i++) {
        int64_t after = after_ms(value_item(contacts, i));
        if (after <= elapsed_ms && after > turn)
            turn = after;
    }
    for (size_t i = 0; contacts.kind == VALUE_LIST && i < value_size(contacts); i++)
        if (after_ms(value_item(contacts, i)) == turn)
            add_contact(value_item(contacts, i), &b);
    return buf_take(&b, a);
}

// -------- the whole

static bool is_bad_end(const struct history *h)
{
    return h->exit != 0 && h->exit != 6;
}

static void add_failures(const struct history *h, struct page *p)
{
    const struct story *culprit = history_culprit(h);

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        bool failed = str_is(s->state, "failed") || str_is(s->state, "unknown") ||
                      (history_is_judged(s) && !s->poll_ok);
        if (s->is_hook || (s->group && s != culprit) || !(failed || s == culprit))
            continue;
        page_blank(p);
        aftermath_story(s, p);
    }
}

static void add_undo(const struct history *h, struct page *p)
{
    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (!s->undo_state.n || str_is(s->undo_state, "undone"))
            continue;
        const struct sign *m = sign_of(STR("undo_failed"));
        page_blank(p);
        page_head(p, m->ink, "%s undo of %.*s: %.*s", sign_shown(m, p->look), STR_ARG(s->id),
                  STR_ARG(s->undo_state));
        if (s->undo_message.n)
            page_text(p, "  ", INK_PLAIN, s->undo_message);
    }
}

static void add_left(const struct history *h, struct page *p)
{
    struct value list = value_of(h->end, "left");

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    page_blank(p);
    page_head(p, INK_BOLD, "Still running:");
    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i);
        int64_t n = int_of(item, "pid", 0);
        struct str pid = n ? str_format(p->arena, "pid %lld", (long long)n)
                           : str_format(p->arena, "pid %.*s", STR_ARG(text_of(item, "pid")));
        page_item(p, pid, 10, INK_PLAIN, text_of(item, "command"));
    }
}

static void add_budget(const struct history *h, struct page *p)
{
    struct measured frames[BUDGET_FRAMES];
    bool first = true;

    budget_measure(h, frames);
    for (size_t i = 0; i < BUDGET_FRAMES; i++) {
        const struct measured *m = &frames[i];
        if (!m->promised_ms || !m->took_ms)
            continue;
        if (first)
            page_blank(p);
        first = false;
        struct str took = span_text(m->took_ms, p->arena);
        struct str promised = span_text(m->promised_ms, p->arena);
        page_head(p, m->over ? INK_WARN : INK_DIM, "budget: %s %.*s of %.*s%s", m->name,
                  STR_ARG(took), STR_ARG(promised), m->over ? ", over" : "");
    }
}

static void add_notices(const struct history *h, struct page *p)
{
    struct value warnings = value_of(h->end, "warnings");
    bool first = true;

    for (size_t i = 0; warnings.kind == VALUE_LIST && i < value_size(warnings); i++) {
        struct value w = value_item(warnings, i);
        if (first)
            page_blank(p);
        first = false;
        page_lead(p, "warning: ", INK_WARN, w.kind == VALUE_STRING ? w.s : words_in(h, w));
    }
}

static const struct {
    int code;
    const char *words;
} endings[] = {
    { 0, "is done" },
    { 1, "failed" },
    { 5, "was declined" },
    { 6, "waits for a person" },
    { 8, "is done, but not verified" },
    { 9, "was undone" },
    { 10, "is not completely undone" },
    { 11, "stopped: it is not known whether a step took effect" },
    { 12, "stopped: its journal cannot be written" },
    { 70, "stopped: a bug of ours" },
    { 124, "reached its time limit" },
    { 129, "was stopped by a hang-up" },
    { 130, "was interrupted" },
    { 143, "was terminated" },
};

static const char *ending(int code)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (endings[i].code == code)
            return endings[i].words;
    return "ended";
}

static void add_headline(const struct history *h, struct page *p)
{
    struct str title = h->runbook.n ? h->runbook : STR("the run");
    struct str took = span_text(h->took_ms, p->arena);
    struct value verified = value_of(h->end, "verified");
    bool none = verified.kind == VALUE_STRING && str_is(verified.s, "none");
    bool held = verified.kind == VALUE_BOOL && verified.b;
    int code = h->exit < 0 && h->suspended ? 6 : h->exit;
    const struct sign *m = sign_of(code == 0   ? STR("succeeded")
                                   : code == 6 ? STR("waiting")
                                   : code == 9 ? STR("undone")
                                               : STR("failed"));

    page_blank(p);
    if (h->dry_run) {
        page_head(p, m->ink, "%s dry run of %.*s: nothing was run (exit code %d)",
                  sign_shown(m, p->look), STR_ARG(title), code);
        return;
    }
    page_head(p, m->ink, "%s %.*s%s %s%s in %.*s (run %.*s, exit code %d)", sign_shown(m, p->look),
              STR_ARG(title), h->drill ? " (DRILL)" : "", ending(code),
              code == 0 && held ? " and verified" : "", STR_ARG(took), STR_ARG(h->run), code);
    if (h->waiting_ms >= 1000)
        page_head(p, INK_DIM, "  of that, %.*s waiting for people",
                  STR_ARG(span_text(h->waiting_ms, p->arena)));
    if (code == 0 && none)
        page_head(p, INK_WARN, "  nothing verified it: the runbook has no `verify`");
}

static void add_calls(const struct history *h, struct page *p)
{
    struct str who = aftermath_contact(h, h->took_ms, p->arena);

    if (!who.n)
        return;
    page_blank(p);
    page_lead(p, "Call now: ", INK_BOLD, who);
}

void aftermath_write(const struct history *h, struct str flags, struct page *p)
{
    bool bad = is_bad_end(h);

    if (bad) {
        add_failures(h, p);
        add_undo(h, p);
        add_not_run(h, p);
        add_world(h, p);
    }
    add_list(h, "skipped", "Skipped by a person:", INK_BOLD, p);
    add_list(h, "cannot_undo", "Cannot be undone:", INK_BOLD, p);
    add_left(h, p);
    add_notices(h, p);
    add_budget(h, p);
    add_headline(h, p);
    if (h->dry_run)
        return;
    if (bad || h->suspended || h->exit == 6)
        aftermath_commands(h, flags, p);
    if (bad && h->exit != 9 && !h->drill)
        add_calls(h, p);
}
