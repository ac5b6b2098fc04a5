#include "report/view.h"

#include "base/arena.h"
#include "report/document_inside.h"
#include "report/view_inside.h"
#include "value/when.h"

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
    buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(viewed(w, *t)));
    return buf_take(&b, w->arena);
}

static void add_head(struct viewing *w, const struct runbook *rb)
{
    struct document *d = w->doc;
    struct str title = w->history->title.n ? w->history->title : viewed(w, rb->title);

    document_head(d, 1, title.n ? title : rb->name.str);
    document_para(d, viewed(w, rb->description));
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

// An item that the machine answers is told with what it runs.
static void add_item(struct viewing *w, const struct check_item *item)
{
    struct str text = viewed(w, item->item);

    if (item->check)
        text = str_format(w->arena, "%.*s (%.*s)", STR_ARG(text),
                          STR_ARG(spoken(item->check, w->known, w->arena)));
    document_item(w->doc, true, text);
}

static void add_checklist(struct viewing *w, const struct runbook *rb)
{
    const struct list none = { 0 }, *needed = rb->requires ? &rb->requires->checks : &none;

    if (!rb->checklist.count && !rb->confirm && !needed->count)
        return;
    document_head(w->doc, 2, STR("Before you begin"));
    LIST_EACH(const struct step, c, *needed)
    document_item(w->doc, true, view_check(w, c));
    LIST_EACH(const struct check_item, item, rb->checklist)
    add_item(w, item);
    if (rb->confirm)
        document_item(w->doc, true, view_question(w, rb->confirm));
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
                      str_format(w->arena, "%.*s%.*s%s%.*s", STR_ARG(viewed(w, f->title)),
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
    view_phase(&w, "Prepare", &rb->prepare);
    view_phase(&w, "Steps", &rb->steps);
    view_checks(&w, "Is it good?", &rb->verify);
    view_phase(&w, "Always at the end", &rb->always);
    view_checks(&w, "After undoing everything", &rb->undone);
    add_followups(&w, rb);
    return w.doc;
}
