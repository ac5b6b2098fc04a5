// `steps.<id>` as expressions see it (language.md section 3): what a step came to, and why what
// is not there is not there.

#include "base/arena.h"
#include "base/map.h"
#include "exec/inside.h"
#include "value/fields.h"

// ---- steps.<id>

static bool was_not_run(enum state s)
{
    return s == STATE_SKIPPED || s == STATE_SATISFIED || s == STATE_BLOCKED || s == STATE_PENDING;
}

static struct value rows_of(struct task *t, struct arena *a);

// An empty list is a list, too: who goes through it has nothing to do.
static bool has_items(const struct task *t)
{
    return t->kind == TASK_EACH && (t->steps || t->state == STATE_SATISFIED);
}

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
    else if (str_is(field, "before") && t->more->before.kind == VALUE_MAP)
        *out = view_known(t->more->before, names_lost(t, "before"), t, a);
    else if (str_is(field, "outputs") && t->more->outputs.kind == VALUE_MAP)
        *out = view_known(t->more->outputs, names_lost(t, "outputs"), t, a);
    else if (str_is(field, "items") && has_items(t))
        *out = rows_of(t, a);
    else
        return false;
    return true;
}

static bool explain(const struct task *t, struct str field, struct arena *a, struct str *why)
{
    struct str id = t->address, left_out;

    if (t->marked)
        *why = str_format(a,
                          "step `%.*s` was marked as done by a person, so what it would have "
                          "returned is not known",
                          STR_ARG(id));
    else if (was_not_run(t->state))
        *why = str_format(a, "step `%.*s` was not run (%s), so it has no `%.*s`", STR_ARG(id),
                          state_word(t->state), STR_ARG(field));
    else if ((left_out = view_why_not(t->result, field, a)).n)
        *why = str_format(a, "step `%.*s`: %.*s", STR_ARG(id), STR_ARG(left_out));
    else if (t->result.kind != VALUE_MAP)
        *why = str_format(a, "step `%.*s` has no result (%s)", STR_ARG(id), state_word(t->state));
    return false;
}

static bool step_get(const struct object *o, struct str field, struct arena *a, struct value *out,
                     struct str *why)
{
    struct task *t = o->ctx;

    if (list_has(names_lost(t, "result"), field)) {
        *why = view_why_lost(field, t, a);
        return false;
    }
    if (common_field(t, field, a, out))
        return true;
    if (t->result.kind == VALUE_MAP && value_get(t->result, value_string(field), out))
        return true;
    if (t->kind == TASK_USE && t->more->outputs.kind == VALUE_MAP &&
        value_get(t->more->outputs, value_string(field), out))
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

    for (size_t i = 0; t->steps && i < t->steps->count; i++) {
        const struct task *one = t->steps->tasks[i];
        struct value_builder *row = value_map_start(a);
        value_put_s(row, "key", one->more->key);
        if (!one->more->item_lost)
            value_put_s(row, "item", one->more->item);
        value_put_s(row, "state", value_text(state_word(one->state)));
        if (one->more->outputs.kind == VALUE_MAP)
            value_put_s(row, "outputs",
                        view_known(one->more->outputs, names_lost(one, "outputs"), one, a));
        for (size_t k = 0; one->result.kind == VALUE_MAP && k < value_size(one->result); k++)
            value_put(row, one->result.map->entries[k].key, one->result.map->entries[k].value);
        value_add(rows, view_known(value_finish(row), names_lost(one, "result"), one, a));
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

const struct object_class view_steps_class = { "runbook", steps_get, steps_fields };
