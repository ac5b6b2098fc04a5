// The head of a report: which run it was, and what became of it.

#include "base/arena.h"
#include "report/incident_inside.h"
#include "report/since.h"
#include "value/fields.h"
#include "value/when.h"

struct str incident_title(const struct history *h, struct arena *a)
{
    struct str title = h->title.n ? h->title : h->runbook;

    return h->drill ? str_format(a, "DRILL: %.*s", STR_ARG(title)) : title;
}

static struct str joined(struct value list, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; list.kind == VALUE_LIST && i < value_size(list); i++) {
        struct value v = value_item(list, i);
        struct str s = v.kind == VALUE_STRING ? v.s : text_of(v, "id");
        buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(s));
    }
    return buf_take(&b, a);
}

static struct str result_words(const struct history *h, struct arena *a)
{
    if (!h->over)
        return h->suspended ? STR("suspended: it waits for a person")
               : h->crashed && h->undoing
                   ? STR("not over: its process is gone, in the middle of its undo")
               : h->crashed ? STR("not over: its process is gone")
               : h->undoing ? STR("not over: it is being undone")
                            : STR("not over");
    if (!h->part_undone)
        return str_format(a, "%.*s (exit code %d)", STR_ARG(h->result), h->exit);
    if (!h->stands.n)
        return str_format(a, "not over%.*s", STR_ARG(since_words(h, a)));
    return str_format(a, "%.*s%.*s (exit code %d)", STR_ARG(h->stands), STR_ARG(since_words(h, a)),
                      h->stands_exit);
}

static bool any_started(const struct history *h)
{
    for (size_t i = 0; i < h->story_count; i++)
        if (h->stories[i]->started_ns && !h->stories[i]->poll)
            return true;
    return false;
}

static struct str verified_words(const struct history *h)
{
    struct value v = value_of(h->end, "verified");

    if (str_is(h->result, "undone"))
        return STR("");  // there is nothing left to verify
    if (v.kind == VALUE_STRING && !any_started(h))
        return STR("");
    if (v.kind == VALUE_STRING)
        return value_size(value_of(h->end, "skipped"))
                   ? STR("nothing verified it, and steps were skipped by a person")
                   : STR("nothing verified it: the runbook has no checks for that");
    if (v.kind != VALUE_BOOL)
        return STR("");
    return v.b ? STR("every check held") : STR("not verified");
}

void incident_head(const struct history *h, struct arena *a, struct document *d)
{
    document_head(d, 1, incident_title(h, a));
    if (h->drill)
        document_para(d, STR("This was a rehearsal. The inputs, environment variables and connections "
                             "that the runbook gives for a drill replaced the real ones; everything "
                             "else was real: commands, files and hosts that a step names itself. "
                             "Hooks and contacts were not told."));
    document_field(d, "Result", result_words(h, a));
    document_field(d, "Verified", verified_words(h));
    document_field(d, "Run", h->dry_run ? STR("a dry run: it is kept nowhere") : h->run);
    document_field(d, "Runbook",
                   h->file.n ? str_format(a, "%.*s (%.*s)", STR_ARG(h->runbook), STR_ARG(h->file))
                             : h->runbook);
    document_field(d, "Digest", h->digest);
    document_field(d, "Severity", h->severity);
    document_field(d, "Owners", joined(value_of(h->start, "owners"), a));
    document_field(d, "Started", date_text(h->started_ns, a));
    document_field(d, "Ended", h->ended_ns ? date_text(h->ended_ns, a) : STR(""));
    if (h->over)
        document_field(d, "Took", history_took(h, a));
    if (h->over && h->sessions > 1)
        document_field(d, "From start to end",
                       span_text((h->ended_ns - h->started_ns) / 1000000, a));
    if (h->waiting_ms)
        document_field(d, "Of that waiting for people", span_text(h->waiting_ms, a));
    document_field(d, "By",
                   h->host.n ? str_format(a, "%.*s on %.*s", STR_ARG(h->user), STR_ARG(h->host))
                             : h->user);
    document_field(d, "Reason", text_of(h->start, "reason"));
    if (h->sessions > 1)
        document_field(d, "Sessions", str_format(a, "%zu", h->sessions));
}
