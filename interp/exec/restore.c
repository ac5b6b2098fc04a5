// What a run was made of, made again: its program and its tasks from the plan that was kept with
// it, and the values that its expressions see.

#include "exec/restore.h"

#include "base/arena.h"
#include "exec/frame_parts.h"
#include "load/input.h"
#include "value/base64.h"
#include "value/fields.h"
#include "value/time.h"

static const struct given *kept_inputs(struct driver *d, const struct kept_plan *plan,
                                       size_t *count)
{
    size_t n = plan->inputs.kind == VALUE_MAP ? value_size(plan->inputs) : 0;
    struct given *all = NEW_ARRAY(d->arena, struct given, n + d->options->given_count + 1);

    for (size_t i = 0; i < d->options->given_count; i++)
        all[(*count)++] = d->options->given[i];
    for (size_t i = 0; i < n; i++)  // these count
        all[(*count)++] = (struct given){ .name = plan->inputs.map->entries[i].key.s,
                                          .has_value = true,
                                          .value = plan->inputs.map->entries[i].value };
    return all;
}

static bool is_as_before(struct driver *d, const struct kept_plan *plan, const struct input *in,
                         const struct given *g)
{
    struct refusal why;
    struct value was, now, name = value_string(g->name);

    if (!value_get(plan->inputs, name, &was) || !value_get(d->frame->inputs, name, &was) ||
        !input_from_value(in, g->value, d->arena, &now, &why))
        return false;
    if (in->type == INPUT_PATH)
        now.s = frame_path(plan->cwd, now.s, d->arena);
    return value_equal(was, now);
}

// A file of inputs holds the secret ones, which are given again; in what else it says the run
// goes on with what it began with, so that has to be the same.
static bool others_are_as_before(struct driver *d, const struct kept_plan *plan)
{
    const struct list *inputs = &d->program->root->rb->inputs;
    bool ok = true;

    for (size_t i = 0; i < d->options->given_count; i++) {
        const struct given *g = &d->options->given[i];
        LIST_EACH(const struct input, in, *inputs)
        {
            if (!str_equal(in->entry.key.str, g->name) || in->secret == YES ||
                (d->options->drill && input_drilled(d->program->root->rb, g->name)) ||
                list_has(plan->secret_inputs, g->name) || is_as_before(d, plan, in, g))
                continue;
            struct diag *e = diag_error(d->diags, DIAG_BAD_INPUT, g->span,
                                        "input `%.*s` is not what the run began with",
                                        STR_ARG(g->name));
            diag_help(d->diags, e, "only secret inputs are given again; a run keeps the others");
            ok = false;
        }
    }
    return ok;
}

static struct value typed(struct value kept, struct value like, struct arena *a);

static struct value typed_inside(struct value kept, struct value like, struct arena *a)
{
    struct value_builder *b = kept.kind == VALUE_MAP ? value_map_start(a) : value_list_start(a);
    struct value one;

    for (size_t i = 0; kept.kind == VALUE_LIST && i < value_size(kept); i++)
        value_add(b, i < value_size(like) ? typed(value_item(kept, i), value_item(like, i), a)
                                          : value_item(kept, i));
    for (size_t i = 0; kept.kind == VALUE_MAP && i < value_size(kept); i++) {
        struct value_entry e = kept.map->entries[i];
        value_put(b, e.key, value_get(like, e.key, &one) ? typed(e.value, one, a) : e.value);
    }
    return value_finish(b);
}

// JSON knows no times, no bytes and no unsigned numbers: [like], what is computed now, says what
// [kept] is.
static struct value typed(struct value kept, struct value like, struct arena *a)
{
    int64_t whole;
    uint32_t nanos;
    struct str bytes;

    if (kept.kind == like.kind)
        return kept.kind == VALUE_LIST || kept.kind == VALUE_MAP ? typed_inside(kept, like, a) : kept;
    if (kept.kind == VALUE_INT && kept.i >= 0 && like.kind == VALUE_UINT)
        return value_uint((uint64_t)kept.i);
    if (kept.kind == VALUE_INT && like.kind == VALUE_DOUBLE)
        return value_double((double)kept.i);
    if (kept.kind != VALUE_STRING)
        return kept;
    if (like.kind == VALUE_TIMESTAMP && timestamp_parse(kept.s, &whole, &nanos))
        return value_timestamp(whole, nanos);
    if (like.kind == VALUE_DURATION && duration_parse_cel(kept.s, &whole))
        return value_duration(whole);
    if (like.kind == VALUE_BYTES && base64_read(kept.s, a, &bytes))
        return value_bytes(bytes);
    return kept;
}

// What was computed once stays; only what held a secret is computed again.
static void keep_vars(struct driver *d, const struct kept_plan *plan)
{
    struct value_builder *b = value_map_start(d->arena);
    struct value now = d->frame->vars, kept;

    if (now.kind != VALUE_MAP || plan->vars.kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_size(now); i++) {
        struct value_entry e = now.map->entries[i];
        bool same = value_get(plan->vars, e.key, &kept);
        value_put(b, e.key, same ? typed(kept, e.value, d->arena) : e.value);
    }
    d->frame->vars = value_finish(b);
}

// What a callee was given; what of it was secret is evaluated again.
static bool given_again(struct driver *d, struct task *t, struct value *out, struct str *why)
{
    const struct module *m = program_use(d->program, t->step);
    struct view v = view_of(d, t);
    struct value lost = names_lost(t, "with"), all;
    struct expr_error err = { 0 };
    struct value_builder *b;

    *out = t->more->given;
    if (value_size(lost) == 0)
        return true;
    if (!frame_with(t->step, m, view_scope(&v), d->arena, &all, &err)) {
        *why = str_format(d->arena, "`with` of `%.*s`: %.*s", STR_ARG(t->address),
                          STR_ARG(err.message));
        return false;
    }
    b = value_map_start(d->arena);
    for (size_t i = 0; i < value_size(t->more->given); i++)
        value_put(b, t->more->given.map->entries[i].key, t->more->given.map->entries[i].value);
    for (size_t i = 0; i < value_size(lost); i++) {
        struct value again;
        if (value_get(all, value_item(lost, i), &again))
            value_put(b, value_item(lost, i), again);
    }
    *out = value_finish(b);
    return true;
}

// Frames of the used runbooks that were reached, outermost first. One whose secrets cannot
// be found any more fails the steps that need it, not the run: the others can be undone.
bool restore_frames(struct driver *d)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        struct str why = STR("");
        if (t->kind != TASK_USE || !t->inner || t->aside)
            continue;
        struct value *given = &task_more(d->arena, t)->given;
        if (d->cut.n) {
            use_frame_broken(d, t, d->cut);
        } else if (!given_again(d, t, given, &why)) {
            use_frame_broken(d, t, why);
        } else if (!use_frame(d, t, *given, now_value(), &why)) {
            if (!d->aborting) {
                diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 }, "`%.*s`: %.*s",
                           STR_ARG(t->address), STR_ARG(why));
                return false;
            }
            use_frame_broken(d, t, why);
        }
    }
    return true;
}

static bool read_plan(struct driver *d, struct kept_plan *plan)
{
    struct str json;

    if (store_kept(d->store, d->id, "plan.json", d->arena, &json, d->diags) != STORE_OK)
        return false;
    if (plan_read(d->arena, json, plan)) {
        plan->digest = plan_digest(d, json);
        return true;
    }
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
               "the plan kept with run %.*s cannot be read", STR_ARG(d->id));
    return false;
}

bool is_plan_of_this_run(struct driver *d, const struct kept_plan *plan)
{
    if (str_equal(plan->digest, d->digest))
        return true;
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
               "the plan kept with run %.*s is not the one that it began with", STR_ARG(d->id));
    return false;
}

static struct value started_of(struct driver *d)
{
    return value_of(d->run_value, "started");
}

static struct value restore_started(struct driver *d, struct value kept)
{
    struct value_builder *b = value_map_start(d->arena);

    for (size_t i = 0; i < value_size(kept); i++) {
        struct value_entry e = kept.map->entries[i];
        value_put(b, e.key, e.value);
    }
    for (size_t i = 0; i < value_size(d->run_value); i++) {
        struct value_entry e = d->run_value.map->entries[i];
        struct value was;
        if (!value_get(kept, e.key, &was))  // it held a secret
            value_put(b, e.key, e.value);
    }
    value_put_s(b, "started", started_of(d));
    return value_finish(b);
}

// `abort` ends a run whatever is missing. What is, only fails a step of `always` that needs it: by
// its expressions, or because nobody knows where and with what environment it would run.
static void make_what_is_left(struct driver *d, const struct given *given, size_t count,
                              struct str base)
{
    struct diags missing = { .arena = d->arena };
    struct value now = now_value();
    struct buf *words = buf_in(d->arena);

    new_root_frame(d);
    frame_inputs(d->frame, given, count, base, now, d->arena, &missing);
    if (d->cut.n)  // nor is the program of a secret run
        diag_error(&missing, DIAG_PREFLIGHT, (struct span){ 0 }, "%.*s", STR_ARG(d->cut));
    else
        frame_secrets(d->frame, d->mask, now, d->arena, &missing);
    for (const struct diag *m = missing.first; m; m = m->next)
        buf_format(words, "%s%.*s", words->n ? "; " : "", STR_ARG(m->message));
    d->missing = buf_str(words);
    frame_vars(d->frame, now, d->arena, &missing);
    if (!frame_places(d->frame, d->project, now, d->arena, &missing))
        d->frame->broken = missing.first->message;
    if (d->cut.n)
        d->frame->broken = d->cut;
}

// Who goes on is asked again for the secret inputs, which are kept nowhere.
static int remake_root_frame(struct driver *d, const struct kept_plan *plan,
                             const struct given **out, size_t *n)
{
    size_t count = 0;
    const struct given *given = kept_inputs(d, plan, &count);

    d->given_secrets = plan->secret_inputs;
    if (d->aborting) {
        make_what_is_left(d, given, count, plan->cwd);
        return 0;
    }
    if (d->asker->has_terminal && !d->options->no_input && plan->secret_inputs.kind == VALUE_LIST)
        given = ask_inputs(d, plan->secret_inputs, given, &count);
    if (d->refused)
        return d->refused;
    *out = given;
    *n = count;
    int code = make_root_frame(d, given, count, plan->cwd);
    return code ? code : others_are_as_before(d, plan) ? 0 : CODE_INVALID;
}

static bool load_program(struct driver *d, const struct kept_plan *plan)
{
    struct run_facts facts = { .on_failure = d->options->on_failure };

    d->program = program_from(d->arena, d->project, plan->files, plan->file_count, plan->file,
                              d->diags);
    if (d->program)
        d->run = run_new(d->arena, d->program, &facts);
    return d->program != NULL;
}

int restore_plan(struct driver *d, struct kept_plan *plan, struct run_options *o)
{
    if (!read_plan(d, plan))
        return CODE_STORE;
    o->cwd = plan->cwd;
    o->manual |= plan->manual;
    o->drill = plan->drill;
    if (!o->on_failure)
        o->on_failure = plan->on_failure;
    return 0;
}

// `abort` needs no file, and runs nothing of one that is cut.
static void cut_ends(struct driver *d, const struct kept_plan *plan)
{
    struct diags ignored = { .arena = d->arena }, *told = d->diags;

    d->diags = &ignored;
    plan_has_all(d, plan);
    d->diags = told;
}

int restore_program(struct driver *d, struct kept_plan *plan)
{
    d->project = project_for(d->arena, plan->cwd, plan->file, action_names(), d->diags);
    plan_fill_from_disk(d, plan);
    if (d->aborting)
        cut_ends(d, plan);
    else if (!plan_has_all(d, plan))
        return CODE_PREFLIGHT;
    return load_program(d, plan) ? 0 : CODE_INVALID;
}

// With the values of the secrets where their names stood.
static bool frame_again(struct driver *d, const struct kept_plan *plan, const struct given *given,
                        size_t count)
{
    struct frame *f = d->frame;
    struct value now = now_value();

    f->environ = NULL;
    f->env = VALUE_NONE;
    f->connections = (struct connections){ 0 };
    f->given_secrets = d->given_secrets;
    return frame_inputs(f, given, count, plan->cwd, now, d->arena, d->diags) &&
           frame_vars(f, now, d->arena, d->diags) &&
           frame_places(f, d->project, now, d->arena, d->diags);
}

int restore_values(struct driver *d, struct kept_plan *plan)
{
    const struct given *given = NULL;
    size_t count = 0;
    int code = remake_root_frame(d, plan, &given, &count);

    if (code)
        return code;
    if (plan_fill_secrets(d, plan)) {
        if (!load_program(d, plan))
            return CODE_INVALID;
        d->frame->module = d->program->root;
        if (!d->aborting && !frame_again(d, plan, given, count))
            return CODE_INVALID;
    }
    keep_vars(d, plan);
    if (plan->run.kind == VALUE_MAP)
        d->frame->run = d->run_value = restore_started(d, plan->run);
    if (plan->trigger.kind == VALUE_MAP)
        d->frame->trigger = plan->trigger;
    run_root(d->run)->frame = d->frame;
    return 0;
}
