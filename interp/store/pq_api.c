#include "store/pq_api.h"

#include <pthread.h>
#include <stdio.h>

#include "base/library.h"

static struct pq_api api;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    // clang-format off
    static const struct library_symbol symbols[] = {
#define SYMBOL(name) { "PQ" #name, &api.name },
        PQ_FUNCTIONS(SYMBOL)
#undef SYMBOL
        { NULL, NULL },
    };
    // clang-format on
    const char *why;

    // dlerror() is gone with the next call, so the reason is kept.
    if (!dynamic_load("libpq.so.5", symbols, &why))
        snprintf(failure, sizeof failure, "%s", why);
}

const struct pq_api *pq_api(const char **why)
{
    pthread_once(&once, load);
    *why = failure[0] ? failure : NULL;
    return failure[0] ? NULL : &api;
}
