// NAME=value in a script. What the variable is to the shell decides whether a value may go
// there.

#include "action/action.h"
#include "action/shell/script_command.h"

// A longer one makes no assignment, which only refuses more.
enum { SUBSCRIPT_MAX = 1024 };

static bool is_name_start(int c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The length of NAME where NAME=, NAME+= or NAME[...]= begins at [at], else 0.
size_t assigned_name(const struct scan *sc, size_t *subscript_end)
{
    size_t at = sc->at;

    *subscript_end = 0;
    if (!is_name_start(peek(sc, 0)))
        return 0;
    while (at < sc->n &&
           (is_name_start((unsigned char)sc->s[at]) || (sc->s[at] >= '0' && sc->s[at] <= '9')))
        at++;
    size_t n = at - sc->at;
    if (at < sc->n && sc->s[at] == '[')
        *subscript_end = at = bracket_end(sc, at + 1, SUBSCRIPT_MAX);
    if (at < sc->n && sc->s[at] == '+')
        at++;
    return at < sc->n && sc->s[at] == '=' ? n : 0;
}

// NAME=( ... ), from behind its parenthesis.
static void array(struct scan *sc)
{
    for (scan_space(sc); sc->at < sc->n && peek(sc, 0) != ')'; scan_space(sc)) {
        size_t before = sc->at;

        if (peek(sc, 0) == '[')
            refuse_until(sc, bracket_end(sc, sc->at + 1, sc->n), IN_SUBSCRIPT);
        scan_word_in(sc, PLACE_WORDS);
        if (sc->at == before)
            sc->at++;  // an operator, where none can be
    }
    scan_step(sc);
}

// What the variable is to the shell decides whether a value may go there; some of that is
// known only at the end of the script.
void check_assigned(struct scan *sc, const struct command *c, struct str name, size_t first,
                    size_t end)
{
    static const char *const integers[] = { "RANDOM",  "SRANDOM", "OPTIND",
                                            "HISTCMD", "SECONDS", NULL };

    if (!env_name_is_safe(name))
        refuse_sites(sc, first, end, TO_SETTING, name);
    if (c->integer || str_any(name, integers))
        refuse_sites(sc, first, end, TO_INTEGER, name);
    for (size_t i = first; i < end; i++) {
        sc->marks[i].variable = name;
        sc->marks[i].declared = c->row && c->row->args == ARGS_NAMES;
    }
}

void remember_variable(struct scan *sc, const struct command *c, struct str name, bool array)
{
    if (c->integer)
        map_put(sc->integers, name, sc);
    if (c->array || array)
        map_put(sc->arrays, name, sc);
}

bool scan_assignment(struct scan *sc, const struct command *c)
{
    size_t subscript_end, first = sc->met, n = assigned_name(sc, &subscript_end);
    struct str name = { sc->s + sc->at, n };

    if (!n)
        return false;
    sc->at += n;
    if (subscript_end)
        refuse_until(sc, subscript_end, IN_SUBSCRIPT);
    sc->at += peek(sc, 0) == '+' ? 2 : 1;
    bool is_array = peek(sc, 0) == '(';
    if (is_array) {
        sc->at++;
        array(sc);
    } else {
        scan_word_in(sc, PLACE_WORD);
        if (c->array)
            refuse_sites(sc, first, sc->met, TO_ARRAY, name);
    }
    remember_variable(sc, c, name, is_array);
    check_assigned(sc, c, name, first, sc->met);
    if (is_array)
        for (size_t i = first; i < sc->met; i++)
            sc->marks[i].declared = false;
    return true;
}
