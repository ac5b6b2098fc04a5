// --mode manual: each step is shown, and a person says what becomes of it.

#include "base/arena.h"
#include "exec/walk.h"

enum { MOST_FACTS = 12 };

// ---- what is known of the step

struct facts {
    struct walk *w;
    struct fact *all;
    size_t count;
};

static void add(struct facts *f, const char *label, struct str text)
{
    if (!text.n || f->count == MOST_FACTS)
        return;
    f->all[f->count++] =
        (struct fact){ label, mask_text(f->w->d->mask, text, f->w->arena, NULL) };
}

static void add_template(struct facts *f, const char *label, const struct template *t)
{
    struct expr_error err = { 0 };
    struct str text;
    bool secret;

    if (t && template_eval_text(t, view_scope(&f->w->view), f->w->arena, &text, &secret, &err))
        add(f, label, text);
    else if (t)
        add(f, label, t->text.str);
}

static void add_limits(struct facts *f)
{
    const struct step *s = f->w->task->step;
    const struct act *x = f->w->act;
    struct expr_error err = { 0 };
    int64_t tries = 1;

    if (x)
        add(f, "in", x->at.dir);
    if (x && x->at.timeout_ms)
        add(f, "time", str_format(f->w->arena, "stopped after %.*s",
                                  STR_ARG(duration_text(f->w->arena, x->at.timeout_ms * 1000000))));
    if (s->more->retry &&
        amount_get(s->more->retry->attempts, view_scope(&f->w->view), f->w->arena, 1, &tries,
                   &err) &&
        tries > 1)
        add(f, "tries", str_format(f->w->arena, "up to %lld", (long long)tries));
}

static void add_judgement(struct facts *f)
{
    const struct step *s = f->w->task->step;
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct expr *, e, s->more->expect)
        add(f, "expects", expr_text(*e)->str);
    LIST_EACH(const struct step, c, s->more->verify)
        buf_format(&b, "%s%.*s", b.n ? ", " : "",
                   STR_ARG(step_label(c, view_scope(&f->w->view), f->w->arena)));
    add(f, "verifies", buf_take(&b, f->w->arena));
}

static void add_failure(struct facts *f)
{
    bool own;

    switch (run_policy(f->w->d->run, f->w->task, &own)) {
    case POLICY_CONTINUE: add(f, "fails", STR("the run goes on")); break;
    case POLICY_UNDO: add(f, "fails", STR("everything so far is undone")); break;
    case POLICY_GROUP: add(f, "fails", STR("its group fails")); break;
    case POLICY_ASK: add(f, "fails", STR("you are asked what then")); break;
    case POLICY_STOP: add(f, "fails", STR("the run stops")); break;
    }
}

static void put_facts(struct walk *w, struct question *q)
{
    struct facts f = { .w = w, .all = NEW_ARRAY(w->arena, struct fact, MOST_FACTS) };

    add_template(&f, "about", w->task->step->more->description);
    add_limits(&f);
    add_judgement(&f);
    add_failure(&f);
    q->facts = f.all;
    q->fact_count = f.count;
}

// ---- the checks of `verify`, asked now

// Lives as long as the run: the question may be withdrawn meanwhile.
struct look {
    struct buf *lines;
    void (*then)(void *arg, struct str lines);
    void *arg;
};

static void see_check(void *arg, struct str id, const struct check_outcome *o)
{
    struct look *k = arg;

    buf_format(k->lines, "%s %.*s%s%.*s\n",
               o->ok           ? "holds:        "
               : o->unanswered ? "not asked now:"
                               : "does not hold:",
               STR_ARG(id), o->message.n ? ": " : "", STR_ARG(o->message));
    if (!o->ok && o->picture.n)
        buf_format(k->lines, "%.*s\n", STR_ARG(o->picture));
}

static void looked(void *arg, const struct check_outcome *o)
{
    struct look *k = arg;

    (void)o;
    k->then(k->arg, buf_str(k->lines));
}

static void look_now(struct question *q, void (*then)(void *arg, struct str lines), void *arg)
{
    struct driver *d = q->about;
    struct look *k = NEW(d->arena, struct look);
    struct view v = view_of_space(d, run_root(d->run));

    *k = (struct look){ .lines = buf_in(d->arena), .then = then, .arg = arg };
    check_look(d, d->arena, &run_root(d->run)->module->rb->verify, run_root(d->run), &v, see_check,
               looked, k);
}

// ---- the question

static void answered(void *arg, const struct answer *a)
{
    struct walk *w = arg;

    w->asked = NULL;
    if (w->withdrawn)
        return;
    walk_waited(w);
    switch (a->kind) {
    case ANSWER_RUN_ALL:
        w->d->run_all = true;
        walk_confirm(w);
        break;
    case ANSWER_RUN:
    case ANSWER_YES:
        walk_confirm(w);
        break;
    case ANSWER_SKIP:
        walk_skipped(w, a);
        break;
    case ANSWER_UNDO:
        w->message = STR("a person chose to undo everything");
        w->declined = true;
        walk_end(w, STATE_CANCELLED, "undo", false);
        break;
    default:
        w->message = a->kind == ANSWER_NONE ? STR("nobody answered") : STR("a person stopped here");
        w->declined = true;
        walk_end(w, STATE_CANCELLED, "stop", false);
    }
}

// What is undone was chosen as a whole; `always` runs at every end, whatever anybody says.
static bool is_asked_about(const struct task *t)
{
    return t->kind == TASK_ACTION && !t->step->action->asks && !t->undoes && !t->aside &&
           t->phase != PHASE_UNDO && t->phase != PHASE_ALWAYS;
}

void by_hand_ask(struct walk *w)
{
    struct driver *d = w->d;

    if (!d->options->manual || d->run_all || !is_asked_about(w->task)) {
        walk_confirm(w);
        return;
    }
    struct question *q = question_about(w, QUESTION_WALK);
    q->may_skip = true;
    q->may_undo = run_changed_anything(d->run);
    q->about = d;
    if (run_root(d->run)->module->rb->verify.count)
        q->check_now = look_now;
    put_facts(w, q);
    w->question = q;
    w->asked = ask(d, q, w->task, answered, w);
}
