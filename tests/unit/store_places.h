// Where the stores of the contract test are.

#pragma once

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

enum backing { IN_MEMORY, IN_SQLITE, IN_POSTGRESQL };

// A new, empty place; "" if there is none of that kind here. [folder] is a template for
// mkdtemp(), which becomes the name of a folder that the caller removes.
static struct str place_url(enum backing where, struct arena *a, char *folder)
{
    const char *url = getenv("STORE_TEST_URL");

    if (!mkdtemp(folder))
        abort();
    if (where == IN_MEMORY)
        return STR("memory:");
    if (where == IN_SQLITE)
        return str_format(a, "%s/state", folder);
    return str_from(url);
}
