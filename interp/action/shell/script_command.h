// A simple command while it is read; shared by script_command.c and script_assign.c.

#pragma once

#include "action/shell/script_inner.h"

// What a command does with its arguments.
enum args {
    ARGS_DATA,
    ARGS_CODE,      // runs, evaluates or assigns to what it is given
    ARGS_COMMAND,   // the next argument is a command again
    ARGS_NAMES,     // declare and its family: NAME=value
    ARGS_VARIABLE,  // the argument behind the option [letters] names a variable
    ARGS_SETTINGS,  // env: NAME=value, then a command that is not the shell's
};

struct args_row {
    const char *name;
    enum args args;
    const char *letters;
};

struct command {
    bool at_name;  // the next word is the name of a command
    struct str name;
    const struct args_row *row;
    bool names_variable;  // the next argument is the name of a variable
    bool skips;           // the next argument belongs to an option
    bool integer, array;  // declare -i, -n; -a, -A
    struct inner *inner;  // of a command that takes code; NULL: it does not
    struct str loop;      // for NAME: what follows is assigned to it
};

// NAME=value, NAME+=value, NAME[...]=value and NAME=(...) at this place. False if none is.
bool scan_assignment(struct scan *sc, const struct command *c);
// The length of NAME where one of those begins, else 0; the end of its subscript, or 0.
size_t assigned_name(const struct scan *sc, size_t *subscript_end);
// Sites [first, end) are assigned to [name]: refuses what the shell would evaluate.
void check_assigned(struct scan *sc, const struct command *c, struct str name, size_t first,
                    size_t end);
// [name] was declared by [c].
void remember_variable(struct scan *sc, const struct command *c, struct str name, bool array);
