#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "store/backend.h"

struct str system_user(struct arena *a)
{
    struct passwd entry, *found = NULL;
    char text[4096];

    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
        return str_copy(a, str_from(found->pw_name));
    return str_format(a, "%u", (unsigned)geteuid());
}

struct str system_host(struct arena *a)
{
    char name[256] = "";

    gethostname(name, sizeof name - 1);
    return str_copy(a, str_from(name));
}
