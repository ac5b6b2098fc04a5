// Which answers a run may need, before its first step: without a terminal it refuses
// because of those that no flag gives, and lists them (language.md section 5). An undo does not
// refuse, as all that it can do is better done; who has started it is told before it begins.

#include <stdarg.h>

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "base/shell_word.h"
#include "exec/session.h"
#include "exec/walk.h"

struct needing {
    struct driver *d;
    struct arena *arena;  // of the names; gone when all has been seen
    struct buf *lines;
    size_t count;
    bool brief;  // in one line
};

// A step by its id behind that of the `use`, by the groups around it, and by those of them that are
// a for_each. With its address where it is one step of the run, and not all that stand in one place
// of the file.
struct names {
    struct str in_file, in_groups, below_each, address;
};

static struct names below(const struct needing *n, struct names p, struct str id, const char *mark)
{
    struct arena *a = n->arena;
    struct str address = p.address;

    if (address.n)
        address = str_format(a, "%.*s%.*s%s", STR_ARG(address), STR_ARG(id), mark);
    return (struct names){ str_format(a, "%.*s%.*s%s", STR_ARG(p.in_file), STR_ARG(id), mark),
                           str_format(a, "%.*s%.*s%s", STR_ARG(p.in_groups), STR_ARG(id), mark),
                           str_format(a, "%.*s%.*s%s", STR_ARG(p.below_each), STR_ARG(id), mark),
                           address };
}

static bool means(const struct needing *n, struct str said, struct names p)
{
    if (p.address.n)
        return str_equal(said, p.address) || str_equal(said, p.in_file) ||
               str_equal(said, p.in_groups);
    return flag_means(said, p.in_file, n->d->arena) || flag_means(said, p.in_groups, n->d->arena);
}

static const struct said *said_of(const struct needing *n, const struct said *all, size_t count,
                                  struct names p)
{
    for (size_t i = 0; i < count; i++)
        if (means(n, all[i].id, p))
            return &all[i];
    return NULL;
}

static void need(struct needing *n, struct names p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void need(struct needing *n, struct names p, const char *format, ...)
{
    va_list args;

    if (!n->brief)
        buf_format(n->lines, "  %-24.*s ", STR_ARG(p.in_file));
    else if (n->count)
        buf_add(n->lines, STR(", "));
    n->count++;
    va_start(args, format);
    buf_vformat(n->lines, format, args);
    va_end(args);
    if (!n->brief)
        buf_add_c(n->lines, '\n');
}

// The phrase as it will have to be typed, where that can be known before the run.
static struct str phrase_of(const struct needing *n, const struct confirm *c, bool *known)
{
    struct scope s = frame_scope(n->d->frame, now_value(), n->d->arena);
    struct expr_error err = { 0 };
    struct str text;
    bool secret;

    *known = template_eval_text(c->phrase, &s, n->d->arena, &text, &secret, &err) && !secret;
    return *known ? text : c->phrase->text.str;
}

// A phrase that depends on the run, or on an item, is judged when it is asked for.
static bool is_answered(const struct needing *n, const struct confirm *c, struct names p)
{
    const struct run_options *o = n->d->options;
    const struct said *s = said_of(n, o->confirms, o->confirm_count, p);
    struct question q = { .danger = c->danger };
    bool known = true;

    if (!s)
        return o->yes && c->danger != DANGER_SEVERE;
    if (c->danger == DANGER_SEVERE)
        q.phrase = phrase_of(n, c, &known);
    return !known || confirm_is_right(&q, s->text);
}

static void need_confirm(struct needing *n, const struct confirm *c, struct names p)
{
    const struct run_options *o = n->d->options;
    const struct said *s = said_of(n, o->confirms, o->confirm_count, p);
    struct str id = p.in_file, wrong = STR("");
    bool known;

    if (is_answered(n, c, p))
        return;
    // Nobody said --detach: who meant to answer with a flag is told that it does not.
    if (o->detach && !(n->d->earlier.detached && s))
        return;
    if (s)
        wrong = str_format(n->d->arena, "  (`%.*s` is not it)", STR_ARG(s->text));
    if (c->danger == DANGER_SEVERE)
        need(n, p, "--confirm %.*s=%.*s%.*s", STR_ARG(id),
             STR_ARG(shell_word(n->d->arena, phrase_of(n, c, &known))), STR_ARG(wrong));
    else
        need(n, p, "--confirm %.*s=yes%s(or --yes)%.*s", STR_ARG(id), n->brief ? " " : "  ",
             STR_ARG(wrong));
}

static void need_answer(struct needing *n, const struct step *s, struct names p)
{
    const struct run_options *o = n->d->options;
    const struct prompt_params *prompt = s->action == &action_prompt ? s->params : NULL;

    if (o->detach || (prompt && prompt->fallback) || said_of(n, o->answers, o->answer_count, p))
        return;
    need(n, p, "--answer %.*s=%s", STR_ARG(p.in_file),
         prompt ? "VALUE" : manual_done_words(s));
}

// Where only one check stands it may do without an id.
static void need_check(struct needing *n, const struct step *check, struct names around,
                       const char *mark)
{
    if (check && check->kind == STEP_ACTION && check->action->asks)
        need_answer(n, check,
                    below(n, below(n, around, STR(""), mark),
                          check->id.str.n ? check->id.str : STR("check_1"), ""));
}

// What is in a transaction that was not committed is done, and asked, again.
static bool begins_anew(const struct task *t)
{
    const struct task *group = task_transaction(t);

    return group && !(group->ended && state_is_good(group->state));
}

static bool is_skipped(const struct needing *n, struct names p)
{
    const struct run_options *o = n->d->options;

    for (size_t i = 0; i < o->skip_count; i++)
        if (str_equal(o->skips[i], p.in_file) || str_equal(o->skips[i], p.below_each))
            return true;
    return false;
}

static bool is_over(const struct needing *n, const struct task *t)
{
    return (t->ended && state_is_good(t->state) && !begins_anew(t)) || step_is_before(n->d, t);
}

static void need_module(struct needing *n, const struct module *m, struct names p, bool confirms);
static void need_steps(struct needing *n, const struct list *steps, struct names p);

// One step, called [own], and what is [inside].
static void need_of(struct needing *n, const struct step *s, struct names own, struct names inside)
{
    struct str id = own.address.n ? own.address : own.in_file;
    const struct task *t = run_task(n->d->run, id);
    bool began = t && t->intent && !begins_anew(t);

    if (is_skipped(n, own) || (t && is_over(n, t)))
        return;
    if (s->more->confirm && !began)
        need_confirm(n, s->more->confirm, own);
    if (s->more->done_if)
        need_check(n, s->more->done_if->check, own, ".done_if.");
    if (s->more->approve && !n->d->options->detach && !began)
        need(n, own,
             n->d->earlier.heard_ns
                 ? "an approval, given from another terminal: say `resume` with --detach"
                 : "an approval, given from another terminal: start it with --detach");
    if (s->kind == STEP_ACTION && s->action->asks)
        need_answer(n, s, own);
    if (s->kind == STEP_ACTION && action_needs_terminal(s))
        need(n, own, "a terminal to itself: run this on one");
    if (s->kind == STEP_USE)
        need_module(n, program_use(n->d->program, s), below(n, own, STR(""), "."), !began);
    need_steps(n, &s->more->steps, inside);
    need_steps(n, &s->more->rescue, inside);
    need_steps(n, &s->more->always, inside);
}

static void need_step(struct needing *n, const struct step *s, struct names around)
{
    struct names own = below(n, around, s->id.str, "");
    struct names in = below(n, own, STR(""), ".");

    need_of(n, s, own,
            (struct names){ .in_file = around.in_file, .in_groups = in.in_groups,
                            .below_each = s->more->for_each ? in.below_each : around.below_each,
                            .address = in.address });
}

static void need_steps(struct needing *n, const struct list *steps, struct names p)
{
    LIST_EACH(const struct step, s, *steps)
    need_step(n, s, p);
}

static void need_item(struct needing *n, size_t number, struct names around)
{
    const struct run_options *o = n->d->options;
    struct names p = below(n, around, str_format(n->d->arena, "checklist_%zu", number), "");
    struct question q = { .id = p.in_file };

    if (o->detach || recorded_answer(n->d, &q, &(struct answer){ 0 }) ||
        said_of(n, o->attests, o->attest_count, p))
        return;
    need(n, p, "--attest %.*s=NOTE", STR_ARG(p.in_file));
}

static void need_module(struct needing *n, const struct module *m, struct names p, bool confirms)
{
    const struct runbook *rb = m->rb;
    size_t number = 0;

    LIST_EACH(const struct check_item, item, rb->checklist)
    {
        number++;
        if (!item->check)
            need_item(n, number, p);
        struct str id = str_format(n->d->arena, "checklist_%zu", number);
        need_check(n, item->check, below(n, p, id, ""), ".");
    }
    if (rb->confirm && confirms)
        need_confirm(n, rb->confirm, below(n, p, STR("run"), ""));
    need_steps(n, &rb->prepare, p);
    need_steps(n, &rb->steps, p);
    need_steps(n, &rb->always, p);
}

static size_t answers_needed(struct driver *d, struct buf *lines)
{
    struct needing n = { .d = d, .arena = arena_new(NULL), .lines = lines };

    need_module(&n, d->program->root,
                (struct names){ .in_file = STR(""), .in_groups = STR(""), .below_each = STR("") },
                !run_changed_anything(d->run));
    arena_free(n.arena);
    return n.count;
}

int answers_missing(struct driver *d)
{
    struct buf lines = BUF_EMPTY;

    if (somebody_is_here(d))
        return 0;
    size_t n = answers_needed(d, &lines);
    struct str text = buf_take(&lines, d->arena);
    if (n == 0)
        return 0;
    diag_error(d->diags, DIAG_DECLINED, (struct span){ 0 },
               "there is no terminal to ask on, and the run may need %zu answer%s:\n%.*s", n,
               n == 1 ? "" : "s", (int)(text.n - 1), text.s);
    return CODE_DECLINED;
}

// ---- before an undo

// What the undo of one step may ask.
static void need_undo(struct needing *n, const struct task *t)
{
    const struct undo *u = &t->step->more->undo;
    size_t number = 0;

    LIST_EACH(const struct step, body, u->steps)
    {
        number++;
        struct str mark = u->is_list ? str_format(n->arena, "~undo.%zu", number) : STR("~undo");
        struct names own = below(
            n,
            (struct names){ .in_file = id_in_file(t, n->arena),
                            .in_groups = id_without_keys(t->address, n->arena),
                            .below_each = id_without_keys(t->address, n->arena),
                            .address = t->address },
            mark, "");
        need_of(n, body, own, below(n, own, STR(""), "."));
    }
}

// What stands in one place of the file has one flag, however many items it is about.
static void need_undos(struct needing *n)
{
    struct map *named = map_new(n->arena);
    size_t count;
    struct task *const *list = run_undo_list(n->d->run, &count);

    for (size_t i = 0; i < count; i++) {
        size_t before = n->count;
        struct str id = id_in_file(list[i], n->arena);
        if (map_get(named, id))
            continue;
        need_undo(n, list[i]);
        if (n->count > before)
            map_put(named, id, list[i]);
    }
}

void undo_answers_missing(struct driver *d)
{
    struct buf flags = BUF_EMPTY;

    if (somebody_is_here(d))
        return;
    struct needing n = { .d = d, .arena = arena_new(NULL), .lines = &flags, .brief = true };
    need_undos(&n);
    if (n.count) {
        struct value_builder *b = event_data(d);
        struct arena *a = turn_arena(d);
        value_put_s(b, "level", value_text("warning"));
        value_put_s(b, "code", value_text("answers"));
        value_put_s(b, "message",
                    value_string(str_format(
                        a,
                        "there is no terminal to ask on, and the undo may need %zu answer%s; what "
                        "is not answered is not undone; the others are",
                        n.count, n.count == 1 ? "" : "s")));
        value_put_s(b, "help", value_string(str_format(a, "%.*s", STR_ARG(buf_str(&flags)))));
        emit(d, EVENT_DIAGNOSTIC, b);
    }
    buf_free(&flags);
    arena_free(n.arena);
}
