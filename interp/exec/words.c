// What a question says.

#include "base/arena.h"
#include "base/buf.h"
#include "exec/walk.h"
#include "load/spoken.h"

struct str person(const struct driver *d)
{
    return store_user(d->store, d->arena);
}

static const char *destroys_words(enum effects e)
{
    return e == EFFECTS_DESTROY ? "what it replaces or removes" : "";
}

// ---- what will run

// A step that is not reached yet, as it is written.
static void add_step(const struct step *s, struct arena *a, struct buf *b)
{
    struct str action = spoken(s, NULL, a);
    size_t end = str_find(action, '\n');

    buf_format(b, "%.*s", STR_ARG(s->id.str));
    if (s->name && !str_equal(s->name->text.str, s->id.str))
        buf_format(b, ", %.*s", STR_ARG(s->name->text.str));
    if (action.n)
        buf_format(b, ": %.*s%s",
                   STR_ARG(end == SIZE_MAX ? action : str_slice(action, 0, end)),
                   end == SIZE_MAX ? "" : " ...");
    buf_add_c(b, '\n');
}

static void add_steps(const struct list *steps, const char *in_front, struct arena *a,
                      struct buf *b)
{
    LIST_EACH(const struct step, s, *steps) {
        buf_add_s(b, in_front);
        add_step(s, a, b);
    }
}

static void add_values(struct walk *w, const struct module *m, struct buf *b)
{
    struct expr_error err = { 0 };
    struct value with = VALUE_NONE;

    if (!frame_with(w->task->step, m, view_scope(&w->view), w->arena, &with, &err))
        return;
    for (size_t i = 0; with.kind == VALUE_MAP && i < value_size(with); i++) {
        struct value_entry e = with.map->entries[i];
        buf_format(b, "  %.*s = %.*s\n", STR_ARG(e.key.s),
                   STR_ARG(value_show(e.value, w->arena, 2000)));
    }
}

// What a container holds; an action is described by itself.
static struct str details(struct walk *w)
{
    const struct step *s = w->task->step;
    struct buf b = BUF_EMPTY;

    if (w->task->kind == TASK_GROUP)
        add_steps(&s->more->steps, "", w->arena, &b);
    if (w->task->kind == TASK_USE) {
        const struct module *m = program_use(w->d->program, s);
        buf_format(&b, "%.*s\n", STR_ARG(m->rb->name.str));
        add_values(w, m, &b);
        add_steps(&m->rb->prepare, "  ", w->arena, &b);
        add_steps(&m->rb->steps, "  ", w->arena, &b);
    }
    if (!b.n)
        return w->command;
    return mask_text(w->d->mask, str_trim(buf_take(&b, w->arena)), w->arena, NULL);
}

// ---- what becomes of it

static struct str undo_steps(struct walk *w)
{
    const struct undo *u = &w->task->step->more->undo;
    struct buf b = BUF_EMPTY;

    if (u->kind == UNDO_AUTO)
        return STR("what is there now is put back");
    LIST_EACH(const struct step, s, u->steps) {
        struct str name = s->name ? s->name->text.str : STR("");
        struct str action = spoken_whole(s, NULL, w->arena);
        buf_format(&b, "%s%.*s%s%.*s", b.n ? "\n" : "", STR_ARG(name),
                   name.n && action.n ? ": " : "", STR_ARG(action));
    }
    return mask_text(w->d->mask, buf_take(&b, w->arena), w->arena, NULL);
}

struct str walk_leaves(struct walk *w)
{
    const struct template *t = w->task->step->more->leaves;
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    // What came of it is not known yet: then as it is written.
    if (t && !template_eval_text(t, view_scope(&w->view), w->arena, &text, &secret, &err))
        text = t->text.str;
    return text;
}

// Of a group or a `use`, of which some steps may be covered and others not.
static struct str undo_inside_words(enum undo_cover worst)
{
    switch (worst) {
    case COVER_INSIDE: return STR("each step in it has its undo");
    case COVER_NONE: return STR("each step in it has its undo, or is harmless to leave");
    case COVER_IRREVERSIBLE:
        return STR("not all of it can be undone: a step in it is irreversible");
    case COVER_MISSING: return STR("not all of it can be undone: a step in it has no undo");
    default: return STR("");
    }
}

static struct str undo_words(struct walk *w)
{
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    if (w->task->phase == PHASE_UNDO)
        return text;  // an undo is not undone
    enum undo_cover cover = task_cover(w->d->program, w->task);
    if (step_is_undone_inside(w->task->step) && cover != COVER_OUTSIDE)
        return undo_inside_words(cover);
    switch (cover) {
    case COVER_UNDO: return undo_steps(w);
    case COVER_INSIDE: break;
    case COVER_NONE: return STR("harmless to leave; nothing is undone");
    case COVER_MISSING: return STR("it cannot be undone: it has no undo");
    case COVER_IRREVERSIBLE:
        template_eval_text(w->task->step->more->irreversible, view_scope(&w->view), w->arena, &text,
                           &secret, &err);
        return str_format(w->arena, "it cannot be undone: %.*s", STR_ARG(text));
    case COVER_OUTSIDE:
        return str_format(w->arena, "by the undo of `%.*s`, which it is part of",
                          STR_ARG(undone_by_outer(w->task)->id.str));
    case COVER_NOTHING: break;
    }
    return STR("");
}

static struct str no_words(struct walk *w)
{
    const struct confirm *c = w->task->step->more->confirm;
    bool own;

    if (c && c->on_no == ON_NO_SKIP)
        return STR("the step is skipped and the run goes on");
    if (w->task->undoes)
        return STR("this undo counts as failed; the others are done");
    if (!run_changed_anything(w->d->run))
        return STR("the run ends, and nothing was changed");
    switch (run_policy(w->d->run, w->task, &own)) {
    case POLICY_CONTINUE: return STR("the step is not run and the run goes on");
    case POLICY_UNDO: return STR("the step is not run and everything so far is undone");
    case POLICY_GROUP: return STR("the step is not run and its group fails");
    case POLICY_ASK:
        if (somebody_is_here(w->d))
            return STR("the step is not run, and you are asked what to do");
        break;
    case POLICY_STOP: break;
    }
    return STR("the step is not run and the run stops");
}

// What was skipped or failed so far.
static struct str so_far(struct walk *w)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < run_task_count(w->d->run); i++) {
        const struct task *t = run_task_at(w->d->run, i);
        bool told = t->ended && !t->aside &&
                    (t->by_person || t->state == STATE_FAILED || t->state == STATE_RESCUED ||
                     t->state == STATE_CANCELLED);
        if (told)
            buf_format(&b, "%.*s %s\n", STR_ARG(t->address), state_word(t->state));
    }
    return buf_take(&b, w->arena);
}

struct question *question_about(struct walk *w, enum question_kind kind)
{
    struct question *q = NEW(w->arena, struct question);
    enum undo_cover cover = task_cover(w->d->program, w->task);

    *q = (struct question){
        .kind = kind,
        .id = w->task->address,
        .title = step_label(w->task->step, view_scope(&w->view), w->arena),
        .details = details(w),
        .destroys = str_from(destroys_words(step_effects(w->d->program, w->task->step))),
        .undo = undo_words(w),
        .for_good = cover == COVER_MISSING || cover == COVER_IRREVERSIBLE,
        .leaves = walk_leaves(w),
        .on_no = no_words(w),
        .so_far = so_far(w),
        .asked_ms = loop_now_ms(w->d->loop),
    };
    return q;
}

static bool timeout_of(const struct amount *m, struct question *q, const struct scope *s,
                       struct arena *a, struct expr_error *err)
{
    int64_t ns = 0;

    if (!amount_get(m, s, a, 0, &ns, err))
        return false;
    q->timeout_ms = ns / 1000000;
    return true;
}

static bool show_lines(struct question *q, const struct list *show, const struct scope *s,
                       struct arena *a, struct expr_error *err)
{
    struct str *lines = NEW_ARRAY(a, struct str, show->count + 1);
    bool secret;

    LIST_EACH(const struct template *, t, *show) {
        struct value v;
        struct str text;
        if (template_whole(*t)) {
            if (!template_eval(*t, s, a, &v, err))
                return false;
            lines[q->show_count++] = value_show(v, a, 2000);
        } else {
            if (!template_eval_text(*t, s, a, &text, &secret, err))
                return false;
            lines[q->show_count++] = text;
        }
    }
    q->show = lines;
    return true;
}

bool question_confirm(struct question *q, const struct confirm *c, const struct scope *s,
                      struct arena *a, struct expr_error *err)
{
    bool secret;

    q->danger = c->danger ? c->danger : DANGER_MODERATE;
    if (!template_eval_text(c->message, s, a, &q->message, &secret, err))
        return false;
    if (c->phrase && !template_eval_text(c->phrase, s, a, &q->phrase, &secret, err))
        return false;
    return show_lines(q, &c->show, s, a, err) && timeout_of(c->timeout, q, s, a, err);
}

// A name in `from` may be that of a group of the project's approvers.
static const struct approver_group *group_named(const struct project *p, struct str name)
{
    LIST_EACH(const struct approver_group, g, p->approvers)
        if (str_equal(g->entry.key.str, name))
            return g;
    return NULL;
}

static size_t most_names(const struct project *p, const struct approve *ap)
{
    size_t n = ap->from.count + 1;

    LIST_EACH(const struct approver_group, g, p->approvers)
        n += g->names.count * ap->from.count;
    return n;
}

static void add_names(const struct project *p, struct str name, struct str *from, size_t *count)
{
    const struct approver_group *g = group_named(p, name);

    if (!g)
        from[(*count)++] = name;
    else
        LIST_EACH(const struct text, t, g->names)
            from[(*count)++] = t->str;
}

bool question_approve(struct question *q, const struct approve *ap, const struct project *p,
                      const struct scope *s, struct arena *a, struct expr_error *err)
{
    bool secret;
    int64_t min, not_requester;
    struct str *from = NEW_ARRAY(a, struct str, most_names(p, ap));

    if (!template_eval_text(ap->message, s, a, &q->message, &secret, err) ||
        !amount_get(ap->min, s, a, 1, &min, err) ||
        !amount_get(ap->not_requester, s, a, 0, &not_requester, err))
        return false;
    LIST_EACH(const struct template *, t, ap->from) {
        struct str name;
        if (!template_eval_text(*t, s, a, &name, &secret, err))
            return false;
        add_names(p, name, from, &q->from_count);
    }
    q->from = from;
    q->votes_needed = min > 0 ? (size_t)min : 1;
    q->not_requester = not_requester != 0;
    q->reason_required = ap->reason == 1;
    return timeout_of(ap->timeout, q, s, a, err);
}
