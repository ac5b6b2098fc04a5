#include "report/resolved.h"

#include "base/arena.h"
#include "base/buf.h"

struct str step_brief(const struct step *s, const struct known *k, struct arena *a)
{
    struct str whole = s->name ? known_words(k, s->name, a) : spoken(s, k, a);
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
                        const struct known *k, struct arena *a)
{
    static const char known[] = "dry run: ", unknown[] = "dry run: not known before";
    const struct story *told = history_story(h, id);

    if (!told || !str_starts(told->message, known) || str_starts(told->message, unknown))
        return spoken(s, k, a);
    return str_slice(told->message, sizeof known - 1, told->message.n);
}
