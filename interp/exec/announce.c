// What a run says of itself first: its event run.start, and its row among the runs.

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "exec/session.h"

// ---- run.start

static struct value step_name(struct driver *d, struct task *t, struct arena *a)
{
    struct view v = view_of(d, t);
    bool inside = t->in->kind == SERIES_RESCUE || t->in->kind == SERIES_ALWAYS;
    struct value_entry said[] = {
        { value_text("in"), value_text(t->in->kind == SERIES_RESCUE ? "rescue" : "always") },
        { value_text("id"), value_string(t->address) },
        { value_text("name"), value_string(step_label(t->step, view_scope(&v), a)) },
    };

    return inside ? value_map_small(a, said, 3) : value_map_small(a, said + 1, 2);
}

static struct value step_names(struct driver *d)
{
    struct arena *a = turn_arena(d);
    struct value_builder *list = value_list_of(a, run_task_count(d->run));

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        if (t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS)
            value_add(list, step_name(d, t, a));
    }
    return value_finish(list);
}

static struct value words_of(struct driver *d, const struct list *texts)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct text, t, *texts)
    value_add(list, value_string(t->str));
    return value_finish(list);
}

static struct value contact_list(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct contact, c, *contacts_of(d))
    {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "role", value_string(c->role.str));
        value_put_s(b, "name", value_string(c->name.str));
        value_put_s(b, "phone", value_string(c->phone.str));
        value_put_s(b, "email", value_string(c->email.str));
        value_put_s(b, "link", value_string(c->link.str));
        value_put_s(b, "after_ms", value_int(c->after / 1000000));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

struct str runbook_words(struct driver *d, const struct template *t)
{
    struct view v = view_of_space(d, run_root(d->run));
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    if (t && !template_eval_text(t, view_scope(&v), d->arena, &text, &secret, &err))
        text = t->text.str;
    return text;
}

static struct value followups_of(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct followup, f, d->program->root->rb->followups)
    {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "title", value_string(runbook_words(d, f->title)));
        value_put_s(b, "owner", value_string(f->owner.str));
        value_put_s(b, "due_ms", value_int(f->due / 1000000));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static void put_frame(struct value_builder *b, const char *name, struct time_frame f)
{
    if (f.most)
        value_put_s(b, name, value_int(f.most / 1000000));
}

static struct value budget_of(struct driver *d)
{
    const struct budget *promised = d->program->root->rb->budget;
    struct value_builder *b = value_map_start(d->arena);

    if (promised) {
        put_frame(b, "prepare_ms", promised->prepare);
        put_frame(b, "execute_ms", promised->execute);
        put_frame(b, "verify_ms", promised->verify);
        put_frame(b, "total_ms", promised->total);
    }
    return value_finish(b);
}

static struct value lock_names(struct driver *d)
{
    struct value_builder *locks = value_list_start(d->arena);

    for (size_t i = 0; i < d->locks.count; i++)
        value_add(locks, value_string(d->locks.names[i]));
    return value_finish(locks);
}

static void tell_wait(struct driver *d)
{
    struct value_builder *b = event_data(d);

    for (size_t i = 0; i < value_size(d->locks.wait); i++)
        value_put(b, d->locks.wait.map->entries[i].key, d->locks.wait.map->entries[i].value);
    emit(d, EVENT_LOCK_WAIT, b);
}

void tell_locks(struct driver *d)
{
    struct value_builder *b;

    if (d->locks.count == 0)
        return;
    if (d->locks.wait.kind == VALUE_MAP)
        tell_wait(d);
    b = event_data(d);
    value_put_s(b, "locks", lock_names(d));
    emit(d, EVENT_LOCK_HELD, b);
}

// A second look at the store may warn of the same.
static bool was_told(const struct diag *told, const struct diag *w)
{
    while (told && !str_equal(told->message, w->message))
        told = told->next;
    return told != NULL;
}

static void tell_warning(struct driver *d, const struct diag *w)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "level", value_text("warning"));
    value_put_s(b, "code", value_text(diag_slug(w->code)));
    value_put_s(b, "message", value_string(w->message));
    if (w->help.n)
        value_put_s(b, "help", value_string(w->help));
    emit(d, EVENT_DIAGNOSTIC, b);
}

void tell_warnings(struct driver *d)
{
    struct diags *all = d->diags;
    struct diag *told = NULL, **from = &all->first;

    all->last = NULL;
    while (*from) {
        struct diag *w = *from;
        if (w->severity != SEVERITY_WARNING || w->code != DIAG_STORE) {
            all->last = w;
            from = &w->next;
            continue;
        }
        *from = w->next;  // it is not told again at the end
        if (!was_told(told, w))
            tell_warning(d, w);
        w->next = told;
        told = w;
    }
}

void put_place(struct driver *d, struct value_builder *b)
{
    struct str place = d->journal ? journal_place(d->journal) : STR("");

    value_put_s(b, "host", value_string(host_name(d->arena)));
    if (place.n)
        value_put_s(b, "place", value_string(place));
    if (d->options->detach && !d->earlier.detached)
        value_put_s(b, "detach", value_bool(true));
    value_put_s(b, "interpreter", value_int(getpid()));
    if (d->session.keeper && keeper_pid(d->session.keeper))
        value_put_s(b, "keeper", value_int(keeper_pid(d->session.keeper)));
}

void tell_start(struct driver *d)
{
    const struct runbook *rb = d->program->root->rb;
    struct value_builder *b = event_data(d);

    d->title = rb->title ? runbook_words(d, rb->title) : rb->name.str;
    value_put_s(b, "runbook", value_string(rb->name.str));
    value_put_s(b, "title", value_string(d->title));
    value_put_s(b, "digest", value_string(d->digest));
    value_put_s(b, "mode", value_text(d->options->manual ? "manual" : "auto"));
    value_put_s(b, "user", value_string(person(d)));
    value_put_s(b, "file", value_string(rb->path));
    put_place(d, b);
    if (d->options->dry_run)
        value_put_s(b, "dry_run", value_bool(true));
    if (d->options->probe)
        value_put_s(b, "probe", value_bool(true));
    if (d->options->drill)
        value_put_s(b, "drill", value_bool(true));
    if (d->options->reason.n)
        value_put_s(b, "reason", value_string(d->options->reason));
    value_put_s(b, "inputs", d->frame->inputs);
    if (value_size(d->frame->given_secrets))  // who goes on with the run has to give them again
        value_put_s(b, "secret_inputs", d->frame->given_secrets);
    value_put_s(b, "budget", budget_of(d));
    value_put_s(b, "owners", words_of(d, &rb->owners));
    if (rb->severity)
        value_put_s(b, "severity", value_text(severity_word(rb->severity)));
    if (rb->risk)
        value_put_s(b, "risk", value_text(risk_word(rb->risk)));
    value_put_s(b, "contacts", contact_list(d));
    value_put_s(b, "followups", followups_of(d));
    if (d->locks.count)
        value_put_s(b, "locks", lock_names(d));
    put_no_way_back(d, b);
    value_put_s(b, "steps", step_names(d));
    emit(d, EVENT_RUN_START, b);
    tell_locks(d);
}

// ---- its row

// Lines of KEY=VALUE.
static struct str labels_of(struct driver *d)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct words_entry, l, d->program->root->rb->labels)
    buf_format(&b, "%s%.*s=%.*s", b.n ? "\n" : "", STR_ARG(l->entry.key.str),
               STR_ARG(runbook_words(d, l->words)));
    return buf_take(&b, d->arena);
}

void driver_row(struct driver *d)
{
    struct buf locks = BUF_EMPTY;

    for (size_t i = 0; i < d->locks.count; i++)
        buf_format(&locks, "%s%.*s", i ? "\n" : "", STR_ARG(d->locks.names[i]));
    d->row = (struct run_row){ .id = d->id,
                               .runbook = d->program->root->rb->name.str,
                               .title = d->title,
                               .state = STR("running"),
                               .user = person(d),
                               .host = host_name(d->arena),
                               .exit = -1,
                               .started = clock_rfc3339_ms(d->arena, d->started_wall_ns),
                               .locks = buf_take(&locks, d->arena),
                               .trigger = d->options->trigger_name,
                               .labels = labels_of(d),
                               .drill = d->options->drill };
    if (d->journal)
        journal_row(d->journal, &d->row);
}
