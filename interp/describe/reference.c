// The reference of all keys, in Markdown.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "describe/describe.h"

static void print_anchor(struct str name, FILE *out)
{
    for (size_t i = 0; i < name.n; i++)
        fputc(name.s[i] == ' ' ? '-' : name.s[i], out);
}

// The choices of a type that has some; through its short form.
static const struct type *choice_of(const struct type *type)
{
    type = type_inside(type);
    for (const struct type *const *form = type->forms; form && *form; form++)
        if ((*form)->kind == TYPE_CHOICE)
            return *form;
    return type->kind == TYPE_CHOICE ? type : NULL;
}

static void print_choices(const struct type *type, FILE *out)
{
    for (const char *const *word = type->choices; *word; word++)
        fprintf(out, "%s`%s`", word == type->choices ? "" : ", ", *word);
}

static bool may_be_expression(const struct type *type)
{
    return type->kind == TYPE_AMOUNT;
}

// "list of steps", and a link to the section of what it is made of.
static void print_type(const struct elements *all, const struct type *type, FILE *out)
{
    const struct type *choice = choice_of(type), *inside = type_inside(type);

    if (choice) {
        print_choices(choice, out);
        return;
    }
    fputs(type->name, out);
    if (may_be_expression(type))
        fputs(", or `${{ }}`", out);
    if (inside->kind != TYPE_OBJECT)
        for (const struct type *const *form = inside->forms; form && *form; form++)
            if ((*form)->kind == TYPE_OBJECT)
                inside = *form;
    const struct element *e = inside->kind == TYPE_OBJECT ? element_of(all, inside) : NULL;
    if (!e)
        return;
    fprintf(out, " ([%.*s](#", STR_ARG(e->name));
    print_anchor(e->name, out);
    fputs("))", out);
}

// Bars would end the cell of a table.
static void print_cell(const char *text, FILE *out)
{
    for (; *text; text++)
        fputs(*text == '|' ? "\\|" : (char[]){ *text, 0 }, out);
}

static void print_field(const struct elements *all, const struct field *f, FILE *out)
{
    fprintf(out, "| `%s` | ", f->name);
    print_type(all, f->type, out);
    fputs(" | ", out);
    if (f->flags & FIELD_REQUIRED)
        fputs("required", out);
    else if (f->fallback)
        fprintf(out, "`%s`", f->fallback);
    fputs(" | ", out);
    print_cell(f->doc, out);
    fputs(" |\n", out);
}

static void print_object(const struct elements *all, const struct element *e, FILE *out)
{
    fprintf(out, "\n### %.*s\n\n| key | value | default | |\n| --- | --- | --- | --- |\n",
            STR_ARG(e->name));
    for (const struct field *f = e->type->fields; f->name; f++)
        print_field(all, f, out);
    if (e->type->other)
        fputs("\nBeside these, one action: see [Actions](#actions).\n", out);
}

static void print_results(const struct action *action, struct arena *a, FILE *out)
{
    if (!action->results || !action->results[0].name)
        return;
    fputs("\nIts result:\n\n| field | type | |\n| --- | --- | --- |\n", out);
    for (const struct expr_field *f = action->results; f->name; f++) {
        struct str type = expr_type_text(*f->type, a);
        fprintf(out, "| `%s` | %.*s | ", f->name, STR_ARG(type));
        print_cell(f->doc, out);
        fputs(" |\n", out);
    }
}

// Params that are one value have no table of keys.
static void print_params(const struct action *action, FILE *out)
{
    const struct type *params = action->params;
    const struct type *form = params->kind == TYPE_OWN && params->forms ? params->forms[0] : params;

    if (form->kind != TYPE_OBJECT)
        fprintf(out, "\nShort: `%s:` and %s.\n", action->name, form->name);
}

static void print_action(const struct elements *all, const struct action *action, struct arena *a,
                         FILE *out)
{
    fprintf(out, "\n### Action `%s`\n\n%s\n\n```yaml\n%s```\n", action->name, action->doc,
            action->example);
    print_params(action, out);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].action == action)
            print_object(all, &all->items[i], out);
    print_results(action, a, out);
}

void describe_reference(FILE *out)
{
    struct arena *a = arena_new(NULL);
    struct elements all = elements_all(a);

    fputs("# Reference\n\nPrinted by `runbook reference` from the tables that read runbooks. What "
          "the keys mean together is told in the [guide](guide.md).\n\n## Keys\n",
          out);
    for (size_t i = 0; i < all.count; i++)
        if (!all.items[i].action)
            print_object(&all, &all.items[i], out);
    fputs("\n## Actions\n", out);
    for (const struct action *const *action = actions; *action; action++)
        print_action(&all, *action, a, out);
    arena_free(a);
}
