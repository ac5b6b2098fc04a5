// The worker's side of a job.

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/work.h"
#include "base/arena.h"
#include "value/base64.h"
#include "value/json.h"

enum { CHUNK = 64 * 1024, ROOM = 1400 * 1024 };

static volatile sig_atomic_t stopped;

static void on_term(int signo)
{
    (void)signo;
    stopped = 1;
}

bool work_stopped(void)
{
    return stopped;
}

static void read_all(struct buf *out)
{
    for (;;) {
        ssize_t n = read(STDIN_FILENO, buf_reserve(out, CHUNK), CHUNK);
        if (n == 0 || (n < 0 && errno != EINTR))
            return;
        out->n += n > 0 ? (size_t)n : 0;
    }
}

static void write_all(struct str s)
{
    while (s.n) {
        ssize_t n = write(STDOUT_FILENO, s.s, s.n);
        if (n < 0 && errno != EINTR)
            return;
        s = str_slice(s, n > 0 ? (size_t)n : 0, s.n);
    }
}

static void answer(struct work *w, bool ok)
{
    struct value_builder *b = value_map_start(w->arena);

    value_put_s(b, "ok", value_bool(ok));
    if (ok) {
        if (w->later)
            value_put_s(w->result, "later", value_finish(w->later));
        value_put_s(b, "result", value_finish(w->result));
    } else {
        value_put_s(b, "message", value_string(w->message));
        value_put_s(b, "help", value_string(w->help));
        value_put_s(b, "untouched", value_bool(!w->touched));
        value_put_s(b, "unknown", value_bool(w->unknown));
    }
    write_all(json_text(value_finish(b), w->arena));
}

int work_main(bool (*act)(struct work *w))
{
    struct arena *a = arena_new(NULL);
    struct work w = { .arena = a, .room = ROOM, .result = value_map_start(a) };
    struct sigaction term = { .sa_handler = on_term };  // interrupts what blocks
    struct buf *job = buf_in(a);
    struct json_error error;

    sigaction(SIGTERM, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    read_all(job);
    if (!json_read_own(buf_str(job), a, &w.job, &error)) {
        fprintf(stderr, "runbook: this is started by a step, with its job on standard input\n");
        arena_free(a);
        return 2;
    }
    answer(&w, act(&w));
    arena_free(a);
    return 0;
}

static struct value get(const struct work *w, const char *key)
{
    struct value v;

    return value_field(w->job, key, w->arena, &v) ? v : VALUE_NONE;
}

struct str work_text(const struct work *w, const char *key)
{
    struct value v = get(w, key);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

bool work_flag(const struct work *w, const char *key)
{
    struct value v = get(w, key);

    return v.kind == VALUE_BOOL && v.b;
}

int64_t work_number(const struct work *w, const char *key)
{
    struct value v = get(w, key);

    return v.kind == VALUE_INT ? v.i : 0;
}

struct str work_bytes(const struct work *w, const char *key)
{
    struct str bytes;

    return base64_read(work_text(w, key), w->arena, &bytes) ? bytes : STR("");
}

struct value work_list(const struct work *w, const char *key)
{
    struct value v = get(w, key);

    return v.kind == VALUE_LIST ? v : value_finish(value_list_start(w->arena));
}

bool work_fail(struct work *w, const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    w->message = str_copy(w->arena, str_from(text));
    w->help = STR("");
    return false;
}

bool work_help(struct work *w, const char *help)
{
    w->help = str_copy(w->arena, str_from(help));
    return false;
}

void work_say(struct work *w, const char *key, struct str text)
{
    value_put_s(w->result, key, value_string(text));
}

void work_say_flag(struct work *w, const char *key, bool b)
{
    value_put_s(w->result, key, value_bool(b));
}

void work_say_number(struct work *w, const char *key, int64_t n)
{
    value_put_s(w->result, key, value_int(n));
}

void work_say_content(struct work *w, struct str bytes)
{
    value_put_s(w->result, "b64:content", value_bytes(bytes));
}

void work_say_time(struct work *w, const char *key, int64_t seconds, int64_t nanos)
{
    struct value_builder *pair = value_list_start(w->arena);

    value_add(pair, value_int(seconds));
    value_add(pair, value_int(nanos));
    value_put_s(w->result, str_format(w->arena, "time:%s", key).s, value_finish(pair));
}

bool work_say_list(struct work *w, const char *key, const struct str *texts, size_t count)
{
    struct value_builder *list = value_list_start(w->arena);
    size_t i = 0;

    for (; i < count && texts[i].n + 8 < w->room; i++) {
        w->room -= texts[i].n + 8;
        value_add(list, value_string(texts[i]));
    }
    value_put_s(w->result, key, value_finish(list));
    return i == count;
}
