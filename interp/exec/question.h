// Something only a person can answer.
//
// Whoever has a person (a terminal, the flags of the command line, an approval given
// from elsewhere) is asked through a struct asker. No answer is ever a yes: end of
// input, hang-up, a time that ran out are ANSWER_NONE, which counts as a no.

#pragma once

#include "loop/loop.h"
#include "value/value.h"

enum question_kind {
    QUESTION_CHECKLIST,  // an item of the checklist: attest it, or not
    QUESTION_CONFIRM,
    QUESTION_APPROVE,    // answered from elsewhere; a terminal shows that it waits
    QUESTION_MANUAL,     // done, failed or not applicable
    QUESTION_PROMPT,     // a value
    QUESTION_FAILURE,    // on_failure: ask
    QUESTION_WALK,       // --mode manual, before each step
    QUESTION_UNDO,       // undo has come to an irreversible step: go on with the earlier ones?
};

enum answer_kind {
    ANSWER_NONE,   // nobody answered
    ANSWER_NO,
    ANSWER_YES,    // confirm, approve, checklist, undo; manual: done
    ANSWER_FAILED, // manual
    ANSWER_NA,     // manual: not applicable
    ANSWER_VALUE,  // prompt
    ANSWER_RETRY,  // failure
    ANSWER_SKIP,   // failure, walk; with a reason
    ANSWER_STOP,   // failure, walk
    ANSWER_UNDO,   // failure, walk: undo everything
    ANSWER_RUN,    // walk
    ANSWER_RUN_ALL,  // walk: this and all that remain, without asking
    ANSWER_SUSPEND,  // --detach: nobody is here; end with 6 and wait
};

struct answer {
    enum answer_kind kind;
    struct str text;    // phrase typed, value, note or reason
    struct str by;      // who: the operating system user, "flag", a database role
    struct str how;     // "terminal", "flag", "approve"
    struct str evidence;
};

struct person_to_call {  // escalation: whose turn it is while nobody answers
    struct str role, name, phone, email, link;
    int64_t after_ms;
    bool called;  // the hooks of it were told, in this session or before
};

struct fact {
    const char *label;
    struct str text;
};

struct question {
    enum question_kind kind;
    struct str id;         // address, "run", "caller.run", "checklist_1", "caller.checklist_1"
    struct str title;      // the step's name
    struct str message;
    int danger;            // enum danger; confirm
    struct str phrase;     // severe: the exact words
    struct str details;    // what exactly will run, masked, several lines
    struct str destroys;   // what it destroys, or empty
    struct str undo;       // how it can be undone, or why not
    bool for_good;         // it cannot be undone
    struct str leaves;     // the state of the world after it, or empty
    struct str on_no;      // what happens on no
    struct str so_far;     // what was skipped or failed so far; lines; may be empty
    struct str output;     // failure, walk: the last lines of output
    const struct str *show;     // lines to show
    size_t show_count;
    const struct str *choices;  // prompt
    size_t choice_count;
    int input_type;             // prompt: enum input_type; 0: text
    struct str dir;             // prompt: where a path is looked for; empty: it is not
    struct str fallback;        // prompt: the default; has_fallback
    bool has_fallback;
    const struct str *shown_choices;  // with secrets masked; NULL: as they are
    struct str shown_fallback;
    bool hidden;                // prompt: the answer is a secret and is not shown
    const struct str *items;    // manual: its checklist
    size_t item_count;
    bool reason_required, evidence_wanted, evidence_is_file;
    bool may_retry, may_skip, may_undo;  // failure, walk
    bool declined;         // failure: it was not run, because of a no
    int64_t asked_ms, timeout_ms;        // boot time; 0: none
    int64_t open_ns;                     // wall clock: since when, also in earlier sessions
    struct str digest;                   // what an approval is bound to
    size_t votes, votes_needed;
    const struct str *from;              // approve: who may; empty: anybody
    size_t from_count;
    bool not_requester;
    struct str requester;                // who started the run
    size_t refusals;                     // how often it was refused before
    struct str reach;                    // approve: flags with which a vote reaches the run
    struct str until;                    // when its time is up, RFC 3339, or empty
    struct person_to_call *people;
    size_t people_count;
    const struct fact *facts;  // walk: what else is known of the step
    size_t fact_count;
    // walk: asks the checks of `verify` once and gives lines to show; NULL where there are none.
    void (*check_now)(struct question *q, void (*then)(void *arg, struct str lines), void *arg);

    // To be called once, with an answer that outlives the call or is copied.
    void (*answer)(struct question *q, const struct answer *a);
    void *owner;
    void *about;  // of who asks: for check_now
};

struct asker {
    // Begins to ask. One question at a time is asked.
    void (*ask)(struct asker *k, struct question *q);
    // It was answered otherwise or is not wanted any more; answer() must not follow.
    void (*withdraw)(struct asker *k, struct question *q);
    bool has_terminal;
    void *ctx;
};
