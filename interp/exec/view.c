// What expressions see (the table of names in language.md section 3).

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "exec/inside.h"
#include "value/json.h"

struct frame *frame_of(struct space *s)
{
    return space_top(s)->frame;
}

struct value now_value(void)
{
    int64_t ns = clock_wall_ns();

    return value_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000));
}

// ---- steps.<id>

static bool was_not_run(enum state s)
{
    return s == STATE_SKIPPED || s == STATE_SATISFIED || s == STATE_BLOCKED || s == STATE_PENDING;
}

static struct value rows_of(struct task *t, struct arena *a);

// ---- what held a secret, and was not kept

static bool is_among(struct value names, struct str field)
{
    for (size_t i = 0; names.kind == VALUE_LIST && i < value_size(names); i++) {
        struct value name = value_item(names, i);
        if (name.kind == VALUE_STRING && str_equal(name.s, field))
            return true;
    }
    return false;
}

static struct str lost_words(struct str what, const struct task *t, struct arena *a)
{
    return str_format(a, "`%.*s` of step `%.*s` held a secret and was not kept; it cannot be read "
                         "after a resume", STR_ARG(what), STR_ARG(t->address));
}

// A map of which some fields are not known any more.
struct partial {
    struct value map, lost;
    const struct task *of;
};

static bool partial_get(const struct object *o, struct str field, struct arena *a,
                        struct value *out, struct str *why)
{
    const struct partial *p = o->ctx;

    if (is_among(p->lost, field)) {
        *why = lost_words(field, p->of, a);
        return false;
    }
    return value_get(p->map, value_string(field), out);
}

static const struct str *partial_fields(const struct object *o, struct arena *a)
{
    const struct partial *p = o->ctx;
    struct str *names = NEW_ARRAY(a, struct str, value_size(p->map) + 1);
    size_t n = 0;

    for (size_t i = 0; i < value_size(p->map); i++)
        if (p->map.map->entries[i].key.kind == VALUE_STRING)
            names[n++] = p->map.map->entries[i].key.s;
    return names;
}

static const struct object_class partial_class = { "map", partial_get, partial_fields };

static struct value known_part(struct value map, struct value lost, const struct task *of,
                               struct arena *a)
{
    struct partial *p;

    if (value_size(lost) == 0 || map.kind != VALUE_MAP)
        return map;
    p = NEW(a, struct partial);
    *p = (struct partial){ map, lost, of };
    return value_object(a, &partial_class, p);
}

// Fields that every step has, whatever became of it.
static bool common_field(struct task *t, struct str field, struct arena *a, struct value *out)
{
    if (str_is(field, "state"))
        *out = value_text(state_word(t->rescuing && !t->ended ? STATE_FAILED : t->state));
    else if (str_is(field, "undo_state") && t->undo_state != UNDO_NOT)
        *out = value_text(undo_state_word(t->undo_state));
    else if (str_is(field, "attempts"))
        *out = value_int(t->attempts);
    else if (str_is(field, "started") && t->intent)
        *out = value_timestamp(t->started_wall_ns / 1000000000,
                               (uint32_t)(t->started_wall_ns % 1000000000));
    else if (str_is(field, "took") && t->ended && t->intent)
        *out = value_duration_ms(t->took_ms);
    else if (str_is(field, "before") && t->before.kind == VALUE_MAP)
        *out = known_part(t->before, names_lost(t, "before"), t, a);
    else if (str_is(field, "outputs") && t->outputs.kind == VALUE_MAP)
        *out = known_part(t->outputs, names_lost(t, "outputs"), t, a);
    else if (str_is(field, "items") && t->kind == TASK_EACH && t->steps)
        *out = rows_of(t, a);
    else
        return false;
    return true;
}

// Fields that a result only has when there is something to say, known by one that is
// always beside them.
static const struct {
    const char *field, *beside, *why;
} sometimes[] = {
    { "json", "stdout", "the output is not JSON" },
    { "json", "body", "the body of the answer is not JSON" },
    { "row", "rows", "the statement gave no row" },
    { "value", "rows", "the statement gave no row, and so no value" },
};
enum { SOMETIMES = sizeof sometimes / sizeof sometimes[0] };

static bool is_left_out(size_t i, struct value result, struct arena *a)
{
    struct value ignored;

    return result.kind == VALUE_MAP && value_field(result, sometimes[i].beside, a, &ignored) &&
           !value_field(result, sometimes[i].field, a, &ignored);
}

// What is wrong with the text that should be JSON.
static struct str json_trouble(struct value result, const char *field, struct arena *a)
{
    struct json_error error = { 0 };
    struct value text, ignored;

    if (!value_field(result, field, a, &text) || text.kind != VALUE_STRING || !text.s.n ||
        text.secret || json_read(text.s, a, &ignored, &error))
        return STR("");
    return str_format(a, ": %.*s", STR_ARG(error.message));
}

// Why [result] has no [field]; empty if that is no question of it.
static struct str why_left_out(struct value result, struct str field, struct arena *a)
{
    for (size_t i = 0; i < SOMETIMES; i++)
        if (str_is(field, sometimes[i].field) && is_left_out(i, result, a))
            return str_format(a, "%s%.*s", sometimes[i].why,
                              STR_ARG(str_is(field, "json")
                                          ? json_trouble(result, sometimes[i].beside, a)
                                          : STR("")));
    return STR("");
}

static bool explain(const struct task *t, struct str field, struct arena *a, struct str *why)
{
    struct str id = t->address, left_out;

    if (t->marked)
        *why = str_format(a, "step `%.*s` was marked as done by a person, so what it would have "
                             "returned is not known", STR_ARG(id));
    else if (was_not_run(t->state))
        *why = str_format(a, "step `%.*s` was not run (%s), so it has no `%.*s`", STR_ARG(id),
                          state_word(t->state), STR_ARG(field));
    else if ((left_out = why_left_out(t->result, field, a)).n)
        *why = str_format(a, "step `%.*s`: %.*s", STR_ARG(id), STR_ARG(left_out));
    else if (t->result.kind != VALUE_MAP)
        *why = str_format(a, "step `%.*s` has no result (%s)", STR_ARG(id), state_word(t->state));
    return false;
}

static bool step_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                     struct str *why)
{
    struct task *t = o->ctx;

    if (is_among(names_lost(t, "result"), field)) {
        *why = lost_words(field, t, a);
        return false;
    }
    if (common_field(t, field, a, out))
        return true;
    if (t->result.kind == VALUE_MAP && value_get(t->result, value_string(field), out))
        return true;
    if (t->kind == TASK_USE && t->outputs.kind == VALUE_MAP &&
        value_get(t->outputs, value_string(field), out))
        return true;
    return explain(t, field, a, why);
}

static const struct str *step_fields(const struct object *o, struct arena *a)
{
    static const char *const common[] = { "state", "undo_state", "attempts", "started",
                                          "took",  "before",     "outputs",  "items" };
    struct task *t = o->ctx;
    size_t count = t->result.kind == VALUE_MAP ? value_size(t->result) : 0, n = 0;
    struct str *names = NEW_ARRAY(a, struct str, count + 10);
    struct value unused;

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (common_field(t, str_from(common[i]), a, &unused))
            names[n++] = str_from(common[i]);
    for (size_t i = 0; i < count; i++)
        if (t->result.map->entries[i].key.kind == VALUE_STRING)
            names[n++] = t->result.map->entries[i].key.s;
    return names;
}

static const struct object_class step_class = { "step", step_get, step_fields };

// steps.<id>.items: {key, item, state, outputs, ...result}
static struct value rows_of(struct task *t, struct arena *a)
{
    struct value_builder *rows = value_list_start(a);

    for (size_t i = 0; i < t->steps->count; i++) {
        const struct task *one = t->steps->tasks[i];
        struct value_builder *row = value_map_start(a);
        value_put_s(row, "key", one->key);
        if (!one->item_lost)
            value_put_s(row, "item", one->item);
        value_put_s(row, "state", value_text(state_word(one->state)));
        if (one->outputs.kind == VALUE_MAP)
            value_put_s(row, "outputs",
                        known_part(one->outputs, names_lost(one, "outputs"), one, a));
        for (size_t k = 0; one->result.kind == VALUE_MAP && k < value_size(one->result); k++)
            value_put(row, one->result.map->entries[k].key, one->result.map->entries[k].value);
        value_add(rows, known_part(value_finish(row), names_lost(one, "result"), one, a));
    }
    return value_finish(rows);
}

// ---- steps

static bool steps_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                      struct str *why)
{
    struct task *t = space_find(o->ctx, field);
    const struct map *checks = space_top(o->ctx)->checks;
    const struct value *found = checks ? map_get(checks, field) : NULL;

    (void)why;
    if (!t && found)
        *out = *found;
    if (!t)
        return found != NULL;
    *out = value_object(a, &step_class, t);
    return true;
}

static const struct str *steps_fields(const struct object *o, struct arena *a)
{
    const struct space *s = o->ctx;
    size_t n = 0;
    struct str *names = NEW_ARRAY(a, struct str, map_count(s->by_id) + 1);

    for (size_t i = 0; i < map_count(s->by_id); i++)
        names[n++] = map_key(s->by_id, i);
    return names;
}

static const struct object_class steps_class = { "runbook", steps_get, steps_fields };

// ---- the rest

// False, with why, when it is not known any more.
static bool item_of(const struct task *t, struct arena *a, struct value *out, struct str *why)
{
    *out = t->item;
    if (t->item_lost)
        *why = str_format(a, "the item of `%.*s` held a secret and was not kept; it cannot be read "
                             "after a resume", STR_ARG(t->address));
    return !t->item_lost;
}

static bool is_item(const struct task *t, struct str name)
{
    const struct for_each *each = t->step->for_each;

    return str_equal(name, each && each->as.str.n ? each->as.str : STR("item"));
}

static bool instance_name(const struct task *t, struct str name, struct arena *a,
                          struct value *out, struct str *why)
{
    if (is_item(t, name))
        return item_of(t, a, out, why);
    if (str_is(name, "index"))
        return *out = value_int((int64_t)t->index), true;
    return false;
}

static bool find_item(const struct view *v, struct str name, struct arena *a, struct value *out,
                      struct str *why)
{
    if (v->item_name.n && str_equal(name, v->item_name))
        return *out = v->item, true;
    if (v->item_name.n && str_is(name, "index"))
        return *out = v->index, true;
    const struct task *t = v->task && v->task->undoes ? v->task->undoes : v->task;
    if (t && t->is_instance && instance_name(t, name, a, out, why))
        return true;
    for (const struct space *s = v->space; s && !why->n; s = s->around)
        if (s->instance && instance_name(s->instance, name, a, out, why))
            return true;
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

// A result with something left out: reading that says why.
static bool plain_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                      struct str *why)
{
    const struct value *result = o->ctx;

    if (value_get(*result, value_string(field), out))
        return true;
    *why = why_left_out(*result, field, a);
    return false;
}

static const struct str *plain_fields(const struct object *o, struct arena *a)
{
    const struct value *result = o->ctx;
    struct str *names = NEW_ARRAY(a, struct str, value_size(*result) + 1);

    for (size_t i = 0; i < value_size(*result); i++)
        names[i] = result->map->entries[i].key.s;
    return names;
}

static const struct object_class plain_class = { "result", plain_get, plain_fields };

static bool is_plain(struct value result, struct arena *a)
{
    for (size_t i = 0; i < SOMETIMES; i++)
        if (is_left_out(i, result, a))
            return true;
    return false;
}

static const struct task *owner_of(const struct view *v)
{
    return v->task->undoes ? v->task->undoes : v->task;
}

static bool own(const struct view *v, struct str name, struct value *out, struct arena *a,
                struct str *why)
{
    if (str_is(name, "result") && v->result) {
        *out = *v->result;
        if (value_size(v->result_lost))
            *out = known_part(*out, v->result_lost, owner_of(v), a);
        else if (is_plain(*out, a))
            *out = value_object(a, &plain_class, (void *)(uintptr_t)v->result);
        return out->kind != VALUE_NULL || (*why = STR("the step has no result"), false);
    }
    if (str_is(name, "before") && v->before && v->before->kind == VALUE_MAP)
        return *out = known_part(*v->before, v->before_lost, owner_of(v), a), true;
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
        *out = value_object(a, &steps_class, v->space);
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
    return (struct view){ .scope = { .get = look_up, .secret = made_secret, .now = now_value(), .roots = roots },
                          .d = d, .space = s };
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
