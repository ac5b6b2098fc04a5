#include "action/shell/process.h"

#include <errno.h>

#include "action/params.h"
#include "base/arena.h"

static void free_output(void *arg)
{
    struct process *p = arg;

    kept_free(&p->out[STREAM_STDOUT]);
    kept_free(&p->out[STREAM_STDERR]);
}

static void on_output(void *arg, enum stream stream, struct str bytes)
{
    struct attempt *at = arg;
    struct process *p = at->job;

    kept_add(&p->out[stream], bytes);
    if (at->output && !(p->quiet && stream == STREAM_STDOUT))
        at->output(at, stream, bytes);
}

// The first and the last part of a long output may end and begin within a secret, of which
// no half may be read.
static struct str without_halves(struct mask *mask, struct arena *a, struct str text, size_t *cut,
                                 int64_t *left_out)
{
    struct masking *head = masking_new(mask, a);
    struct buf ignored = BUF_EMPTY, whole = BUF_EMPTY;
    size_t tail = mask_longest(mask) ? mask_longest(mask) - 1 : 0;

    masking_feed(head, str_slice(text, 0, *cut), &ignored);
    buf_free(&ignored);
    buf_add(&whole, str_slice(text, 0, *cut - masking_held(head)));
    *left_out += (int64_t)(masking_held(head) + tail);
    buf_add(&whole, str_slice(text, *cut + tail < text.n ? *cut + tail : text.n, text.n));
    *cut -= masking_held(head);
    return buf_take(&whole, a);
}

static struct written written_of(const struct attempt *at, const struct kept *k)
{
    struct mask *mask = at->session->mask;
    struct arena *a = at->arena;
    struct buf bytes = BUF_EMPTY;
    size_t cut = 0;
    int64_t left_out = 0;

    if (k->total)
        kept_write(k, mask_new(a), &bytes, &cut, &left_out);
    struct str text = buf_take(&bytes, a);
    if (left_out && mask && !mask_is_empty(mask))
        text = without_halves(mask, a, text, &cut, &left_out);
    return written_new(a, text, cut, left_out);
}

// What another program may do about.
static bool is_of_program(int error)
{
    static const int errors[] = { ENOENT, EACCES, EPERM,   ENOEXEC, E2BIG, ETXTBSY,
                                  EISDIR, ELOOP,  ENOTDIR, EINVAL,  EIO,   ELIBBAD };

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (errors[i] == error)
            return true;
    return false;
}

static bool start_other(struct attempt *at, const struct child_result *r)
{
    struct process *p = at->job;

    if (!p->other_argv || r->end != CHILD_NOT_STARTED || r->bad_dir || r->cancelled ||
        !is_of_program(r->error))
        return false;
    p->argv = p->other_argv;
    p->env = p->other_env;
    p->other_argv = NULL;
    process_start(at);
    return true;
}

static void on_end(void *arg, const struct child_result *r)
{
    struct attempt *at = arg;
    struct process *p = at->job;
    p->running = false;
    if (start_other(at, r))
        return;
    struct written out = written_of(at, &p->out[STREAM_STDOUT]);
    struct written err = written_of(at, &p->out[STREAM_STDERR]);
    struct outcome o = { 0 };

    process_outcome(at, r, p->ok_exit, &out, &err, &o);
    if (p->then)
        p->then(at, r, &o);
    if (p->next && p->next(at, &o))
        return;
    at->done(at, &o);
}

// True where `expect` judges the exit status by itself, so that none is a failure yet.
static bool judges_exit(const struct step *s)
{
    const struct expr *const *e = s->more->expect.items;

    for (size_t i = 0; i < s->more->expect.count; i++) {
        size_t count;
        const struct expr_ref *refs = expr_refs(e[i], &count);

        for (size_t k = 0; k < count; k++)
            if (refs[k].count > 1 && str_is(refs[k].path[0], "result") &&
                (str_is(refs[k].path[1], "exit") || str_is(refs[k].path[1], "signal")))
                return true;
    }
    return false;
}

static const int *every_status(struct arena *a)
{
    int *all = NEW_ARRAY(a, int, 257);

    for (int i = 0; i < 256; i++)
        all[i] = i;
    all[256] = -1;
    return all;
}

void process_start(struct attempt *at)
{
    struct process *p = at->job;
    struct child_spec spec = {
        .name = p->name.n ? p->name : at->name,
        .argv = p->argv,
        .env = p->env,
        .dir = at->dir,
        .input = p->input,
        .timeout_ms = p->timeout_ms ? p->timeout_ms : at->timeout_ms,
        .grace_ms = at->grace_ms,
        .tty = p->tty,
        .left = p->daemon == NO ? LEFT_KILL : LEFT_KEEP,
        .ok_exit = judges_exit(at->step) ? every_status(at->arena) : p->ok_exit,
        .mask = at->session->mask,
    };

    if (!at->child)
        arena_defer(at->arena, free_output, p);
    p->running = true;
    at->child = child_start(at->session->keeper, at->arena, &spec, on_output, on_end, at);
}

void process_again(struct attempt *at)
{
    struct process *p = at->job;

    free_output(p);
    p->out[STREAM_STDOUT] = p->out[STREAM_STDERR] = (struct kept){ 0 };
}

void process_cancel(struct attempt *at, bool at_once)
{
    struct process *p = at->job;

    if (p->running)
        child_cancel(at->child, at_once);
    else
        p->cancelled = true;
}

struct killing {
    struct attempt *at;
    void (*then)(struct attempt *at, const struct left_process *left, size_t count);
};

static void killed(void *arg, const struct child_result *r)
{
    struct killing *k = arg;

    k->then(k->at, r->left, r->left_count);
}

bool attempt_kill_left(struct attempt *at,
                       void (*then)(struct attempt *at, const struct left_process *left,
                                    size_t count))
{
    if (!at->child)
        return false;
    struct killing *k = NEW(at->arena, struct killing);
    *k = (struct killing){ at, then };
    child_kill_left(at->child, at->grace_ms, killed, k);
    return true;
}

// ---- what shell and exec have in common

// The statuses, ended by -1.
static const int *ok_exits(struct arena *a, const struct list *list)
{
    const int64_t *written = list->items;
    int *all = NEW_ARRAY(a, int, list->count + 2);

    for (size_t i = 0; i < list->count; i++)
        all[i] = (int)written[i];
    all[list->count ? list->count : 1] = -1;
    return all;
}

bool process_check(const struct process_params *p, const struct node *node, struct diags *ds)
{
    const int64_t *written = p->ok_exit.items;

    if (p->tty == YES && p->input) {
        diag_error(ds, DIAG_CONFLICTING_FIELDS, param_span(node, "stdin"),
                   "with `tty: true` the standard input is the terminal");
        return false;
    }
    for (size_t i = 0; i < p->ok_exit.count; i++) {
        if (written[i] >= 0 && written[i] <= 255)
            continue;
        diag_error(ds, DIAG_BAD_LITERAL, param_span(node, "ok_exit"),
                   "%lld is no exit status; they go from 0 to 255", (long long)written[i]);
        return false;
    }
    return true;
}

bool process_resolve(struct attempt *at, const struct process_params *p, struct process *out,
                     struct expr_error *err)
{
    out->tty = p->tty == YES;
    out->daemon = p->daemon;
    out->ok_exit = ok_exits(at->arena, &p->ok_exit);
    return words_bytes(p->input, at, &out->input, err);
}

void process_over(struct attempt *at, const struct process_params *p, const struct child_result *r,
                  struct outcome *o)
{
    process_adopted(at, r, ok_exits(at->arena, &p->ok_exit), true, o);
    o->left_meant = o->rule && p->daemon == YES;
}

enum effects process_effects(const void *params)
{
    (void)params;
    return EFFECTS_WRITE;
}
