// Keys that somebody may have meant.

#include "base/near.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "model/reader.h"

// What other tools call our keys. The first that exists where it was written counts.
static const struct {
    const char *theirs;
    const char *ours[4];
} synonyms[] = {
    { "cmd", { "shell", "run", "argv" } },
    { "command", { "shell", "run", "argv" } },
    { "script", { "shell", "run", "query" } },
    { "bash", { "shell" } },
    { "sh", { "shell" } },
    { "run", { "shell", "exec" } },
    { "args", { "argv", "exec", "with" } },
    { "cwd", { "dir" } },
    { "chdir", { "dir" } },
    { "workdir", { "dir" } },
    { "working_directory", { "dir" } },
    { "directory", { "dir" } },
    { "environment", { "env" } },
    { "variables", { "vars", "env" } },
    { "depends_on", { "needs" } },
    { "depends", { "needs" } },
    { "dependencies", { "needs" } },
    { "requires", { "needs" } },
    { "after", { "needs" } },
    { "when", { "if" } },
    { "condition", { "if", "when", "expect" } },
    { "only_if", { "if" } },
    { "unless", { "if", "done_if" } },
    { "creates", { "done_if" } },
    { "skip_if", { "done_if", "if" } },
    { "assert", { "expect" } },
    { "check", { "expect", "verify" } },
    { "checks", { "verify" } },
    { "success_if", { "expect" } },
    { "until", { "expect", "within" } },
    { "wait_for", { "within", "wait" } },
    { "rollback", { "undo" } },
    { "revert", { "undo" } },
    { "compensate", { "undo" } },
    { "on_error", { "on_failure" } },
    { "ignore_errors", { "on_failure" } },
    { "continue_on_error", { "on_failure" } },
    { "catch", { "rescue" } },
    { "finally", { "always" } },
    { "ensure", { "always" } },
    { "retries", { "retry", "attempts" } },
    { "tries", { "attempts", "retry" } },
    { "times", { "attempts" } },
    { "interval", { "every", "delay" } },
    { "loop", { "for_each" } },
    { "with_items", { "for_each" } },
    { "foreach", { "for_each" } },
    { "become_user", { "as" } },
    { "user", { "as" } },
    { "sudo", { "as" } },
    { "notify", { "hooks" } },
    { "notifications", { "hooks" } },
    { "parameters", { "inputs", "with", "params" } },
    { "params", { "inputs", "with" } },
    { "arguments", { "inputs", "with", "argv" } },
    { "variables", { "vars" } },
    { "tasks", { "steps" } },
    { "jobs", { "steps" } },
    { "stages", { "steps" } },
    { "summary", { "title", "description" } },
    { "label", { "name", "labels" } },
    { "text", { "message" } },
    { "question", { "message" } },
    { "prompt", { "message" } },
    { "statement", { "query" } },
    { "uri", { "url" } },
    { "deadline", { "timeout", "due" } },
    { "max_time", { "timeout" } },
    { "version", { "runbook" } },
    { "apiVersion", { "runbook" } },
    { "kind", { "type" } },
    { "category", { "type" } },
    { "owner", { "owners" } },
    { "tags", { "labels" } },
    { "precheck", { "prepare", "requires" } },
    { "preflight", { "requires", "prepare" } },
    { "import", { "use" } },
    { "include", { "use" } },
    { "uses", { "use" } },
    { "call", { "use" } },
};

// The keys that may still be written in [map]: fields of [type], and actions of a step.
static const char **open_keys(const struct type *type, const struct node *map, struct reader *r)
{
    size_t count = 0, n = 0;

    for (const struct field *f = type->fields; f->name; f++)
        count++;
    for (const char *const *a = r->actions; type->other && a && *a; a++)
        count++;
    const char **keys = NEW_ARRAY(r->arena, const char *, count + 1);
    for (const struct field *f = type->fields; f->name; f++)
        if (!node_get(map, f->name))
            keys[n++] = f->name;
    for (const char *const *a = r->actions; type->other && a && *a; a++)
        if (!node_get(map, *a))
            keys[n++] = *a;
    return keys;
}

static const char *one_of(const char *const *keys, const char *word)
{
    for (; *keys; keys++)
        if (strcmp(*keys, word) == 0)
            return *keys;
    return NULL;
}

static struct near by_synonym(struct str key, const char *const *keys)
{
    struct near near = { 0 };

    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
        for (size_t j = 0; str_is(key, synonyms[i].theirs) && synonyms[i].ours[j] && !near.count;
             j++)
            if (one_of(keys, synonyms[i].ours[j]))
                near = (struct near){ { synonyms[i].ours[j] }, 1 };
    return near;
}

// Elements whose keys are looked through for "a key of another element", and what they
// are called.
static const struct {
    const struct type *type;
    const char *name;
} elements[] = {
    { &runbook_type, "the runbook" }, { &step_type, "a step" },
    { &check_type, "a check" },       { &type_retry, "`retry`" },
    { &type_confirm, "`confirm`" },   { &type_approve, "`approve`" },
    { &type_defaults, "`defaults`" },
};

// The object among the forms of [type], or NULL.
static const struct type *object_of(const struct type *type)
{
    if (type->kind == TYPE_OPTIONAL)
        type = type->element;
    for (const struct type *const *f = type->forms; type->kind == TYPE_OWN && f && *f; f++)
        if ((*f)->kind == TYPE_OBJECT)
            return *f;
    return type->kind == TYPE_OBJECT ? type : NULL;
}

// The element that has the key [key], in words, or NULL.
static const char *element_with(struct str key)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        const struct type *object = object_of(elements[i].type);
        if (object && field_named(object, key))
            return elements[i].name;
    }
    return NULL;
}

static bool is_same_letters(const struct near *near, struct str key)
{
    return near->count && strlen(near->words[0]) == key.n &&
           strncasecmp(near->words[0], key.s, key.n) == 0;
}

struct near near_keys(const struct type *type, const struct node *map, struct str key,
                      struct reader *r)
{
    if (reader_is_full(r))
        return (struct near){ 0 };
    const char **keys = open_keys(type, map, r);
    struct near near = near_words(key, keys), synonym = by_synonym(key, keys);

    if (synonym.count && (element_with(key) || !near.count))
        return synonym;
    // A key that another element has is spelled as it was meant.
    if (element_with(key) && !is_same_letters(&near, key))
        return (struct near){ 0 };
    return near;
}

void unknown_key(const struct type *type, const struct node *map, const struct node *key,
                 const struct near *near, struct reader *r)
{
    if (str_search(key->text.str, STR("${{")) != SIZE_MAX) {
        refuse(r, DIAG_EXPR_NOT_ALLOWED_HERE, key->span, "a key cannot be an expression");
        return;
    }
    struct str element = element_words(type, map, r->arena);
    const char *other = reader_is_full(r) ? NULL : element_with(key->text.str);
    struct diag *d;

    if (other)
        d = refuse(r, DIAG_UNKNOWN_FIELD, key->span, "`%.*s` is a key of %s, not of %.*s",
                   STR_ARG(key->text.str), other, STR_ARG(element));
    else
        d = refuse(r, DIAG_UNKNOWN_FIELD, key->span, "%.*s has no key `%.*s`", STR_ARG(element),
                   STR_ARG(key->text.str));
    if (!near->count)
        return;
    d->help = near_question(near, r->arena);
    if (near->count == 1)
        diag_edit(r->diags, d, key->span, str_from(near->words[0]));
}
