#include "action/http/curl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/library.h"

static struct curl_api api;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

// libcurl writes the keys of every connection into the file that SSLKEYLOGFILE names, and
// looks for that once, here. The variable stays for the programs that steps run; another
// thread sees one environment or the other, whole.
static bool init_without_key_log(void)
{
    char **real = environ, **to;
    size_t count = 0;

    while (real && real[count])
        count++;
    char **without = to = malloc((count + 1) * sizeof *without);
    if (!without)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strncmp(real[i], "SSLKEYLOGFILE=", 14) != 0)
            *to++ = real[i];
    *to = NULL;
    environ = without;
    bool ok = api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    environ = real;
    // Not freed: a thread may still be reading it.
    static char **kept;
    kept = without;
    (void)kept;
    return ok;
}

static void load(void)
{
    // clang-format off
    static const struct library_symbol symbols[] = {
#define SYMBOL(name) { "curl_" #name, &api.name },
        CURL_FUNCTIONS(SYMBOL)
#undef SYMBOL
        { NULL, NULL },
    };
    // clang-format on
    const char *why;

    // dlerror() is gone with the next call, so the reason is kept.
    if (!dynamic_load("libcurl.so.4", symbols, &why))
        snprintf(failure, sizeof failure, "%s", why);
    else if (!init_without_key_log())
        snprintf(failure, sizeof failure, "libcurl cannot be initialised");
}

const struct curl_api *curl_api(const char **why)
{
    pthread_once(&once, load);
    *why = failure[0] ? failure : NULL;
    return failure[0] ? NULL : &api;
}
