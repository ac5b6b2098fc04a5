// The line that says what a run came to.

#include "base/arena.h"
#include "report/aftermath_inside.h"
#include "value/fields.h"
#include "value/when.h"

// By the result, else by the exit code: `undo` of everything ends with 0 and was undone.
// [after]: it came after that time, and did not fill it.
static const struct {
    const char *result;
    int code;
    const char *state, *words;
    bool after;
} endings[] = {
    { "undone", 9, "undone", "was undone" },
    { "aborted", -1, "skipped", "was aborted" },
    { "ok", 0, "succeeded", "is done" },
    { "failed", 1, "failed", "failed" },
    { "usage", 2, "failed", "did not begin", true },
    { "invalid", 3, "failed", "did not begin", true },
    { "preflight", 4, "failed", "did not begin", true },
    { "locked", 7, "failed", "did not begin", true },
    { "declined", 5, "failed", "was declined" },
    { "suspended", 6, "waiting", "waits for a person", true },
    { "unverified", 8, "failed", "is done, but not verified" },
    { "undo_incomplete", 10, "failed", "is not completely undone" },
    { "unknown", 11, "unknown", "stopped: it is not known whether a step took effect", true },
    { "store", 12, "failed", "stopped: its journal cannot be written", true },
    { "internal", 70, "failed", "stopped: a bug of ours", true },
    { "timeout", 124, "failed", "reached its time limit", true },
    { "", 129, "cancelled", "was stopped by a hang-up", true },
    { "", 130, "cancelled", "was interrupted", true },
    { "", 131, "cancelled", "was stopped at once", true },
    { "", 143, "cancelled", "was terminated", true },
    { "", -1, "failed", "ended" },
};

static size_t ending_of(const struct history *h)
{
    size_t i = 0;

    while (i + 1 < sizeof endings / sizeof *endings &&
           !(h->result.n && str_is(h->result, endings[i].result)) && h->exit != endings[i].code)
        i++;
    return i;
}

// Nothing but checks was run, as of a runbook of type `check`, and one is false.
static bool only_looked(const struct history *h)
{
    bool false_one = false;

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (s->started_ns && !s->is_hook && !s->poll)
            return false;
        false_one |= s->poll && !s->poll->ok;
    }
    return false_one && h->exit == 8;
}

// Of a session about one step it is that session's; else the run's.
static struct str time_words(const struct history *h, bool after, struct arena *a)
{
    struct str took = history_took(h, a);

    if (h->undo_step.n && h->ended_ns >= h->session_ns)
        took = span_text((h->ended_ns - h->session_ns) / 1000000, a);
    return str_format(a, "%s %.*s", after ? ", after" : " in", STR_ARG(took));
}

void aftermath_headline(const struct history *h, struct page *p)
{
    size_t end = ending_of(h);
    struct str title = h->runbook.n ? h->runbook : STR("the run");
    struct str took = time_words(h, endings[end].after, p->arena);
    struct value verified = value_of(h->end, "verified");
    bool good = str_is(str_from(endings[end].result), "ok");
    bool held = good && verified.kind == VALUE_BOOL && verified.b;
    const struct sign *m = sign_of(str_from(endings[end].state));

    page_blank(p);
    if (h->dry_run) {
        page_head(p, m->ink, "%s dry run of %.*s: %s (exit code %d)", sign_shown(m, p->look),
                  STR_ARG(title),
                  truth_of(h->start, "probe") ? "only checks and steps that just read were run"
                                              : "nothing was run",
                  h->exit);
        return;
    }
    if (h->undo_step.n && good && !value_size(value_of(h->end, "undone"))) {
        page_head(p, INK_WARN, "there was nothing to take back of %.*s of %.*s (run %.*s)",
                  STR_ARG(h->undo_step), STR_ARG(title), STR_ARG(h->run));
        return;
    }
    if (h->undo_step.n && good) {
        page_head(p, m->ink, "%s %.*s of %.*s is undone%.*s (run %.*s, exit code %d)",
                  sign_shown(m, p->look), STR_ARG(h->undo_step), STR_ARG(title), STR_ARG(took),
                  STR_ARG(h->run), h->exit);
        return;
    }
    page_head(p, m->ink, "%s %.*s%s %s%s%.*s (run %.*s, exit code %d)", sign_shown(m, p->look),
              STR_ARG(title), h->drill ? " (DRILL)" : "",
              only_looked(h) ? "does not hold" : endings[end].words, held ? " and verified" : "",
              STR_ARG(took), STR_ARG(h->run), h->exit);
    if (h->waiting_ms >= 1000)
        page_head(p, INK_DIM, "  of that, %.*s waiting for people",
                  STR_ARG(span_text(h->waiting_ms, p->arena)));
    if ((good || h->exit == 8) && verified.kind == VALUE_STRING)
        page_head(p, INK_WARN, "  nothing verified it: the runbook has no `verify`%s",
                  value_size(value_of(h->end, "skipped")) ? ", and steps were skipped by a person"
                                                          : "");
}
