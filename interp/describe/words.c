// Keys and fields of results as words: for completion, and for `explain`.

#include <string.h>

#include "base/arena.h"
#include "describe/describe.h"

void describe_words(FILE *out)
{
    struct arena *a = arena_new(NULL);
    struct elements all = elements_all(a);

    for (size_t i = 0; i < all.count; i++)
        for (const struct field *f = all.items[i].type->fields; f->name; f++)
            fprintf(out, "%.*s.%s\n", STR_ARG(all.items[i].name), f->name);
    for (const struct action *const *action = actions; *action; action++) {
        fprintf(out, "%s\n", (*action)->name);
        for (const struct expr_field *f = (*action)->results; f && f->name; f++)
            fprintf(out, "%s.%s\n", (*action)->name, f->name);
    }
    arena_free(a);
}

static void explain_field(const struct element *e, const struct field *f, FILE *out)
{
    fprintf(out, "%.*s.%s: %s\n  %s\n", STR_ARG(e->name), f->name, f->type->name, f->doc);
    if (f->flags & FIELD_REQUIRED)
        fputs("  It is required.\n", out);
    if (f->fallback)
        fprintf(out, "  Default: %s\n", f->fallback);
}

static void list_keys(const struct element *e, FILE *out)
{
    fprintf(out, "\nKeys of %.*s:\n", STR_ARG(e->name));
    for (const struct field *f = e->type->fields; f->name; f++)
        fprintf(out, "  %-12s %s\n", f->name, f->doc);
}

// The part of [word] before its dot, which a field need not be asked for by.
static bool is_of(struct str word, const struct element *e, const char *field)
{
    size_t dot = str_find(word, '.');

    if (dot == SIZE_MAX)
        return str_is(word, field);
    return str_equal(str_slice(word, 0, dot), e->name) &&
           str_is(str_slice(word, dot + 1, word.n), field);
}

static void explain_keys(const struct elements *all, const struct action *action, FILE *out)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct element *e = &all->items[i];
        if (e->action != action || !e->type->fields->name)
            continue;
        list_keys(e, out);
    }
}

static void explain_results(const struct action *action, struct arena *a, FILE *out)
{
    if (!action->results || !action->results->name)
        return;
    fputs("\nIts result:\n", out);
    for (const struct expr_field *f = action->results; f->name; f++)
        fprintf(out, "  %-12s %-9s %s\n", f->name, str_copy(a, expr_type_text(*f->type, a)).s,
                f->doc);
}

// "http.status", or "status" of all that have one.
static bool explain_result(struct str word, const struct action *action, struct arena *a, FILE *out)
{
    struct element of = { .name = str_from(action->name) };
    bool known = false;

    for (const struct expr_field *f = action->results; f && f->name; f++)
        if (is_of(word, &of, f->name)) {
            fprintf(out, "%s.%s: %.*s, in the result of `%s`\n  %s\n", action->name, f->name,
                    STR_ARG(expr_type_text(*f->type, a)), action->name, f->doc);
            known = true;
        }
    return known;
}

// One of a list: its keys, and where an expression can read them.
static bool explain_contact(struct str word, const struct elements *all, FILE *out)
{
    if (!str_is(word, "contact"))
        return false;
    fputs("contact: one of `contacts`, whom to call\n"
          "  A hook of `hooks.waiting` reads the one that it is to reach: contact.name, "
          "contact.phone, ...\n",
          out);
    for (size_t i = 0; i < all->count; i++)
        if (str_equal(all->items[i].name, word))
            list_keys(&all->items[i], out);
    return true;
}

// All that stands in the project file.
static bool explain_project(struct str word, const struct elements *all, FILE *out)
{
    if (!str_is(word, "project") && !str_is(word, ".runbook.yaml"))
        return false;
    fputs("project: the file .runbook.yaml of a folder of runbooks\n", out);
    for (size_t i = 0; i < all->count; i++)
        if (str_is(all->items[i].name, "project") || str_is(all->items[i].name, "policy"))
            list_keys(&all->items[i], out);
    return true;
}

bool describe_word(struct str word, FILE *out)
{
    struct arena *a = arena_new(NULL);
    struct elements all = elements_all(a);
    const struct action *action = action_named(word);
    bool known = explain_project(word, &all, out) || explain_contact(word, &all, out) ||
                 action != NULL;

    if (action) {
        fprintf(out, "%s: an action\n  %s\n\n%s", action->name, action->doc, action->example);
        explain_keys(&all, action, out);
        explain_results(action, a, out);
    }
    for (const struct action *const *each = actions; *each; each++)
        known |= explain_result(word, *each, a, out);
    for (size_t i = 0; i < all.count; i++)
        for (const struct field *f = all.items[i].type->fields; f->name; f++)
            if (is_of(word, &all.items[i], f->name)) {
                explain_field(&all.items[i], f, out);
                known = true;
            }
    arena_free(a);
    return known;
}
