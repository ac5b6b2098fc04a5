#include "cli/help.h"

#include <string.h>

#include "exec/driver.h"

bool option_is_global(const struct option *o)
{
    return strcmp(o->commands, "*") == 0;
}

static bool is_last(const struct option *o)
{
    return !*o->name && !o->letter;
}

void option_each(const struct command *c, void (*see)(const struct option *o, void *arg), void *arg)
{
    for (const struct option *o = options; c && !is_last(o); o++)
        if (!option_is_global(o) && option_is_of(o, c))
            see(o, arg);
    for (const struct option *o = options; !is_last(o); o++)
        if (option_is_global(o))
            see(o, arg);
}

// "-h, --help", "--confirm STEP=TEXT", "--color[=WHEN]".
static int write_flag(const struct option *o, char *to, size_t room)
{
    char letter[8] = "";

    if (o->letter)
        snprintf(letter, sizeof letter, "-%c%s", o->letter, *o->name ? ", " : "");
    return snprintf(to, room, "%s%s%s%s%s%s", letter, *o->name ? "--" : "", o->name,
                    o->takes == TAKES_PERHAPS ? "[="
                    : o->value                ? " "
                                              : "",
                    o->value ? o->value : "", o->takes == TAKES_PERHAPS ? "]" : "");
}

enum { WIDTH = 79, FLAG_WIDTH = 26 };

// Words from [indent] on, on the line that has [column] columns by now.
static void print_words(const char *text, size_t indent, size_t column, FILE *out)
{
    bool first = true;

    while (*text) {
        size_t n = strcspn(text, " ");
        if (!first && column + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        column += (size_t)fprintf(out, "%s%.*s", first ? "" : " ", (int)n, text);
        first = false;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

// A name on the left, what it means on the right; below it when the name is long.
static void print_item(const char *name, int width, const char *doc, FILE *out)
{
    size_t indent = (size_t)width + 3;

    if (strlen(name) > (size_t)width)
        fprintf(out, "  %s\n%*s", name, (int)indent, "");
    else
        fprintf(out, "  %-*s ", width, name);
    print_words(doc, indent, indent, out);
}

static void print_flag(const struct option *o, void *arg)
{
    char flag[120], doc[400];

    write_flag(o, flag, sizeof flag);
    snprintf(doc, sizeof doc, "%s%s", o->doc, o->repeats ? "; may be repeated" : "");
    print_item(flag, FLAG_WIDTH, doc, arg);
}

void help_overview(FILE *out)
{
    fputs("runbook: runs, checks, draws and rehearses runbooks\n\n"
          "usage: runbook COMMAND [WORDS] [FLAGS]\n\n",
          out);
    for (const struct command *c = commands; c->name; c++) {
        char usage[60], doc[200];
        snprintf(usage, sizeof usage, "%s %s", c->name, c->words);
        snprintf(doc, sizeof doc, "%s%s", c->doc, c->run ? "" : " (not supported yet)");
        print_item(usage, 22, doc, out);
    }
    fputs("\nFlags of every command:\n", out);
    option_each(NULL, print_flag, out);
    fputs("\n`runbook help COMMAND` tells the flags of one.\n", out);
}

void help_command(const struct command *c, FILE *out)
{
    fprintf(out, "usage: runbook %s%s%s [FLAGS]\n\n", c->name, *c->words ? " " : "", c->words);
    print_words(c->doc, 0, 0, out);
    if (!c->run)
        fputs("Not supported yet.\n", out);
    if (c->more) {
        fputc('\n', out);
        print_words(c->more, 0, 0, out);
    }
    fputs("\nFlags:\n", out);
    option_each(c, print_flag, out);
}

// Text in roff: backslashes and dashes written out, `words` bold, no control line by
// accident.
static void man_text(const char *text, FILE *out)
{
    bool bold = false;

    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '`') {
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", out);
        } else if (*text == '\\' || *text == '-') {
            fprintf(out, "\\%c", *text == '\\' ? 'e' : '-');
        } else {
            fputc(*text, out);
        }
    }
    fputc('\n', out);
}

static void man_flag(const struct option *o, void *arg)
{
    char flag[120];

    write_flag(o, flag, sizeof flag);
    fputs(".TP\n.B ", arg);
    man_text(flag, arg);
    man_text(o->doc, arg);
}

static void man_command(const struct command *c, FILE *out)
{
    fprintf(out, ".SS %s %s\n", c->name, c->words);
    man_text(c->doc, out);
    if (!c->run)
        fputs("(Not supported yet.)\n", out);
    if (c->more) {
        fputs(".PP\n", out);
        man_text(c->more, out);
    }
    for (const struct option *o = options; !is_last(o); o++)
        if (!option_is_global(o) && option_is_of(o, c))
            man_flag(o, out);
}

static void man_codes(FILE *out)
{
    static const int codes[] = { CODE_OK,
                                 CODE_FAILED,
                                 CODE_USAGE,
                                 CODE_INVALID,
                                 CODE_PREFLIGHT,
                                 CODE_DECLINED,
                                 CODE_SUSPENDED,
                                 CODE_LOCKED,
                                 CODE_UNVERIFIED,
                                 CODE_UNDONE,
                                 CODE_UNDO_INCOMPLETE,
                                 CODE_UNKNOWN,
                                 CODE_STORE,
                                 CODE_INTERNAL,
                                 CODE_TIMEOUT,
                                 129,
                                 130,
                                 131,
                                 143 };

    fputs(".SH EXIT STATUS\nThe number says whether anything changed and whether it is good now.\n",
          out);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        fprintf(out, ".TP\n.B %d (%s)\n", codes[i], code_word(codes[i]));
        man_text(code_sentence(codes[i]), out);
    }
}

static const struct {
    const char *name, *doc;
} variables[] = {
    { "NO_COLOR", "No colours." },
    { "FORCE_COLOR", "Colours, also where standard error is no terminal." },
    { "TERM", "`dumb`: no colours, and no line is painted again." },
    { "ACCESSIBLE", "For screen readers: plain lines, nothing is painted again." },
    { "XDG_STATE_HOME", "Runs are kept in its folder `runbook`, else in ~/.local/state/runbook." },
    { "SOURCE_DATE_EPOCH", "The time that printed documents carry." },
    { "GITHUB_ACTIONS", "`true`: steps are groups, and their output cannot give commands." },
};

void help_man(FILE *out)
{
    fputs(".TH RUNBOOK 1\n.SH NAME\nrunbook \\- runs, checks, draws and rehearses runbooks\n"
          ".SH SYNOPSIS\n.B runbook\n.I COMMAND\n[\\fIWORDS\\fR] [\\fIFLAGS\\fR]\n"
          ".SH COMMANDS\n",
          out);
    for (const struct command *c = commands; c->name; c++)
        man_command(c, out);
    fputs(".SH FLAGS OF EVERY COMMAND\n", out);
    option_each(NULL, man_flag, out);
    man_codes(out);
    fputs(".SH ENVIRONMENT\nNo variable says yes to a question.\n", out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        fprintf(out, ".TP\n.B %s\n", variables[i].name);
        man_text(variables[i].doc, out);
    }
}
