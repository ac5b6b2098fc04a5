// A runbook, as it was written and nothing more: names are not resolved,
// expressions parsed but not checked or evaluated, defaults not filled in.
//
// The node each object came from is its first member, so that a complaint about
// any key can point at it. Everything lives in the arena of the reading. Spec:
// language.md, whose tables the tables in model/ follow.

#pragma once

#include "model/field.h"

enum effects { EFFECTS_UNWRITTEN, EFFECTS_READ, EFFECTS_WRITE, EFFECTS_DESTROY };
enum on_failure { FAILURE_UNWRITTEN, FAILURE_STOP, FAILURE_CONTINUE, FAILURE_UNDO, FAILURE_ASK };
enum danger { DANGER_UNWRITTEN, DANGER_MILD, DANGER_MODERATE, DANGER_SEVERE };
enum on_no { ON_NO_UNWRITTEN, ON_NO_STOP, ON_NO_SKIP };
enum on_resume { ON_RESUME_UNWRITTEN, ON_RESUME_AGAIN };

struct retry {
    const struct node *node;
    const struct amount *attempts, *delay, *backoff, *max_delay, *jitter;
    const struct expr *cond;  // if
};

struct confirm {  // "text" is { message: text }
    const struct node *node;
    const struct template *message;
    int danger;  // enum danger
    const struct template *phrase;
    struct list show;  // of const struct template *
    const struct amount *timeout;
    int on_no;  // enum on_no
};

struct approve {  // "text" is { message: text }
    const struct node *node;
    const struct template *message;
    struct list from;  // of const struct template *
    const struct amount *min, *not_requester, *timeout;
    int reason;  // 0, 1: required, 2: optional
};

struct for_each {  // a list or an expression is { in: that }
    const struct node *node;
    const struct form *in;
    struct text as;  // n == 0: "item"
    const struct amount *parallel;
    const struct template *key;
};

struct output {
    struct entry entry;
    const struct form *value;
    bool secret;
};

struct before {
    struct entry entry;
    const struct form *value;  // or
    const struct step *check;  // a read action
};

enum undo_kind { UNDO_UNWRITTEN, UNDO_NONE, UNDO_AUTO, UNDO_STEPS };
struct undo {
    const struct node *node;
    enum undo_kind kind;
    struct list steps;  // of struct step
    bool is_list;       // written as a list: addresses are ID~undo.1, not ID~undo
};

struct done_if {
    const struct node *node;
    const struct expr *cond;  // or
    const struct step *check;
};

// What a step is, read from the keys it has.
enum step_kind { STEP_ACTION, STEP_GATE, STEP_GROUP, STEP_USE };

// What few steps say: there are ten thousands of steps in a long runbook. Read through s->more,
// which is never NULL; written through step_more().
struct step_more {
    const struct template *description;
    struct list needs;  // of struct text
    struct done_if *done_if;
    struct for_each *for_each;
    struct confirm *confirm;
    struct approve *approve;
    struct list before;  // of struct before
    struct list env;     // of struct words_entry
    const struct template *dir, *as;
    const struct amount *timeout, *kill_grace;
    struct retry *retry;
    struct list expect;   // of const struct expr *
    struct list verify;   // of struct step
    struct list outputs;  // of struct output
    struct undo undo;
    const struct template *irreversible;
    int effects;         // enum effects, as written
    int idempotent;      // enum tristate
    int on_failure;      // enum on_failure
    int on_resume;       // enum on_resume
    struct list rescue;  // of struct step
    const struct template *leaves;

    // STEP_GROUP
    struct list steps;       // of struct step
    const struct amount *parallel;  // UNIT_COUNT_OR_BOOL: true is 0 (no bound), false is 1
    struct list always;      // of struct step
    const struct text *transaction;  // NULL: it is none

    // STEP_USE
    const struct text *use;  // of other kinds of step NULL
    struct list with;  // of struct form_entry

    // A check
    const struct amount *within, *every, *streak, *holds_for;
};

// A step, a check (in verify, undone, checklist, ...), the body of an undo, or a hook:
// the tables allow each its own keys.
struct step {
    const struct node *node;  // NULL once all is loaded
    const struct step_more *more;
    struct span span;         // where it stands; source NULL: it could not be read
    enum step_kind kind : 8;
    bool has_needs;   // `needs` was written, perhaps as []
    uint32_t vertex;  // its number in the graph of its runbook, from 1 (graph/ counts); or 0
    struct text id;  // as written, or derived from name; n == 0 where none is needed
    const struct template *name;
    const struct expr *cond;  // if

    // STEP_ACTION. The floor action/ binds the last two (action_bind).
    const char *action_name;
    const struct node *action_node;  // what stands behind it; once all is loaded, without its key
    const struct action *action;
    void *params;
};

extern const struct step step_nothing;  // one that says nothing
struct step *step_new(struct arena *a);
struct step_more *step_more(struct arena *a, struct step *s);

enum input_type {
    INPUT_UNWRITTEN,
    INPUT_STRING,
    INPUT_INT,
    INPUT_NUMBER,
    INPUT_BOOL,
    INPUT_DURATION,
    INPUT_PATH,
    INPUT_LIST
};
struct input {
    struct entry entry;
    const struct node *node;
    int type;                     // enum input_type
    int required;                 // enum tristate
    const struct form *fallback;  // default:
    struct list allowed;          // of const struct form *; enum:
    struct text pattern;
    const struct form *min, *max;
    int exists;  // enum tristate
    struct text prompt, description;
    int secret;  // enum tristate
};

struct secret {
    struct entry entry;
    const struct node *node;
    struct text env;
    const struct template *file;
    struct list exec;  // of const struct template *
    int from_stdin;    // enum tristate
};

struct auth {
    const struct node *node;
    const struct template *user, *password, *bearer;
};
struct tls {
    const struct node *node;
    const struct amount *verify;
    const struct template *ca, *cert, *key;
};
struct connection {  // a URL is { url: that }
    struct entry entry;
    const struct node *node;
    const struct template *url;
    struct list headers;  // of struct words_entry
    struct auth *auth;
    struct tls *tls;
    const struct template *proxy;
    const struct amount *timeout;
};

struct requires {
    const struct node *node;
    struct list tools, env, files;  // of const struct template *
    struct list checks;             // of struct step
    struct text runbook;
};

struct contact {
    const struct node *node;
    struct text role, name, phone, email, link;
    int64_t after;  // nanoseconds
};

struct defaults {
    const struct node *node;
    const struct amount *timeout, *kill_grace;
    struct retry *retry;
    struct text shell;
};

struct time_frame {  // 10m or 10m..30m, nanoseconds; most == 0: not written
    struct span span;
    int64_t least, most;
};
struct budget {
    const struct node *node;
    struct time_frame prepare, execute, verify, total;
};

struct check_item {  // of a checklist: "text" is { item: text }
    const struct node *node;
    const struct template *item;
    const struct step *check;
};

enum level_do { DO_UNWRITTEN, DO_RUN, DO_CONFIRM, DO_NOTIFY };
struct breaches {
    const struct node *node;
    int64_t count, of;
};
struct level {
    const struct node *node;
    struct text name;
    const struct expr *when, *clear;
    const struct amount *hold;  // for:
    const struct amount *keep_for, *timeout;
    int act;  // do:, enum level_do
    struct breaches *breaches;
    struct list consent;  // of struct text
};
struct subject {
    const struct node *node;
    const struct step *source;
    const struct expr *value;
};
struct arm {
    const struct node *node;
    int per;  // 0, 1 always, 2 subject
    struct subject *subject;
    const struct amount *delay, *window;
    int baseline;  // 0, 1 watch, 2 require_ok
};
struct missing {
    const struct node *node;
    int no_data, error;  // 0, 1 inconclusive, 2 breach, 3 ok, 4 hold
    int nan;             // 0, 1 no_data, 2 breach, 3 ok
    const struct amount *hold;  // for:
};
struct trigger {
    const struct node *node;
    struct text id;
    const struct step *source;  // the read action
    const struct expr *value, *valid_if;
    const struct amount *every, *timeout, *cooldown;
    struct arm *arm;
    bool in_place;       // its one level is written beside the rest
    struct list levels;  // of struct level
    struct missing *missing;
    int rearm;  // 0, 1 clear, 2 time, 3 subject
    const struct amount *max_fires, *dry_run;
    struct list inputs;  // of struct form_entry
};

struct hooks {
    const struct node *node;
    struct list start, progress, waiting, trigger, success, failure, undone;  // of struct step
};

struct followup {
    const struct node *node;
    const struct template *title;
    struct text owner;
    int64_t due;  // nanoseconds, 0: none
};

struct report {
    const struct node *node;
    const struct template *impact, *detected, *data_loss, *cause, *prevention, *lessons,
        *previous_version, *target_version;
};

struct drill {
    const struct node *node;
    struct list inputs;       // of struct form_entry
    struct list env;          // of struct words_entry
    struct list connections;  // of struct connection
};

enum runbook_type {
    RUNBOOK_APPLICATION = 1,
    RUNBOOK_DATABASE,
    RUNBOOK_CONFIGURATION,
    RUNBOOK_INFRASTRUCTURE,
    RUNBOOK_EMERGENCY,
    RUNBOOK_CHECK,
    RUNBOOK_ACTION
};

struct runbook {
    const struct node *node;  // NULL once all is loaded
    struct arena *tree;       // of the nodes; the same
    const struct source *source;
    struct str path;     // of the file, absolute
    struct str address;  // "postgres/restore"; the stem for a file given by path
    int64_t version;
    struct text name;
    const struct template *title, *description;
    struct list types;   // of int, enum runbook_type
    int severity, risk;  // 1 + index of their words
    struct list owners;    // of struct text
    struct list contacts;  // of struct contact
    struct list labels;    // of struct words_entry
    struct requires *requires;
    struct list inputs, secrets;  // of struct input, struct secret
    struct list vars;             // of struct form_entry
    struct list env;              // of struct words_entry
    const struct template *dir;
    struct list connections;  // of struct connection
    struct defaults *defaults;
    struct list locks;  // of const struct template *
    const struct amount *timeout;
    struct budget *budget;
    struct confirm *confirm;
    struct list checklist;  // of struct check_item
    struct list triggers;   // of struct trigger
    bool has_steps;
    struct list prepare, steps, verify, undone, always;  // of struct step
    int on_failure;  // enum on_failure
    struct hooks *hooks;
    struct list followups;  // of struct followup
    struct report *report;
    struct drill *drill;
    struct list outputs;  // of struct output
};

// "shell"; empty when it has no action.
struct str step_action_name(const struct step *s);

bool runbook_has_type(const struct runbook *rb, enum runbook_type type);

extern const struct type runbook_type, step_type, check_type, undo_body_type, hook_type;

// NULL if the file cannot be read as a runbook at all; when [ds] got errors the
// result is for looking at (lint), not for running. [actions] are the names that may
// be an action key. The result lives in [a].
struct runbook *runbook_read(struct arena *a, const struct source *src, const char *const *actions,
                             struct diags *ds);

// The word for an enum value, as it is written in a file: "destroy", "undo", ...
const char *effects_word(int effects);
const char *on_failure_word(int on_failure);
const char *runbook_type_word(int type);
const char *danger_word(int danger);
const char *severity_word(int severity);
const char *risk_word(int risk);
