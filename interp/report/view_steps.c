// The steps and checks of a printed runbook.

#include "base/arena.h"
#include "model/runbook.h"
#include "report/view_inside.h"
#include "value/fields.h"

struct str viewed(const struct viewing *w, const struct template *t)
{
    return known_words(w->known, t, w->arena);
}

// -------- what is said of a step

struct str view_question(const struct viewing *w, const struct confirm *c)
{
    struct buf b = BUF_EMPTY;

    buf_add(&b, viewed(w, c->message));
    if (c->danger == DANGER_SEVERE)
        buf_format(&b, " (severe, to be typed: %.*s)", STR_ARG(viewed(w, c->phrase)));
    else if (c->danger == DANGER_MILD)
        buf_add_s(&b, " (mild)");
    LIST_EACH(const struct template *, t, c->show)
    buf_format(&b, "\nLook at: %.*s", STR_ARG(viewed(w, *t)));
    return buf_take(&b, w->arena);
}

static struct str expectations(const struct viewing *w, const struct step *s, const char *between)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct expr *, e, s->more->expect)
    buf_format(&b, "%s%.*s", b.n ? between : "", STR_ARG(expr_text(*e)->str));
    return buf_take(&b, w->arena);
}

struct str view_check(const struct viewing *w, const struct step *c)
{
    struct str does = spoken(c, w->known, w->arena);
    struct str wants = expectations(w, c, " and ");
    struct str name = c->name ? viewed(w, c->name) : STR("");

    return str_format(w->arena, "%.*s%s%.*s%s%.*s", STR_ARG(name), name.n && does.n ? ": " : "",
                      STR_ARG(does), wants.n ? ", expects " : "", STR_ARG(wants));
}

static void add_done_if(const struct viewing *w, const struct step *s, struct buf *b)
{
    if (s->more->done_if && s->more->done_if->cond)
        buf_format(b, "Not if %.*s\n", STR_ARG(expr_text(s->more->done_if->cond)->str));
    else if (s->more->done_if)
        buf_format(b, "Not if this holds: %.*s\n", STR_ARG(view_check(w, s->more->done_if->check)));
}

static void add_proofs(const struct viewing *w, const struct step *s, struct buf *b)
{
    if (s->more->expect.count)
        buf_format(b, "Expect %.*s\n", STR_ARG(expectations(w, s, " and ")));
    LIST_EACH(const struct step, c, s->more->verify)
    buf_format(b, "Then check: %.*s\n", STR_ARG(view_check(w, c)));
}

static struct str what_it_does(const struct viewing *w, const struct step *s)
{
    struct buf b = BUF_EMPTY;

    if (s->name)
        buf_format(&b, "%.*s\n", STR_ARG(viewed(w, s->name)));
    if (s->more->description)
        buf_format(&b, "%.*s\n", STR_ARG(viewed(w, s->more->description)));
    if (s->cond)
        buf_format(&b, "Only if %.*s\n", STR_ARG(expr_text(s->cond)->str));
    add_done_if(w, s, &b);
    if (s->more->confirm)
        buf_format(&b, "First ask: %.*s\n", STR_ARG(view_question(w, s->more->confirm)));
    if (s->more->approve)
        buf_format(&b, "First get approval: %.*s\n", STR_ARG(viewed(w, s->more->approve->message)));
    if (s->kind == STEP_USE)
        buf_format(&b, "Uses %.*s\n", STR_ARG(s->more->use->str));
    if (s->more->for_each)
        buf_add_s(&b, "For each item\n");
    add_proofs(w, s, &b);
    return buf_take(&b, w->arena);
}

static struct str undo_steps(const struct viewing *w, const struct step *s)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct step, u, s->more->undo.steps)
    {
        struct str does = spoken_whole(u, w->known, w->arena);
        struct str name = u->name ? viewed(w, u->name) : STR("");
        buf_format(&b, "%.*s%s%.*s\n", STR_ARG(name), name.n && does.n ? ": " : "", STR_ARG(does));
    }
    return buf_take(&b, w->arena);
}

static struct str undo_words(const struct viewing *w, const struct step *s)
{
    enum undo_cover cover = step_cover_inside(w->program, s, w->outer);
    bool covered = cover == COVER_INSIDE || cover == COVER_NONE;

    if (step_is_undone_inside(s) && cover != COVER_OUTSIDE)
        return covered ? STR("by what is inside") : STR("");
    switch (cover) {
    case COVER_UNDO:
        return STR("by itself");
    case COVER_INSIDE:
        break;
    case COVER_NONE:
        return STR("none needed");
    case COVER_IRREVERSIBLE:
        return str_format(w->arena, "CANNOT BE TAKEN BACK: %.*s",
                          STR_ARG(viewed(w, s->more->irreversible)));
    case COVER_MISSING:
        return s->kind == STEP_ACTION ? STR("cannot be taken back") : STR("");
    case COVER_OUTSIDE:
        return step_cover(w->program, w->outer) == COVER_UNDO
                   ? str_format(w->arena, "by %.*s", STR_ARG(w->outer->id.str))
                   : STR("");
    case COVER_NOTHING:
        break;
    }
    return STR("");
}

static void add_undo(struct viewing *w, const struct step *s)
{
    if (s->more->undo.steps.count && !w->outer)
        document_cell_code(w->doc, undo_steps(w, s));
    else
        document_cell(w->doc, undo_words(w, s));
}

// -------- rows

static void add_rows(struct viewing *w, const struct list *steps, struct str prefix);

// Calls [rows] with the lists of what a `use` runs, and what is known there.
static void inside_use(struct viewing *w, const struct step *s, struct str id,
                       void (*rows)(struct viewing *w, const struct runbook *rb, struct str prefix))
{
    const struct module *m = program_use(w->program, s);
    const struct known *outer = w->known;

    if (!m)
        return;
    w->known = known_used(outer, s, m->rb, w->arena);
    rows(w, m->rb, str_format(w->arena, "%.*s.", STR_ARG(id)));
    w->known = outer;
}

static void used_steps(struct viewing *w, const struct runbook *rb, struct str prefix)
{
    add_rows(w, &rb->prepare, prefix);
    add_rows(w, &rb->steps, prefix);
    add_rows(w, &rb->verify, prefix);
    add_rows(w, &rb->always, prefix);
}

// Only what does something itself has a number, as in the plan.
static bool is_heading(const struct step *s)
{
    return s->kind == STEP_USE || s->kind == STEP_GROUP;
}

// The undo of a step counts instead of those inside, but for its `rescue`.
static void add_inside(struct viewing *w, const struct step *s, struct str id, struct str prefix)
{
    const struct step *outer = w->outer;
    const struct step *by = outer || !step_speaks_for_itself(s) ? outer : s;

    w->outer = by;
    if (s->kind == STEP_USE)
        inside_use(w, s, id, used_steps);
    add_rows(w, &s->more->steps, prefix);
    w->outer = outer;
    add_rows(w, &s->more->rescue, prefix);
    w->outer = by;
    add_rows(w, &s->more->always, prefix);
    w->outer = outer;
}

static void add_row(struct viewing *w, const struct step *s, struct str prefix)
{
    struct str id = str_format(w->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(s->id.str));
    bool does = s->kind == STEP_ACTION;

    document_cell_box(w->doc);
    document_cell(w->doc, is_heading(s) ? STR("") : str_format(w->arena, "%zu", ++w->number));
    document_cell_code(w->doc, id);
    document_cell(w->doc, what_it_does(w, s));
    document_cell_code(w->doc,
                       does ? step_command(w->history, s, id, w->known, w->arena) : STR(""));
    add_undo(w, s);
    add_inside(w, s, id, prefix);
}

static void add_rows(struct viewing *w, const struct list *steps, struct str prefix)
{
    LIST_EACH(const struct step, s, *steps)
    add_row(w, s, prefix);
}

void view_phase(struct viewing *w, const char *name, const struct list *steps)
{
    if (!steps->count)
        return;
    document_head(w->doc, 2, str_from(name));
    document_table(w->doc, "|No|Step|What|Command|Undo");
    add_rows(w, steps, STR(""));
}

// -------- checks

static void check_rows(struct viewing *w, const struct list *checks, struct str prefix);

// A runbook of type `check` has `verify`, or steps that only read.
static void used_checks(struct viewing *w, const struct runbook *rb, struct str prefix)
{
    check_rows(w, &rb->steps, prefix);
    check_rows(w, &rb->verify, prefix);
}

static void check_rows(struct viewing *w, const struct list *checks, struct str prefix)
{
    LIST_EACH(const struct step, c, *checks)
    {
        struct str id = str_format(w->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(c->id.str));
        document_cell_box(w->doc);
        document_cell(w->doc, c->name ? viewed(w, c->name) : id);
        document_cell_code(w->doc, step_command(w->history, c, id, w->known, w->arena));
        document_cell_code(w->doc, expectations(w, c, "\n"));
        if (c->kind == STEP_USE)
            inside_use(w, c, id, used_checks);
    }
}

void view_checks(struct viewing *w, const char *name, const struct list *checks)
{
    if (!checks->count)
        return;
    document_head(w->doc, 2, str_from(name));
    document_table(w->doc, "|Check|Command|Expected");
    check_rows(w, checks, STR(""));
}
