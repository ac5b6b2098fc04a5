// The top level of a runbook, and the smaller things that stand there.

#include <string.h>

#include "base/arena.h"
#include "model/reader.h"

static const char *const types[] = { "application", "database", "configuration", "infrastructure",
                                     "emergency",   "check",    "action",        NULL };
static const char *const severities[] = { "minor", "major", "critical", NULL };
static const char *const risks[] = { "low", "medium", "high", NULL };
static const struct type type_severity = {
    .kind = TYPE_CHOICE, .name = "severity", .size = sizeof(int), .choices = severities
};
static const struct type type_risk = {
    .kind = TYPE_CHOICE, .name = "risk", .size = sizeof(int), .choices = risks
};
static const struct type type_runbook_type = {
    .kind = TYPE_CHOICE, .name = "type of runbook", .size = sizeof(int), .choices = types
};
const struct type type_runbook_types = { .kind = TYPE_LIST,
                                         .name = "type of runbook or list of them",
                                         .size = sizeof(struct list),
                                         .element = &type_runbook_type,
                                         .single = true,
                                         .filled = true };
static const struct type type_locks = { .kind = TYPE_LIST,
                                        .name = "lock or list of locks",
                                        .size = sizeof(struct list),
                                        .element = &type_said,
                                        .single = true };

// ---- requires ----

// version = (">=" | ">" | "<=" | "<" | "=")? number ("." number){0,2}
static bool is_version(struct str s)
{
    size_t parts = 1, digits = 0;

    while (s.n && strchr("<>=", s.s[0]))
        s = str_slice(s, 1, s.n);
    s = str_trim(s);
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '.' && digits && parts < 3) {
            parts++;
            digits = 0;
        } else if (s.s[i] >= '0' && s.s[i] <= '9') {
            digits++;
        } else {
            return false;
        }
    }
    return digits > 0;
}

static bool read_version(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct text *t = to;
    (void)type;

    if (!type_read(&type_text, n, t, r))
        return false;
    if (is_version(t->str))
        return true;
    diag_help(r->diags,
              refuse(r, DIAG_BAD_LITERAL, n->span, "`%.*s` is not a version", STR_ARG(t->str)),
              "write it as in \">=0.1\"");
    return false;
}
static const struct type *const version_forms[] = { &type_text, NULL };
static const struct type type_version = { .kind = TYPE_OWN,
                                          .name = "version",
                                          .size = sizeof(struct text),
                                          .read = read_version,
                                          .forms = version_forms };

static const struct field requires_fields[] = {
    { "tools", &type_words_list, AT(struct requires, tools),
      .doc = "Programs that must be there, perhaps with a version: `psql >= 15`." },
    { "env", &type_words_list, AT(struct requires, env),
      .doc = "Environment variables that must be set." },
    { "files", &type_words_list, AT(struct requires, files), .doc = "Files that must be there." },
    { "checks", &type_checks, AT(struct requires, checks),
      .doc = "Checks that must hold before anything is changed." },
    { "runbook", &type_version, AT(struct requires, runbook),
      .doc = "The version of the interpreter, as in `>=0.1`." },
    { 0 },
};
static const struct type requires_type = { .kind = TYPE_OBJECT,
                                           .name = "requires",
                                           .size = sizeof(struct requires),
                                           .fields = requires_fields };
const struct type type_requires = { .kind = TYPE_OPTIONAL,
                                    .name = "requires",
                                    .size = sizeof(struct requires *),
                                    .element = &requires_type };

// ---- defaults ----

static const char *const shells[] = { "bash", "sh", NULL };
static const struct type type_shell_word = {
    .kind = TYPE_CHOICE, .name = "shell", .size = sizeof(int), .choices = shells
};

static bool read_shell(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    int ignored;
    (void)type;

    if (!type_read(&type_shell_word, n, &ignored, r))
        return false;
    *(struct text *)to = n->text;
    return true;
}
static const struct type *const shell_forms[] = { &type_shell_word, NULL };
static const struct type type_shell = { .kind = TYPE_OWN,
                                        .name = "shell",
                                        .size = sizeof(struct text),
                                        .read = read_shell,
                                        .forms = shell_forms };

static const struct field defaults_fields[] = {
    { "timeout", &type_amount_time, AT(struct defaults, timeout),
      .doc = "How long one attempt at a step may take." },
    { "retry", &type_retry, AT(struct defaults, retry),
      .doc = "What to do when an attempt fails." },
    { "kill_grace", &type_amount_duration, AT(struct defaults, kill_grace), .fallback = "10s",
      .doc = "How long processes have between TERM and KILL." },
    { "shell", &type_shell, AT(struct defaults, shell), .fallback = "bash",
      .doc = "The shell of scripts: `bash` or `sh`." },
    { 0 },
};
static const struct type defaults_type = { .kind = TYPE_OBJECT,
                                           .name = "defaults",
                                           .size = sizeof(struct defaults),
                                           .fields = defaults_fields };
const struct type type_defaults = { .kind = TYPE_OPTIONAL,
                                    .name = "defaults",
                                    .size = sizeof(struct defaults *),
                                    .element = &defaults_type };

// ---- budget ----

// 10m, or 10m..30m
static bool read_frame(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct time_frame *f = to;
    struct text whole;
    (void)type;

    f->span = n->span;
    if (!type_read(&type_text, n, &whole, r))
        return false;
    size_t dots = str_search(whole.str, STR(".."));
    if (dots == SIZE_MAX) {
        bool ok = type_read(&type_time, n, &f->most, r);
        f->least = f->most;
        return ok;
    }
    struct text least = text_cut(r->arena, &whole, 0, dots);
    struct text most = text_cut(r->arena, &whole, dots + 2, whole.str.n);
    if (!duration_of(&least, &f->least, r) || !duration_of(&most, &f->most, r))
        return false;
    if (f->least <= f->most && f->most > 0)
        return true;
    refuse(r, DIAG_BAD_LITERAL, n->span,
           f->most ? "the first duration is longer than the second"
                   : "no time at all is no promise");
    return false;
}
static const struct type *const frame_forms[] = { &type_text, NULL };
static const struct type type_frame = { .kind = TYPE_OWN,
                                        .name = "time frame",
                                        .size = sizeof(struct time_frame),
                                        .read = read_frame,
                                        .forms = frame_forms };

static const struct field budget_fields[] = {
    { "prepare", &type_frame, AT(struct budget, prepare),
      .doc = "The promised time for `prepare`: `10m` or `10m..30m`." },
    { "execute", &type_frame, AT(struct budget, execute), .doc = "The promised time for `steps`." },
    { "verify", &type_frame, AT(struct budget, verify), .doc = "The promised time for `verify`." },
    { "total", &type_frame, AT(struct budget, total), .doc = "The promised time for all of it." },
    { 0 },
};
static const struct type budget_type = {
    .kind = TYPE_OBJECT, .name = "budget", .size = sizeof(struct budget), .fields = budget_fields
};
const struct type type_budget = { .kind = TYPE_OPTIONAL,
                                  .name = "budget",
                                  .size = sizeof(struct budget *),
                                  .element = &budget_type };

// ---- hooks, follow-ups, report, drill ----

static const struct field hooks_fields[] = {
    { "start", &type_hook_steps, AT(struct hooks, start), .doc = "When the run starts." },
    { "progress", &type_hook_steps, AT(struct hooks, progress),
      .doc = "At the end of each phase." },
    { "waiting", &type_hook_steps, AT(struct hooks, waiting),
      .doc = "Once for each contact, when nobody answered for so long. It can read `contact.role`, "
             "`contact.name`, `contact.phone`, `contact.email`, `contact.link` and "
             "`contact.after`." },
    { "trigger", &type_hook_steps, AT(struct hooks, trigger),
      .doc = "When a trigger fired, resolved or was withdrawn." },
    { "success", &type_hook_steps, AT(struct hooks, success), .doc = "When the run is good." },
    { "failure", &type_hook_steps, AT(struct hooks, failure), .doc = "When it ended otherwise." },
    { "undone", &type_hook_steps, AT(struct hooks, undone), .doc = "When everything was undone." },
    { 0 },
};
static const struct type hooks_type = {
    .kind = TYPE_OBJECT, .name = "hooks", .size = sizeof(struct hooks), .fields = hooks_fields
};
const struct type type_hooks = {
    .kind = TYPE_OPTIONAL, .name = "hooks", .size = sizeof(struct hooks *), .element = &hooks_type
};

static const struct field followup_fields[] = {
    { "title", &type_said, AT(struct followup, title), .flags = FIELD_REQUIRED,
      .doc = "What has to be done afterwards." },
    { "due", &type_time, AT(struct followup, due), .doc = "By when, from the end of the run." },
    { "owner", &type_text, AT(struct followup, owner), .doc = "Who has to do it." },
    { 0 },
};
static const struct type followup_type = { .kind = TYPE_OBJECT,
                                           .name = "follow-up",
                                           .size = sizeof(struct followup),
                                           .fields = followup_fields };
const struct type type_followups = { .kind = TYPE_LIST,
                                     .name = "list of follow-ups",
                                     .size = sizeof(struct list),
                                     .element = &followup_type };

static const struct field report_fields[] = {
    { "impact", &type_words, AT(struct report, impact), .doc = "Who was affected, and how." },
    { "detected", &type_words, AT(struct report, detected), .doc = "How it was noticed." },
    { "data_loss", &type_words, AT(struct report, data_loss), .doc = "What was lost." },
    { "cause", &type_words, AT(struct report, cause), .doc = "Why it happened." },
    { "prevention", &type_words, AT(struct report, prevention), .doc = "What would prevent it." },
    { "lessons", &type_words, AT(struct report, lessons), .doc = "What was learned." },
    { "previous_version", &type_words, AT(struct report, previous_version),
      .doc = "The version that was rolled back from." },
    { "target_version", &type_words, AT(struct report, target_version),
      .doc = "The version that was rolled back to." },
    { 0 },
};
static const struct type report_type = {
    .kind = TYPE_OBJECT, .name = "report", .size = sizeof(struct report), .fields = report_fields
};
const struct type type_report = { .kind = TYPE_OPTIONAL,
                                  .name = "report",
                                  .size = sizeof(struct report *),
                                  .element = &report_type };

static const struct field drill_fields[] = {
    { "inputs", &type_value_map, AT(struct drill, inputs), .doc = "Inputs of a rehearsal." },
    { "env", &type_words_map, AT(struct drill, env), .doc = "Environment of a rehearsal." },
    { "connections", &type_connections, AT(struct drill, connections),
      .doc = "Connections of a rehearsal." },
    { 0 },
};
static const struct type drill_type = {
    .kind = TYPE_OBJECT, .name = "drill", .size = sizeof(struct drill), .fields = drill_fields
};
const struct type type_drill = {
    .kind = TYPE_OPTIONAL, .name = "drill", .size = sizeof(struct drill *), .element = &drill_type
};

// ---- the top level ----

static const char *const reactions[] = { "stop", "undo", "ask", NULL };
static const struct type type_reaction = {
    .kind = TYPE_CHOICE, .name = "reaction to a failure", .size = sizeof(int), .choices = reactions
};

// A runbook as a whole cannot `continue`, so its choices are others than a step's.
static bool read_on_failure(const struct type *type, const struct node *n, void *to,
                            struct reader *r)
{
    static const int meanings[] = { FAILURE_UNWRITTEN, FAILURE_STOP, FAILURE_UNDO, FAILURE_ASK };
    int choice = 0;
    (void)type;

    bool ok = type_read(&type_reaction, n, &choice, r);
    *(int *)to = meanings[choice];
    return ok;
}
static const struct type *const on_failure_forms[] = { &type_reaction, NULL };
static const struct type type_run_on_failure = { .kind = TYPE_OWN,
                                                 .name = "reaction to a failure",
                                                 .size = sizeof(int),
                                                 .read = read_on_failure,
                                                 .forms = on_failure_forms };

static const struct field runbook_fields[] = {
    { "runbook", &type_int, AT(struct runbook, version), .flags = FIELD_REQUIRED,
      .doc = "The version of the format: 1." },
    { "name", &type_name, AT(struct runbook, name), .flags = FIELD_REQUIRED,
      .doc = "The file's name without its suffix." },
    { "title", &type_words, AT(struct runbook, title), .doc = "The heading for people." },
    { "description", &type_words, AT(struct runbook, description),
      .doc = "When to reach for this runbook." },
    { "type", &type_runbook_types, AT(struct runbook, types), .flags = FIELD_REQUIRED,
      .doc = "What is rolled back. `check` changes nothing; `action` is a reusable part." },
    { "severity", &type_severity, AT(struct runbook, severity),
      .doc = "The class of incident it is for." },
    { "risk", &type_risk, AT(struct runbook, risk), .doc = "The risk of running it." },
    { "owners", &type_texts, AT(struct runbook, owners), .doc = "Who looks after it." },
    { "contacts", &type_contacts, AT(struct runbook, contacts),
      .doc = "Whom to call, in the order of escalation." },
    { "labels", &type_words_map, AT(struct runbook, labels), .doc = "Labels for searching." },
    { "requires", &type_requires, AT(struct runbook, requires),
      .doc = "What must be there before anything is changed." },
    { "inputs", &type_inputs, AT(struct runbook, inputs), .doc = "Values given to a run." },
    { "secrets", &type_secrets, AT(struct runbook, secrets),
      .doc = "Values that never appear in a journal, log, report or on a terminal." },
    { "vars", &type_value_map, AT(struct runbook, vars),
      .doc = "Values computed once, in file order." },
    { "env", &type_words_map, AT(struct runbook, env),
      .doc = "Environment of shell, exec and git steps." },
    { "dir", &type_words, AT(struct runbook, dir),
      .doc = "The folder that paths are relative to: the project root, else the folder of the "
             "file." },
    { "connections", &type_connections, AT(struct runbook, connections),
      .doc = "Named endpoints of SQL and HTTP." },
    { "defaults", &type_defaults, AT(struct runbook, defaults), .doc = "Defaults of steps." },
    { "lock", &type_locks, AT(struct runbook, locks),
      .doc = "Resources that no two runs may hold at a time, such as `db/orders`." },
    { "timeout", &type_amount_time, AT(struct runbook, timeout),
      .doc = "How long one session may take, without `always` and undo." },
    { "budget", &type_budget, AT(struct runbook, budget),
      .doc = "Promised times: measured and reported, never a failure." },
    { "confirm", &type_confirm, AT(struct runbook, confirm),
      .doc = "Asked once before the first step." },
    { "checklist", &type_checklist, AT(struct runbook, checklist),
      .doc = "What is attested before the first step." },
    { "triggers", &type_triggers, AT(struct runbook, triggers), .doc = "When it should run." },
    { "prepare", &type_steps, AT(struct runbook, prepare),
      .doc = "Steps before the work: assessment, backups." },
    { "steps", &type_some_steps, AT(struct runbook, steps),
      .doc = "The work, in order. Required except for `type: check`." },
    { "verify", &type_checks, AT(struct runbook, verify),
      .doc = "The run is good only if all of these hold." },
    { "undone", &type_checks, AT(struct runbook, undone),
      .doc = "What holds after a complete undo." },
    { "always", &type_steps, AT(struct runbook, always),
      .doc = "Steps at every end of a session in which a step was started." },
    { "on_failure", &type_run_on_failure, AT(struct runbook, on_failure), .fallback = "ask",
      .doc = "What happens when a step failed for good. `ask` without a terminal is `stop`." },
    { "hooks", &type_hooks, AT(struct runbook, hooks), .doc = "Notifications." },
    { "followups", &type_followups, AT(struct runbook, followups),
      .doc = "What has to be done afterwards." },
    { "report", &type_report, AT(struct runbook, report),
      .doc = "Parts of the report; empty ones are lines to fill in." },
    { "drill", &type_drill, AT(struct runbook, drill), .doc = "What a rehearsal uses instead." },
    { "outputs", &type_outputs, AT(struct runbook, outputs), .doc = "Values for a caller." },
    { 0 },
};

static bool runbook_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct runbook *rb = to;
    (void)type;

    rb->has_steps = node_get(n, "steps") != NULL;
    if (rb->has_steps || !node_get(n, "type") || runbook_has_type(rb, RUNBOOK_CHECK))
        return true;
    diag_help(r->diags, refuse(r, DIAG_MISSING_FIELD, lack_span(n), "a runbook needs `steps`"),
              "only a runbook of `type: check` may go without");
    return false;
}
const struct type runbook_type = { .kind = TYPE_OBJECT,
                                   .name = "runbook",
                                   .size = sizeof(struct runbook),
                                   .fields = runbook_fields,
                                   .check = runbook_check };

static const char *word(const char *const *words, int choice)
{
    return choice ? words[choice - 1] : "";
}

const char *runbook_type_word(int type)
{
    return word(types, type);
}

const char *severity_word(int severity)
{
    return word(severities, severity);
}

const char *risk_word(int risk)
{
    return word(risks, risk);
}
