#include "exec/core/event.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "exec/core/masked.h"
#include "value/base64.h"
#include "value/time.h"

enum { TEXT_LIMIT = 4 * 1024, LINE_LIMIT = 64 * 1024, LINE_USUAL = 500 };

static const char *const words[EVENT_COUNT] = {
    [EVENT_RUN_START] = "run.start",
    [EVENT_RUN_END] = "run.end",
    [EVENT_RUN_SUSPEND] = "run.suspend",
    [EVENT_RUN_RESUME] = "run.resume",
    [EVENT_PHASE_START] = "phase.start",
    [EVENT_PHASE_END] = "phase.end",
    [EVENT_STEP_ITEMS] = "step.items",
    [EVENT_STEP_INTENT] = "step.intent",
    [EVENT_STEP_START] = "step.start",
    [EVENT_STEP_OUTPUT] = "step.output",
    [EVENT_STEP_NOTE] = "step.note",
    [EVENT_STEP_ATTEMPT] = "step.attempt",
    [EVENT_STEP_RESCUE] = "step.rescue",
    [EVENT_STEP_ALWAYS] = "step.always",
    [EVENT_STEP_END] = "step.end",
    [EVENT_CONFIRM_ASK] = "confirm.ask",
    [EVENT_CONFIRM_ANSWER] = "confirm.answer",
    [EVENT_VERIFY_TRY] = "verify.try",
    [EVENT_UNDO_START] = "undo.start",
    [EVENT_UNDO_END] = "undo.end",
    [EVENT_LOCK_WAIT] = "lock.wait",
    [EVENT_LOCK_HELD] = "lock.held",
    [EVENT_HOOK_END] = "hook.end",
    [EVENT_TRIGGER_STATE] = "trigger.state",
    [EVENT_DIAGNOSTIC] = "diagnostic",
};

const char *event_type_word(enum event_type type)
{
    return words[type];
}

// Most are told from each other by their first letter.
static bool is_word(struct str s, const char *word)
{
    return s.n && s.s[0] == word[0] && strncmp(word, s.s, s.n) == 0 && word[s.n] == '\0';
}

enum event_type event_type_of(struct str word)
{
    int t = 0;

    while (t < EVENT_COUNT && !is_word(word, words[t]))
        t++;
    return (enum event_type)t;
}

// How a value is made fit for a line: its texts no longer than [limit].
struct fitting {
    struct arena *arena;
    size_t limit;
    bool cut;
};

// Cuts between code points.
static struct str cut(struct fitting *f, struct str s)
{
    size_t n = f->limit;

    if (s.n <= n)
        return s;
    while (n > 0 && ((unsigned char)s.s[n] & 0xC0) == 0x80)
        n--;
    f->cut = true;
    return str_slice(s, 0, n);
}

static struct value fit(struct fitting *f, struct value v);

// A list is shortened with its texts, so that any line comes to fit.
static struct value fit_list(struct fitting *f, struct value v)
{
    size_t most = f->limit / 4, count = value_size(v);
    struct value_builder *b = value_list_of(f->arena, count < most ? count : most);

    f->cut |= count > most;
    for (size_t i = 0; i < count && i < most; i++)
        value_add(b, fit(f, value_item(v, i)));
    return value_finish(b);
}

static struct value base64(struct fitting *f, struct str bytes)
{
    struct buf b = BUF_EMPTY;

    base64_write(cut(f, bytes), &b);
    return value_string(buf_take(&b, f->arena));
}

static bool is_raw(const struct value_entry *e)
{
    return e->value.kind == VALUE_STRING && e->key.kind == VALUE_STRING &&
           str_is(e->key.s, "text") && utf8_invalid(e->value.s) != SIZE_MAX;
}

static struct value_entry fit_entry(struct fitting *f, const struct value_entry *e)
{
    if (is_raw(e))
        return (struct value_entry){ value_text("b64"), base64(f, e->value.s) };
    // Its name is never shortened: it says what the field is.
    return (struct value_entry){ e->key, fit(f, e->value) };
}

static struct value fit_map(struct fitting *f, struct value v)
{
    struct value_builder *b = value_map_of(f->arena, v.map->count);

    for (size_t i = 0; i < v.map->count; i++) {
        struct value_entry e = fit_entry(f, &v.map->entries[i]);
        value_put(b, e.key, e.value);
    }
    return value_finish(b);
}

// Nothing in it is to be cut.
static bool fits(const struct fitting *f, struct value v)
{
    bool fine = true;

    switch (v.kind) {
    case VALUE_STRING:
    case VALUE_BYTES: return v.s.n <= f->limit;
    case VALUE_LIST:
        fine = value_size(v) <= f->limit / 4;
        for (size_t i = 0; fine && i < value_size(v); i++)
            fine = fits(f, value_item(v, i));
        return fine;
    case VALUE_MAP:
        for (size_t i = 0; fine && i < v.map->count; i++)
            fine = !is_raw(&v.map->entries[i]) && fits(f, v.map->entries[i].value);
        return fine;
    default: return true;
    }
}

static struct value fit(struct fitting *f, struct value v)
{
    if (fits(f, v))
        return v;
    switch (v.kind) {
    case VALUE_STRING: return value_string(cut(f, v.s));
    case VALUE_BYTES: return value_bytes(cut(f, v.s));
    case VALUE_LIST: return fit_list(f, v);
    case VALUE_MAP: return fit_map(f, v);
    default: return v;
    }
}

static void write_field(struct fitting *f, struct value key, struct value v, struct buf *out)
{
    struct str name = STR("");

    value_to_text(key, f->arena, &name);
    buf_add_c(out, out->n ? ',' : '{');
    json_write_string(name, out);
    buf_add_c(out, ':');
    json_write(v, f->arena, out);
}

// What a resume finds a step, or a file beside the journal, by: half of it names another.
static bool is_name(struct value key)
{
    static const char *const names[] = { "step", "state",   "undo_by", "inside",
                                         "kept", "digests", NULL };

    for (const char *const *n = names; *n; n++)
        if (key.kind == VALUE_STRING && str_is(key.s, *n))
            return true;
    return false;
}

static struct str write(const struct event *e, struct str run, struct fitting *f)
{
    struct str ts = clock_rfc3339_ms(f->arena, e->wall_ns);
    struct fitting whole = { .arena = f->arena, .limit = SIZE_MAX };
    struct value said = VALUE_NONE;
    struct buf out = BUF_EMPTY;

    buf_reserve(&out, LINE_USUAL);
    write_field(f, value_text("v"), value_int(1), &out);
    if (e->seq)
        write_field(f, value_text("seq"), value_int(e->seq), &out);
    write_field(f, value_text("ts"), value_string(ts), &out);
    if (run.n)
        write_field(f, value_text("run"), value_string(run), &out);
    write_field(f, value_text("type"), value_text(words[e->type]), &out);
    for (size_t i = 0; e->data.kind == VALUE_MAP && i < e->data.map->count; i++) {
        const struct value_entry *at = &e->data.map->entries[i];
        struct value_entry one = fit_entry(is_name(at->key) ? &whole : f, at);
        write_field(f, one.key, one.value, &out);
    }
    if (f->cut && !value_field(e->data, "truncated", NULL, &said))
        write_field(f, value_text("truncated"), value_bool(true), &out);
    buf_add_c(&out, '}');
    return buf_take(&out, f->arena);
}

struct str event_line(const struct event *e, struct str run, struct arena *a)
{
    for (size_t limit = TEXT_LIMIT;; limit /= 4) {
        struct fitting f = { .arena = a, .limit = limit };
        struct str line = write(e, run, &f);
        if (line.n <= LINE_LIMIT || limit < 64)
            return line;
    }
}

// Numbers of its own are no secrets, whatever they look like: what goes on with a run reads them.
struct value event_masked(struct value data, const struct mask *m, struct arena *a)
{
    struct value_builder *b;

    if (!m || mask_is_empty(m) || data.kind != VALUE_MAP)
        return data;
    b = value_map_of(a, data.map->count);
    for (size_t i = 0; i < data.map->count; i++) {
        struct value_entry e = data.map->entries[i];
        bool ours = e.value.kind == VALUE_INT || e.value.kind == VALUE_DOUBLE;
        value_put(b, e.key, ours ? e.value : masked_value(e.value, m, a, NULL));
    }
    return value_finish(b);
}

// The number at each run of '0' in a time that looks like [form]; by hand, because a resume
// reads one of every event.
static bool numbers_of(struct str text, const char *form, int *numbers)
{
    for (size_t i = 0; form[i]; i++) {
        if (form[i] != '0' && text.s[i] != form[i])
            return false;
        if (form[i] == '0' && (text.s[i] < '0' || text.s[i] > '9'))
            return false;
        if (form[i] == '0')
            *numbers = *numbers * 10 + text.s[i] - '0';
        else
            numbers++;
    }
    return true;
}

// "2026-09-21T14:02:11.204Z"; 0 for anything else.
static int64_t wall_ns_of(struct value ts)
{
    int n[8] = { 0 };

    if (ts.kind != VALUE_STRING || ts.s.n != 24 || !numbers_of(ts.s, "0000-00-00T00:00:00.000Z", n))
        return 0;
    return civil_seconds(n[0], n[1], n[2], n[3], n[4], n[5]) * 1000000000 + (int64_t)n[6] * 1000000;
}

bool event_read(struct str line, struct arena *a, struct event *out)
{
    return event_read_again(NULL, line, a, out);
}

bool event_read_again(struct json_memo *m, struct str line, struct arena *a, struct event *out)
{
    struct value seq = VALUE_NONE, type = VALUE_NONE, ts = VALUE_NONE;

    *out = (struct event){ .type = EVENT_COUNT };
    if (!json_read_again(m, line, a, &out->data) || out->data.kind != VALUE_MAP)
        return false;
    value_field(out->data, "seq", a, &seq);
    value_field(out->data, "type", a, &type);
    value_field(out->data, "ts", a, &ts);
    out->wall_ns = wall_ns_of(ts);
    if (seq.kind == VALUE_INT)
        out->seq = seq.i;
    if (type.kind == VALUE_STRING)
        out->type = event_type_of(type.s);
    return out->type != EVENT_COUNT;
}
