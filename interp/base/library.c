#include "base/library.h"

#include <dlfcn.h>
#include <stddef.h>

bool dynamic_load(const char *soname, const struct library_symbol *symbols, const char **why)
{
    void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        *why = dlerror();
        return false;
    }
    for (const struct library_symbol *s = symbols; s->name; s++) {
        void *address = dlsym(handle, s->name);
        if (!address) {
            *why = dlerror();
            return false;
        }
        *(void **)s->to = address;
    }
    return true;
}
