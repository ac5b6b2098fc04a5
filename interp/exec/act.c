// Attempts: an action made ready, started, its output kept, its outcome judged.

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "exec/inside.h"

enum {
    CHUNK = 4 * 1024,              // of one step.output event
    OUTPUT_LIMIT = 1024 * 1024,    // of all of them, for each stream of an attempt
};

// ---- output

// Where to cut a chunk: behind a line, else between code points.
static size_t chunk_end(struct str s)
{
    size_t n = s.n < CHUNK ? s.n : CHUNK;

    if (n == s.n)
        return n;
    for (size_t i = n; i > n / 2; i--)
        if (s.s[i - 1] == '\n')
            return i;
    while (n > 1 && ((unsigned char)s.s[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static void emit_output(struct act *x, enum stream stream, struct str text)
{
    struct driver *d = x->d;
    bool last = x->emitted[stream] + text.n >= OUTPUT_LIMIT;
    struct value_builder *b = event_data(d);

    value_put_s(b, "step", value_string(x->shown));
    value_put_s(b, "attempt", value_int(x->at.number));
    value_put_s(b, "stream", value_text(stream == STREAM_STDOUT ? "stdout" : "stderr"));
    value_put_s(b, "text", value_string(text));
    if (last)
        value_put_s(b, "truncated", value_bool(true));
    x->emitted[stream] += text.n;
    emit(d, EVENT_STEP_OUTPUT, b);
}

static void show_output(struct act *x, enum stream stream, struct str bytes)
{
    if (x->task && x->task->aside)
        aside_heard(x->task, bytes);
    if (x->quiet || bytes.n == 0)
        return;
    for (struct observer *o = x->d->env->observers; o; o = o->next)
        if (o->output)
            o->output(o, x->shown, stream == STREAM_STDERR, bytes);
    while (bytes.n && x->emitted[stream] < OUTPUT_LIMIT) {
        size_t n = chunk_end(bytes);
        emit_output(x, stream, str_slice(bytes, 0, n));
        bytes = str_slice(bytes, n, bytes.n);
    }
}

void act_heard(struct act *x, const size_t heard[2])
{
    for (int stream = 0; stream < 2; stream++)
        x->heard[stream] = x->emitted[stream] = heard[stream];
}

// An adopted attempt gives its output from the beginning.
static struct str not_heard(struct act *x, enum stream stream, struct str bytes)
{
    size_t n = x->heard[stream] < bytes.n ? x->heard[stream] : bytes.n;

    x->heard[stream] -= n;
    return str_slice(bytes, n, bytes.n);
}

static void on_output(struct attempt *at, enum stream stream, struct str bytes)
{
    struct act *x = at->owner;
    struct buf clear = BUF_EMPTY;

    bytes = not_heard(x, stream, bytes);
    x->last_output_ms = loop_now_ms(x->d->loop);
    masking_feed(x->masking[stream], bytes, &clear);
    show_output(x, stream, buf_str(&clear));
    buf_free(&clear);
}

static void end_output(struct act *x)
{
    for (int stream = STREAM_STDOUT; stream <= STREAM_STDERR; stream++) {
        struct buf clear = BUF_EMPTY;
        masking_end(x->masking[stream], &clear);
        show_output(x, (enum stream)stream, buf_str(&clear));
        buf_free(&clear);
    }
}

// ---- notes and the end

// Lives as long as the driver: what it was for may be cancelled and gone before it is durable.
struct noting {
    struct attempt *at;  // NULL: gone
    void (*then)(struct attempt *at);
};

static void noted(void *arg)
{
    struct noting *n = arg;

    if (!n->at)
        return;
    ((struct act *)n->at->owner)->noting = NULL;
    n->then(n->at);
}

static void on_done(struct attempt *at, const struct outcome *o);

// What it is to be able to say after a crash cannot be written: it goes no further.
static void note_is_lost(void *arg)
{
    struct noting *n = arg;

    if (!n->at)
        return;
    ((struct act *)n->at->owner)->noting = NULL;
    on_done(n->at, &(struct outcome){ .verdict = VERDICT_CANCELLED,
                                      .message = STR("the journal cannot be written") });
}

static void on_note(struct attempt *at, struct value note, void (*then)(struct attempt *at))
{
    struct act *x = at->owner;
    struct noting *n = NEW(x->d->arena, struct noting);
    struct value_builder *b = event_data(x->d);

    *n = (struct noting){ at, then };
    x->noting = n;
    value_put_s(b, "step", value_string(at->address));
    value_put_s(b, "attempt", value_int(at->number));
    value_put_s(b, "note", note);
    emit(x->d, EVENT_STEP_NOTE, b);
    when_durable_or(x->d, noted, note_is_lost, n);
}

static void unlink_act(struct act *x)
{
    struct act **link = &x->d->acts;

    while (*link && *link != x)
        link = &(*link)->next;
    if (*link)
        *link = x->next;
}

static void on_done(struct attempt *at, const struct outcome *o)
{
    struct act *x = at->owner;

    if (!x->running)
        return;
    x->running = false;
    unlink_act(x);
    end_output(x);
    if (!x->task)  // a check has no outcome of its own in the journal
        keeper_settled(x->d->session.keeper, at->name);
    remember_left(x->d, x->shown, o);
    lost_note(x, o);
    struct outcome told = *o;
    told.result = known_secrets(o->result, x->d->mask, at->arena);
    x->then(x->arg, &told);
    pump(x->d);
}

// ---- making

void act_forget(struct act *x)
{
    if (x->running)
        unlink_act(x);
    x->running = false;
}

static void release_act(void *arg)
{
    struct act *x = arg;

    act_forget(x);
    if (x->noting)
        x->noting->at = NULL;
}

// A name for a file from an address: nothing in it can leave the folder.
static struct str safe_name(struct arena *a, struct str address)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < address.n && b.n < 120; i++) {
        char c = address.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '~' ||
                     (c == '.' && b.n > 0);
        if (plain)
            buf_add_c(&b, c);
        else
            buf_format(&b, "%%%02X", (unsigned char)c);
    }
    if (address.n > 40)
        buf_format(&b, "-%016llx", (unsigned long long)str_hash(address));
    return buf_take(&b, a);
}

struct act *act_new(struct driver *d, struct arena *a, struct task *t, struct space *space,
                    const struct step *s, struct str address, int64_t number)
{
    struct act *x = NEW(a, struct act);
    struct frame *f = frame_of(space);
    struct str kept = t && t->undoes && t->auto_undo ? t->undoes->address : address;

    *x = (struct act){ .d = d, .task = t, .shown = address, .quiet = !t };
    x->at = (struct attempt){
        .arena = a, .session = &d->session, .step = s, .action = s->action, .params = s->params,
        .address = address, .number = number, .shell = f->shell, .connections = &f->connections,
        .read_only = step_effects(d->program, s) == EFFECTS_READ,
        .inputs_read = f->inputs_read,
        .idempotent = step_is_idempotent(d->program, s), .undo_auto = t && t->auto_undo,
        .keep = str_format(a, "%.*s/keep/%.*s", STR_ARG(d->folder), STR_ARG(safe_name(a, kept))),
        .name = str_format(a, "c%lld", (long long)++d->names),
        .output = on_output, .note = on_note, .done = on_done, .owner = x,
    };
    for (int stream = 0; stream < 2; stream++)
        x->masking[stream] = masking_new(d->mask, a);
    arena_defer(a, release_act, x);
    return x;
}

bool act_resolve(struct act *x, const struct scope *s, struct expr_error *err)
{
    x->at.scope = s;
    return x->at.action->resolve(&x->at, err);
}

struct str act_describe(struct act *x)
{
    struct buf b = BUF_EMPTY;

    x->at.action->describe(&x->at, &b);
    struct str text = mask_text(x->d->mask, str_trim(buf_str(&b)), x->at.arena, NULL);
    text = str_copy(x->at.arena, text);
    buf_free(&b);
    return text;
}

struct settling {
    struct driver *d;
    struct str name;
};

static void free_settling(void *arg)
{
    struct settling *s = arg;

    free((void *)s->name.s);
    free(s);
}

static void is_durable(void *arg)
{
    struct settling *s = arg;

    if (s->d->session.keeper)
        keeper_settled(s->d->session.keeper, s->name);
    free_settling(s);
}

// What became of it stands in an event: once that is durable the keeper may forget it.
void act_settle(struct act *x)
{
    struct settling *s;

    if (!x || !x->task || !x->at.action || !x->at.action->needs_process)
        return;
    s = calloc(1, sizeof *s);
    *s = (struct settling){ x->d, { strndup(x->at.name.s, x->at.name.n), x->at.name.n } };
    when_durable_late(x->d, is_durable, free_settling, s);
}

void act_start(struct act *x, void (*then)(void *arg, const struct outcome *o), void *arg)
{
    x->then = then;
    x->arg = arg;
    x->running = true;
    x->started_ms = x->last_output_ms = loop_now_ms(x->d->loop);
    x->next = x->d->acts;
    x->d->acts = x;
    x->at.action->start(&x->at);
}

void act_cancel(struct act *x, bool at_once)
{
    if (!x->running || (x->cancelled && !at_once))
        return;
    x->cancelled = true;
    x->at.action->cancel(&x->at, at_once);
}

void forget_left(struct driver *d, struct str step)
{
    struct str all = buf_take(&d->left.lines, d->arena);

    while (all.n) {
        size_t end = str_find(all, '\n') + 1;
        struct str line = str_slice(all, 0, end);
        if (!str_equal(str_slice(line, 0, str_find(line, '\t')), step))
            buf_add(&d->left.lines, line);
        all = str_slice(all, end, all.n);
    }
}

void remember_left(struct driver *d, struct str step, const struct outcome *o)
{
    for (size_t i = 0; i < o->left_count && !o->left_meant; i++)
        if (o->left[i].alive)
            buf_format(&d->left.lines, "%.*s\t%lld\t%.*s\n", STR_ARG(step),
                       (long long)o->left[i].pid, STR_ARG(o->left[i].command));
}

// ---- judging

static bool mentions_own_rule(const struct step *s)
{
    static const char *const names[] = { "exit", "signal", "status" };

    LIST_EACH(const struct expr *, e, s->more->expect) {
        size_t count;
        const struct expr_ref *refs = expr_refs(*e, &count);
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
                if (refs[i].count > 1 && str_is(refs[i].path[0], "result") &&
                    str_is(refs[i].path[1], names[k]))
                    return true;
    }
    return false;
}

static void judge_one(struct judged *j, const struct expr *e, const struct scope *scope,
                      struct arena *a)
{
    struct expr_error err = { 0 };
    bool holds = false;

    if (!expr_test(e, scope, a, &holds, &err)) {
        j->ok = false;
        j->unread = true;
        j->error = !err.missing;
        j->type_error = !err.missing;
        j->message = str_format(a, "`expect` cannot be evaluated: %.*s", STR_ARG(err.message));
        j->help = err.help;
        j->picture = expr_text(e)->str;
    } else if (!holds) {
        j->ok = false;
        j->message = str_format(a, "`expect` is false: %.*s", STR_ARG(str_trim(expr_text(e)->str)));
        j->picture = expr_picture(e, scope, a);
        j->parts = expr_parts(e, scope, a);
    }
}

struct judged judge(struct driver *d, const struct step *s, const struct outcome *o,
                    const struct scope *scope, struct arena *a)
{
    struct judged j = { .ok = true };

    (void)d;
    if (o && o->verdict != VERDICT_DONE) {
        j.ok = false;
        j.message = o->message;
        j.help = o->help;
        return j;
    }
    if (o && !o->rule && !mentions_own_rule(s)) {
        j.ok = false;
        j.message = o->message;
        j.help = o->help;
        return j;
    }
    LIST_EACH(const struct expr *, e, s->more->expect)
        if (j.ok)
            judge_one(&j, *e, scope, a);
    return j;
}
