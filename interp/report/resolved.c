#include "report/resolved.h"

#include "base/arena.h"

struct str step_source(const struct step *s, struct arena *a)
{
    const struct node *n = s->action_node;

    if (s->kind == STEP_USE)
        return str_format(a, "use: %.*s", STR_ARG(s->use.str));
    if (!n)
        return s->name ? s->name->text.str : STR("");
    struct str text = n->kind == NODE_SCALAR
                          ? n->text.str
                          : str_slice(n->span.source->text, n->span.start, n->span.end);
    return str_format(a, "%.*s: %.*s", STR_ARG(s->action_name.str), STR_ARG(str_trim(text)));
}

// A dry run ends a step with "dry run: COMMAND", or says what it cannot know.
struct str step_command(const struct history *h, const struct step *s, struct str id,
                        struct arena *a)
{
    static const char known[] = "dry run: ", unknown[] = "dry run: not known before";
    const struct story *told = history_story(h, id);

    if (!told || !str_starts(told->message, known) || str_starts(told->message, unknown))
        return step_source(s, a);
    return str_slice(told->message, sizeof known - 1, told->message.n);
}
