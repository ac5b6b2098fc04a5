#include "report/history.h"

#include "base/arena.h"
#include "base/map.h"
#include "report/history_inside.h"
#include "value/fields.h"
#include "value/when.h"

struct history *history_new(struct arena *a)
{
    struct history *h = NEW(a, struct history);

    *h = (struct history){ .arena = a, .exit = -1 };
    h->by_id = map_new(a);
    h->words = map_new(a);
    h->places = map_new(a);
    return h;
}

struct str history_kept(struct history *h, struct str s)
{
    return s.n ? str_copy(h->arena, s) : STR("");
}

// Takes over a text that an event has; one that it lacks leaves what was there.
void history_take(struct history *h, struct value data, const char *key, struct str *to)
{
    struct str s = text_of(data, key);

    if (s.n && !str_equal(s, *to))
        *to = history_kept(h, s);
}

// An instance, what is in it, and what is in a used runbook stand with their step.
static size_t place_of(const struct history *h, struct str id)
{
    const size_t *known = map_get(h->places, id);
    size_t bracket = str_find(id, '['), dot = str_find(id, '.');

    if (known)
        return *known;
    size_t end = bracket < dot ? bracket : dot;
    if (end == SIZE_MAX || str_find(id, '~') != SIZE_MAX)
        return SIZE_MAX;
    const struct story *whole = history_story(h, str_slice(id, 0, end));
    return whole ? whole->place : SIZE_MAX;
}

static void put_in_place(struct history *h, struct story *s)
{
    size_t i = h->story_count;

    ROOM(h, stories, story_count, story_room);
    for (; i > 0 && h->stories[i - 1]->place > s->place; i--)
        h->stories[i] = h->stories[i - 1];
    h->stories[i] = s;
    h->story_count++;
}

void history_take_word(struct history *h, struct value data, const char *key, struct str *to)
{
    struct str word = text_of(data, key), *kept = word.n ? map_get(h->words, word) : NULL;

    if (word.n && !kept) {
        kept = NEW(h->arena, struct str);
        *kept = history_kept(h, word);
        map_put(h->words, *kept, kept);
    }
    if (word.n)
        *to = *kept;
}

static const struct story_more no_more;

struct story_more *history_more(struct history *h, struct story *s)
{
    if (s->more == &no_more)
        s->more = NEW(h->arena, struct story_more);
    return (struct story_more *)s->more;
}

struct story *history_make_story(struct history *h, struct str id)
{
    struct story *s = map_get(h->by_id, id);

    if (s)
        return s;
    s = NEW(h->arena, struct story);
    *s = (struct story){ .id = history_kept(h, id),
                         .state = STR("pending"),
                         .phase = h->phase,
                         .took_ms = -1,
                         .more = &no_more,
                         .place = place_of(h, id) };
    put_in_place(h, s);
    map_put(h->by_id, s->id, s);
    return s;
}

const struct story *history_story(const struct history *h, struct str id)
{
    return map_get(h->by_id, id);
}

// "inner" of "caller.inner", "each" of "each[key]".
static struct str plain_id(struct str id)
{
    for (size_t i = id.n; i > 0; i--)
        if (id.s[i - 1] == '.')
            return plain_id(str_slice(id, i, id.n));
    size_t bracket = str_find(id, '[');
    return bracket == SIZE_MAX ? id : str_slice(id, 0, bracket);
}

// The body of an undo is called as its step is: "drop~undo: Remove the old folder" would say the
// contrary of what it does.
static void name_undo(struct history *h, struct story *s)
{
    static const char end[] = "~undo";
    const struct story *of;

    if (!s->name.n || !str_ends(s->id, end))
        return;
    of = history_story(h, str_slice(s->id, 0, s->id.n - (sizeof end - 1)));
    if (of && str_equal(of->name, s->name))
        s->name = str_format(h->arena, "undo of: %.*s", STR_ARG(s->name));
}

// A name that only repeats the id says nothing.
void history_take_name(struct history *h, struct value data, struct story *s)
{
    struct str name = text_of(data, "name");

    if (!str_equal(name, s->id) && !str_equal(name, plain_id(s->id)))
        history_take(h, data, "name", &s->name);
    name_undo(h, s);
}

struct story *history_told(struct history *h, struct value data)
{
    struct story *s = history_make_story(h, text_of(data, "step"));

    history_take_name(h, data, s);
    history_take_word(h, data, "action", &s->action);
    history_take_word(h, data, "effects", &s->effects);
    s->group |= truth_of(data, "group");
    s->seen_ms = h->now_ms;
    return s;
}

void history_moment(struct history *h, const struct event *e, struct str words, bool bad)
{
    if (!h->keep_moments)
        return;
    ROOM(h, moments, moment_count, moment_room);
    h->moments[h->moment_count++] = (struct moment){ .ns = e->wall_ns,
                                                     .what = event_type_word(e->type),
                                                     .step = history_kept(h,
                                                                          text_of(e->data, "step")),
                                                     .words = words,
                                                     .bad = bad };
}

void history_notice(struct history *h, const struct event *e, struct str level, struct str words,
                    struct str help)
{
    ROOM(h, notices, notice_count, notice_room);
    h->notices[h->notice_count++] = (struct notice){ .ns = e->wall_ns,
                                                     .level = history_kept(h, level),
                                                     .words = history_kept(h, words),
                                                     .help = history_kept(h, help) };
}

// It stands in the line, and of what was read in the event.
static void learn_run(struct history *h, struct value data, struct str line)
{
    struct arena *scratch = arena_new(NULL);
    struct json_error ignored;
    struct value v;

    history_take(h, data, "run", &h->run);
    if (!h->run.n && json_read_own(line, scratch, &v, &ignored))
        history_take(h, v, "run", &h->run);
    arena_free(scratch);
}

void history_apply(struct history *h, const struct event *e, struct str line)
{
    if (line.n && !h->run.n)
        learn_run(h, e->data, line);
    if (e->wall_ns)
        h->last_ns = e->wall_ns;
    if (e->type < EVENT_COUNT && history_handlers[e->type])
        history_handlers[e->type](h, e);
}

void history_watch(struct history *h, int64_t now_ms, int64_t wall_ns)
{
    for (size_t i = 0; i < h->story_count; i++) {
        struct story *s = h->stories[i];
        int64_t since_ns = s->more->undo_started_ns ? s->more->undo_started_ns : s->started_ns;
        if (since_ns && since_ns <= wall_ns && !s->begun_ms)
            s->begun_ms = now_ms - (wall_ns - since_ns) / 1000000;
        if (!s->seen_ms)
            s->seen_ms = now_ms;
    }
}

// -------- asking

size_t history_in_state(const struct history *h, const char *state)
{
    size_t n = 0;

    for (size_t i = 0; i < h->story_count; i++)
        n += !h->stories[i]->group && str_is(h->stories[i]->state, state);
    return n;
}

bool history_wants_secrets(const struct history *h)
{
    struct value names = value_of(h->start, "secret_inputs");

    return names.kind == VALUE_LIST && value_size(names);
}

bool history_is_judged(const struct story *s)
{
    return s->poll && (str_is(s->phase, "verify") || str_is(s->phase, "undone"));
}

static bool is_culprit(const struct story *s)
{
    return (str_is(s->state, "failed") || str_is(s->state, "unknown") ||
            str_is(s->state, "cancelled")) &&
           !s->continued && !s->rolled_back;
}

const struct story *history_culprit(const struct history *h)
{
    const struct story *last = NULL;

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (!is_culprit(s))
            continue;
        // A group failed because of something in it.
        bool better = !last || (last->group && !s->group) ||
                      (last->group == s->group && s->ended_ns >= last->ended_ns);
        if (better)
            last = s;
    }
    return last;
}

bool history_is_left(const struct history *h, const struct call_left *c)
{
    bool open = false;

    for (size_t i = 0; i < h->question_count; i++)
        open |= h->questions[i]->open && str_equal(h->questions[i]->step, c->step);
    return open && !c->told;
}

struct str history_question(const struct asked *q)
{
    static const char *const words[][2] = {
        { "checklist", "is this so?" },    { "confirm", "may it go on?" },
        { "approve", "may it go on?" },    { "manual", "is it done?" },
        { "prompt", "which value?" },      { "failure", "it failed: what now?" },
        { "walk", "run this step?" },      { "undo", "go on undoing?" },
        { "mark", "did it take effect?" },
    };

    for (size_t i = 0; !q->message.n && i < sizeof words / sizeof *words; i++)
        if (str_is(q->kind, words[i][0]))
            return str_from(words[i][1]);
    return q->message.n ? q->message : q->kind;
}

struct str history_answer(const struct asked *q)
{
    if (!q->answer.n || str_is(q->answer, "none"))
        return STR("no answer");
    if (str_is(q->kind, "mark"))
        return str_is(q->answer, "done") ? STR("done (it took effect)")
                                         : STR("failed (it did not)");
    return str_is(q->answer, "run_all") ? STR("run this and all that remain") : q->answer;
}

const struct asked *history_refusal(const struct history *h, struct str id)
{
    for (size_t i = h->question_count; i > 0; i--) {
        const struct asked *q = h->questions[i - 1];
        bool of_step = !str_is(q->kind, "failure") && !str_is(q->kind, "walk") &&
                       !str_is(q->kind, "mark");
        if (!of_step || !str_equal(q->step, id))
            continue;
        bool refused = !q->open && (str_is(q->answer, "no") || str_is(q->answer, "none"));
        return refused ? q : NULL;
    }
    return NULL;
}

struct str history_shown_id(struct str id)
{
    static const char mark[] = ".check_1";
    size_t n = id.n - (str_ends(id, mark) ? sizeof mark - 1 : 0);

    return n < id.n && str_search(str_slice(id, 0, n), STR("checklist_")) != SIZE_MAX
               ? str_slice(id, 0, n)
               : id;
}

const struct asked *history_open_question(const struct history *h)
{
    for (size_t i = h->question_count; i > 0; i--)
        if (h->questions[i - 1]->open)
            return h->questions[i - 1];
    return NULL;
}

struct str history_took(const struct history *h, struct arena *a)
{
    struct str took = span_text(h->took_ms, a);

    if (h->sessions < 2)
        return took;
    return str_format(a, "%.*s in %zu sessions", STR_ARG(took), h->sessions);
}
