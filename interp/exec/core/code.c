#include "exec/core/code.h"

#include <stddef.h>

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
