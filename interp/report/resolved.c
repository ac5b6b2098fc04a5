#include "report/resolved.h"

#include "base/arena.h"
#include "base/buf.h"

// These speak for themselves.
static bool needs_no_name(struct str action)
{
    return str_is(action, "shell") || str_is(action, "http") || str_is(action, "sql");
}

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
    if (n->kind == NODE_SCALAR && needs_no_name(s->action_name.str))
        return str_trim(text);
    return str_format(a, "%.*s: %.*s", STR_ARG(s->action_name.str), STR_ARG(str_trim(text)));
}

struct str step_brief(const struct step *s, struct arena *a)
{
    struct str whole = s->name ? s->name->text.str : step_source(s, a);
    struct buf line = BUF_EMPTY;

    for (size_t i = 0; i < whole.n; i++) {
        bool space = whole.s[i] == ' ' || whole.s[i] == '\n' || whole.s[i] == '\t';
        if (!space)
            buf_add_c(&line, whole.s[i]);
        else if (line.n && line.s[line.n - 1] != ' ')
            buf_add_c(&line, ' ');
    }
    return buf_take(&line, a);
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
