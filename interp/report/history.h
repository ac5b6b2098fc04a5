// What a run has been so far, as its events tell it.
//
// The same for a run that is watched and for one that is read from its journal: the
// terminal, `show`, the report and the end of a run are all told from it. Fields that an
// event lacks stay empty. Everything is copied; the event may go. Texts are masked, and
// nothing else: they are made harmless where they are shown.

#pragma once

#include "exec/core/event.h"
#include "report/tail.h"

// What the last poll of a check came to.
struct poll {
    bool ok;
    struct buf *message, *picture;
    struct buf *seen;  // "result.stdout is "07"": the most telling value of it
    int64_t ns, next_ms, left_ms;  // -1: none
};

// What few steps have. Read through s->more, which is never NULL.
struct story_more {
    struct str help, picture, leaves;
    struct str by, reason;  // of a skip or a mark by a person
    struct str undo_state, undo_message;
    struct str irreversible;  // why it cannot be taken back
    struct str within;        // the group or `use` around it by which alone it is taken back
    struct str fate;          // of what ran when the run crashed, in words (report/fate.h)
    int64_t undo_started_ns;
    size_t undo_order;  // of the start of its undo, from 1
    struct value result, parts, left;
    struct value items;       // of a for_each: [{key, item}], or null where it is too long
    size_t item_count;        // 0: it is none, or its list was not made yet
    struct value later;       // [{path, kept}]: changed after the step, and put aside by this undo
};

// One step, check, undo or hook that was spoken of, or that run.start announced.
struct story {
    struct str id, name, action, effects, command;
    struct str state;  // "pending" until something is known; "running" in an attempt
    struct str message;
    struct str undo;   // "undo", "none", "irreversible", "missing", "inside", "nothing"
    struct str phase;  // in which it was first spoken of
    struct str file;   // of its running attempt, beside the journal
    bool group, planned, continued, is_hook;
    bool rolled_back;   // it had gone well, and its transaction had not
    bool taken_back;    // it is in something that was undone as a whole, or undoes it
    bool before_undo;   // a check: what it saw was before an undo began, and need not be so any more
    bool has_terminal;  // `tty: true`: the terminal is its own while it runs
    size_t place;       // in the order of the file, as run.start has it; SIZE_MAX: behind all
    size_t attempts;
    int64_t started_ns, ended_ns, took_ms;  // took_ms -1 until it ended
    int64_t seen_ms;   // boot time of its last sign of life, for who watches
    int64_t begun_ms;  // boot time of the start of the attempt
    int64_t retry_ns;  // when the next attempt is due; 0: none
    struct tail tail;
    struct poll *poll;  // NULL: it is no check, or was not polled yet
    const struct story_more *more;
};

// A question and what became of it; or what a person said of an outcome unasked (kind "mark").
struct asked {
    struct str step, kind, message, danger, answer, by, how, text, reason, evidence;
    int64_t asked_ns, answered_ns;
    struct str ballots;  // who voted what, where that is more than `by` and `reason` say
    bool open;
    struct value data;  // of confirm.ask: digest, from, needed, ... of an approval
    struct str votes;   // "yes", "no": they are in, and the run did not hear of it yet; told by
                        // who looked
};

// One line of the timeline.
struct moment {
    int64_t ns;
    const char *what;  // the type of the event: "step.end"
    struct str step;
    struct str words;
    bool bad;
};

// A problem that is none of a step: a hook, a warning, a diagnostic.
struct notice {
    int64_t ns;
    struct str level, words, help;
    struct str said;  // by a hook that failed, in the end: lines, as they were printed
    bool said_more;   // before that
    bool is_hook;
};

// Whom a run that was suspended did not come to tell that it waits.
struct call_left {
    struct str step, who;  // the question; "dba (Ada)"
    struct value contact;
    int64_t at_ns;
    bool told;  // since then, by a worker
};

struct history {
    struct arena *arena;
    struct str run, runbook, title, file, digest, mode, user, host, severity;
    struct str phase;      // now, or the last
    struct str place;      // where the files of this session are (store_place())
    struct str undo_step;  // this session takes back this step alone; "" if not
    struct str worker;     // that goes on with it in this session; "" if a person does
    struct str left_on;    // the host where nobody stays with it: --detach was said; or ""
    int64_t phase_ns;      // when it began
    bool drill, dry_run, over, suspended, resumed, undoing;
    bool crashed;       // told by who looked: it is not over, and nobody has it any more
    struct str result;  // "ok", "failed", ...
    int exit;           // -1 until it is over
    struct str stands;  // what the run came to before a session that took one step back, and
    int stands_exit;    // leaves it so; "" if it had crashed
    bool part_undone;   // the last session was one, and that step is undone
    bool has_fresh;     // a check has ended since the last undo began
    int64_t started_ns, last_ns, ended_ns, took_ms, waiting_ms;
    int64_t session_ns;  // when the last session began
    size_t sessions;
    struct value start, end, waiting;  // the data of run.start, run.end; run.suspend's list

    struct story **stories;  // in the order of the file; what has no place in it, as it came
    size_t story_count;
    struct story *printed_last;  // of those that ended well
    size_t undo_count;           // undos begun
    struct asked **questions;
    size_t question_count;
    struct moment *moments;  // only with [keep_moments]
    size_t moment_count;
    struct notice *notices;
    size_t notice_count;
    bool keep_moments;
    struct call_left *calls;  // of the last suspend
    size_t call_count;

    struct str locks_waited, lock_holder;  // of the last lock.wait
    bool has_locks;                        // some were taken

    // inner
    struct map *by_id;
    struct map *words;  // struct str: that many steps have
    struct map *places;  // size_t, of steps that are not planned: of `rescue` and `always`
    size_t story_room, question_room, moment_room, notice_room;
    int64_t now_ms;  // boot time, told by who watches; 0 when reading
};

struct history *history_new(struct arena *a);
// [line]: the event as JSON, which names the run; may be empty.
void history_apply(struct history *h, const struct event *e, struct str line);
// What was read is watched from now on ([now_ms]: boot time): since when that which runs, runs.
void history_watch(struct history *h, int64_t now_ms, int64_t wall_ns);
// Output as it comes; step.output events give it too when a journal is read.
void history_output(struct history *h, struct str step, struct str bytes);

const struct story *history_story(const struct history *h, struct str id);  // or NULL
// Steps (no hooks, no groups) in [state]; the count.
size_t history_in_state(const struct history *h, const char *state);
// It was started and not taken back.
bool history_had_effect(const struct story *s);
// Its `leaves` is true of the world now. It is written for the step's failure and for those behind
// it: of a run that went well, of what was undone and of what is inside of something whose undo
// did not succeed it says nothing.
bool history_leaves(const struct history *h, const struct story *s);
// It was aborted, and what this step did was not taken back: nothing of the run will do that now.
bool history_stays(const struct history *h, const struct story *s);
// Why it is there still at the end of a run that was undone or aborted: "undo_failed", "unknown",
// "none", "irreversible", "missing" (it has no undo), "by_hand" (a person did it, and nothing says
// how it is taken back), "not_begun"; NULL when it is not.
const char *history_why_there(const struct history *h, const struct story *s);
// The run was undone, and this is there still because a person did it.
bool history_done_by_hand(const struct history *h, const struct story *s);
// The run began to undo, and did not come to it: a signal, or a no.
bool history_not_undone(const struct history *h, const struct story *s);
// A secret input has to be given again by who goes on with it: it is kept nowhere.
bool history_wants_secrets(const struct history *h);
// What became of its undo, as people are told: "being undone", "undone", ...; "" if none began.
struct str history_undo_words(const struct history *h, const struct story *s);
// Why it cannot be undone, behind its name.
struct str history_no_way_back(const struct story *s, struct arena *a);
// What it came to, as people are told who read it later: "held before the undo".
struct str history_state_words(const struct story *s);
// A check of `verify` or `undone`: the run is judged by it.
bool history_is_judged(const struct story *s);
// The one whose failure stopped the run: the last that failed, was cancelled or is
// unknown and was neither continued nor rescued. NULL if there is none.
const struct story *history_culprit(const struct history *h);
// What was asked and answered, in words where nobody wrote any: "run this step?".
struct str history_question(const struct asked *q);
struct str history_answer(const struct asked *q);
// The question about the step [id] whose last answer was a no, or none; NULL if there is none.
const struct asked *history_refusal(const struct history *h, struct str id);
// Without what an item of a checklist is told apart by from the check that answers it.
struct str history_shown_id(struct str id);
const struct asked *history_open_question(const struct history *h);
// Nobody has told them, and there still is something to tell.
bool history_is_left(const struct history *h, const struct call_left *c);
// "dba (Ada)", of a contact as events have it.
struct str history_contact(struct history *h, struct value contact);
// The time of the run, as it is told: "7.2 s", or "7.2 s in 2 sessions".
struct str history_took(const struct history *h, struct arena *a);
