// The plan that is kept with a run: the texts of all its files, its inputs (secrets by
// name only), and how it was started. A resume runs that plan, whatever is on the disk.

#include "exec/kept.h"

#include <fcntl.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/sha256.h"
#include "exec/frame_parts.h"
#include "exec/kinds.h"
#include "exec/walk.h"
#include "load/input.h"
#include "value/fields.h"

// A secret that somebody wrote into a file by its value is kept by its name. The
// placeholder reads as a word wherever a secret can be written.
static const char placeholder[] = "__runbook_secret_";

// What comes from nowhere but the file. Nobody runs it: it only has to be YAML still, which *** is
// not.
#define CUT STR("__runbook_cut__")

enum { FILE_LIMIT = 1024 * 1024 };

static struct str replaced(struct arena *a, struct str in, struct str what, struct str by)
{
    struct buf b = BUF_EMPTY;
    size_t at;

    while (what.n && (at = str_search(in, what)) != SIZE_MAX) {
        buf_add(&b, str_slice(in, 0, at));
        buf_add(&b, by);
        in = str_slice(in, at + what.n, in.n);
    }
    buf_add(&b, in);
    return buf_take(&b, a);
}

static struct str digest_hex(struct arena *a, struct str text)
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(text, digest);
    return sha256_hex(a, digest);
}

static struct str placeholder_of(struct arena *a, struct value name)
{
    return str_format(a, "%s%.*s__", placeholder, STR_ARG(name.s));
}

static struct str by_name(struct driver *d, struct str text, bool back, struct arena *a)
{
    struct value secrets = d->frame->secrets;

    for (size_t i = 0; secrets.kind == VALUE_MAP && i < value_size(secrets); i++) {
        struct value_entry e = secrets.map->entries[i];
        struct str name = placeholder_of(a, e.key);
        if (e.value.kind == VALUE_STRING)
            text = back ? replaced(a, text, name, e.value.s)
                        : replaced(a, text, e.value.s, name);
    }
    return text;
}

static bool is_whole(struct str text)
{
    return str_search(text, str_from(placeholder)) == SIZE_MAX;
}

bool plan_is_whole(const struct kept_plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++)
        if (!is_whole(plan->files[i].text))
            return false;
    return true;
}

// ---- words of a program that says a secret

static bool is_one_of(struct str program, const char *const *names)
{
    size_t slash;

    while ((slash = str_find(program, '/')) != SIZE_MAX)
        program = str_slice(program, slash + 1, program.n);
    while (*names && !str_is(program, *names))
        names++;
    return *names;
}

// What a used runbook's program says is not known before it is reached. One that prints what it is
// given may have been given the secret.
static bool may_spell(const struct secret *s, struct str word)
{
    static const char *const printers[] = { "echo", "printf", NULL };
    static const char *const shells[] = { "sh", "bash", "dash", NULL };
    struct str program = (*(const struct template *const *)s->exec.items)->text.str;

    return is_one_of(program, printers) ||
           (is_one_of(program, shells) && (str_search(word, STR("echo")) != SIZE_MAX ||
                                           str_search(word, STR("printf")) != SIZE_MAX));
}

static bool spells(const struct driver *d, const struct module *m, const struct secret *s,
                   struct str word)
{
    struct value v;

    if (m != d->program->root)
        return may_spell(s, word);
    return value_get(d->frame->secrets, value_string(s->entry.key.str), &v) &&
           v.kind == VALUE_STRING && str_search(word, v.s) != SIZE_MAX;
}

static struct str without_words_of(struct driver *d, const struct module *m, const struct secret *s,
                                   struct str text)
{
    const struct template *const *words = s->exec.items;

    for (size_t i = 1; i < s->exec.count; i++) {
        const struct text *t = &words[i]->text;
        if (t->str.n < MASK_SHORTEST || !template_is_literal(words[i]) || !spells(d, m, s, t->str))
            continue;
        struct str raw = str_slice(t->span.source->text, t->span.start, t->span.end);
        text = replaced(d->arena, replaced(d->arena, text, raw, CUT), t->str, CUT);
    }
    return text;
}

static struct str without_words(struct driver *d, struct str text)
{
    for (size_t i = 0; i < map_count(d->program->by_path); i++) {
        const struct module *m = map_value(d->program->by_path, i);
        const struct secret *secrets = m->rb->secrets.items;
        for (size_t k = 0; k < m->rb->secrets.count; k++)
            if (secrets[k].exec.count)
                text = without_words_of(d, m, &secrets[k], text);
    }
    return text;
}

bool plan_has_all(struct driver *d, const struct kept_plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        if (!plan->cut[i])
            continue;
        struct diag *e = diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                                    "'%.*s' has changed since run %.*s was started, and what "
                                    "stood there of a secret was not kept",
                                    STR_ARG(plan->files[i].path), STR_ARG(d->id));
        diag_help(d->diags, e, "put the file back as it was, then say the same again");
        d->cut = e->message;
        return false;
    }
    return true;
}

// What some file spells out for a secret input.
static struct str without_defaults(struct driver *d, struct str text)
{
    for (size_t i = 0; i < map_count(d->program->by_path); i++) {
        const struct runbook *rb = ((const struct module *)map_value(d->program->by_path, i))->rb;
        const struct input *in = rb->inputs.items;
        for (size_t k = 0; k < rb->inputs.count; k++) {
            struct str name = in[k].entry.key.str;
            struct str by = str_format(d->arena, "%s%.*s__", PLACEHOLDER_DEFAULT, STR_ARG(name));
            text = replaced(d->arena, text, input_spelled(&in[k], in[k].fallback), by);
            text = replaced(d->arena, text, input_spelled(&in[k], input_drilled(rb, name)), by);
        }
    }
    return text;
}

void plan_fill_from_disk(struct driver *d, struct kept_plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        struct program_file *f = &plan->files[i];
        struct diags ignored = { .arena = d->arena };
        struct str now;
        bool is_less = plan->cut[i] || !is_whole(f->text) ||
                       str_search(f->text, STR(PLACEHOLDER_DEFAULT)) != SIZE_MAX;
        if (is_less && file_read(d->arena, f->path, FILE_LIMIT, &now, &ignored) &&
            str_equal(digest_hex(d->arena, now), plan->digests[i])) {
            f->text = now;
            plan->cut[i] = false;
        }
    }
}

bool plan_fill_secrets(struct driver *d, struct kept_plan *plan)
{
    bool any = false;

    for (size_t i = 0; i < plan->file_count; i++) {
        if (is_whole(plan->files[i].text))
            continue;
        plan->files[i].text = by_name(d, plan->files[i].text, true, d->arena);
        any = true;
    }
    return any;
}

// As it will be written: what the mask takes out of it then is not there after a resume.
static bool is_masked(struct driver *d, struct value v, struct arena *a)
{
    bool found = false;

    mask_text(d->mask, json_text(v, a), a, &found);
    return found;
}

// A line of a secret, one that is encoded, and what else has no name that could stand for it.
static struct str cut_text(struct driver *d, struct str text, struct arena *a)
{
    if (!is_masked(d, value_string(text), a))
        return text;
    return replaced(a, mask_text(d->mask, text, a, NULL), STR("***"), CUT);
}

static struct value files_of(struct driver *d, struct arena *a)
{
    struct value_builder *list = value_list_start(a);
    size_t count;
    const struct program_file *files = program_files(d->program, a, &count);

    for (size_t i = 0; i < count; i++) {
        struct value_builder *one = value_map_start(a);
        value_put_s(one, "path", value_string(files[i].path));
        struct str text = by_name(d, without_words(d, files[i].text), false, a);
        text = cut_text(d, without_defaults(d, text), a);
        value_put_s(one, "text", value_string(text));
        if (str_search(text, CUT) != SIZE_MAX)
            value_put_s(one, "cut", value_bool(true));
        value_put_s(one, "sha256", value_string(digest_hex(a, files[i].text)));
        value_add(list, value_finish(one));
    }
    return value_finish(list);
}

static bool holds_secret(struct driver *d, struct value_entry e, struct arena *a)
{
    return e.value.secret || is_masked(d, e.key, a) || is_masked(d, e.value, a);
}

// What was given is nowhere else: who goes on with the run gives it again.
static void withhold_given(struct driver *d)
{
    struct frame *f = d->frame;
    struct value_builder *names = value_list_start(d->arena);

    for (size_t i = 0; i < value_size(f->inputs); i++) {
        struct value_entry e = f->inputs.map->entries[i];
        if (list_has(f->given, e.key.s) && holds_secret(d, e, d->arena))
            value_add(names, e.key);
    }
    f->given_secrets = value_finish(names);
}

static struct value without_secrets(struct driver *d, struct value map, struct value *withheld,
                                    struct arena *a)
{
    struct value_builder *kept = value_map_start(a), *names = value_list_start(a);

    for (size_t i = 0; map.kind == VALUE_MAP && i < value_size(map); i++) {
        struct value_entry e = map.map->entries[i];
        if (holds_secret(d, e, a))
            value_add(names, e.key);
        else
            value_put(kept, e.key, e.value);
    }
    *withheld = value_finish(names);
    return value_finish(kept);
}

struct str plan_text(struct driver *d, struct arena *a)
{
    struct value_builder *b = value_map_start(a);
    struct value withheld, kept;

    withhold_given(d);
    value_put_s(b, "format", value_int(1));
    value_put_s(b, "file", value_string(d->program->root->rb->path));
    value_put_s(b, "cwd", value_string(d->options->cwd));
    value_put_s(b, "manual", value_bool(d->options->manual));
    value_put_s(b, "drill", value_bool(d->options->drill));
    value_put_s(b, "on_failure", value_int(d->options->on_failure));
    value_put_s(b, "user", value_string(person(d)));
    kept = without_secrets(d, d->frame->inputs, &withheld, a);
    value_put_s(b, "inputs", kept);
    value_put_s(b, "secret_inputs", d->frame->given_secrets);
    kept = without_secrets(d, d->frame->vars, &withheld, a);
    value_put_s(b, "vars", kept);
    kept = kinds_of(kept, a);
    if (kept.kind == VALUE_MAP)
        value_put_s(b, "var_kinds", kept);
    value_put_s(b, "secret_vars", withheld);
    if (d->frame->trigger.kind == VALUE_MAP)
        value_put_s(b, "trigger", without_secrets(d, d->frame->trigger, &withheld, a));
    value_put_s(b, "run", without_secrets(d, d->run_value, &withheld, a));
    value_put_s(b, "files", files_of(d, a));
    return json_text(value_finish(b), a);
}

struct str plan_digest(struct driver *d, struct str plan)
{
    return str_format(d->arena, "sha256:%.*s", STR_ARG(digest_hex(d->arena, plan)));
}

static bool read_json(struct str json, struct arena *a, struct value *out)
{
    struct arena *scratch = arena_new(NULL);
    bool fine = json_read_view(json, scratch, out);

    if (fine)
        *out = value_copy(a, *out);
    arena_free(scratch);
    return fine;
}

bool plan_read(struct arena *a, struct str json, struct kept_plan *out)
{
    struct value plan, files = VALUE_NONE, policy = VALUE_NONE;

    *out = (struct kept_plan){ 0 };
    if (!read_json(json, a, &plan) || plan.kind != VALUE_MAP)
        return false;
    out->file = text_of(plan, "file");
    out->cwd = text_of(plan, "cwd");
    out->user = text_of(plan, "user");
    out->manual = truth_of(plan, "manual");
    out->drill = truth_of(plan, "drill");
    if (value_field(plan, "on_failure", a, &policy) && policy.kind == VALUE_INT)
        out->on_failure = (int)policy.i;
    value_field(plan, "inputs", a, &out->inputs);
    value_field(plan, "secret_inputs", a, &out->secret_inputs);
    value_field(plan, "vars", a, &out->vars);
    out->vars = kinds_give(out->vars, value_of(plan, "var_kinds"), a);
    value_field(plan, "secret_vars", a, &out->secret_vars);
    value_field(plan, "trigger", a, &out->trigger);
    value_field(plan, "run", a, &out->run);
    if (!value_field(plan, "files", a, &files) || files.kind != VALUE_LIST)
        return false;
    out->files = NEW_ARRAY(a, struct program_file, value_size(files) + 1);
    out->digests = NEW_ARRAY(a, struct str, value_size(files) + 1);
    out->cut = NEW_ARRAY(a, bool, value_size(files) + 1);
    for (size_t i = 0; i < value_size(files); i++) {
        out->cut[i] = truth_of(value_item(files, i), "cut");
        out->digests[i] = text_of(value_item(files, i), "sha256");
        out->files[out->file_count++] = (struct program_file){
            text_of(value_item(files, i), "path"), text_of(value_item(files, i), "text") };
    }
    return true;
}

void tell_changed_files(struct driver *d, const struct kept_plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        struct diags ds = { .arena = d->arena };
        struct str now;
        bool same = file_read(d->arena, plan->files[i].path, FILE_LIMIT, &now, &ds) &&
                    str_equal(digest_hex(d->arena, now), plan->digests[i]);
        if (!same)
            say(d, "%.*s has changed since this run was started; the run goes on with the plan "
                   "that was kept",
                STR_ARG(plan->files[i].path));
    }
}
