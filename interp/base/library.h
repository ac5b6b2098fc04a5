// A shared library that is loaded when it is first needed.
//
// Linking libcurl or libpq makes every start of the program several times slower, also
// of commands that never use them.

#pragma once

#include <stdbool.h>

struct library_symbol {
    const char *name;
    void *to;  // the address of a function pointer
};

// Loads [soname] and fills in every symbol (ended by a nameless one). False, with the
// reason in *[why], if it or one of its symbols is not there.
bool dynamic_load(const char *soname, const struct library_symbol *symbols, const char **why);
