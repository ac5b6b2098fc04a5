#include "action/work.h"

#include <string.h>
#include <unistd.h>

#include "action/shell/carry.h"
#include "base/arena.h"
#include "value/base64.h"
#include "value/json.h"

static struct str own_path(struct arena *a)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

    return n > 0 ? str_copy(a, (struct str){ path, (size_t)n }) : STR("/proc/self/exe");
}

// sudo would take /proc/self/exe for itself.
static const struct str *argv_of(const struct attempt *at, const char *worker)
{
    struct str *argv = NEW_ARRAY(at->arena, struct str, 8), *to = argv;

    if (at->as.n) {
        *to++ = STR("sudo");
        *to++ = STR("-n");
        *to++ = STR("-u");
        *to++ = at->as;
        *to++ = STR("--");
    }
    *to++ = at->as.n ? own_path(at->arena) : STR("/proc/self/exe");
    *to++ = str_from(worker);
    return argv;
}

// After a crash an attempt is asked about that was never resolved.
static const struct str *own_environment(struct arena *a)
{
    size_t count = 0;

    while (environ[count])
        count++;
    struct str *env = NEW_ARRAY(a, struct str, count + 1);
    for (size_t i = 0; i < count; i++)
        env[i] = str_from(environ[i]);
    return env;
}

bool work_prepare(const struct attempt *at, struct process *p, const char *worker, struct value job,
                  struct expr_error *err)
{
    static const int only_0[] = { 0, -1 };

    if (at->as.n && !carry_user(at->as, at->arena, err))
        return false;
    p->argv = argv_of(at, worker);
    p->env = at->env ? at->env : own_environment(at->arena);
    p->input = json_text(job, at->arena);
    p->ok_exit = only_0;
    p->daemon = NO;
    p->quiet = true;
    p->then = work_ended;
    return true;
}

bool work_put(struct value_builder *job, const char *key, struct str text, struct expr_error *err)
{
    if (utf8_invalid(text) != SIZE_MAX) {
        *err = (struct expr_error){ .message = STR("the text is not UTF-8, which is needed here") };
        return false;
    }
    value_put_s(job, key, value_string(text));
    return true;
}

// ---- the answer

static struct value field(struct value v, const char *key, struct arena *a)
{
    struct value out;

    return v.kind == VALUE_MAP && value_field(v, key, a, &out) ? out : VALUE_NONE;
}

static struct str text_in(struct value v, const char *key, struct arena *a)
{
    struct value out = field(v, key, a);

    return out.kind == VALUE_STRING ? out.s : STR("");
}

static bool flag_in(struct value v, const char *key, struct arena *a)
{
    struct value out = field(v, key, a);

    return out.kind == VALUE_BOOL && out.b;
}

// What JSON cannot hold: bytes ("b64:content") and times ("time:modified": [s, ns]).
static void put_back(struct value_builder *b, struct arena *a, struct str key, struct value v)
{
    struct str bytes;

    if (str_starts(key, "b64:") && v.kind == VALUE_STRING) {
        key = str_slice(key, 4, key.n);
        if (base64_read(v.s, a, &bytes))
            value_put(b, value_string(key),
                      utf8_invalid(bytes) == SIZE_MAX ? value_string(bytes) : value_bytes(bytes));
    } else if (str_starts(key, "time:") && value_size(v) == 2) {
        key = str_slice(key, 5, key.n);
        value_put(b, value_string(key),
                  value_timestamp(value_item(v, 0).i, (uint32_t)value_item(v, 1).i));
    } else {
        value_put(b, value_string(key), v);
    }
}

static struct value result_of(struct arena *a, struct value answer)
{
    struct value_builder *b = value_map_start(a);
    struct value result = field(answer, "result", a);

    for (size_t i = 0; result.kind == VALUE_MAP && i < result.map->count; i++)
        put_back(b, a, result.map->entries[i].key.s, result.map->entries[i].value);
    return value_finish(b);
}

static struct str last_line(struct str text)
{
    text = str_trim(text);
    for (size_t i = text.n; i > 0; i--)
        if (text.s[i - 1] == '\n')
            return str_slice(text, i, text.n);
    return text;
}

// It ended by itself and said nothing: sudo refused, or it was killed.
static void no_answer(struct attempt *at, struct outcome *o)
{
    struct str said = last_line(text_in(o->result, "stderr", at->arena));

    if (said.n)
        o->message = str_format(at->arena, "%.*s", STR_ARG(said));
    else if (!o->message.n)
        o->message = STR("the worker gave no answer");
    o->verdict = VERDICT_FAILED;
    o->not_started = !o->killed;
    o->rule = false;
}

static void take_answer(struct attempt *at, struct value answer, struct outcome *o)
{
    struct arena *a = at->arena;

    o->rule = flag_in(answer, "ok", a);
    o->message = text_in(answer, "message", a);
    o->help = text_in(answer, "help", a);
    if (!o->rule) {
        o->verdict = flag_in(answer, "unknown", a) ? VERDICT_UNKNOWN : VERDICT_FAILED;
        o->not_started = flag_in(answer, "untouched", a);
        return;
    }
    o->result = result_of(a, answer);
}

void work_ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    struct str out = text_in(o->result, "stdout", at->arena);
    struct json_error ignored;
    struct value answer;

    bool is_answer = (o->verdict == VERDICT_DONE || o->verdict == VERDICT_CANCELLED) &&
                     r->end == CHILD_EXITED && json_read_own(out, at->arena, &answer, &ignored) &&
                     answer.kind == VALUE_MAP;

    // What was complete when it was stopped is done, as a COMMIT is.
    if (o->verdict == VERDICT_CANCELLED && is_answer && flag_in(answer, "ok", at->arena))
        o->verdict = VERDICT_DONE;
    if (o->verdict == VERDICT_DONE && !is_answer)
        no_answer(at, o);
    o->result = VALUE_NONE;
    if (o->verdict == VERDICT_DONE && is_answer)
        take_answer(at, answer, o);
}
