#include "report/aftermath_inside.h"

#include "base/arena.h"
#include "report/budget.h"
#include "report/not_run.h"
#include "value/fields.h"
#include "value/when.h"

// -------- lists of the end

// "id" or {id, name, message, ...}.
static struct str id_in(struct value item)
{
    struct str id = item.kind == VALUE_STRING ? item.s : text_of(item, "id");

    return id.n ? id : text_of(item, "step");
}

static struct str words_in(const struct history *h, struct value item)
{
    static const char *const keys[] = { "message", "reason", "text", "name", "command" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_of(item, keys[i]).n)
            return text_of(item, keys[i]);
    const struct story *s = history_story(h, id_in(item));
    return !s ? STR("") : s->more->reason.n ? s->more->reason : s->name;
}

// Why it cannot be undone.
static struct str no_way_back(const struct history *h, struct value item)
{
    const struct story *s = history_story(h, id_in(item));

    return item.kind == VALUE_STRING && s ? history_no_way_back(s, h->arena) : words_in(h, item);
}

static size_t widest(struct value list)
{
    size_t n = 0;

    for (size_t i = 0; i < value_size(list); i++) {
        size_t length = utf8_length(id_in(value_item(list, i)));
        n = length > n && length <= 24 ? length : n;
    }
    return n;
}

static void add_list(const struct history *h, const char *key, const char *head, enum ink color,
                     struct str (*words)(const struct history *h, struct value item),
                     struct page *p)
{
    struct value list = value_of(h->end, key);

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    page_blank(p);
    page_head(p, color, "%s", head);
    size_t wide = widest(list);
    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i);
        page_item(p, id_in(item), wide, INK_PLAIN, words(h, item));
    }
}

// Steps that [is] is true of, under a heading, with words of theirs.
static void add_stories(const struct history *h,
                        bool (*is)(const struct history *h, const struct story *s),
                        struct str (*words)(const struct history *h, const struct story *s),
                        const char *head, enum ink color, struct page *p)
{
    size_t wide = 0, n = 0;

    for (size_t i = 0; i < h->story_count; i++) {
        size_t length = utf8_length(h->stories[i]->id);
        if (is(h, h->stories[i]) && length > wide && length <= 24)
            wide = length;
    }
    for (size_t i = 0; i < h->story_count; i++) {
        if (!is(h, h->stories[i]))
            continue;
        if (!n++) {
            page_blank(p);
            page_head(p, INK_BOLD, "%s", head);
        }
        page_item(p, h->stories[i]->id, wide, color, words(h, h->stories[i]));
    }
}

static struct str name_of(const struct history *h, const struct story *s)
{
    (void)h;
    return s->name;
}

static struct str not_run_words(const struct history *h, const struct not_run *n)
{
    if (n->rest.n)
        return n->rest;
    return n->item.kind != VALUE_NULL ? words_in(h, n->item) : n->story ? n->story->name : STR("");
}

static void add_not_run(const struct history *h, struct page *p)
{
    size_t count, wide = 0;
    const struct not_run *all = not_run_list(h, p->arena, &count);

    for (size_t i = 0; i < count; i++) {
        size_t n = utf8_length(all[i].id);
        wide = n > wide && n <= 24 ? n : wide;
    }
    if (count) {
        page_blank(p);
        page_head(p, INK_BOLD, "Not run:");
    }
    for (size_t i = 0; i < count; i++)
        page_item(p, all[i].id, wide, INK_PLAIN, not_run_words(h, &all[i]));
}

static struct str what_it_leaves(const struct history *h, const struct story *s)
{
    (void)h;
    return s->more->leaves;
}

void aftermath_world(const struct history *h, struct page *p)
{
    add_stories(h, history_leaves, what_it_leaves, "As things stand:", INK_WARN, p);
}

// A step that did not end well may have done only half of it.
static struct str what_it_did(const struct history *h, const struct story *s)
{
    return s->more->undo_state.n         ? history_undo_words(h, s)
           : str_is(s->state, "succeeded") ? s->name
           : s->message.n                ? s->message
                                         : STR("it may be half done");
}

// -------- the whole

static bool is_bad_end(const struct history *h)
{
    return h->exit != 0 && h->exit != 6;
}

// Stopped in the middle: it may be half done. What was rolled back is not.
static bool was_cut_short(const struct story *s)
{
    return str_is(s->state, "cancelled") && s->started_ns && !s->rolled_back && !s->poll;
}

static bool is_of_checklist(const struct story *s)
{
    return str_is(s->phase, "checklist");
}

static void add_failures(const struct history *h, struct page *p)
{
    const struct story *culprit = history_culprit(h);

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        bool failed = str_is(s->state, "failed") || str_is(s->state, "unknown") ||
                      was_cut_short(s) ||
                      (s->poll && !s->poll->ok && (history_is_judged(s) || is_of_checklist(s)));
        if (s->is_hook || (s->group && s != culprit) || !(failed || s == culprit))
            continue;
        page_blank(p);
        aftermath_story(h, s, p);
    }
}

// A no to what is asked before the first step has no step that could tell of it.
static void add_refusal(const struct history *h, struct page *p)
{
    const struct sign *m = sign_of(STR("failed"));
    const struct asked *last = h->question_count ? h->questions[h->question_count - 1] : NULL;
    struct str words = last ? aftermath_refusal(h, last->step, p->arena) : STR("");

    if (h->exit != 5 || !words.n || history_culprit(h))
        return;
    page_blank(p);
    page_head(p, m->ink, "%s %.*s: declined", sign_shown(m, p->look), STR_ARG(last->step));
    page_text(p, "  ", INK_PLAIN, words);
}

// "s~undo", "s~undo.2": it failed, and was shown with its command and its end.
static bool was_shown(const struct history *h, const struct story *s, struct arena *a)
{
    struct str way_back = str_format(a, "%.*s~undo", STR_ARG(s->id));

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *u = h->stories[i];
        if (str_starts(u->id, way_back.s) &&
            (str_is(u->state, "failed") || str_is(u->state, "unknown") || was_cut_short(u)))
            return true;
    }
    return false;
}

static void add_undo(const struct history *h, struct page *p)
{
    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (!s->more->undo_state.n || str_is(s->more->undo_state, "undone") ||
            was_shown(h, s, p->arena))
            continue;
        const struct sign *m = sign_of(STR("undo_failed"));
        page_blank(p);
        page_head(p, m->ink, "%s undo of %.*s: %.*s", sign_shown(m, p->look), STR_ARG(s->id),
                  STR_ARG(history_undo_words(h, s)));
        if (s->more->undo_message.n)
            page_text(p, "  ", INK_PLAIN, s->more->undo_message);
    }
}

static void add_left(const struct history *h, struct page *p)
{
    struct value list = value_of(h->end, "left");

    if (list.kind != VALUE_LIST || !value_size(list))
        return;
    page_blank(p);
    page_head(p, INK_BOLD, "Still running:");
    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i);
        int64_t n = int_of(item, "pid", 0);
        struct str pid = n ? str_format(p->arena, "pid %lld", (long long)n)
                           : str_format(p->arena, "pid %.*s", STR_ARG(text_of(item, "pid")));
        page_item(p, pid, 10, INK_PLAIN, text_of(item, "command"));
    }
}

void aftermath_later(const struct history *h, struct page *p)
{
    bool first = true;

    for (size_t i = 0; i < h->story_count; i++) {
        struct value later = h->stories[i]->more->later;
        for (size_t j = 0; later.kind == VALUE_LIST && j < value_size(later); j++) {
            if (first) {
                page_blank(p);
                page_head(p, INK_WARN, "Changed after its step, and put aside by the undo:");
            }
            first = false;
            page_item(p, text_of(value_item(later, j), "path"), 0, INK_PLAIN,
                      str_format(p->arena, "is kept as %.*s",
                                 STR_ARG(text_of(value_item(later, j), "kept"))));
        }
    }
    if (!first)
        page_text(p, "  ", INK_DIM,
                  STR("Compare it with what is there now, and put back what is still wanted."));
}

static void add_budget(const struct history *h, struct page *p)
{
    struct measured frames[BUDGET_FRAMES];
    bool first = true;

    budget_measure(h, frames);
    for (size_t i = 0; i < BUDGET_FRAMES; i++) {
        const struct measured *m = &frames[i];
        if (!m->promised_ms || !m->took_ms)
            continue;
        if (first)
            page_blank(p);
        first = false;
        struct str took = budget_text(m->took_ms, p->arena);
        struct str promised = budget_text(m->promised_ms, p->arena);
        page_head(p, m->over ? INK_WARN : INK_DIM, "budget: %s %.*s of %.*s%s", m->name,
                  STR_ARG(took), STR_ARG(promised), m->over ? ", over" : "");
    }
}

static void add_notices(const struct history *h, struct page *p)
{
    struct value warnings = value_of(h->end, "warnings");
    bool first = true;

    for (size_t i = 0; warnings.kind == VALUE_LIST && i < value_size(warnings); i++) {
        struct value w = value_item(warnings, i);
        if (first)
            page_blank(p);
        first = false;
        page_lead(p, "warning: ", INK_WARN, w.kind == VALUE_STRING ? w.s : words_in(h, w));
    }
}

static void add_calls(const struct history *h, struct page *p)
{
    struct str who = aftermath_contact(h, h->took_ms, p->arena);

    if (!who.n)
        return;
    page_blank(p);
    page_lead(p, "Call now: ", INK_BOLD, who);
}

void aftermath_write(const struct history *h, struct str flags, struct page *p)
{
    bool bad = is_bad_end(h);

    if (bad) {
        add_failures(h, p);
        add_refusal(h, p);
        add_undo(h, p);
        add_stories(h, history_not_undone, name_of, "Not undone:", INK_PLAIN, p);
        add_not_run(h, p);
        aftermath_world(h, p);
    }
    if (str_is(h->result, "aborted")) {
        add_stories(h, history_stays, what_it_did, "Done, and it stays:", INK_WARN, p);
        aftermath_world(h, p);
    }
    add_list(h, "skipped", "Skipped by a person:", INK_BOLD, words_in, p);
    add_list(h, "cannot_undo", "Cannot be undone:", INK_BOLD, no_way_back, p);
    add_stories(h, history_done_by_hand, name_of, "Done by hand, and not taken back:", INK_PLAIN,
                p);
    add_left(h, p);
    aftermath_later(h, p);
    add_notices(h, p);
    add_budget(h, p);
    aftermath_headline(h, p);
    if (h->dry_run)
        return;
    if (h->part_undone && value_size(value_of(h->end, "undone")) && !str_is(h->stands, "ok"))
        aftermath_only_back(h, flags, p);
    if (bad || h->suspended || h->exit == 6)
        aftermath_commands(h, flags, p);
    if (bad && h->exit != 9 && !h->drill)
        add_calls(h, p);
}
