#include <stdio.h>

#include "base/arena.h"
#include "base/map.h"
#include "cli/open.h"
#include "loop/loop.h"
#include "report/github.h"
#include "report/harmless.h"
#include "report/lines.h"
#include "value/base64.h"
#include "value/fields.h"

enum {
    LOOK_AGAIN_MS = 300,
    HEAD = 1024 * 1024,  // of a stream, in events; about there the result of the step leaves out
};

struct logs {
    struct invocation *v;
    struct opened o;
    struct str step;      // "" for all
    struct map *streams;  // struct stream_of_step
    struct map *inside;   // struct str: the group of a step, by its id
    bool printed;
    int64_t next_seq;
    bool over;
    enum store_error error;
};

// "each[x]", "each.inner", "each~undo" of "each".
static bool id_tells(struct str id, struct str outer)
{
    size_t n = outer.n;

    return id.n > n && str_equal(str_slice(id, 0, n), outer) &&
           (id.s[n] == '.' || id.s[n] == '[' || id.s[n] == '~');
}

// The group that [id] was started in, or "inner[x]" of "inner[x].deep": nearer to what holds it.
static struct str around(const struct logs *l, struct str id)
{
    const struct str *group = map_get(l->inside, id);

    if (group)
        return *group;
    for (size_t n = id.n; n > 0; n--)
        if (str_find(STR(".[~"), id.s[n - 1]) != SIZE_MAX)
            return str_slice(id, 0, n - 1);
    return STR("");
}

// The step itself, and what is inside of it.
static bool is_wanted(const struct logs *l, struct str id)
{
    for (; id.n && l->step.n; id = around(l, id))
        if (str_equal(id, l->step) || id_tells(id, l->step))
            return true;
    return !l->step.n;
}

// What is in a plain group has no address that tells of it.
static void learn_group(struct logs *l, const struct stored_event *e)
{
    struct arena *a = arena_new(NULL), *kept = l->v->arena;
    struct event event;
    struct str id = STR(""), group = STR("");

    if (event_read(e->json, a, &event)) {
        id = text_of(event.data, "step");
        group = text_of(event.data, "inside");
    }
    if (group.n && !map_get(l->inside, id)) {
        struct str *value = NEW(kept, struct str);
        *value = str_copy(kept, group);
        map_put(l->inside, str_copy(kept, id), value);
    }
    arena_free(a);
}

// The output of a step comes in pieces that end anywhere.
struct stream_of_step {
    const struct logs *logs;
    struct str id;
    struct lines lines[2];
    size_t shown[2];  // bytes of this attempt
    bool cut[2];      // there was more than events hold
};

static const char *const streams[] = { "stdout", "stderr" };

// Of one step the lines stand as they are, but for those that a CI log would obey.
static void print_line(struct str line, void *arg)
{
    const struct stream_of_step *s = arg;
    struct arena *a = arena_new(NULL);

    if (line.n && line.s[line.n - 1] == '\r')
        line.n--;
    struct str safe = harmless_text(line, a);
    struct str id = harmless_text(s->id, a);
    bool obeyed = github_is_here() && github_obeys(safe);
    if (str_equal(s->id, s->logs->step) && !obeyed)
        printf("%.*s\n", STR_ARG(safe));
    else
        printf("%.*s | %.*s\n", STR_ARG(id), STR_ARG(safe));
    arena_free(a);
}

static void end_lines(struct stream_of_step *s)
{
    for (int i = 0; s && i < 2; i++)
        lines_end(&s->lines[i], print_line, s);
}

static struct stream_of_step *stream_of(struct logs *l, struct str id)
{
    struct stream_of_step *s = map_get(l->streams, id);

    if (s)
        return s;
    s = NEW(l->v->arena, struct stream_of_step);
    *s = (struct stream_of_step){ .logs = l,
                                  .id = str_copy(l->v->arena, id),
                                  .lines = { { .all = true }, { .all = true } } };
    map_put(l->streams, s->id, s);
    return s;
}

static struct str text_in(struct value data, struct arena *a)
{
    struct str bytes = text_of(data, "text"), coded = text_of(data, "b64");

    return coded.n && base64_read(coded, a, &bytes) ? bytes : bytes;
}

static void print_output(struct logs *l, struct value data, struct arena *a)
{
    struct stream_of_step *s = stream_of(l, text_of(data, "step"));
    bool is_stderr = str_is(text_of(data, "stream"), "stderr");
    struct str text = text_in(data, a);

    lines_feed(&s->lines[is_stderr], text, 0, print_line, s);
    s->shown[is_stderr] += text.n;
    s->cut[is_stderr] |= truth_of(data, "truncated");
}

// The whole result of an attempt, from beside the journal when it is long.
static struct value result_of(const struct logs *l, struct value data, struct arena *a)
{
    struct str kept = text_of(value_of(data, "kept"), "result"), json;
    struct diags ignored = { .arena = a };
    struct json_error error;
    struct value result;

    if (kept.n &&
        store_kept(l->o.store, l->o.row.id, str_copy(a, kept).s, a, &json, &ignored) == STORE_OK &&
        json_read_own(json, a, &result, &error))
        return result;
    return VALUE_NONE;
}

// Events hold the first MiB of a stream; its result holds the last one too, with a note of
// what is left out between.
static struct str rest_of(struct str text, bool truncated, size_t shown)
{
    if (!truncated)
        return shown < text.n ? str_slice(text, shown, text.n) : STR("");
    size_t from = HEAD - 8192 < text.n ? HEAD - 8192 : text.n;
    size_t note = str_search(str_slice(text, from, text.n), STR("\n[... "));
    return note == SIZE_MAX ? STR("") : str_slice(text, from + note, text.n);
}

static void print_rest(struct logs *l, struct stream_of_step *s, struct value data, struct arena *a)
{
    struct value result = s->cut[0] || s->cut[1] ? result_of(l, data, a) : VALUE_NONE;

    for (int i = 0; i < 2; i++) {
        struct str rest = STR("\n[... the rest was not kept ...]\n");
        if (text_of(result, streams[i]).n)
            rest = rest_of(text_of(result, streams[i]), truth_of(result, "truncated"), s->shown[i]);
        if (s->cut[i])
            lines_feed(&s->lines[i], rest, 0, print_line, s);
        s->shown[i] = 0;
        s->cut[i] = false;
    }
}

// A line without an end goes out when its step does.
static void end_step(struct logs *l, const struct stored_event *e)
{
    struct arena *a = arena_new(NULL);
    struct event event;
    struct stream_of_step *s = NULL;

    if (event_read(e->json, a, &event))
        s = map_get(l->streams, text_of(event.data, "step"));
    if (s) {
        print_rest(l, s, event.data, a);
        end_lines(s);
    }
    arena_free(a);
}

static bool see_event(const struct stored_event *e, void *arg)
{
    struct logs *l = arg;
    struct event event;

    l->next_seq = e->seq + 1;
    if (str_is(e->type, "run.end") || str_is(e->type, "run.suspend"))
        l->over = true;
    if (str_is(e->type, "run.resume"))
        l->over = false;
    if (l->step.n && (str_is(e->type, "step.start") || str_is(e->type, "step.items")))
        learn_group(l, e);
    if (str_is(e->type, "step.end") || str_is(e->type, "step.attempt") ||
        str_is(e->type, "step.rescue"))
        end_step(l, e);
    if (!str_is(e->type, "step.output"))
        return true;
    struct arena *a = arena_new(NULL);
    if (event_read(e->json, a, &event) && is_wanted(l, text_of(event.data, "step"))) {
        l->printed = true;
        if (l->v->ndjson)
            printf("%.*s\n", STR_ARG(e->json));
        else
            print_output(l, event.data, a);
    }
    arena_free(a);
    return true;
}

static void look(struct logs *l)
{
    l->error = store_read(l->o.store, l->o.row.id, l->next_seq, false, see_event, l, l->v->diags);
    fflush(stdout);
}

// A run that crashed says nothing more, until somebody goes on with it.
static void look_for_crash(struct logs *l)
{
    struct arena *a = arena_new(NULL);
    struct diags ignored = { .arena = a };
    struct run_row row;

    if (!l->over && store_find(l->o.store, l->o.row.id, a, &row, &ignored) == STORE_OK &&
        str_is(row.state, "crashed")) {
        look(l);  // what it said last
        l->over = true;
        fprintf(stderr, "run %.*s goes no further: its process is gone\n", STR_ARG(l->o.row.id));
    }
    arena_free(a);
}

static void note_turn(void *arg)
{
    *(bool *)arg = true;
}

static void follow(struct logs *l)
{
    struct loop *loop = loop_new(l->v->arena);

    while (!l->over && l->error == STORE_OK && !ferror(stdout)) {
        bool turned = false;
        loop_timer(loop, l->v->arena, loop_now_ms(loop) + LOOK_AGAIN_MS, note_turn, &turned);
        while (!turned && loop_turn(loop))
            ;
        look(l);
        if (l->error == STORE_OK)
            look_for_crash(l);
    }
}

static int no_such_step(struct invocation *v, const struct history *h, struct str step)
{
    const char **ids = NEW_ARRAY(v->arena, const char *, h->story_count + 1);

    for (size_t i = 0; i < h->story_count; i++)
        ids[i] = h->stories[i]->id.s;
    const char *near = diag_nearest(step, ids);
    struct str help = near ? str_format(v->arena, "did you mean `%s`?", near)
                           : str_format(v->arena, "`runbook show %.*s` lists its steps",
                                        STR_ARG(h->run));
    return usage_error(v, help.s, "run %.*s has no step `%.*s`", STR_ARG(h->run), STR_ARG(step));
}

static bool knows_step(const struct logs *l)
{
    const struct history *h = l->o.history;

    for (size_t i = 0; i < h->story_count; i++)
        if (is_wanted(l, h->stories[i]->id))
            return true;
    return false;
}

static bool holds_any(const struct logs *l)
{
    for (size_t i = 0; i < l->o.history->story_count; i++)
        if (id_tells(l->o.history->stories[i]->id, l->step))
            return true;
    return false;
}

// So that nobody takes silence for a mistake of his own. A journal of an earlier version does not
// tell what is in a group.
static void say_nothing(const struct logs *l)
{
    const struct story *s = l->step.n ? history_story(l->o.history, l->step) : NULL;
    struct str run = l->o.row.id;

    if (l->o.history->crashed)
        fprintf(stderr, "nothing is kept of what was printed; what its steps printed last, "
                        "`resume` takes up\n");
    else if (!l->step.n)
        fprintf(stderr, "no step of run %.*s has printed anything\n", STR_ARG(run));
    else if (s && !s->started_ns && !s->group)
        fprintf(stderr, "`%.*s` of run %.*s was not started\n", STR_ARG(l->step), STR_ARG(run));
    else if (s && s->group && !map_count(l->inside) && !holds_any(l))
        fprintf(stderr,
                "nothing is known to be printed in `%.*s` of run %.*s: ask for a step in it, which "
                "`runbook show %.*s%.*s` lists\n",
                STR_ARG(l->step), STR_ARG(run), STR_ARG(run), STR_ARG(reaching_flags(l->v)));
    else
        fprintf(stderr, "`%.*s` of run %.*s has printed nothing\n", STR_ARG(l->step), STR_ARG(run));
}

int command_logs(struct invocation *v)
{
    struct logs l = { .v = v,
                      .streams = map_new(v->arena),
                      .inside = map_new(v->arena),
                      .step = v->word_count > 1 ? v->words[1] : STR("") };
    int code = open_history(v, &l.o);

    if (code != CODE_OK)
        return code;
    if (l.step.n && !knows_step(&l))
        return no_such_step(v, l.o.history, l.step);
    look(&l);
    if (flag_given(v, "follow"))
        follow(&l);
    for (size_t i = 0; i < map_count(l.streams); i++)
        end_lines(map_value(l.streams, i));
    if (!l.printed && l.error == STORE_OK && !v->ndjson)
        say_nothing(&l);
    return store_code(l.error);
}
