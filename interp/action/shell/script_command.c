// Between words: which word is a command's name, which is redirected to, which is a
// reserved word, and which commands take their arguments as more than data.

#include <string.h>

#include "action/action.h"
#include "action/shell/script_command.h"
#include "base/arena.h"

static const struct args_row rows[] = {
    { "eval", ARGS_CODE },
    { "let", ARGS_CODE },
    { "trap", ARGS_CODE },
    { "unset", ARGS_CODE },
    { "read", ARGS_CODE },
    { "mapfile", ARGS_CODE },
    { "readarray", ARGS_CODE },
    { "getopts", ARGS_CODE },
    { "compgen", ARGS_CODE },
    { "complete", ARGS_CODE },
    { "enable", ARGS_CODE },
    { "alias", ARGS_CODE },
    { "exec", ARGS_COMMAND },
    { "command", ARGS_COMMAND },
    { "builtin", ARGS_COMMAND },
    { "declare", ARGS_NAMES },
    { "typeset", ARGS_NAMES },
    { "local", ARGS_NAMES },
    { "export", ARGS_NAMES },
    { "readonly", ARGS_NAMES },
    { "printf", ARGS_VARIABLE, "v" },
    { "test", ARGS_VARIABLE, "vR" },
    { "[", ARGS_VARIABLE, "vR" },
    { "wait", ARGS_VARIABLE, "p" },
    { "env", ARGS_SETTINGS },
    { NULL },
};

static const struct command fresh = { .at_name = true };

// ---- redirections

static bool eat(struct scan *sc, const char *text)
{
    size_t n = strlen(text);

    if (sc->n - sc->at < n || memcmp(sc->s + sc->at, text, n) != 0)
        return false;
    sc->at += n;
    return true;
}

static void redirect_to(struct scan *sc, bool is_descriptor)
{
    scan_blanks(sc);
    struct word w = scan_word_in(sc, PLACE_WORD);
    if (is_descriptor)
        refuse_sites(sc, w.first, w.end, AS_DESCRIPTOR, STR(""));
}

static void here_string(struct scan *sc, const struct inner *inner)
{
    struct str name = STR("");
    size_t first = sc->met;

    redirect_to(sc, false);
    enum refusal why = inner_input(inner, &name);
    if (why)
        refuse_sites(sc, first, sc->met, why, name);
}

static void redirection(struct scan *sc, const struct inner *inner)
{
    if (eat(sc, "<<<"))
        here_string(sc, inner);
    else if (eat(sc, "<<-"))
        scan_here_word(sc, true, inner);
    else if (eat(sc, "<<"))
        scan_here_word(sc, false, inner);
    else if (eat(sc, ">&") || eat(sc, "<&"))
        redirect_to(sc, true);
    else if (eat(sc, "&>>") || eat(sc, "&>") || eat(sc, ">>") || eat(sc, ">|") || eat(sc, "<>"))
        redirect_to(sc, false);
    else {
        sc->at++;
        redirect_to(sc, false);
    }
}

// "2" in 2>file, "{fd}" in {fd}>file.
static bool is_descriptor(const struct scan *sc, const struct word *w)
{
    if (!w->plain || w->quoted || !w->text.n || (peek(sc, 0) != '<' && peek(sc, 0) != '>'))
        return false;
    if (w->text.s[0] == '{')
        return w->text.s[w->text.n - 1] == '}';
    return strspn(w->text.s, "0123456789") == w->text.n;
}

// ---- compound commands

static void arithmetic_or_subshell(struct scan *sc)
{
    size_t end = peek(sc, 1) == '(' ? arithmetic_end(sc, sc->at + 2) : 0;

    if (end) {
        refuse_until(sc, end, IN_ARITHMETIC);
        return;
    }
    sc->at++;
    scan_commands(sc);
}

// The pattern behind =~, with parentheses in it.
static size_t regex_end(const struct scan *sc, size_t at)
{
    int depth = 0;

    for (; at < sc->n; at++) {
        char c = sc->s[at];
        if (c == '\\')
            at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth < 0)
            break;
        else if (c == '\n' || (!depth && (c == ' ' || c == '\t')))
            break;
        else if (c == '"' || c == '\'')
            while (at + 1 < sc->n && sc->s[++at] != c)
                ;
    }
    return at;
}

static enum refusal condition_operator(struct scan *sc, const struct word *w,
                                       const struct word *left)
{
    static const char *const numeric[] = { "-eq", "-ne", "-lt", "-le", "-gt", "-ge", NULL };
    static const char *const of_names[] = { "-v", "-R", NULL };

    if (!w->plain || w->quoted)
        return NOT_REFUSED;
    if (str_is(w->text, "=~")) {
        scan_blanks(sc);
        refuse_until(sc, regex_end(sc, sc->at), IN_REGEX);
    }
    if (str_any(w->text, numeric)) {
        refuse_sites(sc, left->first, left->end, IN_COMPARISON, STR(""));
        return IN_COMPARISON;
    }
    return str_any(w->text, of_names) ? AS_NAME : NOT_REFUSED;
}

// [[ ... ]], from behind its brackets.
static void condition(struct scan *sc)
{
    struct word left = { 0 };
    enum refusal refusal = NOT_REFUSED;

    for (scan_space(sc); sc->at < sc->n; scan_space(sc)) {
        size_t before = sc->at;
        struct word w = scan_word_in(sc, PLACE_WORD);

        if (w.plain && !w.quoted && str_is(w.text, "]]"))
            return;
        if (refusal)
            refuse_sites(sc, w.first, w.end, refusal, STR(""));
        refusal = condition_operator(sc, &w, &left);
        left = w;
        if (sc->at == before)
            sc->at++;  // ( ) && || < >
    }
}

static bool scan_until(struct scan *sc, bool in_case);

// case WORD in PATTERN) commands ;; ... esac, from behind `case`.
static void case_clause(struct scan *sc)
{
    scan_space(sc);
    scan_word_in(sc, PLACE_WORD);
    scan_space(sc);
    scan_word(sc, false);  // in
    for (;;) {
        scan_space(sc);
        eat(sc, "(");
        struct word w;
        do {
            scan_space(sc);
            w = scan_word_in(sc, PLACE_WORD);
            if (w.plain && !w.quoted && str_is(w.text, "esac") && peek(sc, 0) != ')')
                return;
            scan_blanks(sc);
        } while (eat(sc, "|"));
        if (!eat(sc, ")") || !scan_until(sc, true))
            return;
    }
}

// for NAME in ..., from behind `for`; what follows `in` are arguments.
static void for_clause(struct scan *sc, struct command *c)
{
    scan_space(sc);
    c->at_name = false;
    if (peek(sc, 0) == '(' && peek(sc, 1) == '(') {
        arithmetic_or_subshell(sc);
        return;
    }
    struct word w = scan_word(sc, false);
    refuse_sites(sc, w.first, w.end, AS_NAME, STR(""));
    c->loop = w.text;
}

static void function_clause(struct scan *sc, struct command *c)
{
    scan_blanks(sc);
    struct word w = scan_word(sc, false);
    refuse_sites(sc, w.first, w.end, AS_COMMAND, STR(""));
    scan_blanks(sc);
    if (eat(sc, "(")) {
        scan_blanks(sc);
        eat(sc, ")");
    }
    *c = fresh;
}

// ---- simple commands

// True if [w] is a reserved word and was dealt with.
static bool reserved(struct scan *sc, struct command *c, struct str w)
{
    static const char *const before_command[] = { "if",    "then",   "else", "elif", "do",
                                                  "while", "until",  "!",    "{",    "time",
                                                  "-p",    "coproc", NULL };
    static const char *const ends[] = { "fi", "done", "esac", "}", NULL };

    if (str_any(w, before_command))
        return true;  // a command follows
    if (str_is(w, "for") || str_is(w, "select"))
        for_clause(sc, c);
    else if (str_is(w, "case"))
        case_clause(sc);
    else if (str_is(w, "function"))
        function_clause(sc, c);
    else if (str_is(w, "[["))
        condition(sc);
    else if (!str_any(w, ends))
        return false;
    if (!str_is(w, "function"))
        c->at_name = false;
    return true;
}

static void command_name(struct scan *sc, struct command *c, const struct word *w)
{
    refuse_sites(sc, w->first, w->end, AS_COMMAND, STR(""));
    c->at_name = false;
    c->row = NULL;
    c->inner = inner_new(sc, w);
    c->name = w->plain ? w->text : STR("");
    for (const struct args_row *row = rows; row->name; row++)
        if (str_is(c->name, row->name))
            c->row = row;
}

static bool is_option(const struct word *w)
{
    return w->plain && w->text.n > 1 && w->text.s[0] == '-';
}

static void option(struct command *c, struct str w)
{
    for (size_t i = 1; i < w.n; i++) {
        c->integer |= w.s[i] == 'i' || w.s[i] == 'n';
        c->array |= w.s[i] == 'a' || w.s[i] == 'A';
    }
}

// The argument of exec, command, builtin that names the command.
static void inner_command(struct scan *sc, struct command *c, const struct word *w)
{
    if (c->skips)
        c->skips = false;
    else if (!is_option(w))
        command_name(sc, c, w);
    else if (str_is(c->name, "command") && strpbrk(w->text.s, "vV"))
        c->row = NULL;  // only looks it up
    else
        c->skips = str_is(c->name, "exec") && str_is(w->text, "-a");
}

static void name_argument(struct scan *sc, struct command *c, const struct word *w)
{
    if (is_option(w))
        option(c, w->text);
    else if (w->plain)
        remember_variable(sc, c, w->text, false);
    refuse_sites(sc, w->first, w->end, AS_NAME, STR(""));
}

static void variable_argument(struct scan *sc, struct command *c, const struct word *w)
{
    if (c->names_variable)
        refuse_sites(sc, w->first, w->end, AS_NAME, STR(""));
    c->names_variable = is_option(w) && w->text.n == 2 && strchr(c->row->letters, w->text.s[1]);
}

static void argument(struct scan *sc, struct command *c, const struct word *w)
{
    for (size_t i = w->first; i < w->end; i++)
        if (sc->marks[i].depth == sc->depth)
            sc->script->sites[i].command = c->name;
    if (c->inner)
        inner_word(sc, c->inner, w);
    if (c->loop.n)
        check_assigned(sc, c, c->loop, w->first, w->end);
    switch (c->row ? c->row->args : ARGS_DATA) {
    case ARGS_CODE:
        refuse_sites(sc, w->first, w->end, AS_CODE, c->name);
        break;
    case ARGS_COMMAND:
        inner_command(sc, c, w);
        break;
    case ARGS_NAMES:
        name_argument(sc, c, w);
        break;
    case ARGS_VARIABLE:
        variable_argument(sc, c, w);
        break;
    case ARGS_SETTINGS:
    case ARGS_DATA:
        break;
    }
}

// env NAME=value: the name decides whether a value may stand behind it.
static void setting(struct scan *sc, const struct command *c)
{
    size_t ignored, first = sc->met;
    struct str name = { sc->s + sc->at, assigned_name(sc, &ignored) };
    struct word w = scan_word(sc, false);

    if (!name.n && c->inner)
        inner_word(sc, c->inner, &w);
    if (name.n && !env_name_is_safe(name))
        refuse_sites(sc, first, w.end, TO_SETTING, name);
    for (size_t i = first; i < w.end; i++)
        sc->script->sites[i].command = c->name;
}

// A word between operators. False at the `esac` that ends the case it stands in.
static bool word(struct scan *sc, struct command *c, bool in_case)
{
    enum args args = c->row ? c->row->args : ARGS_DATA;

    if ((c->at_name || args == ARGS_NAMES) && scan_assignment(sc, c))
        return true;
    if (args == ARGS_SETTINGS) {
        setting(sc, c);
        return true;
    }
    struct word w = scan_word(sc, c->at_name);
    if (is_descriptor(sc, &w))
        return true;
    if (!c->at_name) {
        argument(sc, c, &w);
        return true;
    }
    if (in_case && w.plain && !w.quoted && str_is(w.text, "esac"))
        return false;
    if (w.plain && !w.quoted && reserved(sc, c, w.text))
        return true;
    command_name(sc, c, &w);
    return true;
}

static void parenthesis(struct scan *sc, struct command *c)
{
    if (c->at_name) {
        arithmetic_or_subshell(sc);
        c->at_name = false;
        return;
    }
    sc->at++;
    scan_blanks(sc);
    if (eat(sc, ")"))
        *c = fresh;  // name() of a function
    else
        scan_commands(sc);
}

// True at ;; ;& and ;;&.
static bool item_end(struct scan *sc)
{
    return eat(sc, ";;&") || eat(sc, ";;") || eat(sc, ";&");
}

// Commands up to an unmatched ")", which is eaten, or, [in_case], to the end of an item:
// true if more items may follow.
static bool scan_list(struct scan *sc, bool in_case)
{
    struct command c = fresh;

    for (scan_blanks(sc); sc->at < sc->n; scan_blanks(sc)) {
        int ch = peek(sc, 0), next = peek(sc, 1);

        if (ch == '\n') {
            sc->at++;
            scan_here_bodies(sc);
            c = fresh;
        } else if (ch == '#') {
            scan_comment(sc);
        } else if (ch == ';' && item_end(sc)) {
            if (in_case)
                return true;
            c = fresh;
        } else if (ch == '&' && next == '>') {
            redirection(sc, c.inner);
        } else if (ch == ';' || ch == '&' || ch == '|') {
            sc->at++;
            c = fresh;
        } else if (ch == '(') {
            parenthesis(sc, &c);
        } else if (ch == ')') {
            sc->at++;
            return false;
        } else if ((ch == '<' || ch == '>') && next != '(') {
            redirection(sc, c.inner);
        } else if (!word(sc, &c, in_case)) {
            return false;
        }
    }
    return false;
}

static bool scan_until(struct scan *sc, bool in_case)
{
    if (!scan_enter(sc))
        return false;
    bool more = scan_list(sc, in_case);
    sc->nesting--;
    return more;
}

void scan_commands(struct scan *sc)
{
    scan_until(sc, false);
}
