// What expressions see (the table of names in language.md section 3).

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "exec/inside.h"

struct frame *frame_of(struct space *s)
{
    return space_top(s)->frame;
}

struct value now_value(void)
{
    int64_t ns = clock_wall_ns();

    return value_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000));
}

// ---- item, index

// False, with why, when it is not known any more.
static bool item_of(const struct task *t, struct arena *a, struct value *out, struct str *why)
{
    *out = t->more->item;
    if (t->more->item_lost)
        *why = str_format(a, "the item of `%.*s` held a secret and was not kept; it cannot be read "
                             "after a resume", STR_ARG(t->address));
    return !t->more->item_lost;
}

static bool is_item(const struct task *t, struct str name)
{
    const struct for_each *each = t->step->more->for_each;

    return str_equal(name, each && each->as.str.n ? each->as.str : STR("item"));
}

static bool instance_name(const struct task *t, struct str name, struct arena *a,
                          struct value *out, struct str *why)
{
    if (is_item(t, name))
        return item_of(t, a, out, why);
    if (str_is(name, "index"))
        return *out = value_int((int64_t)t->more->index), true;
    return false;
}

static bool find_item(const struct view *v, struct str name, struct arena *a, struct value *out,
                      struct str *why)
{
    if (v->item_name.n && str_equal(name, v->item_name))
        return *out = v->item, true;
    if (v->item_name.n && str_is(name, "index"))
        return *out = v->index, true;
    const struct task *t = v->task, *back = t ? task_taken_back(t) : NULL;
    if (t && t->is_instance && instance_name(t, name, a, out, why))
        return true;
    for (const struct space *s = v->space; s && !why->n; s = s->around) {
        if (back && back->is_instance && s == back->space && instance_name(back, name, a, out, why))
            return true;
        if (s->instance && instance_name(s->instance, name, a, out, why))
            return true;
    }
    return false;
}

static bool rescues(const struct task *t)
{
    for (; t && t->in; t = t->in->owner)
        if (t->in->kind == SERIES_RESCUE)
            return true;
    return false;
}

static struct value run_fields(const struct view *v, struct arena *a)
{
    struct driver *d = v->d;
    struct value_builder *b = value_map_start(a);

    for (size_t i = 0; i < value_size(d->run_value); i++)
        value_put(b, d->run_value.map->entries[i].key, d->run_value.map->entries[i].value);
    value_put_s(b, "runbook", value_string(space_top(v->space)->module->rb->name.str));
    if (v->task && !v->task->aside)
        value_put_s(b, "phase", value_text(phase_word(v->task->phase)));
    else
        value_put_s(b, "phase", value_text(phase_word(run_phase(d->run))));
    bool at_end = v->at_end || (v->task && v->task->phase == PHASE_ALWAYS);
    struct value end = rescues(v->task) ? end_so_far(d) : d->at_end;
    for (size_t i = 0; (at_end || rescues(v->task)) && i < value_size(end); i++)
        value_put(b, end.map->entries[i].key, end.map->entries[i].value);
    return value_finish(b);
}

static const struct task *owner_of(const struct view *v)
{
    const struct task *back = task_taken_back(v->task);

    return back ? back : v->task;
}

static bool own(const struct view *v, struct str name, struct value *out, struct arena *a,
                struct str *why)
{
    if (str_is(name, "result") && v->result) {
        if (value_size(v->result_lost))
            *out = view_known(*v->result, v->result_lost, owner_of(v), a);
        else
            *out = view_result(a, v->result);
        return out->kind != VALUE_NULL || (*why = STR("the step has no result"), false);
    }
    if (str_is(name, "before") && v->before && v->before->kind == VALUE_MAP)
        return *out = view_known(*v->before, v->before_lost, owner_of(v), a), true;
    if (str_is(name, "result") || str_is(name, "before"))
        *why = str_format(a, "there is no `%.*s` here", STR_ARG(name));
    return false;
}

// Where no trigger started the run: `has(trigger.name)` is false, and reading it is told.
static bool no_trigger_get(const struct object *o, struct str name, struct arena *a,
                           struct value *out, struct str *why)
{
    (void)o, (void)name, (void)a, (void)out;
    *why = STR("no trigger started this run");
    return false;
}

static const struct str *no_trigger_fields(const struct object *o, struct arena *a)
{
    static const struct str none[] = { { 0 } };

    (void)o, (void)a;
    return none;
}

static const struct object_class no_trigger = { "trigger", no_trigger_get, no_trigger_fields };

static bool look_up(const struct scope *s, struct str name, struct arena *a, struct value *out,
                    struct str *why)
{
    const struct view *v = s->ctx;
    const struct frame *f = frame_of(v->space);

    if (str_is(name, "steps"))
        *out = value_object(a, &view_steps_class, v->space);
    else if (str_is(name, "inputs"))
        *out = f->inputs;
    else if (str_is(name, "vars"))
        *out = f->vars;
    else if (str_is(name, "secrets"))
        *out = f->secrets;
    else if (str_is(name, "env"))
        *out = f->env;
    else if (str_is(name, "run"))
        *out = run_fields(v, a);
    else if (str_is(name, "now"))
        *out = s->now;
    else if (str_is(name, "trigger"))
        *out = f->trigger.kind == VALUE_MAP ? f->trigger : value_object(a, &no_trigger, NULL);
    else if (str_is(name, "contact") && v->contact.kind == VALUE_MAP)
        *out = v->contact;
    else
        return own(v, name, out, a, why) || find_item(v, name, a, out, why);
    if (f->broken.n && out->kind == VALUE_NULL) {
        *why = f->broken;
        return false;
    }
    return true;
}

static const char *const roots[] = { "inputs", "vars",  "secrets", "env",   "steps",
                                     "result", "before", "item",   "index", "run",
                                     "trigger", "now",   NULL };

static void made_secret(const struct scope *s, struct value v, struct arena *a)
{
    const struct view *view = s->ctx;

    mask_value(view->d->mask, v, a);
}

struct view view_of_space(struct driver *d, struct space *s)
{
    return (struct view){
        .scope = { .get = look_up, .secret = made_secret, .now = now_value(), .roots = roots },
        .d = d,
        .space = s
    };
}

struct view view_of(struct driver *d, struct task *t)
{
    struct view v = view_of_space(d, t->space);

    v.task = t;
    return v;
}

const struct scope *view_scope(struct view *v)
{
    v->scope.ctx = v;
    return &v->scope;
}
