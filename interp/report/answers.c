#include "report/answers.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "value/fields.h"
#include "value/when.h"

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.s[i]) && !strchr("_.-~=:", s.s[i]))
            return false;
    return true;
}

// One word for a shell.
static struct str quoted(struct str s, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    if (is_plain(s))
        return s;
    buf_add_c(&b, '\'');
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] == '\'')
            buf_add_s(&b, "'\\''");
        else
            buf_add_c(&b, s.s[i]);
    buf_add_c(&b, '\'');
    return buf_take(&b, a);
}

static const struct {
    const char *kind, *flag, *answer;
} flags[] = {
    { "confirm", "--confirm", "yes" },
    { "manual", "--answer", "done" },
    { "prompt", "--answer", "VALUE" },
    { "checklist", "--attest", "NOTE" },
};

// What has to be said, where that is not always the same.
static struct str own_answer(const struct asked *q)
{
    struct str wants = text_of(q->data, "wants");

    return str_is(wants, "file") ? STR("done:PATH")
           : wants.n             ? STR("done:TEXT")
                                 : text_of(q->data, "phrase");
}

struct str answers_flag(const struct asked *q, struct arena *a)
{
    struct str own = own_answer(q);

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!str_is(q->kind, flags[i].kind))
            continue;
        struct str said = str_format(a, "%.*s=%.*s", STR_ARG(q->step),
                                     STR_ARG(own.n ? own : str_from(flags[i].answer)));
        return str_format(a, " %s %.*s", flags[i].flag, STR_ARG(quoted(said, a)));
    }
    return STR("");
}

struct str answers_reason(const struct asked *q)
{
    return truth_of(q->data, "reason_required") ? STR(" --reason TEXT") : STR("");
}

struct str answers_from(const struct asked *q, struct arena *a)
{
    struct value from = value_of(q->data, "from");
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; from.kind == VALUE_LIST && i < value_size(from); i++)
        buf_format(&b, "%s%.*s", i ? " or " : "of ", STR_ARG(value_item(from, i).s));
    if (truth_of(q->data, "not_requester"))
        buf_format(&b, "%snot of %.*s", b.n ? ", " : "", STR_ARG(text_of(q->data, "requester")));
    return buf_take(&b, a);
}

struct str answers_wanted(const struct asked *q, struct arena *a)
{
    struct str from = answers_from(q, a);
    int64_t needed = int_of(q->data, "needed", 1);
    struct buf b = BUF_EMPTY;

    if (!str_is(q->kind, "approve"))
        return STR("");
    buf_format(&b, "%s%.*s", from.n ? ", " : "", STR_ARG(from));
    if (needed > 1)
        buf_format(&b, ", %lld votes", (long long)needed);
    return buf_take(&b, a);
}

bool answers_too_late(const struct asked *q)
{
    int64_t until = wall_from(text_of(q->data, "until"));

    return until && !q->votes.n && str_is(q->kind, "approve") && clock_wall_ns() >= until;
}

struct str answers_way(struct str how)
{
    static const char *const ways[][2] = {
        { "default", "the default" },
        { "timeout", "the time was up" },
        { "signal", "a signal came" },
        { "withdrawn", "it was not asked any more" },
    };

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (str_is(how, ways[i][0]))
            return str_from(ways[i][1]);
    return how;
}

struct str answers_by(const struct asked *q, struct arena *a)
{
    if (!q->by.n)
        return answers_way(q->how);
    return q->how.n ? str_format(a, "%.*s (%.*s)", STR_ARG(q->by), STR_ARG(q->how)) : q->by;
}

struct str answers_ballots(struct value answer, struct arena *a)
{
    struct value votes = value_of(answer, "votes");
    size_t n = votes.kind == VALUE_LIST ? value_size(votes) : 0;
    struct buf b = BUF_EMPTY;

    if (n == 1 && text_of(answer, "by").n)
        return STR("");
    for (size_t i = 0; i < n; i++) {
        struct value v = value_item(votes, i);
        struct str by = text_of(v, "by"), reason = text_of(v, "reason");
        buf_format(&b, "%s%.*s %s%s%.*s", i ? "; " : "", STR_ARG(by),
                   truth_of(v, "yes") ? "approved" : "refused", reason.n ? ": " : "",
                   STR_ARG(reason));
    }
    return buf_take(&b, a);
}

struct str answers_note(const struct asked *q, struct arena *a)
{
    if (q->ballots.n)
        return q->ballots;
    if (!q->evidence.n)
        return q->reason;
    return str_format(a, "%.*s%sevidence: %.*s", STR_ARG(q->reason), q->reason.n ? "; " : "",
                      STR_ARG(q->evidence));
}
