// Keys as words: for completion, and for `explain`.

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
    for (const struct action *const *action = actions; *action; action++)
        fprintf(out, "%s\n", (*action)->name);
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

// The part of [word] before its dot, which a field need not be asked for by.
static bool is_of(struct str word, const struct element *e, const char *field)
{
    size_t dot = str_find(word, '.');

    if (dot == SIZE_MAX)
        return str_is(word, field);
    return str_equal(str_slice(word, 0, dot), e->name) &&
           str_is(str_slice(word, dot + 1, word.n), field);
}

bool describe_word(struct str word, FILE *out)
{
    struct arena *a = arena_new(NULL);
    struct elements all = elements_all(a);
    const struct action *action = action_named(word);
    bool known = action != NULL;

    if (action)
        fprintf(out, "%s: an action\n  %s\n\n%s", action->name, action->doc, action->example);
    for (size_t i = 0; i < all.count; i++)
        for (const struct field *f = all.items[i].type->fields; f->name; f++)
            if (is_of(word, &all.items[i], f->name)) {
                explain_field(&all.items[i], f, out);
                known = true;
            }
    arena_free(a);
    return known;
}
