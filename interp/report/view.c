#include "report/view.h"

#include "base/arena.h"
#include "report/document_inside.h"
#include "report/fields.h"
#include "report/known.h"
#include "report/resolved.h"
#include "value/when.h"

struct viewing {
    const struct program *program;
    const struct history *history;
    struct arena *arena;
    struct document *doc;
    struct value inputs;        // that are known
    const struct known *known;  // from them
    int64_t printed_ns;
    size_t number;
};

static struct str written(const struct viewing *w, const struct template *t)
{
    return known_words(w->known, t, w->arena);
}

// -------- the head

static struct str joined_texts(struct viewing *w, const struct list *texts)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct text, t, *texts)
    buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(t->str));
    return buf_take(&b, w->arena);
}

static struct str joined_words(struct viewing *w, const struct list *templates)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct template *, t, *templates)
    buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(written(w, *t)));
    return buf_take(&b, w->arena);
}

static void add_head(struct viewing *w, const struct runbook *rb)
{
    struct document *d = w->doc;
    struct str title = w->history->title.n ? w->history->title : written(w, rb->title);

    document_head(d, 1, title.n ? title : rb->name.str);
    document_para(d, written(w, rb->description));
    document_field(d, "Runbook", rb->name.str);
    if (rb->severity)
        document_field(d, "Severity", str_from(severity_word(rb->severity)));
    if (rb->risk)
        document_field(d, "Risk", str_from(risk_word(rb->risk)));
    document_field(d, "Owners", joined_texts(w, &rb->owners));
    document_field(d, "Labels", known_map(w->known, &rb->labels, w->arena));
    document_field(d, "Locks", joined_words(w, &rb->locks));
    if (rb->requires)
        document_field(d, "Programs", joined_words(w, &rb->requires->tools));
    document_field(d, "Printed", date_text(w->printed_ns, w->arena));
    document_blank(d, "Done by");
    document_blank(d, "Begun at");
}

static void add_inputs(struct viewing *w, const struct runbook *rb)
{
    if (!rb->inputs.count)
        return;
    document_head(w->doc, 2, STR("Inputs"));
    document_table(w->doc, "Input|Value|What it is");
    LIST_EACH(const struct input, in, rb->inputs)
    {
        struct value v = VALUE_NONE;
        bool known = w->inputs.kind == VALUE_MAP &&
                     value_get(w->inputs, value_string(in->entry.key.str), &v);
        document_cell_code(w->doc, in->entry.key.str);
        if (known)
            document_cell_code(w->doc, value_show(v, w->arena, 200));
        else
            document_cell(w->doc, in->secret == YES ? STR("") : STR(FILL_IN));
        document_cell(w->doc, in->description.str);
    }
}

static void add_contacts(struct viewing *w, const struct runbook *rb)
{
    if (!rb->contacts.count)
        return;
    document_head(w->doc, 2, STR("Contacts"));
    document_table(w->doc, "Role|Name|Phone|Mail|After");
    LIST_EACH(const struct contact, c, rb->contacts)
    {
        document_cell(w->doc, c->role.str);
        document_cell(w->doc, c->name.str);
        document_cell(w->doc, c->phone.str);
        document_cell(w->doc, c->email.str);
        document_cell(w->doc, c->after ? span_text(c->after / 1000000, w->arena) : STR(""));
    }
}

static void add_checklist(struct viewing *w, const struct runbook *rb)
{
    if (!rb->checklist.count && !rb->confirm)
        return;
    document_head(w->doc, 2, STR("Before you begin"));
    LIST_EACH(const struct check_item, item, rb->checklist)
    document_item(w->doc, true, written(w, item->item));
    if (rb->confirm)
        document_item(w->doc, true, written(w, rb->confirm->message));
}

// -------- steps

static struct str what_it_does(struct viewing *w, const struct step *s, struct str id)
{
    struct buf b = BUF_EMPTY;

    if (s->name)
        buf_format(&b, "%.*s\n", STR_ARG(written(w, s->name)));
    if (s->description)
        buf_format(&b, "%.*s\n", STR_ARG(written(w, s->description)));
    if (s->cond)
        buf_format(&b, "Only if %.*s\n", STR_ARG(expr_text(s->cond)->str));
    if (s->confirm)
        buf_format(&b, "First ask: %.*s\n", STR_ARG(written(w, s->confirm->message)));
    if (s->approve)
        buf_format(&b, "First get approval: %.*s\n", STR_ARG(written(w, s->approve->message)));
    if (s->kind == STEP_USE)
        buf_format(&b, "Uses %.*s\n", STR_ARG(s->use.str));
    if (s->for_each)
        buf_add_s(&b, "For each item\n");
    (void)id;
    return buf_take(&b, w->arena);
}

static struct str undo_of(struct viewing *w, const struct step *s)
{
    struct buf b = BUF_EMPTY;

    switch (step_cover(w->program, s)) {
    case COVER_UNDO:
        LIST_EACH(const struct step, u, s->undo.steps)
        buf_format(&b, "%.*s\n", STR_ARG(step_source(u, w->arena)));
        return b.n ? buf_take(&b, w->arena) : STR("by itself");
    case COVER_INSIDE:
        return STR("by what is inside");
    case COVER_NONE:
        return STR("none needed");
    case COVER_IRREVERSIBLE:
        return str_format(w->arena, "CANNOT BE TAKEN BACK: %.*s",
                          STR_ARG(written(w, s->irreversible)));
    case COVER_MISSING:
        return s->kind == STEP_ACTION ? STR("cannot be taken back") : STR("");
    case COVER_NOTHING:
        break;
    }
    return STR("");
}

static void add_rows(struct viewing *w, const struct list *steps, struct str prefix);

static void add_row(struct viewing *w, const struct step *s, struct str prefix)
{
    struct str id = str_format(w->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(s->id.str));

    document_cell_box(w->doc);
    document_cell(w->doc, str_format(w->arena, "%zu", ++w->number));
    document_cell_code(w->doc, id);
    document_cell(w->doc, what_it_does(w, s, id));
    document_cell_code(w->doc, s->kind == STEP_ACTION ? step_command(w->history, s, id, w->arena)
                                                      : STR(""));
    document_cell(w->doc, undo_of(w, s));
    if (s->kind == STEP_USE) {
        const struct module *m = program_use(w->program, s);
        struct str inner = str_format(w->arena, "%.*s.", STR_ARG(id));
        if (m) {
            add_rows(w, &m->rb->prepare, inner);
            add_rows(w, &m->rb->steps, inner);
        }
    }
    add_rows(w, &s->steps, prefix);
}

static void add_rows(struct viewing *w, const struct list *steps, struct str prefix)
{
    LIST_EACH(const struct step, s, *steps)
    add_row(w, s, prefix);
}

static void add_phase(struct viewing *w, const char *name, const struct list *steps)
{
    if (!steps->count)
        return;
    document_head(w->doc, 2, str_from(name));
    document_table(w->doc, "|No|Step|What|Command|Undo");
    add_rows(w, steps, STR(""));
}

static void add_checks(struct viewing *w, const char *name, const struct list *checks)
{
    if (!checks->count)
        return;
    document_head(w->doc, 2, str_from(name));
    document_table(w->doc, "|Check|Command|Expected");
    LIST_EACH(const struct step, c, *checks)
    {
        struct buf expected = BUF_EMPTY;
        LIST_EACH(const struct expr *, e, c->expect)
        buf_format(&expected, "%.*s\n", STR_ARG(expr_text(*e)->str));
        document_cell_box(w->doc);
        document_cell(w->doc, c->name ? written(w, c->name) : c->id.str);
        document_cell_code(w->doc, step_source(c, w->arena));
        document_cell_code(w->doc, str_trim(buf_take(&expected, w->arena)));
    }
}

static void add_followups(struct viewing *w, const struct runbook *rb)
{
    if (!rb->followups.count)
        return;
    document_head(w->doc, 2, STR("Afterwards"));
    LIST_EACH(const struct followup, f, rb->followups)
    {
        struct str due = f->due ? str_format(w->arena, ", within %.*s",
                                             STR_ARG(span_text(f->due / 1000000, w->arena)))
                                : STR("");
        document_item(w->doc, true,
                      str_format(w->arena, "%.*s%.*s%s%.*s", STR_ARG(written(w, f->title)),
                                 STR_ARG(due), f->owner.str.n ? ": " : "", STR_ARG(f->owner.str)));
    }
}

struct document *view_document(const struct program *program, const struct history *h,
                               struct value inputs, int64_t printed_ns, struct arena *a)
{
    struct viewing w = { .program = program,
                         .history = h,
                         .arena = a,
                         .inputs = inputs,
                         .known = known_new(program->root->rb, inputs, a),
                         .printed_ns = printed_ns,
                         .doc = document_new(a) };
    const struct runbook *rb = program->root->rb;

    add_head(&w, rb);
    add_inputs(&w, rb);
    add_contacts(&w, rb);
    add_checklist(&w, rb);
    add_phase(&w, "Prepare", &rb->prepare);
    add_phase(&w, "Steps", &rb->steps);
    add_checks(&w, "Is it good?", &rb->verify);
    add_phase(&w, "Always at the end", &rb->always);
    add_checks(&w, "After undoing everything", &rb->undone);
    add_followups(&w, rb);
    return w.doc;
}
