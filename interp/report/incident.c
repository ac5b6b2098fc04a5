#include "report/incident_inside.h"

#include "base/arena.h"
#include "report/aftermath.h"
#include "report/budget.h"
#include "report/not_run.h"
#include "report/way_back.h"
#include "value/fields.h"
#include "value/when.h"

static const struct {
    const char *word, *end;
} formats[REPORT_COUNT] = {
    [REPORT_MD] = { "md", ".md" },
    [REPORT_HTML] = { "html", ".html" },
    [REPORT_JSON] = { "json", ".json" },
    [REPORT_JUNIT] = { "junit", ".xml" },
};

enum report_format report_format_of(struct str word)
{
    size_t i = 0;

    while (i < REPORT_COUNT && !str_is(word, formats[i].word))
        i++;
    return (enum report_format)i;
}

enum report_format report_format_of_path(struct str path)
{
    for (size_t i = 0; i < REPORT_COUNT; i++)
        if (str_ends(path, formats[i].end))
            return (enum report_format)i;
    return REPORT_MD;
}

// -------- what only people know

static void add_words(const struct history *h, struct document *d)
{
    static const struct {
        const char *key, *label;
    } words[] = {
        { "impact", "Impact" },
        { "detected", "How it was detected" },
        { "data_loss", "Data loss" },
        { "previous_version", "Previous version" },
        { "target_version", "Target version" },
        { "cause", "Root cause" },
        { "prevention", "How it is prevented" },
        { "lessons", "Lessons" },
    };
    struct value said = value_of(h->end, "report");

    document_head(d, 2, STR("Summary"));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct str text = text_of(said, words[i].key);
        if (text.n)
            document_field(d, words[i].label, text);
        else
            document_blank(d, words[i].label);
    }
}

// -------- lists

static void add_timeline(const struct history *h, struct arena *a, struct document *d)
{
    if (!h->moment_count)
        return;
    document_head(d, 2, STR("Timeline"));
    document_table(d, "Time (UTC)|Step|What");
    for (size_t i = 0; i < h->moment_count; i++) {
        const struct moment *m = &h->moments[i];
        document_cell(d, str_slice(date_text(m->ns, a), 0, 19));
        document_cell_code(d, history_shown_id(m->step));
        document_cell(d, m->words);
    }
}

// What was started and never ended does not run where nothing of the run does. Of a group that is
// no doubt by itself: what is in it tells.
static struct str state_of(const struct history *h, const struct story *s, struct arena *a)
{
    struct str begun = str_is(s->state, "pending") ? not_run_begun(h, s, a) : STR("");

    if (begun.n)
        return begun;
    if (!str_is(s->state, "running") || (!h->over && !h->crashed))
        return history_state_words(s);
    return !h->over ? STR("was running") : s->group ? STR("not ended") : STR("in doubt");
}

static void add_steps(const struct history *h, struct arena *a, struct document *d)
{
    document_head(d, 2, STR("Steps"));
    document_table(d, "Step|Name|State|Took|Attempts|Undo");
    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        document_cell_code(d, history_shown_id(s->id));
        document_cell(d, s->name);
        document_cell(d, state_of(h, s, a));
        document_cell(d, s->took_ms >= 0 ? span_text(s->took_ms, a) : STR(""));
        document_cell(d, s->attempts ? str_format(a, "%zu", s->attempts) : STR(""));
        document_cell(d, history_undo_words(h, s));
    }
}

static bool is_failure(const struct story *s)
{
    return sign_of(s->state)->bad && !str_is(s->state, "blocked");
}

static struct str last_output(const struct story *s, struct arena *a)
{
    struct str lines[TAIL_LINES];
    size_t n = tail_lines(&s->tail, lines);
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < n; i++)
        buf_format(&b, "%.*s\n", STR_ARG(lines[i]));
    return buf_take(&b, a);
}

static void add_failures(const struct history *h, struct arena *a, struct document *d)
{
    const struct story *culprit = history_culprit(h);
    bool first = true;

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        // A group failed because of something in it.
        if (!is_failure(s) || (s->group && s != culprit))
            continue;
        if (first)
            document_head(d, 2, STR("Failures"));
        first = false;
        document_head(d, 3,
                      str_format(a, "%.*s: %.*s%s%.*s", STR_ARG(history_shown_id(s->id)),
                                 STR_ARG(s->state), s->name.n ? " - " : "", STR_ARG(s->name)));
        document_para(d, aftermath_words(s, a));
        document_para(d, aftermath_refusal(h, s->id, a));
        document_code(d, s->command.n ? str_format(a, "$ %.*s", STR_ARG(s->command)) : STR(""));
        document_code(d, last_output(s, a));
        document_code(d, s->more->picture);
        document_para(d, s->more->help);
        if (s->attempts > 1)
            document_para(d, str_format(a, "After %zu attempts.", s->attempts));
        if (s->continued)
            document_para(d, STR("The run went on after it."));
    }
}

// A no to what is asked before the first step has no step that could tell of it.
static void add_refusal(const struct history *h, struct arena *a, struct document *d)
{
    const struct asked *last = h->question_count ? h->questions[h->question_count - 1] : NULL;
    struct str words = last ? aftermath_refusal(h, last->step, a) : STR("");

    if (h->exit != 5 || !words.n || history_culprit(h))
        return;
    document_head(d, 2, STR("Declined"));
    document_item(d, false, str_format(a, "%.*s: %.*s", STR_ARG(last->step), STR_ARG(words)));
}

// Rows of "step: words" under a heading, for stories that have the words.
static void add_told(const struct history *h, const char *head,
                     struct str (*words)(const struct history *h, const struct story *s,
                                         struct arena *a),
                     struct arena *a, struct document *d)
{
    bool first = true;

    for (size_t i = 0; i < h->story_count; i++) {
        struct str text = words(h, h->stories[i], a);
        if (!text.n)
            continue;
        if (first)
            document_head(d, 2, str_from(head));
        first = false;
        document_item(d, false,
                      str_format(a, "%.*s: %.*s", STR_ARG(h->stories[i]->id), STR_ARG(text)));
    }
}

static struct str world_words(const struct history *h, const struct story *s, struct arena *a)
{
    (void)a;
    return history_leaves(h, s) ? s->more->leaves : STR("");
}

static struct str stays_words(const struct history *h, const struct story *s, struct arena *a)
{
    struct str name = s->name.n ? s->name : STR("it was done");

    if (!history_stays(h, s))
        return STR("");
    return s->more->undo_state.n ? history_undo_words(h, s)
           : str_is(s->state, "succeeded") ? name
               : str_format(a, "%.*s, and may be half done", STR_ARG(s->state));
}

// In the order in which they were undone.
static void add_undo(const struct history *h, struct arena *a, struct document *d)
{
    const struct story **in_order = NEW_ARRAY(a, const struct story *, h->undo_count + 1);

    for (size_t i = 0; i < h->story_count; i++)
        if (h->stories[i]->more->undo_order)
            in_order[h->stories[i]->more->undo_order - 1] = h->stories[i];
    if (h->undo_count)
        document_head(d, 2, STR("Undo"));
    for (size_t i = 0; i < h->undo_count; i++) {
        const struct story *s = in_order[i];
        if (s)  // else it was undone again later
            document_item(
                d, false,
                str_format(a, "%.*s: %.*s%s%.*s", STR_ARG(s->id), STR_ARG(history_undo_words(h, s)),
                           s->more->undo_message.n ? ": " : "", STR_ARG(s->more->undo_message)));
    }
}

static struct str skip_words(const struct history *h, const struct story *s, struct arena *a)
{
    (void)h;
    if (!str_is(s->state, "skipped") || !(s->more->by.n || s->more->reason.n))
        return STR("");
    return str_format(a, "by %.*s%s%.*s", STR_ARG(s->more->by.n ? s->more->by : STR("a person")),
                      s->more->reason.n ? ": " : "", STR_ARG(s->more->reason));
}

static struct str not_undone_words(const struct history *h, const struct story *s, struct arena *a)
{
    (void)a;
    return !h->over || !history_not_undone(h, s) ? STR("")
           : s->name.n                           ? s->name
                                                 : STR("not reached");
}

static struct str by_hand_words(const struct history *h, const struct story *s, struct arena *a)
{
    (void)a;
    return !history_done_by_hand(h, s) ? STR("") : s->name.n ? s->name : STR("a person did it");
}

static struct str not_run_words(const struct history *h, const struct not_run *n, struct arena *a)
{
    const struct story *s = n->story;

    for (size_t i = 0; i < h->question_count && !h->over; i++)
        if (h->questions[i]->open && str_equal(h->questions[i]->step, n->id))
            return STR("waits for a person");
    if (n->rest.n || !s)
        return n->rest.n ? n->rest : STR("not reached");
    if (!str_is(s->state, "blocked"))
        return s->name.n ? s->name : STR("not reached");
    return str_format(a, "%.*s%s%.*s", STR_ARG(s->state), s->name.n ? " - " : "",
                      STR_ARG(s->name));
}

static void add_not_run(const struct history *h, struct arena *a, struct document *d)
{
    size_t count;
    const struct not_run *all = not_run_list(h, a, &count);

    if (count)
        document_head(d, 2, STR("Not run"));
    for (size_t i = 0; i < count; i++)
        document_item(d, false,
                      str_format(a, "%.*s: %.*s", STR_ARG(all[i].id),
                                 STR_ARG(not_run_words(h, &all[i], a))));
}

static void add_list(const struct history *h, const char *key, const char *head,
                     struct str (*words)(const struct story *s, struct arena *a), struct arena *a,
                     struct document *d)
{
    struct value list = value_of(h->end, key);

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    document_head(d, 2, str_from(head));
    for (size_t i = 0; i < value_size(list); i++) {
        struct value v = value_item(list, i);
        struct str text = v.kind == VALUE_STRING ? v.s : text_of(v, "command");
        if (v.kind != VALUE_STRING && !text.n)
            text = text_of(v, "id");
        if (words && history_story(h, text))
            text = str_format(a, "%.*s: %.*s", STR_ARG(text),
                              STR_ARG(words(history_story(h, text), a)));
        document_item(d, false, text);
    }
}

// What an undo took away although somebody had made it so after the step.
static void add_later(const struct history *h, struct arena *a, struct document *d)
{
    bool first = true;

    for (size_t i = 0; i < h->story_count; i++) {
        struct value later = h->stories[i]->more->later;
        for (size_t j = 0; later.kind == VALUE_LIST && j < value_size(later); j++) {
            if (first)
                document_head(d, 2, STR("Changed after its step, and put aside by the undo"));
            first = false;
            document_item(d, true,
                          str_format(a, "%.*s is kept as %.*s: is it still wanted?",
                                     STR_ARG(text_of(value_item(later, j), "path")),
                                     STR_ARG(text_of(value_item(later, j), "kept"))));
        }
    }
}

static void add_budget(const struct history *h, struct arena *a, struct document *d)
{
    struct measured frames[BUDGET_FRAMES];
    bool any = false;

    budget_measure(h, frames);
    for (size_t i = 0; i < BUDGET_FRAMES; i++)
        any |= frames[i].promised_ms > 0;
    if (!any || !h->over)
        return;
    document_head(d, 2, STR("Budget"));
    document_table(d, "Part|Promised|Took|Judgement");
    for (size_t i = 0; i < BUDGET_FRAMES; i++) {
        const struct measured *m = &frames[i];
        if (!m->promised_ms || !m->took_ms)
            continue;
        document_cell(d, str_from(m->name));
        document_cell(d, budget_text(m->promised_ms, a));
        document_cell(d, budget_text(m->took_ms, a));
        document_cell(d, m->over ? STR("over") : STR("kept"));
    }
}

static void add_notices(const struct history *h, struct arena *a, struct document *d)
{
    if (!h->notice_count)
        return;
    document_head(d, 2, STR("Notices"));
    for (size_t i = 0; i < h->notice_count; i++) {
        const struct notice *n = &h->notices[i];
        document_item(d, false,
                      str_format(a, "%.*s: %.*s", STR_ARG(n->level), STR_ARG(n->words)));
        document_code(d, n->said);
    }
}

// What the plan said before the run, so that who reads the report need not have seen that; what was
// never done is told apart.
static void add_way_back(const struct history *h, struct arena *a, struct document *d)
{
    static const struct {
        enum way_back which;
        const char *label;
    } lists[] = {
        { WAY_BACK_GONE_DONE, "Cannot be taken back" },
        { WAY_BACK_STAYS_DONE, "Stays, as `undo: none` says" },
        { WAY_BACK_NOT_DONE, "Was not done, so that nothing of it is there" },
    };
    bool first = true;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct str steps = way_back_words(h, lists[i].which, SIZE_MAX, a);
        if (!steps.n)
            continue;
        if (first)
            document_head(d, 2, STR("What an undo does not take back"));
        first = false;
        document_item(d, false, str_format(a, "%s: %.*s", lists[i].label, STR_ARG(steps)));
    }
}

struct document *incident_document(const struct history *h, struct arena *a)
{
    struct document *d = document_new(a);

    incident_head(h, a, d);
    add_words(h, d);
    add_failures(h, a, d);
    add_refusal(h, a, d);
    add_told(h, "How things stand", world_words, a, d);
    add_told(h, "Done, and not undone", stays_words, a, d);
    add_not_run(h, a, d);
    add_told(h, "Skipped by a person", skip_words, a, d);
    add_undo(h, a, d);
    add_told(h, "Not undone", not_undone_words, a, d);
    add_list(h, "cannot_undo", "Cannot be undone", history_no_way_back, a, d);
    add_told(h, "Done by hand, and not taken back", by_hand_words, a, d);
    add_way_back(h, a, d);
    add_later(h, a, d);
    add_list(h, "left", "Left running", NULL, a, d);
    add_list(h, "warnings", "Warnings", NULL, a, d);
    add_notices(h, a, d);
    add_steps(h, a, d);
    incident_decisions(h, a, d);
    add_budget(h, a, d);
    add_timeline(h, a, d);
    incident_afterwards(h, a, d);
    return d;
}

void incident_write(const struct history *h, enum report_format format, struct arena *a,
                    struct buf *out)
{
    switch (format) {
    case REPORT_HTML:
        document_html(incident_document(h, a), incident_title(h, a), out);
        break;
    case REPORT_JSON:
        json_write_pretty(incident_json(h, a), a, out);
        buf_add_c(out, '\n');
        break;
    case REPORT_JUNIT:
        incident_junit(h, a, out);
        break;
    case REPORT_MD:
    case REPORT_COUNT:
        document_markdown(incident_document(h, a), out);
        break;
    }
}
