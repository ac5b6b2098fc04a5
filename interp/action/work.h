// Work that blocks, done in a process of its own.
//
// git and file work through a worker: this program again, started by the keeper, so that
// it is stopped, adopted after a crash and run as another user like any other process.
// The job stands on its standard input as JSON, the answer on its standard output:
//
//     {"ok": true, "result": {...}}
//     {"ok": false, "message": "...", "help": "...", "untouched": true, "unknown": false}
//
// What else it has to say (git's own words) goes to standard error, as output of the step.

#pragma once

#include "action/shell/process.h"

// ---- in the interpreter

// Prepares [p], the job of an attempt, for `runbook WORKER` with [job]. False with the
// reason when [at->as] is no user.
bool work_prepare(const struct attempt *at, struct process *p, const char *worker, struct value job,
                  struct expr_error *err);
// The outcome, from what the worker answered. For process.then and action.ended.
void work_ended(struct attempt *at, const struct child_result *r, struct outcome *o);
// Text that JSON can hold; fails with a reason otherwise.
bool work_put(struct value_builder *job, const char *key, struct str text, struct expr_error *err);

// ---- in the worker

struct work {
    struct arena *arena;
    struct value job;
    struct value_builder *result;
    size_t room;  // for lists and content in the result
    struct value_builder *later;  // of an undo: keep_later(); NULL for none
    size_t later_count;
    struct str message, help;
    bool touched;  // something may have been changed
    bool unknown;  // a lost answer: it is not known what took effect
};

// Reads the job, calls [act], writes the answer. Returns the exit status.
int work_main(bool (*act)(struct work *w));

// Fields of the job: empty, false or 0 when they are not there.
struct str work_text(const struct work *w, const char *key);
bool work_flag(const struct work *w, const char *key);
int64_t work_number(const struct work *w, const char *key);
struct str work_bytes(const struct work *w, const char *key);  // base64 in the job
struct value work_list(const struct work *w, const char *key);

// Both return false, for `return work_fail(...)`.
bool work_fail(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool work_help(struct work *w, const char *help);

// Fields of the result.
void work_say(struct work *w, const char *key, struct str text);
void work_say_flag(struct work *w, const char *key, bool b);
void work_say_number(struct work *w, const char *key, int64_t n);
void work_say_content(struct work *w, struct str bytes);
void work_say_time(struct work *w, const char *key, int64_t seconds, int64_t nanos);
// A list of texts, as many as there is room for; returns whether all found room.
bool work_say_list(struct work *w, const char *key, const struct str *texts, size_t count);

// TERM was sent: stop at the next good place, and clean up.
bool work_stopped(void);
