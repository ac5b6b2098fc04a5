#include "action/action.h"

// Variables whose value decides which code runs. A name is safe when it is none of them.
bool env_name_is_safe(struct str name)
{
    static const char *const exact[] = { "BASH_ENV", "ENV",       "IFS",      "PATH",
                                         "PS4",      "SHELLOPTS", "BASHOPTS", NULL };
    static const char *const prefixes[] = { "LD_", "GIT_", "BASH_FUNC_", "__rb_", NULL };

    for (size_t i = 0; exact[i]; i++)
        if (str_is(name, exact[i]))
            return false;
    for (size_t i = 0; prefixes[i]; i++)
        if (str_starts(name, prefixes[i]))
            return false;
    return true;
}
