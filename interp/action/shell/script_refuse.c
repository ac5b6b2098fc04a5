// Why a ${{ }} cannot stand where it does, and how to write it instead.

#include <string.h>

#include "action/shell/script_scan.h"
#include "base/arena.h"

static const struct {
    const char *message;  // %.*s is what it is refused by, where there is such a thing
    const char *help;     // %.*s is the expression as it is written
} refusals[] = {
    [IN_SINGLE_QUOTES] = { "inside single quotes the shell would not see a value",
                           "end the quotes before it: 'before'%.*s'after'" },
    [IN_ANSI_QUOTES] = { "inside $'...' the shell would not see a value",
                         "end the quotes before it: $'before'%.*s$'after'" },
    [IN_QUOTED_HERE] = { "a here-document with a quoted end word takes no value",
                         "write the end word without quotes (<<EOF), and \\$ for a plain $" },
    [IN_COMMENT] = { "a comment takes no value", "take %.*s out, or write $${{ for a plain ${{" },
    [IN_ARITHMETIC] = { "the shell evaluates what stands in arithmetic; a value could become code",
                        "compute inside of the expression instead: ${{ inputs.n + 1 }}" },
    [IN_COMPARISON] = { "`[[ ]]` evaluates both sides of this comparison; a value could become "
                        "code",
                        "compare with [ ]: [ %.*s -eq 1 ]" },
    [IN_REGEX] = { "a value cannot be a part of the pattern of =~",
                   "test it inside of the expression: ${{ text.matches(pattern) }}" },
    [IN_BACKQUOTES] = { "inside backquotes the shell reads the text twice",
                        "write $( ) instead of ` `" },
    [IN_SUBSCRIPT] = { "the shell evaluates a subscript; a value could become code",
                       "pick the element inside of the expression" },
    [IN_REPLACEMENT] = { "the shell would split the text that the value is put into",
                         "put all of it in double quotes: \"${name/what/%.*s}\"" },
    [IN_HERE_WORD] = { "the end word of a here-document cannot be a value",
                       "write a plain word: <<EOF" },
    [AFTER_BACKSLASH] = { "a backslash before an expression would take its quotes away",
                          "write \\\\%.*s for a backslash and the value, $${{ for a plain ${{" },
    [AFTER_DOLLAR] = { "a $ before an expression would change what it means",
                       "write \\$%.*s for a dollar sign and the value" },
    [AS_COMMAND] = { "a value cannot be the name of a command",
                     "start it without a shell: exec: [\"%.*s\", ...]" },
    [AS_NAME] = { "a value cannot be the name of a variable", "write the name out" },
    [AS_CODE] = { "`%.*s` takes what follows as code; a value cannot stand there", "" },
    [AS_DESCRIPTOR] = { "bash expands the word behind >& and <& twice; a value could become code",
                        "write &> FILE, > FILE or 2>&1" },
    [TO_INTEGER] = { "`%.*s` is an integer variable, whose values the shell evaluates", "" },
    [TO_ARRAY] = { "`%.*s` is an array; the shell would expand the value once more",
                   "write NAME=(%.*s)" },
    [TO_SETTING] = { "`%.*s` changes what the shell does; it cannot be set from a value", "" },
    [TO_SHELL] = { "`%.*s` runs this as a script of its own; a value in it would be code",
                   "pass it behind the script: bash -c 'echo \"$1\"' bash %.*s" },
    [TO_PROGRAM] = { "`%.*s` runs this as a program; a value in it would be code",
                     "pass it behind the program, as an argument: %.*s" },
    [TO_AWK] = { "`%.*s` runs this as a program; a value in it would be code",
                 "pass it in a variable: X=%.*s awk '{ print ENVIRON[\"X\"] }'" },
    [TO_SSH] = { "`%.*s` gives this to a shell on the other side; a value in it would be code",
                 "run the script there: shell: {host: HOST, run: ...}" },
    [UNCLEAR] = { "it is not clear how the shell would read this",
                  "put %.*s in double quotes, or into a variable first" },
};

// A message or help with [arg] in the place of its %.*s.
static struct str filled(struct arena *a, const char *format, struct str arg)
{
    const char *hole = strstr(format, "%.*s");

    if (!hole)
        return str_from(format);
    return str_format(a, "%.*s%.*s%s", (int)(hole - format), format, STR_ARG(arg), hole + 4);
}

static void refuse(struct scan *sc, size_t site, enum refusal why, struct str what)
{
    const struct script_site *s = &sc->script->sites[site];
    const struct template *t = sc->script->source;
    const struct template_part *part = &t->parts[s->part];

    if (sc->marks[site].refused)
        return;
    sc->marks[site].refused = true;
    struct str written = str_slice(t->text.str, part->start, part->end);
    struct str message = filled(sc->arena, refusals[why].message, what);
    struct diag *d = diag_error(sc->diags, DIAG_EXPR_IN_QUOTES,
                                text_span(&t->text, part->start, part->end), "%.*s",
                                STR_ARG(message));
    d->help = filled(sc->diags->arena, refusals[why].help, written);
}

void refuse_sites(struct scan *sc, size_t from, size_t to, enum refusal why, struct str what)
{
    for (size_t i = from; i < to; i++)
        if (sc->marks[i].depth == sc->depth)
            refuse(sc, i, why, what);
}

void refuse_until(struct scan *sc, size_t end, enum refusal why)
{
    if (end > sc->n)
        end = sc->n;
    for (; sc->at < end; sc->at++)
        if (sc->s[sc->at] == '\0')
            refuse(sc, sc->met++, why, STR(""));
}
