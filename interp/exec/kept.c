// The plan that is kept with a run: the texts of all its files, its inputs (secrets by
// name only), and how it was started. A resume runs that plan, whatever is on the disk.

#include "exec/kept.h"

#include <fcntl.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "exec/walk.h"

static struct value files_of(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);
    size_t count;
    const struct program_file *files = program_files(d->program, d->arena, &count);

    for (size_t i = 0; i < count; i++) {
        struct value_builder *one = value_map_start(d->arena);
        value_put_s(one, "path", value_string(files[i].path));
        value_put_s(one, "text", value_string(files[i].text));
        value_add(list, value_finish(one));
    }
    return value_finish(list);
}

static struct value without_secrets(struct driver *d, struct value map, struct value *withheld)
{
    struct value_builder *kept = value_map_start(d->arena), *names = value_list_start(d->arena);

    for (size_t i = 0; map.kind == VALUE_MAP && i < value_size(map); i++) {
        struct value_entry e = map.map->entries[i];
        if (e.value.secret)
            value_add(names, e.key);
        else
            value_put(kept, e.key, e.value);
    }
    *withheld = value_finish(names);
    return value_finish(kept);
}

struct str plan_text(struct driver *d)
{
    struct value_builder *b = value_map_start(d->arena);
    struct value withheld, kept;

    value_put_s(b, "format", value_int(1));
    value_put_s(b, "file", value_string(d->program->root->rb->path));
    value_put_s(b, "cwd", value_string(d->options->cwd));
    value_put_s(b, "manual", value_bool(d->options->manual));
    value_put_s(b, "drill", value_bool(d->options->drill));
    value_put_s(b, "on_failure", value_int(d->options->on_failure));
    value_put_s(b, "user", value_string(person(d)));
    kept = without_secrets(d, d->frame->inputs, &withheld);
    value_put_s(b, "inputs", kept);
    value_put_s(b, "secret_inputs", withheld);
    kept = without_secrets(d, d->frame->vars, &withheld);
    value_put_s(b, "vars", kept);
    value_put_s(b, "secret_vars", withheld);
    if (d->frame->trigger.kind == VALUE_MAP)
        value_put_s(b, "trigger", d->frame->trigger);
    value_put_s(b, "run", d->run_value);
    value_put_s(b, "files", files_of(d));
    return json_text(value_finish(b), d->arena);
}

struct str plan_digest(struct driver *d, struct str plan)
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(plan, digest);
    return str_format(d->arena, "sha256:%.*s", STR_ARG(sha256_hex(d->arena, digest)));
}

static struct str text_of(struct value plan, const char *key)
{
    struct value v = VALUE_NONE;

    value_field(plan, key, NULL, &v);
    return v.kind == VALUE_STRING ? v.s : STR("");
}

static bool flag_of(struct value plan, const char *key)
{
    struct value v = VALUE_NONE;

    return value_field(plan, key, NULL, &v) && v.kind == VALUE_BOOL && v.b;
}

bool plan_read(struct arena *a, struct str json, struct kept_plan *out)
{
    struct json_error error;
    struct value plan, files = VALUE_NONE, policy = VALUE_NONE;

    *out = (struct kept_plan){ 0 };
    if (!json_read(json, a, &plan, &error) || plan.kind != VALUE_MAP)
        return false;
    out->file = text_of(plan, "file");
    out->cwd = text_of(plan, "cwd");
    out->user = text_of(plan, "user");
    out->manual = flag_of(plan, "manual");
    out->drill = flag_of(plan, "drill");
    if (value_field(plan, "on_failure", a, &policy) && policy.kind == VALUE_INT)
        out->on_failure = (int)policy.i;
    value_field(plan, "inputs", a, &out->inputs);
    value_field(plan, "secret_inputs", a, &out->secret_inputs);
    value_field(plan, "vars", a, &out->vars);
    value_field(plan, "secret_vars", a, &out->secret_vars);
    value_field(plan, "trigger", a, &out->trigger);
    value_field(plan, "run", a, &out->run);
    if (!value_field(plan, "files", a, &files) || files.kind != VALUE_LIST)
        return false;
    out->files = NEW_ARRAY(a, struct program_file, value_size(files) + 1);
    for (size_t i = 0; i < value_size(files); i++)
        out->files[out->file_count++] = (struct program_file){
            text_of(value_item(files, i), "path"), text_of(value_item(files, i), "text") };
    return true;
}

void tell_changed_files(struct driver *d, const struct kept_plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        struct diags ds = { .arena = d->arena };
        struct str now;
        bool same = file_read(d->arena, plan->files[i].path, 1024 * 1024, &now, &ds) &&
                    str_equal(now, plan->files[i].text);
        if (!same)
            say(d, "%.*s has changed since this run was started; the run goes on with the plan "
                   "that was kept",
                STR_ARG(plan->files[i].path));
    }
}
