// What a step, a check, the body of an undo and a hook can say.

#include "model/reader.h"
#include "model/step.h"

#define CHOICE(id, title, ...)                                                         \
    static const char *const id##_words[] = { __VA_ARGS__, NULL };                     \
    const struct type id = {                                                           \
        .kind = TYPE_CHOICE, .name = title, .size = sizeof(int), .choices = id##_words \
    }
#define OBJECT(title, record, fields_, ...)                                                        \
    {                                                                                              \
        .kind = TYPE_OBJECT, .name = title, .size = sizeof(record), .fields = fields_, __VA_ARGS__ \
    }

CHOICE(type_effects, "kind of effects", "read", "write", "destroy");
CHOICE(type_on_failure, "reaction to a failure", "stop", "continue", "undo", "ask");
static const char *const resumes[] = { "again", NULL };
static const struct type type_on_resume = {
    .kind = TYPE_CHOICE, .name = "reaction to a resume", .size = sizeof(int), .choices = resumes
};

const struct type type_steps = {
    .kind = TYPE_LIST, .name = "list of steps", .size = sizeof(struct list), .element = &step_type
};
const struct type type_some_steps = { .kind = TYPE_LIST,
                                      .name = "list of steps",
                                      .size = sizeof(struct list),
                                      .element = &step_type,
                                      .filled = true };
const struct type type_checks = {
    .kind = TYPE_LIST, .name = "list of checks", .size = sizeof(struct list), .element = &check_type
};
const struct type type_hook_steps = {
    .kind = TYPE_LIST, .name = "list of hooks", .size = sizeof(struct list), .element = &hook_type
};

// Few steps use a runbook or begin a transaction.
const struct type type_used = { .kind = TYPE_OPTIONAL,
                                .name = "address",
                                .size = sizeof(const struct text *),
                                .element = &type_address };
static const struct type type_connection_name = { .kind = TYPE_OPTIONAL,
                                                  .name = "text",
                                                  .size = sizeof(const struct text *),
                                                  .element = &type_text };

// ---- keys that several kinds of step have ----

#define MORE(member) .offset = offsetof(struct step_more, member), .flags = FIELD_MORE

// clang-format off
#define NAMED_AS(how)                                                                          \
    { "id", &type_id, AT(struct step, id),                                                     \
      .doc = "What other steps, expressions and reports call it. " how },                      \
    { "name", &type_words, AT(struct step, name), .doc = "One line for people." },             \
    { "description", &type_words, MORE(description), .doc = "More words for people." },        \
    { "if", &type_condition, AT(struct step, cond),                                            \
      .doc = "When false, it is skipped; what needs it still runs." }
#define NAMED NAMED_AS("Made from the name when it is not written: a step, check or hook of a list needs one of the two.")

#define PLACE                                                                                  \
    { "env", &type_words_map, MORE(env), .doc = "Environment variables of its processes." },   \
    { "dir", &type_words, MORE(dir), .doc = "The folder it works in." }

#define AS                                                                                     \
    { "as", &type_said,  MORE(as),                                                             \
      .doc = "The user it runs as, through `sudo -n`." },                                      \
    { "kill_grace", &type_amount_duration, MORE(kill_grace), .fallback = "10s",                \
      .doc = "How long its processes have between TERM and KILL." }

#define USE                                                                                    \
    { "use", &type_used, MORE(use), .doc = "Runs another runbook as one group." },             \
    { "with", &type_value_map, MORE(with), .doc = "The inputs of the used runbook." }

#define EXPECT                                                                                 \
    { "expect", &type_conditions, MORE(expect),                                                \
      .doc = "Conditions on the result; when one is false the attempt failed." }

#define TIMEOUT                                                                                \
    { "timeout", &type_amount_time, MORE(timeout),                                             \
      .doc = "How long one attempt may take. 15m for shell, exec, git and sql, 1m for http, 10s for a check." }

#define FOR_EACH                                                                               \
    { "for_each", &type_for_each, MORE(for_each),                                              \
      .doc = "Runs once for each item of a list, in order unless `parallel` is set." }

#define EFFECTS                                                                                \
    { "effects", &type_effects, MORE(effects),                                                 \
      .doc = "What it does to the world. By default what its action does." }

#define PEOPLE                                                                                 \
    { "confirm", &type_confirm, MORE(confirm),                                                 \
      .doc = "Asks before the action; shows exactly what will run." },                         \
    { "approve", &type_approve, MORE(approve),                                                 \
      .doc = "Waits for the votes of others, given by `runbook approve`." }

#define WORK                                                                                   \
    { "done_if", &type_done_if, MORE(done_if),                                                 \
      .doc = "When true the step is satisfied and its action does not run. Asked again on resume." }, \
    { "before", &type_before, MORE(before),                                                    \
      .doc = "Values kept from just before the action; readable in the action, `expect` and `undo`." }, \
    { "retry", &type_retry, MORE(retry), .doc = "What to do when an attempt is known to have failed." }, \
    { "verify", &type_checks, MORE(verify),                                                    \
      .doc = "Checks after the action; the step succeeded only if they hold." },               \
    { "outputs", &type_outputs, MORE(outputs), .doc = "Values for later steps." },             \
    { "idempotent", &type_bool, MORE(idempotent),                                              \
      .doc = "Whether it may be run again after an unknown outcome. True for what only reads." }

#define GROUP                                                                                  \
    { "steps", &type_some_steps, MORE(steps), .doc = "Makes the step a group of steps." },     \
    { "parallel", &type_amount_count_or_bool, MORE(parallel), .fallback = "false",             \
      .doc = "Children of a group have no order; a number says how many run at a time." },     \
    { "always", &type_steps, MORE(always),                                                     \
      .doc = "Steps at every exit of a group once a child was started." },                     \
    { "transaction", &type_connection_name, MORE(transaction),                                 \
      .doc = "The SQL connection on which the group is one transaction." }

#define POLL                                                                                   \
    { "within", &type_amount_time, MORE(within),                                               \
      .doc = "The time to the first success. Without it there is one try." },                  \
    { "every", &type_amount_time, MORE(every), .fallback = "2s",                               \
      .doc = "The time between two polls." },                                                  \
    { "streak", &type_amount_count, MORE(streak), .fallback = "1",                             \
      .doc = "How many successes in a row are needed." },                                      \
    { "holds_for", &type_amount_duration, MORE(holds_for),                                     \
      .doc = "How long it must then go on holding." }
// clang-format on

static const struct field step_fields[] = {
    NAMED,
    { "needs", &type_ids, MORE(needs),
      .doc = "Steps that must have succeeded first. Replaces the order of the list; `[]` starts "
             "at once." },
    USE,
    GROUP,
    FOR_EACH,
    PEOPLE,
    WORK,
    PLACE,
    AS,
    TIMEOUT,
    EXPECT,
    EFFECTS,
    { "undo", &type_undo, MORE(undo),
      .doc = "How to take it back: a step without an id, a list of steps, `auto` (git and file) or "
             "`none` (harmless to leave)." },
    { "irreversible", &type_said, MORE(irreversible),
      .doc = "Why it cannot be taken back: the point of no return." },
    { "on_failure", &type_on_failure, MORE(on_failure),
      .doc = "What happens when it failed for good; the nearest that is written wins." },
    { "rescue", &type_some_steps, MORE(rescue),
      .doc = "Steps that run when it failed for good; if they succeed the run goes on." },
    { "on_resume", &type_on_resume, MORE(on_resume),
      .doc = "In `prepare`: runs first again when a stopped run is resumed." },
    { "leaves", &type_said, MORE(leaves),
      .doc = "What may be the state of the world once it has begun, for the report of a failure." },
    { 0 },
};

static const struct field check_fields[] = {
    NAMED, USE, FOR_EACH, PLACE, AS, TIMEOUT, EXPECT, EFFECTS, POLL, { 0 },
};

static const struct field undo_fields[] = {
    NAMED_AS("It needs none."), USE, GROUP, FOR_EACH, PEOPLE, WORK, PLACE, AS, TIMEOUT, EXPECT, EFFECTS, { 0 },
};

static const struct field hook_fields[] = {
    NAMED, USE, PLACE, AS, TIMEOUT, EXPECT, { 0 },
};

#define STEP(title, fields_, other_, check_)                                              \
    OBJECT(title, struct step, fields_, .other = other_, .check = check_, .begin = step_begin, \
           .more = step_more_to_read)

const struct type step_type = STEP("step", step_fields, step_other, step_check);
const struct type check_type = STEP("check", check_fields, step_other, check_check);
const struct type type_bare_check = STEP("check", check_fields, step_other, bare_check_check);
const struct type undo_body_type = STEP("undo step", undo_fields, step_other, undo_check);
const struct type hook_type = STEP("hook", hook_fields, hook_other, hook_check);

const char *effects_word(int effects)
{
    return effects ? type_effects.choices[effects - 1] : "";
}

const char *on_failure_word(int on_failure)
{
    return on_failure ? type_on_failure.choices[on_failure - 1] : "";
}
