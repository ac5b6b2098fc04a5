#include "loop/wire.h"

#include <string.h>

#include "base/arena.h"

enum { STATUS_MAX = 255, SIGNAL_MAX = 64, ERRNO_MAX = 4095 };

void frame_put(struct buf *out, struct frame head, struct str body)
{
    head.size = (uint32_t)body.n;
    buf_add(out, (struct str){ (const char *)&head, sizeof head });
    buf_add(out, body);
}

bool frame_next(struct str in, size_t *at, struct frame *head, struct str *body, bool *broken)
{
    if (in.n - *at < sizeof *head)
        return false;
    memcpy(head, in.s + *at, sizeof *head);
    *broken = head->size > FRAME_MAX || head->type < ASK_START || head->type > TELL_HELD;
    if (*broken || in.n - *at - sizeof *head < head->size)
        return false;
    *body = (struct str){ in.s + *at + sizeof *head, head->size };
    *at += sizeof *head + head->size;
    return true;
}

void put_number(struct buf *out, int64_t n)
{
    buf_add_number(out, n);
    buf_add_c(out, '\n');
}

void put_text(struct buf *out, struct str s)
{
    buf_add_number(out, (int64_t)s.n);
    buf_add_c(out, ':');
    buf_add(out, s);
    buf_add_c(out, '\n');
}

// Digits up to [end].
static int64_t digits(struct taking *t, char end)
{
    bool negative = t->rest.n && t->rest.s[0] == '-';
    size_t i = negative;
    int64_t n = 0;

    for (; i < t->rest.n && t->rest.s[i] >= '0' && t->rest.s[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, t->rest.s[i] - '0', &n))
            t->bad = true;
    if (t->bad || i == negative || i == t->rest.n || t->rest.s[i] != end) {
        t->bad = true;
        return 0;
    }
    t->rest = str_slice(t->rest, i + 1, t->rest.n);
    return negative ? -n : n;
}

int64_t take_number(struct taking *t)
{
    return digits(t, '\n');
}

int64_t take_within(struct taking *t, int64_t least, int64_t most)
{
    int64_t n = take_number(t);

    t->bad |= n < least || n > most;
    return t->bad ? 0 : n;
}

struct str take_text(struct taking *t)
{
    int64_t n = digits(t, ':');

    if (t->bad || n < 0 || (uint64_t)n >= t->rest.n || t->rest.s[n] != '\n') {
        t->bad = true;
        return STR("");
    }
    struct str s = str_slice(t->rest, 0, (size_t)n);
    t->rest = str_slice(t->rest, (size_t)n + 1, t->rest.n);
    return s;
}

// The same, ended by a NUL instead of what stood behind it: what is read is the caller's own.
static struct str take_own(struct taking *t)
{
    struct str s = take_text(t);

    if (!t->bad)
        ((char *)(uintptr_t)s.s)[s.n] = '\0';
    return s;
}

// How many things follow. Each takes at least two bytes, so a wrong number cannot make us
// ask for more memory than was sent.
static size_t take_count(struct taking *t)
{
    int64_t n = take_number(t);

    if (n < 0 || (uint64_t)n > t->rest.n / 2)
        t->bad = true;
    return t->bad ? 0 : (size_t)n;
}

static void put_texts(struct buf *out, const struct str *texts)
{
    size_t count = 0;

    while (texts[count].s)
        count++;
    put_number(out, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        put_text(out, texts[i]);
}

static const struct str *take_texts(struct taking *t, struct arena *a)
{
    size_t count = take_count(t);
    struct str *texts = NEW_ARRAY(a, struct str, count + 1);

    for (size_t i = 0; i < count; i++)
        texts[i] = take_own(t);
    return texts;
}

static void put_statuses(struct buf *out, const int *statuses)
{
    size_t count = 0;

    while (statuses[count] >= 0)
        count++;
    put_number(out, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        put_number(out, statuses[i]);
}

static const int *take_statuses(struct taking *t, struct arena *a)
{
    size_t count = take_count(t);
    int *statuses = NEW_ARRAY(a, int, count + 1);

    for (size_t i = 0; i < count; i++)
        statuses[i] = (int)take_number(t);
    statuses[count] = -1;
    return statuses;
}

void put_spec(struct buf *out, const struct child_spec *spec)
{
    put_text(out, spec->name);
    put_texts(out, spec->argv);
    put_texts(out, spec->env);
    put_text(out, spec->dir);
    put_text(out, spec->input);
    put_number(out, spec->timeout_ms);
    put_number(out, spec->grace_ms);
    put_number(out, spec->tty);
    put_number(out, spec->left);
    put_statuses(out, spec->ok_exit ? spec->ok_exit : (const int[]){ 0, -1 });
    size_t secrets = spec->mask ? mask_count(spec->mask) : 0;
    put_number(out, (int64_t)secrets);
    for (size_t i = 0; i < secrets; i++)
        put_text(out, mask_secret(spec->mask, i));
}

bool take_spec(struct taking *t, struct child_spec *spec, struct arena *a)
{
    spec->name = take_own(t);
    spec->argv = take_texts(t, a);
    spec->env = take_texts(t, a);
    spec->dir = take_own(t);
    spec->input = take_own(t);
    spec->timeout_ms = take_number(t);
    spec->grace_ms = take_number(t);
    spec->tty = take_number(t);
    spec->left = take_number(t) ? LEFT_KILL : LEFT_KEEP;
    spec->ok_exit = take_statuses(t, a);
    struct mask *mask = mask_new(a);
    for (size_t i = take_count(t); i > 0; i--)
        mask_add(mask, take_text(t));
    spec->mask = mask;
    return !t->bad && spec->argv[0].n > 0;
}

void put_result(struct buf *out, const struct child_result *r)
{
    const int64_t numbers[] = {
        r->end,       r->status,  r->error,       r->bad_dir,     r->timed_out,
        r->cancelled, r->took_ms, r->output_lost, r->cannot_kill, (int64_t)r->left_count
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_number(out, numbers[i]);
    for (size_t i = 0; i < r->left_count; i++) {
        put_number(out, r->left[i].pid);
        put_text(out, r->left[i].command);
        put_number(out, r->left[i].alive);
    }
}

static void take_left(struct taking *t, struct child_result *r, struct arena *a)
{
    struct left_process *left;

    r->left_count = take_count(t);
    r->left = left = NEW_ARRAY(a, struct left_process, r->left_count);
    for (size_t i = 0; i < r->left_count; i++) {
        left[i].pid = take_within(t, 1, INT32_MAX);
        left[i].command = str_copy(a, take_text(t));
        left[i].alive = take_number(t);
    }
}

// What no process can end with was not written by a keeper.
bool take_result(struct taking *t, struct child_result *r, struct arena *a)
{
    *r = (struct child_result){ .end = (enum child_end)take_within(t, 0, CHILD_LOST) };
    r->status = (int)take_within(t, 0, r->end == CHILD_SIGNALLED ? SIGNAL_MAX : STATUS_MAX);
    r->error = (int)take_within(t, 0, ERRNO_MAX);
    r->bad_dir = take_number(t);
    r->timed_out = take_number(t);
    r->cancelled = take_number(t);
    r->took_ms = take_within(t, 0, INT64_MAX);
    r->output_lost = take_number(t);
    r->cannot_kill = take_number(t);
    take_left(t, r, a);
    return !t->bad;
}
