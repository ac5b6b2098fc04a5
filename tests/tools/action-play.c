// Plays the steps of a runbook one after the other through their actions alone: no
// journal, no driver. For tests of http and sql.
//
//     action-play FILE [scope=JSON] [timeout=MS] [cancel=MS] [die-at-note]
//                 [die-at-end] [settle=JSON] [describe]
//
// Prints an outcome a step as one line of JSON, notes as {"note": ...}, output of a step as
// it comes to standard error. [scope]: what expressions see (and `steps` of what was
// played). [cancel]: so long after its start each step is cancelled. [die-at-note]: exits
// at the first note, as a crash would; [die-at-end]: before the first outcome is told.
// [settle]: the steps are settled with these notes
// instead of being played.

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/connection.h"
#include "action/sql/transaction.h"
#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"

struct play {
    struct arena *arena;
    struct session session;
    struct connections connections;
    struct value scope;
    struct value_builder *steps;
    int64_t timeout_ms, cancel_ms;
    bool die_at_note, die_at_end, settles, describes;
    struct value notes;
    struct str dir;
    bool over, ok;
    struct outcome outcome;
    void (*noted)(struct attempt *at);
    struct attempt *at;
};

static const char *const verdicts[] = { "done", "failed", "unknown", "cancelled" };

static void print_value(struct value v, struct arena *a)
{
    struct str line = json_text(v, a);

    printf("%.*s\n", STR_ARG(line));
    fflush(stdout);
}

static void print_outcome(struct str name, const struct outcome *o, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "step", value_string(name));
    value_put_s(b, "verdict", value_text(verdicts[o->verdict]));
    value_put_s(b, "rule", value_bool(o->rule));
    if (o->message.n)
        value_put_s(b, "message", value_string(o->message));
    if (o->help.n)
        value_put_s(b, "help", value_string(o->help));
    if (o->timed_out)
        value_put_s(b, "timed_out", value_bool(true));
    if (o->not_started)
        value_put_s(b, "not_started", value_bool(true));
    if (o->result.kind == VALUE_MAP)
        value_put_s(b, "result", o->result);
    print_value(value_finish(b), a);
}

static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    const struct play *p = s->ctx;

    (void)a, (void)why;
    return p->scope.kind == VALUE_MAP && value_get(p->scope, value_string(name), out);
}

static void done(struct attempt *at, const struct outcome *o)
{
    struct play *p = at->owner;

    if (p->die_at_end)
        _exit(9);
    p->outcome = *o;
    p->over = true;
}

static void group_done(struct attempt *group, const struct outcome *o)
{
    done(group, o);
}

static void output(struct attempt *at, enum stream stream, struct str bytes)
{
    (void)at, (void)stream;
    fwrite(bytes.s, 1, bytes.n, stderr);
}

static void tell_noted(void *arg)
{
    struct play *p = arg;

    p->noted(p->at);
}

static void note(struct attempt *at, struct value v, void (*then)(struct attempt *at))
{
    struct play *p = at->owner;
    struct value_builder *b = value_map_start(at->arena);
    struct loop *l = p->session.loop;

    value_put_s(b, "note", v);
    print_value(value_finish(b), at->arena);
    if (p->die_at_note)
        _exit(9);
    p->noted = then;
    p->at = at;
    loop_timer(l, at->arena, loop_now_ms(l), tell_noted, p);
}

static void cancel(void *arg)
{
    struct attempt *at = arg;
    struct play *p = at->owner;

    if (!p->over)
        at->action->cancel(at, false);
}

static struct attempt *attempt_of(struct play *p, const struct step *s, struct scope *scope)
{
    struct attempt *at = NEW(p->arena, struct attempt);

    *scope = (struct scope){ .get = get, .ctx = p };
    *at = (struct attempt){
        .arena = arena_new(p->arena),
        .session = &p->session,
        .step = s,
        .action = s->action,
        .params = s->params,
        .address = s->id.str,
        .name = s->id.str,
        .number = 1,
        .scope = scope,
        .dir = p->dir,
        .connections = &p->connections,
        .timeout_ms = p->timeout_ms,
        .output = output,
        .note = note,
        .done = done,
        .owner = p,
    };
    if (s->action && s->action->effects)
        at->read_only = s->action->effects(s->params) == EFFECTS_READ;
    return at;
}

static void wait_for(struct play *p)
{
    while (!p->over && loop_turn(p->session.loop)) {
    }
    if (!p->over) {
        puts("{\"stuck\":true}");
        exit(3);
    }
}

static void tell(struct play *p, const struct step *s, struct attempt *at)
{
    print_outcome(s->id.str, &p->outcome, at->arena);
    p->ok &= p->outcome.verdict == VERDICT_DONE && p->outcome.rule;
}

static void run(struct play *p, struct attempt *at)
{
    struct loop *l = p->session.loop;
    struct expr_error err = { 0 };
    struct buf *b = buf_in(at->arena);

    if (p->settles) {
        at->action->settle(at, p->notes);
        wait_for(p);
        return;
    }
    if (!at->action->resolve(at, &err)) {
        p->outcome = (struct outcome){
            .verdict = VERDICT_FAILED, .message = err.message, .help = err.help, .not_started = true
        };
        return;
    }
    if (p->describes) {
        at->action->describe(at, b);
        printf("%.*s", STR_ARG(buf_str(b)));
    }
    at->action->start(at);
    if (p->cancel_ms)
        loop_timer(l, at->arena, loop_now_ms(l) + p->cancel_ms, cancel, at);
    wait_for(p);
}

static void play_action(struct play *p, const struct step *s, struct transaction *t)
{
    struct scope scope;
    struct attempt *at = attempt_of(p, s, &scope);

    p->over = false;
    at->transaction = t;
    run(p, at);
    tell(p, s, at);
    if (p->outcome.result.kind == VALUE_MAP)
        value_put(p->steps, value_string(s->id.str), value_copy(p->arena, p->outcome.result));
    arena_free(at->arena);
}

static void play_transaction(struct play *p, const struct step *s)
{
    struct scope scope;
    struct attempt *at = attempt_of(p, s, &scope);

    p->over = false;
    if (p->settles) {
        transaction_settle(at, s->more->transaction->str, p->notes, group_done);
        wait_for(p);
        tell(p, s, at);
        return;
    }
    transaction_begin(at, s->more->transaction->str, STR(""), group_done);
    wait_for(p);
    bool begun = p->outcome.verdict == VERDICT_DONE;
    LIST_EACH(const struct step, child, s->more->steps)
    if (begun && p->ok)
        play_action(p, child, at->transaction);
    if (begun) {
        p->over = false;
        (p->ok ? transaction_commit : transaction_rollback)(at, group_done);
        wait_for(p);
    }
    tell(p, s, at);
    arena_free(at->arena);
}

static struct connections connections_of(struct play *p, const struct runbook *rb)
{
    struct resolved_connection *items = NEW_ARRAY(p->arena, struct resolved_connection,
                                                  rb->connections.count + 1);
    struct connections all = { items, 0 };
    struct scope scope = { .get = get, .ctx = p };
    struct expr_error err = { 0 };

    LIST_EACH(const struct connection, c, rb->connections)
    {
        struct resolved_connection *to = &items[all.count++];
        struct str *headers = NEW_ARRAY(p->arena, struct str, c->headers.count + 1);
        size_t n = 0;
        bool secret;
        *to = (struct resolved_connection){ .name = c->entry.key.str,
                                            .headers = headers,
                                            .tls_verify = true };
        if (!template_eval_text(c->url, &scope, p->arena, &to->url, &secret, &err))
            exit(2);
        if (c->proxy)
            to->proxy = c->proxy->text.str;
        LIST_EACH(const struct words_entry, e, c->headers)
        headers[n++] = str_format(p->arena, "%.*s: %.*s", STR_ARG(e->entry.key.str),
                                  STR_ARG(e->words->text.str));
    }
    return all;
}

static struct runbook *load(struct play *p, const char *path)
{
    struct diags ds = { .arena = p->arena };
    struct str text;

    if (!file_read(p->arena, str_from(path), 1 << 20, &text, &ds))
        return NULL;
    struct source *src = source_new(p->arena, str_from(path), text);
    struct runbook *rb = runbook_read(p->arena, src, action_names(), &ds);
    struct bind bind = { .arena = p->arena, .diags = &ds, .rb = rb };
    if (rb)
        action_bind(rb, &bind);
    for (const struct diag *d = ds.first; d; d = d->next)
        diag_print(d, stderr);
    return ds.errors ? NULL : rb;
}

static struct value json_of(struct play *p, const char *text)
{
    struct json_error error;
    struct value v;

    if (!json_read(str_from(text), p->arena, &v, &error)) {
        fprintf(stderr, "not JSON: %s\n", text);
        exit(2);
    }
    return v;
}

static void read_options(struct play *p, char **argv)
{
    for (; *argv; argv++) {
        char *value = strchr(*argv, '=');
        value = value ? value + 1 : *argv;
        if (strncmp(*argv, "scope=", 6) == 0)
            p->scope = json_of(p, value);
        else if (strncmp(*argv, "timeout=", 8) == 0)
            p->timeout_ms = atoll(value);
        else if (strncmp(*argv, "cancel=", 7) == 0)
            p->cancel_ms = atoll(value);
        else if (strncmp(*argv, "settle=", 7) == 0)
            p->settles = true, p->notes = json_of(p, value);
        else if (strcmp(*argv, "die-at-note") == 0)
            p->die_at_note = true;
        else if (strcmp(*argv, "die-at-end") == 0)
            p->die_at_end = true;
        else if (strcmp(*argv, "describe") == 0)
            p->describes = true;
        else
            fprintf(stderr, "what is %s?\n", *argv), exit(2);
    }
}

int main(int argc, char **argv)
{
    struct play p = { .arena = arena_new(NULL), .timeout_ms = 120000, .ok = true };
    struct arena *loop_arena = arena_new(NULL);
    char dir[PATH_MAX];

    if (argc < 2 || !getcwd(dir, sizeof dir))
        return 2;
    read_options(&p, argv + 2);
    struct runbook *rb = load(&p, argv[1]);
    if (!rb)
        return 3;
    p.dir = str_from(dir);
    p.session = (struct session){ .arena = arena_new(NULL),
                                  .loop = loop_new(loop_arena),
                                  .folder = p.dir };
    p.connections = connections_of(&p, rb);
    p.steps = value_map_start(p.arena);
    LIST_EACH(const struct step, s, rb->steps)
    (s->more->transaction ? play_transaction(&p, s) : play_action(&p, s, NULL));
    arena_free(p.session.arena);
    arena_free(loop_arena);
    arena_free(p.arena);
    return p.ok ? 0 : 1;
}
