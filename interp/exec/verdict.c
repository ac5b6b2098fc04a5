// Which exit code wins (execution.md section 4).

#include "exec/core.h"
#include "exec/driver.h"

struct tally {
    bool unknown, undo_unknown, undo_failed, declined, failed, excused, skipped_by_person;
};

// The run went on after it: by its own word, or by that of something around it.
static bool is_excused(const struct task *t)
{
    for (; t; t = t->in->owner)
        if (t->continued || t->state == STATE_RESCUED)
            return true;
    return false;
}

static struct tally count(const struct run *r)
{
    struct tally n = { 0 };

    for (size_t i = 0; i < run_task_count(r); i++) {
        const struct task *t = run_task_at(r, i);
        bool undo_body = t->phase == PHASE_UNDO || t->aside;
        bool bad = t->ended && (t->state == STATE_FAILED || t->state == STATE_CANCELLED);
        n.undo_unknown |= t->undo_state == UNDO_UNKNOWN;
        n.undo_failed |= t->undo_state == UNDO_FAILED;
        if (undo_body)
            continue;
        n.unknown |= t->ended && t->state == STATE_UNKNOWN;
        bool always = t->in->kind == SERIES_ALWAYS;
        bool excused = !always && is_excused(t);
        n.declined |= bad && t->declined && !excused;
        n.failed |= bad && (always || (!t->declined && !excused && t->in->kind != SERIES_RESCUE));
        n.excused |= (bad && excused) || t->state == STATE_RESCUED;
        n.skipped_by_person |= t->by_person;
    }
    return n;
}

static bool undone_completely(const struct run *r)
{
    return r->undo_phase_done && !r->undone_failed && !r->cannot_undo;
}

int run_code(const struct run *r)
{
    struct tally n = count(r);

    if ((n.unknown && !undone_completely(r)) || n.undo_unknown)
        return CODE_UNKNOWN;
    if (n.undo_failed || r->undone_failed || r->cannot_undo)
        return CODE_UNDO_INCOMPLETE;
    if (r->interrupted)
        return r->interrupted;
    if (undone_completely(r))
        return CODE_UNDONE;
    if (n.declined || r->declined_before)
        return CODE_DECLINED;
    if (n.failed || r->always_failed)
        return CODE_FAILED;
    if (r->unverified || ((n.excused || n.skipped_by_person) && !r->verified))
        return CODE_UNVERIFIED;
    return CODE_OK;
}

static const struct {
    int code;
    const char *word, *sentence;
} codes[] = {
    { CODE_OK, "ok", "done, and verified where there is a verify" },
    { CODE_FAILED, "failed", "a step failed; nothing was undone" },
    { CODE_USAGE, "usage", "the command line is not right; nothing was changed" },
    { CODE_INVALID, "invalid", "the runbook or an input is not valid; nothing was changed" },
    { CODE_PREFLIGHT, "preflight", "something the run needs is missing; nothing was changed" },
    { CODE_DECLINED, "declined", "a person said no, nobody answered, or there is nobody to ask" },
    { CODE_SUSPENDED, "suspended", "waits for a person; the process ended on purpose" },
    { CODE_LOCKED, "locked", "another run holds the lock; nothing was changed" },
    { CODE_UNVERIFIED, "unverified",
      "the steps are done, the verification is not good or was not made" },
    { CODE_UNDONE, "undone",
      "a run undid everything (`on_failure: undo`, or asked); `runbook undo` itself ends with 0" },
    { CODE_UNDO_INCOMPLETE, "undo_incomplete",
      "an undo failed or there is none, or the world after it is not as it should be" },
    { CODE_UNKNOWN, "unknown", "it is not known whether a step took effect; a person must say" },
    { CODE_STORE, "store", "the journal cannot be written or read; nothing further was started" },
    { CODE_INTERNAL, "internal", "a bug of ours" },
    { CODE_TIMEOUT, "timeout", "the run's own limit was reached" },
    { 129, "signal", "ended by HUP; resumable" },
    { 130, "signal", "ended by INT; resumable" },
    { 131, "signal", "ended by QUIT; resumable" },
    { 143, "signal", "ended by TERM; resumable" },
};

const char *code_word(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code)
            return codes[i].word;
    return "internal";
}

const char *code_sentence(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code)
            return codes[i].sentence;
    return "";
}
