// The inside of the driver, for the files that make it up.
//
// A session
//   session.c   what each has: a driver, a store, a keeper, the data
//   start.c     run: what comes before the first turn; required.c, preflight.c, locks.c, skips.c,
//               needed.c and flags_wrong.c say why it may not come to that
//   resume.c    resume, undo, abort: the same. restore.c makes again what the run was made of,
//               replay.c applies the journal, reader.c reads it; mark.c, settle.c, alive.c and
//               doubts.c: what became of what was under way; abandon.c: it ends for good
//   driver.c    one turn: orders carried out, commits, the end
//   end.c       what it came to
//   signals.c   signals and the run's own timeout; lookout.c hears them before there is a run
// What happens
//   emit.c      events: made, journalled, applied, shown; announce.c and way_back.c: the first
//   commit.c    when they are durable, and who waits for that; patience.c: longer than is usual
//   kept.c      the plan that is kept with the run; lasting.c and kinds.c: values that outlive it
// Steps
//   walk.c      one task from its `if` to its end; walk.h lists who else is in that
//   ahead.c     intents written before there is room for the step
//   act.c       attempts: an action started, its output kept, its outcome; programs.c: what ran
//   lost.c      what may live of attempts that nobody keeps any more
//   phases.c    checklist, verify, undone, and the undo of one step after the other (undo_step.c);
//               half_done.c: what a step that was stopped leaves
//   aside.c     tasks that are not steps of the run: `use` in checks, hooks
//   hooks.c     hooks: told, timed, tried again
// Looks
//   check.c     the checks of one place; poll.c: one of them, asked until it holds
//   view.c      what expressions see; view_steps.c: `steps`; view_parts.c: why something is not
//               there
//   frame.c     what a runbook is given (frame.h); environ.c, surroundings.c: where a step stands
//   rows.c      the items of a list, of steps and of checks
// People
//   ask.c       questions, one at a time; question_told.c: told to the journal
//   question.c  what every question has before it is asked
//   flags.c     what the flags of the command line answer
//   votes.c     what the votes on an approval come to
//   escalation.c  who is told that a question waits

#pragma once

#include "exec/act.h"
#include "exec/aside.h"
#include "exec/ask.h"
#include "exec/check.h"
#include "exec/commit.h"
#include "exec/core/run.h"
#include "exec/driver.h"
#include "exec/lost.h"
#include "exec/signals.h"
#include "exec/view.h"

struct driver;
struct walk;
struct checking;

bool locks_find(struct driver *d);
int locks_take(struct driver *d);  // 0, or an exit code
int locks_hold(struct driver *d);  // the same: whether they are still held

// ---- the driver

// A step of which something may live, and the name of its attempt.
struct in_doubt {
    struct str address, file;
};
// What earlier sessions left to this one (replay.c).
struct earlier {
    bool read;                  // their events have been applied
    bool replay_failed;
    int64_t sessions;           // resumes so far
    int64_t ms;                 // what they took
    int64_t began_ns, last_ns;  // of one whose end is not told (yet); else 0
    int64_t heard_ns;           // when their last event was, or 0
    struct map *answers;        // struct answer, by question id
    struct map *consents;       // struct consent, by question id: what counts of confirms, approvals
    struct map *open;           // struct open_since, by id: questions that a suspend left open
    struct map *called;         // who was told of them (escalation.c)
    struct map *refusals;       // size_t, by question id: approvals that were refused
    bool suspended;
    bool detached;              // it suspends again as it did, and nobody said --detach
    bool undone;                // `runbook undo` was at work
    struct str undo_step;       // `undo --step` of the last, or empty
    struct str state;           // of the row
    struct value alive;         // checks that could not be stopped at the end of the last
    struct in_doubt *in_doubt;  // see alive.c
    size_t in_doubt_count;
};
// Who said yes, when, and through what.
struct consent {
    struct str by, how;
    int64_t wall_ns;
};
// A question that stands open in the journal of earlier sessions.
struct open_since {
    int64_t wall_ns;     // 0: not any more
    struct value asked;  // as it was told when it was asked last
};

// Of the phases that are the driver's own (phases.c).
struct phases {
    int64_t ms[PHASE_ALWAYS + 1], began_ms;
    size_t next_item;        // of the checklist
    struct checking *check;  // of checklist, verify, undone
    struct question *question;
    struct view *view;
    bool cancelled;
};

struct driver {
    struct arena *arena;
    struct run_env *env;
    const struct run_options *options;
    struct loop *loop;
    struct store *store;
    struct journal *journal;     // NULL in a dry run
    const struct project *project;
    const struct program *program;
    struct run *run;
    struct session session;
    struct mask *mask;
    struct frame *frame;         // of the runbook that was started
    struct str cut;              // an abort: of which file a part is missing; nothing of any is run
    struct value given_secrets;  // of an earlier session: what its frame has to be given again
    struct str id, folder;
    struct value run_value;      // `run`, its fixed part
    struct diags *diags;
    struct asker *asker;
    struct str digest, title;
    struct str plan_file;        // the runbook's path
    struct run_row row;

    struct earlier earlier;
    struct commits commits;
    struct telling telling;
    struct phases phases;
    bool pump_scheduled, over, suspended;
    int code;
    struct str place;            // where the files are of the session that is replayed
    int64_t seq;                 // of a run without a journal
    bool store_failed, store_full;
    struct str why_store;

    struct act *acts;            // running
    struct lost *lost;           // what may live though nobody keeps it
    bool lost_told;              // that it is waited for
    struct task *undo_next;      // what waits for that
    struct walk *dead;           // ended; freed in the next turn
    struct asked *questions;     // asked first, and waiting behind it
    bool run_all;                // manual mode: no more questions
    int64_t names;               // of attempts, unique
    struct arena *turn;          // of the event that is being made
    struct map *programs;        // that steps run, see programs.c
    struct {
        const struct step *looked_at;  // the last
        bool is_fixed;
    } ahead;                     // see ahead.c

    int64_t started_boot_ms, started_wall_ns;
    struct {
        int64_t ms, since_ms;
        size_t now;              // questions that are open
    } waiting;                   // for people
    int signals, signal_code;
    struct timer *deadline;
    struct timer *sleep;
    int64_t sleep_ms;
    struct value at_end;         // run.result and so on, when they are known
    struct value inputs_kept;
    struct str warnings;
    struct {
        size_t running;
        bool done;
        void (*then)(struct driver *d);
    } hooks;
    struct {
        bool any;
        struct value failed;     // names of checks that did not hold
        struct str why_not;
    } verified;
    struct {
        struct buf lines;
        struct value list;
    } left;                      // processes that were left running
    struct {
        struct str *names;
        size_t count;
        struct value wait;       // what lock.wait says of the wait for them; VALUE_NULL: none
    } locks;

    int refused;                 // a code from before the first step: 3 or 4, 128 and a signal
    struct lookout *lookout;     // before there is a run; see lookout_for()
    struct diags before_lookout;
    bool quiet;                  // before there is a run: nothing is told
    struct {
        bool asked;              // `runbook undo`
        bool of_all;             // one of everything was begun
        struct value_builder *cannot;
    } undo;
    struct {
        bool owed;               // a suspend or a crash left it out, or a signal cut it off
        bool cut;                // the last is so
        bool failed;             // when it was last run; a resume tries it again
    } always;
    bool aborting;
    bool calling;                // a suspended run stays so, and its contacts are told
    struct str missing;          // abort: inputs and secrets that are not there any more, in words
    bool ended;
};

// Those that steps name, as they are when the run begins; those of an intent that is replayed.
void programs_note(struct driver *d);
void program_replayed(struct driver *d, const struct event *e, struct arena *scratch);
// Adds to an intent what the attempt is about to run, and says when it has changed.
void program_put(struct driver *d, const struct attempt *at, struct value_builder *b);
// Which files of the plan have changed on the disk since the run was started; of its first session.
void tell_files_changed_meanwhile(struct driver *d);

void say(struct driver *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Not behind the events that wait for the disk: to somebody who is there and has called.
void say_at_once(struct driver *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Something happened: look at the orders in this turn.
void pump(struct driver *d);
// Looks at them now, if somebody asked for that; to be called from the loop only.
void pump_ahead(struct driver *d);

struct frame *frame_of(struct space *s);
// Of what an event says of [t] as [field]: the names that are lost, or nothing.
struct value names_lost(const struct task *t, const char *field);
// Makes the frame of a `use` that is reached: [with] evaluated or as journalled. False with
// the reason.
bool use_frame(struct driver *d, struct task *use, struct value with, struct value now,
               struct str *why);
// After a resume: [why] is what each step in it says when it needs the frame.
void use_frame_broken(struct driver *d, struct task *use, struct str why);
// The environment and folder of a step: the frame's, the groups' around it, its own.
bool step_environment(struct driver *d, struct task *t, const struct step *s, struct space *space,
                      const struct scope *scope, struct arena *a, struct attempt *at,
                      struct expr_error *err);
struct str step_label(const struct step *s, const struct scope *scope, struct arena *a);
struct value now_value(void);
void remember_left(struct driver *d, struct str step, const struct outcome *o);
// Of [step], nothing is left any more.
void forget_left(struct driver *d, struct str step);

void aside_over(struct driver *d, struct task *t);
// The first open question has no answer any more; false when none is open.
bool ask_give_up(struct driver *d);
bool questions_all_wait(const struct driver *d);
// ask.c: there is somebody who can be asked at once.
static inline bool somebody_is_here(const struct driver *d)
{
    return d->asker->has_terminal && !d->options->no_input;
}
// phases.c
void carry_undo(struct driver *d, struct task *t);
void carry_undo_end(struct driver *d, struct task *t);
void know_the_end(struct driver *d);
int64_t run_took_ms(const struct driver *d);  // until now
struct value end_so_far(struct driver *d);
struct value names_of_undone(struct driver *d, enum undo_state state);
void carry_phase(struct driver *d, enum phase p);
void carry_phase_end(struct driver *d, enum phase p);
void commit_soon(struct driver *d);
void free_commits(struct driver *d);
void store_has_failed(struct driver *d, struct str why);
// start.c
void drive(struct driver *d);  // until it is over or suspended; d->code
void drain(struct driver *d);
// end.c
int end_run(struct driver *d);
// replay.c: the events of earlier sessions are applied to d->run, as [r] reads them, which ends
// with it.
struct reader;
enum store_error journal_replay(struct driver *d, struct reader *r);
// The same by one thread: while they are looked at for the first time (journal_look()), or once
// more.
enum store_error journal_replay_here(struct driver *d, bool look);
// How much output of the dangling attempts the journal has already: what is adopted has all of it.
bool journal_hear(struct driver *d);
