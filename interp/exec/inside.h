// The inside of the driver, for the files that make it up.
//
//   driver.c    one turn: orders carried out, commits, the end
//   session.c   what each session has: a driver, a store, a keeper, the data
//   start.c     run: what comes before the first turn
//   resume.c    resume, undo, abort: the same
//   emit.c      events: made, journalled, applied, shown
//   commit.c    when they are durable, and who waits for that
//   walk.c      one task from its `if` to its end; walk.h lists who else is in that
//   ahead.c     intents written before there is room for the step
//   act.c       attempts: an action started, its output kept, its outcome
//   check.c     checks that poll
//   ask.c       questions, one at a time
//   question.c  what every question has before it is asked
//   flags.c     what the flags of the command line answer
//   votes.c     what the votes on an approval come to
//   escalation.c  who is told that a question waits
//   view.c      what expressions see; view_steps.c: `steps`; view_parts.c: why something is not there
//   undoing.c   orders of the undo phase
//   aside.c     tasks that are not steps of the run: `use` in checks, hooks
//   hooks.c     hooks: told, timed, tried again
//   signals.c   signals and the run's own timeout

#pragma once

#include "exec/core/run.h"
#include "exec/driver.h"

struct driver;
struct walk;
struct checking;

// ---- what expressions see

struct view {
    struct scope scope;  // use view_scope(): ctx points back here
    struct driver *d;
    struct space *space;
    struct task *task;         // whose item and index are seen; may be NULL
    const struct value *result, *before;  // NULL: not there
    struct value result_lost, before_lost;  // names of what is not known any more, or nothing
    const struct step *checked;           // whose result it is, for messages
    struct value item, index;
    struct str item_name;      // of a check's own for_each; n == 0: none
    bool at_end;               // run.result, run.failed, run.undone, run.took are there
    struct value contact;
    struct value trigger_state;
};

// The scope of a view that stays where it is.
const struct scope *view_scope(struct view *v);
struct view view_of(struct driver *d, struct task *t);
// The names of a runbook and nothing of a step: frames, hooks, reports.
struct view view_of_space(struct driver *d, struct space *s);
// view_steps.c: `steps`, of the space that is its ctx.
extern const struct object_class view_steps_class;
// view_parts.c: values of which something is missing; who reads that is told why.
// Is [field] among the names that are lost, and what to say of it.
bool view_is_lost(struct value names, struct str field);
struct str view_why_lost(struct str field, const struct task *of, struct arena *a);
// [map], of [of], without the fields in [lost].
struct value view_known(struct value map, struct value lost, const struct task *of,
                        struct arena *a);
// Why [result] has no [field]; empty if that is no question of it.
struct str view_why_not(struct value result, struct str field, struct arena *a);
// A whole result, which lives as long as what is returned.
struct value view_result(struct arena *a, const struct value *result);

// ---- one task on its way

struct walk {
    struct driver *d;
    struct task *task;
    struct arena *arena;
    struct view view;
    struct act *act;           // of the action; of a transaction group: its connection
    struct act *reading;       // a read action of `before`
    struct checking *checking;
    struct asked *asked;
    struct question *question; // the last that was asked
    struct value before, result, outputs, now;
    struct str command;        // what will run, masked
    struct str message, help, picture;
    struct value parts;
    struct outcome outcome;
    struct timer *timer;       // timeout of a container
    int64_t limit;             // of a group: how many at a time, where that is computed; else 0
    int64_t began_ms, attempt_ms;
    size_t next_before;
    struct str by, reason;     // who skipped it
    bool declined;             // a person said no, or nobody answered
    bool known_failed;         // before anything was done, or by its `verify`: no retry
    bool cancelled, timed_out, interrupted;
    bool intent_pending;
    bool verifying;            // its action is done, and [checking] says whether it took effect
    bool deciding;             // a person is asked what a failure means
    bool intended;             // its intent was written ahead, with the name of the attempt
    bool intended_begun;       // ... and then there was room for it
    bool withdrawn;            // the task has ended: callbacks do nothing
    struct walk *next_dead;
    bool is_unknown;
    enum state final_state;    // a container's, decided before its `always`
    const char *then;          // ... and what it means for the run, where a person said so
};

void walk_begin(struct driver *d, struct task *t);
void walk_retry(struct driver *d, struct task *t);
void walk_finish(struct driver *d, struct task *t);  // a container: all in it has ended
void walk_settle(struct driver *d, struct task *t);
// The attempt of an earlier session that its outcome is asked of.
struct act *settle_act(struct walk *w);
void walk_block(struct driver *d, struct task *t);
// After a failure: whom a person is asked about, and who may not start any more, is not asked
// about any longer.
void walk_give_back_asked(struct driver *d);
// Signals and timeouts: TERM with grace, or at once.
void walk_cancel(struct walk *w, bool at_once, const char *why);
// Ends what is not a running action: rests, waits, polls, questions.
void walk_interrupt(struct walk *w);
// ---- attempts

struct act {
    struct driver *d;
    struct attempt at;
    struct task *task;          // NULL for those of checks
    struct masking *masking[2];
    struct str shown;           // the address that its output is shown under
    bool quiet;                 // a check: its output is not shown
    bool running, cancelled;
    size_t emitted[2];
    size_t heard[2];            // what comes first of the output stands in the journal already
    int64_t started_ms, last_output_ms;
    void (*then)(void *arg, const struct outcome *o);
    void *arg;
    struct noting *noting;      // a note that is not yet durable
    struct act *next;           // in driver->acts
};

// Makes an attempt of [s] ready to be resolved. [name] is unique in the run.
struct act *act_new(struct driver *d, struct arena *a, struct task *t, struct space *space,
                    const struct step *s, struct str address, int64_t number);
// Of an attempt that is adopted so many bytes of each stream were journalled before.
void act_heard(struct act *x, const size_t heard[2]);
bool act_resolve(struct act *x, const struct scope *s, struct expr_error *err);
struct str act_describe(struct act *x);  // masked
void act_start(struct act *x, void (*then)(void *arg, const struct outcome *o), void *arg);
void act_settle(struct act *x);  // after the event that says what became of it
void act_forget(struct act *x);  // it will not be done
void act_cancel(struct act *x, bool at_once);
// The action's own rule and `expect`. False with the message, picture and parts.
struct judged {
    bool ok, error, type_error;
    bool unread;  // a condition could not be evaluated at all
    struct str message, help, picture;
    struct value parts;
};
struct judged judge(struct driver *d, const struct step *s, const struct outcome *o,
                    const struct scope *scope, struct arena *a);

// ---- checks

struct check_outcome {
    bool ok, unanswered, cancelled, unknown;
    struct str id, message, picture;
    struct value parts, result;
};
// Runs [checks] in file order, also after one that does not hold. [tag] names them in
// events and file names ("restore.verify"). [view] is copied.
struct checking *check_all(struct driver *d, struct arena *a, const struct list *checks,
                           struct space *space, struct task *task, const struct view *view,
                           struct str tag, bool shown,
                           void (*then)(void *arg, const struct check_outcome *o), void *arg);
// A look at how things are: each is polled once, nothing is journalled or kept; [see] is told
// of each before [then].
struct checking *check_look(struct driver *d, struct arena *a, const struct list *checks,
                            struct space *space, const struct view *view,
                            void (*see)(void *arg, struct str id, const struct check_outcome *o),
                            void (*then)(void *arg, const struct check_outcome *o), void *arg);
void check_cancel(struct checking *c);
// What is looked at now is let finish, but there is no rest before another look.
void check_hurry(struct checking *c);

// ---- questions

struct asked;
// One question at a time, in the order asked. [then] once; never from inside this call.
struct asked *ask(struct driver *d, struct question *q, struct task *t,
                  void (*then)(void *arg, const struct answer *a), void *arg);
void ask_withdraw(struct asked *k);
// What flags say to a question, if anything; a wrong text is nothing.
bool answer_from_flags(const struct driver *d, const struct question *q, struct answer *a);
// What a person says of manual work: `done`, `failed:NOTE`, `na:NOTE`. [wanted]: enum evidence.
// False, with the reason, when it is none of the three.
bool work_answer(const struct driver *d, struct str text, int wanted, struct answer *a,
                 struct str *why);
// The flag that names the question, whatever it says; NULL where there is none.
const struct said *flag_for(const struct driver *d, const struct question *q);
// The flag's [said] is the id of a place in the file, perhaps of one instance there.
bool flag_means(struct str said, struct str id, struct arena *a);
bool confirm_is_right(const struct question *q, struct str text);
// "deploy[eu].wait" without its keys; a step of the run as it is called in its file.
struct str id_without_keys(struct str id, struct arena *a);
struct str id_in_file(const struct task *t, struct arena *a);
// What was answered before a resume and still counts (manual, prompt, checklist).
bool recorded_answer(const struct driver *d, const struct question *q, struct answer *a);
// Adds {step, kind, message} of every open question; how many there are.
size_t open_questions(const struct driver *d, struct value_builder *list);
// Without a terminal: 5, with every answer that the run may need and that no flag gives; 0 when
// there is none.
int answers_missing(struct driver *d);
// When the undo phase begins: warns of the answers that it may need and that nobody can give.
void undo_answers_missing(struct driver *d);
// The same as answers_missing(), and for --mode manual, which nobody can answer for anybody.
int refuse_questions(struct driver *d);
// False, with an error, when --confirm, --answer or --attest name what is never asked, or
// answer what is known to be no answer.
bool flags_are_right(struct driver *d);
// question.c: what every question has before it is asked.
void question_complete(const struct driver *d, struct question *q);
// How long it has been open already, in earlier sessions and between them; and what is left of
// its time.
int64_t question_open_ms(const struct driver *d, const struct question *q);
int64_t question_time_left(const struct driver *d, const struct question *q);
// A person said no to the approval [id]: earlier votes on it are void.
void note_refusal(struct driver *d, struct str id);
// The way forward is over: its questions of earlier sessions are open no more, which is told.
void withdraw_forward(struct driver *d);
// "confirm", "approve", ...: as events call it.
const char *question_word(enum question_kind kind);
void tell_question(struct driver *d, const struct question *q, bool is_decided);
// [votes]: a list, when votes decided it.
void tell_answer(struct driver *d, const struct question *q, const struct answer *a,
                 struct value votes);

// escalation.c
const struct list *contacts_of(const struct driver *d);
void put_people(const struct driver *d, struct question *q);
// Runs hooks.waiting for each of them when it is their turn, until [over]. The question has
// been open for [open_ms] already.
void call_people(struct driver *d, const struct question *q, int64_t open_ms, const bool *over);

bool locks_find(struct driver *d);
int locks_take(struct driver *d);  // 0, or an exit code

// ---- aside

#define ASIDE_MARK "~use-"  // in the address of a `use` of a check, before its number

// Runs one step that is not of the run (a hook, a `use` in a check): its events are
// applied but neither journalled nor shown.
struct task *aside_run(struct driver *d, const struct step *s, struct space *space,
                       struct str address, const struct view *view,
                       void (*then)(void *arg, struct task *t), void *arg);
// The hooks of the project and the runbook for an event; none in a dry run or a drill. Calls
// [then], if any, when each was tried once: at once when there is none. A failing hook fails
// nothing, and is tried again behind the run's back.
void hooks_tell(struct driver *d, const char *which, struct value contact,
                void (*then)(struct driver *d));
// What a dry run says of what is no step: the secrets that are read, the hooks that are told.
void dry_tell(struct driver *d);

// ---- the driver

// A question that stands open in the journal of earlier sessions.
struct open_since {
    int64_t wall_ns;  // 0: not any more
    struct str kind;
};

struct driver {
    struct arena *arena;
    struct run_env *env;
    const struct run_options *options;
    struct loop *loop;
    struct store *store;
    struct journal *journal;      // NULL in a dry run
    const struct project *project;
    const struct program *program;
    struct run *run;
    struct session session;
    struct mask *mask;
    struct frame *frame;          // of the runbook that was started
    struct value given_secrets;   // of an earlier session: what its frame has to be given again
    struct str id, folder;
    struct value run_value;       // `run`, its fixed part
    struct diags *diags;
    struct asker *asker;

    struct commit_waiter *commits;
    bool commit_scheduled, committing;
    bool commit_again;            // something came while one was under way
    bool commit_urgent;           // something waits for the next
    bool commit_put_off;          // nothing does
    struct timer *commit_later;   // what was put off is committed then
    bool store_failed, pump_scheduled, over, suspended;
    int code;
    struct str place;             // where the files are of the session that is replayed
    int64_t seq;                  // of a run without a journal
    struct untold *untold, *last_untold;  // events that are not durable yet, in order
    int64_t seq_told;
    bool unkept;                  // the store is lost, and what is told now is kept nowhere

    struct act *acts;             // running
    struct walk *dead;            // ended; freed in the next turn
    struct asked *questions;      // asked first, and waiting behind it
    bool run_all;                 // manual mode: no more questions
    int64_t names;                // of attempts, unique

    int64_t started_boot_ms, started_wall_ns;
    int64_t waiting_ms, waiting_since_ms;  // for people
    size_t waiting_now;           // questions that are open
    int64_t phase_ms[PHASE_ALWAYS + 1], phase_began_ms;
    int signals, signal_code;
    struct timer *deadline;
    struct value at_end;          // run.result and so on, when they are known
    struct value inputs_kept;
    struct str warnings;
    size_t hooks_running;
    struct value verify_failed;   // names of checks that did not hold
    bool any_verify;
    struct buf left;              // lines of processes that were left running
    struct value left_list;
    void (*after_hooks)(struct driver *d);
    bool resumed, replay_failed;
    struct map *recorded;         // struct answer, by question id
    struct map *programs;         // that steps run, see programs.c
    struct map *open_since;       // struct open_since, by id: questions that a suspend left open
    int64_t heard_ns;             // when the last event of earlier sessions was, or 0
    struct earlier {
        int64_t ms;                   // what the sessions before this one took
        int64_t began_ns, last_ns;    // of one whose end is not told (yet); else 0
    } earlier;
    struct map *refusals;         // size_t, by question id: approvals that were refused
    struct arena *turn;           // of the event that is being made
    struct timer *output_timer;   // output alone is committed now and then
    struct str why_store;
    bool disk_full;               // and that is why
    struct timer *sleep;
    int64_t sleep_ms;
    size_t next_item;             // of the checklist
    struct checking *phase_check; // of checklist, verify, undone
    struct question *phase_question;
    struct view *phase_view;
    int refused;                  // a code from before the first step: 3 or 4, 128 and a signal
    struct lookout *lookout;      // before there is a run; see lookout_for()
    struct diags before_lookout;
    struct str unverified_why;
    struct value_builder *cannot_undo;
    bool quiet;                   // before there is a run: nothing is told
    bool undoing;                 // `runbook undo`
    bool undone_before;           // ... of an earlier session
    struct str step_before;       // `undo --step` of the last session, or empty
    bool undid_all;               // an undo of everything was begun
    bool aborting, was_suspended;
    bool detached_before;         // it suspends again as it did, and nobody said --detach
    bool owes_always;             // a suspend or a crash left `always` out, or a signal cut it off
    bool always_cut;              // the last is so
    struct str missing;           // abort: inputs and secrets that are not there any more, in words
    int64_t sessions;             // resumes so far
    bool ended, hooks_done, phase_cancelled;
    struct str *locks;
    size_t lock_count;
    struct value lock_wait;       // what lock.wait says of the wait for them; VALUE_NULL: none
    struct str digest, title;
    struct str plan_file;         // the runbook's path
    const struct step *looked_at; // by ahead.c, the last
    bool looked_fixed;
    struct run_row row;
    struct str state_before;      // of the row, before this session
};

// Makes, masks, journals and applies an event; those who watch are told when it is durable, and
// never of one that was lost. [data] lives until the call ends.
void emit(struct driver *d, enum event_type type, struct value_builder *data);
// Tells what was held back up to [seq], which is durable.
void tell_kept(struct driver *d, int64_t seq);
// What is still untold was lost with the store.
void forget_untold(struct driver *d);
// Waits until all is durable, and tells it. False with a diag: the store has failed.
bool commit_now(struct driver *d, struct diags *ds);
struct value_builder *event_data(struct driver *d);  // in an arena of the turn
struct arena *turn_arena(struct driver *d);
// Calls [then] when all that was emitted so far is durable; not when the store failed.
void when_durable(struct driver *d, void (*then)(void *arg), void *arg);
// [drop] is called instead when that never happens: for an [arg] that is freed by [then].
void when_durable_or(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg), void *arg);
// The same for what nothing waits for: a few milliseconds later it will do as well.
void when_durable_late(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg),
                       void *arg);
// Something waits for it now.
void commit_hurry(struct driver *d);
// What was emitted is committed at the end of this turn.
void commit_turn(struct driver *d);
// Those that steps name, as they are when the run begins; those of an intent that is replayed.
void programs_note(struct driver *d);
void program_replayed(struct driver *d, const struct event *e, struct arena *scratch);
// Adds to an intent what the attempt is about to run, and says when it has changed.
void program_put(struct driver *d, const struct attempt *at, struct value_builder *b);

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
// signals.c
void signals_watch(struct driver *d);
// The signals that end a run call [fn] with [d]; until they are released, where [traps] is given.
// A hang-up that we were started to ignore stays ignored.
enum { SIGNALS = 4 };
void signals_trap(struct driver *d, void (*fn)(void *arg, int signo), struct trap *traps[SIGNALS]);
void signals_release(struct trap *traps[SIGNALS]);
// As [fn], before there is a run: what to exit with is in d->refused then.
void signals_refuse(void *arg, int signo);
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
