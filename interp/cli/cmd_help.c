#include "cli/help.h"

#include "exec/driver.h"

int command_help(struct invocation *v)
{
    if (flag_given(v, "man")) {
        help_man(stdout);
        return CODE_OK;
    }
    if (!v->word_count) {
        help_overview(stdout);
        return CODE_OK;
    }
    const struct command *c = command_find(v->words[0]);
    if (c) {
        help_command(c, stdout);
        return CODE_OK;
    }
    const char *near = diag_nearest(v->words[0], command_names(v->arena));
    struct str help = str_format(v->arena, "did you mean `%s`?", near ? near : "");
    return usage_error(v, near ? help.s : NULL, "there is no command `%.*s`", STR_ARG(v->words[0]));
}
