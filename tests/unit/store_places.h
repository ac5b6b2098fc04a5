// Where the stores of the contract test are.

#pragma once

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "store/pq_api.h"

enum backing { IN_MEMORY, IN_SQLITE, IN_POSTGRESQL };

// What is in the PostgreSQL store at [url] is gone.
static void place_clear(const char *url)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);
    PGconn *c = pq->connectdbParams((const char *[]){ "dbname", NULL },
                                    (const char *[]){ url, NULL }, 1);

    pq->clear(pq->exec(c, "SET client_min_messages = warning"));
    pq->clear(pq->exec(c, "DROP SCHEMA IF EXISTS runbook CASCADE"));
    pq->finish(c);
}

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
    if (url) {
        setenv("XDG_STATE_HOME", folder, 1);
        place_clear(url);
    }
    return str_from(url);
}
