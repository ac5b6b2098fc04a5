// When a runbook should run (triggers.md).

#include "base/arena.h"
#include "model/reader.h"
#include "model/step.h"

#define CHOICE(id, title, ...)                                                         \
    static const char *const id##_words[] = { __VA_ARGS__, NULL };                     \
    static const struct type id = {                                                    \
        .kind = TYPE_CHOICE, .name = title, .size = sizeof(int), .choices = id##_words \
    }

CHOICE(type_do, "thing to do", "run", "confirm", "notify");
CHOICE(type_per, "way to arm", "always", "subject");
CHOICE(type_baseline, "kind of baseline", "watch", "require_ok");
CHOICE(type_policy, "way to count a sample", "inconclusive", "breach", "ok", "hold");
CHOICE(type_nan, "way to count NaN", "no_data", "breach", "ok");
CHOICE(type_rearm, "way to arm again", "clear", "time", "subject");

// ---- levels ----

static const struct field breaches_fields[] = {
    { "count", &type_int, AT(struct breaches, count), .flags = FIELD_REQUIRED,
      .doc = "How many of the last samples must be breaches." },
    { "of", &type_int, AT(struct breaches, of), .flags = FIELD_REQUIRED,
      .doc = "Of how many samples." },
    { 0 },
};

static bool breaches_check(const struct type *type, const struct node *n, void *to,
                           struct reader *r)
{
    const struct breaches *b = to;
    const struct node *count = node_get(n, "count");
    (void)type;

    if (!count || !node_get(n, "of") || (b->count >= 1 && b->count <= b->of))
        return true;
    refuse(r, DIAG_BAD_LITERAL, count->span, "`count` is from 1 to what `of` says");
    return false;
}
static const struct type breaches_type = { .kind = TYPE_OBJECT,
                                           .name = "breaches",
                                           .size = sizeof(struct breaches),
                                           .fields = breaches_fields,
                                           .check = breaches_check };
static const struct type type_breaches = { .kind = TYPE_OPTIONAL,
                                           .name = "breaches",
                                           .size = sizeof(struct breaches *),
                                           .element = &breaches_type };

// clang-format off
#define LEVEL(record, member)                                                                \
    { "when", &type_condition, AT(record, member when),                                      \
      .doc = "A sample for which this is true is a breach." },                               \
    { "clear", &type_condition, AT(record, member clear),                                    \
      .doc = "A sample is clear when this is true; in between nothing changes." },           \
    { "for", &type_amount_duration, AT(record, member hold), .fallback = "0s",               \
      .doc = "How long the breach must last." },                                             \
    { "breaches", &type_breaches, AT(record, member breaches),                               \
      .doc = "Instead of `for`: so many breaches of so many samples." },                     \
    { "keep_for", &type_amount_duration, AT(record, member keep_for), .fallback = "0s",      \
      .doc = "How long it must be clear before it is over." },                               \
    { "do", &type_do, AT(record, member act), .fallback = "notify",                          \
      .doc = "Starts the run, asks whether to, or only tells." },                            \
    { "consent", &type_ids, AT(record, member consent),                                      \
      .doc = "Confirms and checklist items that the author answers with yes; `run` is the "  \
             "top-level confirm." }
// clang-format on

static const struct field level_fields[] = {
    { "name", &type_text, AT(struct level, name), .doc = "What messages call it." },
    LEVEL(struct level, ),
    { "timeout", &type_amount_time, AT(struct level, timeout), .fallback = "15m",
      .doc = "When nobody answered a `confirm` for so long, it is denied." },
    { 0 },
};

static bool for_or_breaches(const struct node *n, struct reader *r)
{
    if (!node_get(n, "for") || !node_get(n, "breaches"))
        return true;
    struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, key_span_in(n, "breaches"),
                            "`breaches` stands instead of `for`");
    diag_note(r->diags, d, key_span_in(n, "for"), "`for` is here");
    return false;
}

static bool level_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type, (void)to;
    if (!node_get(n, "when")) {
        refuse(r, DIAG_MISSING_FIELD, lack_span(n), "a level needs `when`");
        return false;
    }
    return for_or_breaches(n, r);
}
static const struct type level_type = { .kind = TYPE_OBJECT,
                                        .name = "level",
                                        .size = sizeof(struct level),
                                        .fields = level_fields,
                                        .check = level_check };
static const struct type type_levels = { .kind = TYPE_LIST,
                                         .name = "list of levels",
                                         .size = sizeof(struct list),
                                         .element = &level_type,
                                         .filled = true };

// ---- arming ----

struct subject_source {  // the subject, and the action that is read for it
    struct subject subject;
    struct step source;
    struct step_more source_more;
};

static void subject_begin(void *to)
{
    struct subject_source *s = to;

    s->source.more = &s->source_more;
}

static bool source_other(const struct node *value, struct step *source, struct reader *r)
{
    return step_other(value, source, r);
}

static bool subject_other(const struct node *value, void *to, struct reader *r)
{
    return source_other(value, &((struct subject_source *)to)->source, r);
}

// One read action, or `use`. [source] is left out of the trigger where there is none.
static bool source_check(const struct node *n, struct step *source, const char *what,
                         struct reader *r)
{
    const struct node *first = NULL;

    source->node = n;
    source->span = n->span;
    source->kind = source->more->use ? STEP_USE : STEP_ACTION;
    for (const struct node *child = n->first; child; child = child->next) {
        struct str key = child->key->text.str;
        if (!str_is(key, "use") && !is_action(key, r))
            continue;
        if (first) {
            refuse(r, DIAG_CONFLICTING_FIELDS, child->key->span, "%s reads one thing", what);
            return false;
        }
        first = child;
    }
    if (node_get(n, "with") && !node_get(n, "use")) {
        refuse(r, DIAG_CONFLICTING_FIELDS, key_span_in(n, "with"),
               "`with` gives inputs to what `use` names");
        return false;
    }
    if (first)
        return true;
    struct str words = words_listed(r->arena, r->actions, "or");
    struct diag *d = refuse(r, DIAG_MISSING_FIELD, lack_span(n), "%s must say what it reads", what);
    diag_help(r->diags, d, "give it one of `use`, %.*s", STR_ARG(words));
    return false;
}

static bool subject_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct subject_source *s = to;
    (void)type;

    s->subject.source = &s->source;
    return source_check(n, &s->source, "`subject`", r);
}

static const struct field subject_fields[] = {
    { "use", &type_used, AT(struct subject_source, source_more.use),
      .doc = "The runbook of type `check` that is read." },
    { "with", &type_value_map, AT(struct subject_source, source_more.with),
      .doc = "Its inputs." },
    { "value", &type_condition, AT(struct subject_source, subject.value),
      .doc = "The subject, an expression over `result`." },
    { 0 },
};
static const struct type subject_object = { .kind = TYPE_OBJECT,
                                            .name = "subject",
                                            .size = sizeof(struct subject_source),
                                            .fields = subject_fields,
                                            .other = subject_other,
                                            .check = subject_check };

static bool read_subject(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct subject_source *s = to;
    (void)type;

    if (n->kind == NODE_MAP)
        return type_read(&subject_object, n, to, r);
    s->subject.node = n;
    return type_read(&type_condition, n, &s->subject.value, r);
}
static const struct type *const subject_forms[] = { &type_condition, &subject_object, NULL };
static const struct type subject_either = { .kind = TYPE_OWN,
                                            .name = "expression or read action",
                                            .size = sizeof(struct subject_source),
                                            .begin = subject_begin,
                                            .read = read_subject,
                                            .forms = subject_forms };
static const struct type type_subject = { .kind = TYPE_OPTIONAL,
                                          .name = "expression or read action",
                                          .size = sizeof(struct subject *),
                                          .element = &subject_either };

static const struct field arm_fields[] = {
    { "per", &type_per, AT(struct arm, per), .fallback = "always",
      .doc = "`subject`: a new subject, such as a deployment, arms it anew." },
    { "subject", &type_subject, AT(struct arm, subject),
      .doc = "What the subject is: a read action, or an expression over `result`." },
    { "delay", &type_amount_duration, AT(struct arm, delay), .fallback = "0s",
      .doc = "The time after arming in which nothing is judged." },
    { "window", &type_amount_time, AT(struct arm, window),
      .doc = "How long it watches after the delay; without it there is no end." },
    { "baseline", &type_baseline, AT(struct arm, baseline), .fallback = "watch",
      .doc = "`require_ok`: a breach in the first valid sample is not ours." },
    { 0 },
};

static bool arm_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    const struct arm *arm = to;
    (void)type;

    if (arm->per != 2 || node_get(n, "subject"))
        return true;
    refuse(r, DIAG_MISSING_FIELD, node_get(n, "per")->span, "`per: subject` needs a `subject`");
    return false;
}
static const struct type arm_type = { .kind = TYPE_OBJECT,
                                      .name = "arm",
                                      .size = sizeof(struct arm),
                                      .fields = arm_fields,
                                      .check = arm_check };
static const struct type type_arm = {
    .kind = TYPE_OPTIONAL, .name = "arm", .size = sizeof(struct arm *), .element = &arm_type
};

static const struct field missing_fields[] = {
    { "no_data", &type_policy, AT(struct missing, no_data), .fallback = "inconclusive",
      .doc = "What a sample without data counts as." },
    { "error", &type_policy, AT(struct missing, error), .fallback = "inconclusive",
      .doc = "What a failed reading counts as." },
    { "nan", &type_nan, AT(struct missing, nan), .fallback = "no_data",
      .doc = "What a value that is no number counts as." },
    { "for", &type_amount_duration, AT(struct missing, hold), .fallback = "1m",
      .doc = "After how long without a valid sample it is inconclusive." },
    { 0 },
};
static const struct type missing_type = {
    .kind = TYPE_OBJECT, .name = "missing", .size = sizeof(struct missing), .fields = missing_fields
};
static const struct type type_missing = { .kind = TYPE_OPTIONAL,
                                          .name = "missing",
                                          .size = sizeof(struct missing *),
                                          .element = &missing_type };

// ---- the trigger ----

struct reading_trigger {  // the trigger, its source, and a level written in place
    struct trigger trigger;
    struct step source;
    struct step_more source_more;
    struct level level;
};

static const struct field trigger_fields[] = {
    { "id", &type_id, AT(struct reading_trigger, trigger.id), .flags = FIELD_REQUIRED,
      .doc = "The identity of the state that is kept." },
    { "use", &type_used, AT(struct reading_trigger, source_more.use),
      .doc = "The runbook of type `check` that is read." },
    { "with", &type_value_map, AT(struct reading_trigger, source_more.with),
      .doc = "Its inputs." },
    { "value", &type_condition, AT(struct reading_trigger, trigger.value),
      .doc = "What is judged: `result.value`, `result.status` or `result.exit` by action." },
    { "every", &type_amount_time, AT(struct reading_trigger, trigger.every),
      .flags = FIELD_REQUIRED, .doc = "The time between two samples." },
    { "timeout", &type_amount_time, AT(struct reading_trigger, trigger.timeout),
      .doc = "How long a sample may take: half of `every`, at most 15s, when not written." },
    { "valid_if", &type_condition, AT(struct reading_trigger, trigger.valid_if),
      .doc = "When false the sample is no data." },
    { "arm", &type_arm, AT(struct reading_trigger, trigger.arm), .doc = "When it watches." },
    { "levels", &type_levels, AT(struct reading_trigger, trigger.levels),
      .doc = "What is done at which value, the worst first." },
    LEVEL(struct reading_trigger, level.),
    { "missing", &type_missing, AT(struct reading_trigger, trigger.missing),
      .doc = "What is made of samples without a value." },
    { "cooldown", &type_amount_duration, AT(struct reading_trigger, trigger.cooldown),
      .fallback = "0s", .doc = "The time after a fire in which it is quiet." },
    { "rearm", &type_rearm, AT(struct reading_trigger, trigger.rearm), .fallback = "clear",
      .doc = "What must have happened before it fires again." },
    { "max_fires", &type_amount_count, AT(struct reading_trigger, trigger.max_fires),
      .fallback = "1", .doc = "How often it fires for one subject, or in 24 hours." },
    { "dry_run", &type_amount_bool, AT(struct reading_trigger, trigger.dry_run),
      .fallback = "false", .doc = "Judges and journals, and never acts." },
    { "inputs", &type_value_map, AT(struct reading_trigger, trigger.inputs),
      .doc = "The inputs of the run that it starts." },
    { 0 },
};

static bool trigger_other(const struct node *value, void *to, struct reader *r)
{
    return source_other(value, &((struct reading_trigger *)to)->source, r);
}

static const char *const level_keys[] = { "when",     "clear", "for",     "breaches",
                                          "keep_for", "do",    "consent", NULL };

// Either `levels`, or the keys of one beside the rest.
static bool levels_check(const struct node *n, struct reading_trigger *t, struct reader *r)
{
    const struct node *levels = node_get(n, "levels");

    for (size_t i = 0; levels && level_keys[i]; i++)
        if (node_get(n, level_keys[i])) {
            struct diag *d = refuse(r, DIAG_CONFLICTING_FIELDS, key_span_in(n, level_keys[i]),
                                    "`%s` belongs to one of the `levels`", level_keys[i]);
            diag_note(r->diags, d, levels->key->span, "the levels are here");
            return false;
        }
    if (levels)
        return true;
    if (!node_get(n, "when")) {
        struct diag *d = refuse(r, DIAG_MISSING_FIELD, lack_span(n),
                                "a trigger needs `when`, or `levels`");
        diag_help(r->diags, d, "write `when: value > 5.0` with your own limit");
        return false;
    }
    t->level.node = n;
    t->trigger.in_place = true;
    t->trigger.levels = (struct list){ &t->level, 1 };
    return for_or_breaches(n, r);
}

static bool trigger_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct reading_trigger *t = to;
    (void)type;

    t->trigger.source = &t->source;
    bool ok = source_check(n, &t->source, "a trigger", r);
    return levels_check(n, t, r) && ok;
}
static const struct type trigger_object = { .kind = TYPE_OBJECT,
                                            .name = "trigger",
                                            .size = sizeof(struct reading_trigger),
                                            .fields = trigger_fields,
                                            .other = trigger_other,
                                            .check = trigger_check };

// The source and the level live beside the trigger; only the trigger is in the list.
static bool read_trigger(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct reading_trigger *t = NEW(r->arena, struct reading_trigger);
    (void)type;

    t->source.more = &t->source_more;
    bool ok = type_read(&trigger_object, n, t, r);
    *(struct trigger *)to = t->trigger;
    return ok;
}
static const struct type *const trigger_forms[] = { &trigger_object, NULL };
static const struct type trigger_type = { .kind = TYPE_OWN,
                                          .name = "trigger",
                                          .size = sizeof(struct trigger),
                                          .read = read_trigger,
                                          .forms = trigger_forms };
const struct type type_triggers = { .kind = TYPE_LIST,
                                    .name = "list of triggers",
                                    .size = sizeof(struct list),
                                    .element = &trigger_type };
