// Plays random runbooks against the core of a run, with failures, signals and crashes at
// any event, and checks the promises of execution.md after each of them.
//
//     sim [events=N] [seed=N] [defect=N]
//
// What it plays follows from the seed. A broken promise ends it (exit 1) with the runbook,
// the journal and the seed that plays the same again. With defect=1.. the driver of the
// simulation is wrong in one way that the promises must show.

#include "tests/sim/book.h"
#include "tests/sim/driver.h"
#include "exec/core/core.h"

// ---- the journal, read again

static void replay_line(struct sim *s, struct run *r, struct str l, struct arena *a)
{
    static const struct run_facts none;
    struct event e;

    if (!event_read(l, a, &e))
        broken(s, "the journal cannot be read again");
    if (e.type == EVENT_RUN_RESUME) {
        struct run_facts facts = none;
        facts.undo_only = flag_of(&e, "undo");
        run_resume_here(r, &facts);
        run_settle_nothing(r);
    }
    run_apply(r, &e);
}

static struct run *replay(struct sim *s, size_t count, struct arena *a)
{
    struct run *r = run_new(a, s->program, &(struct run_facts){ 0 });

    for (size_t i = 0; i < count; i++)
        replay_line(s, r, s->lines[i], a);
    return r;
}

// That an attempt had not been started is found out again by every resume.
static bool same_state(const struct task *x, const struct task *y)
{
    return x->state == y->state || (!x->ended && !y->ended);
}

// So is that it is not counted.
static bool same_attempts(const struct task *x, const struct task *y)
{
    bool found = x->state == STATE_PENDING && y->state == STATE_RUNNING && !y->ended;

    return x->attempts == y->attempts || (found && x->attempts + 1 == y->attempts);
}

// That a rest is over because nothing may start any more is told with the end of the step.
static bool same_rest(const struct sim *s, const struct task *x, const struct task *y)
{
    return x->resting == y->resting ||
           (!x->ended && y->resting && !run_may_start(s->run, x));
}

static void must_be_same(struct sim *s, const struct task *x, const struct task *y)
{
    const char *what = !same_state(x, y)                  ? "state"
                       : x->ended != y->ended             ? "end"
                       : x->intent != y->intent           ? "intent"
                       : !same_attempts(x, y)             ? "attempts"
                       : x->start_order != y->start_order ? "place in the order of starts"
                       : x->undo_state != y->undo_state   ? "undo state"
                       : x->continued != y->continued     ? "excuse"
                       : x->declined != y->declined       ? "no"
                       : !same_rest(s, x, y)              ? "rest"
                       : x->rescuing != y->rescuing       ? "rescue"
                       : x->always_begun != y->always_begun ? "always"
                       : x->child_began != y->child_began ? "begin"
                       : x->unmet != y->unmet             ? "number of needs not met"
                       : x->in->left != y->in->left       ? "number of those left beside it"
                                                          : NULL;

    if (what)
        broken(s, "%.*s (%s) has another %s when the journal is read again (%s)",
               STR_ARG(x->address), state_word(x->state), what, state_word(y->state));
}

// Each waits for those that are not over, counted anew: what waits for one more waits for ever.
static void check_waiting(struct sim *s, struct run *run, struct arena *a)
{
    struct map *unmet = map_new(a);

    for (size_t i = 0; i < run_task_count(run); i++) {
        const struct task *t = run_task_at(run, i);
        for (size_t k = 0; !task_is_over(t) && k < t->follower_count; k++) {
            uint32_t *n = map_get(unmet, t->followers[k]->address);
            if (!n)
                map_put(unmet, t->followers[k]->address, n = NEW(a, uint32_t));
            ++*n;
        }
    }
    for (size_t i = 0; i < run_task_count(run); i++) {
        const struct task *t = run_task_at(run, i);
        const uint32_t *n = map_get(unmet, t->address);
        if (t->unmet != (n ? *n : 0))
            broken(s, "%.*s waits for %u steps, and %u are not over", STR_ARG(t->address), t->unmet,
                   n ? *n : 0);
    }
}

static void check_replay(struct sim *s)
{
    struct arena *a = arena_new(NULL);
    struct run *r = replay(s, s->count, a);

    check_waiting(s, s->run, a);
    if (run_task_count(r) != run_task_count(s->run))
        broken(s, "%zu tasks, and %zu when the journal is read again", run_task_count(s->run),
               run_task_count(r));
    for (size_t i = 0; i < run_task_count(r); i++) {
        const struct task *t = run_task_at(s->run, i);
        const struct task *group = task_transaction(t);
        if (!group || group->ended)  // what is in one that is open counts for nothing
            must_be_same(s, t, run_task(r, t->address));
    }
    if (run_began_undo(r) != run_began_undo(s->run))
        broken(s, "whether undo began is another when the journal is read again");
    arena_free(a);
}

// ---- a crash, and what follows

// What dies may only have been stopped: it wakes when another has the run.
static void fall_asleep(struct sim *s)
{
    struct sleeper *z = &s->sleeper;

    z->intended = NEW_ARRAY(s->arena, struct str, s->walk_count + 1);
    z->count = 0;
    z->epoch = s->epoch;
    z->wakes_in = below(&s->dice, 6);
    for (size_t i = 0; i < s->walk_count && !s->calm; i++) {
        const struct walk *w = s->walks[i];
        bool about = !w->ended && w->stage == STAGE_INTENDED && !is_transaction(w->task) &&
                     !task_transaction(w->task);
        if (about && !step_is_idempotent(s->program, w->task->step) &&
            !w->task->step->more->done_if)
            z->intended[z->count++] = str_copy(s->arena, w->task->address);
    }
}

// The journal up to [count] is all that is left, beside the world.
static void cut(struct sim *s, size_t count)
{
    struct map *world = s->facts;

    if (s->defect == DEFECT_FORGETS_LAST && count > 1)
        count--;
    fall_asleep(s);
    s->facts = map_new(s->arena);
    s->owes_always = false;
    s->count = s->durable = count;
    s->walk_count = 0;
    if (s->defect != DEFECT_FROM_MEMORY)
        s->run = replay(s, count, s->arena);
    for (size_t i = 0; i < count; i++) {
        struct event e;
        event_read(s->lines[i], s->arena, &e);
        note(s, &e);
    }
    for (size_t i = 0; i < map_count(world); i++) {
        const struct record *was = map_value(world, i);
        struct record *f = fact_of(s, was->address);
        f->effects = was->effects;
        f->in_doubt = was->in_doubt || was->cleared > (int64_t)count;
        f->active = f->stray = false;
        if (f->effects > f->intents + (f->ahead > 0))
            broken(s, "%.*s took effect %d times, and was intended %d times", STR_ARG(f->address),
                   f->effects, f->intents);
    }
}

// A person looked, and says what became of what is unknown.
static void mark(struct sim *s, struct task *t)
{
    struct value_builder *b = about(s, t);
    bool done = percent(&s->dice, 50);

    value_put_s(b, "attempt", value_int(t->attempts));
    value_put_s(b, "state", value_text(done ? "succeeded" : "failed"));
    value_put_s(b, "marked", value_bool(true));
    emit(s, EVENT_STEP_END, b);
}

static void resume(struct sim *s)
{
    struct value_builder *b = value_map_start(s->arena);

    s->facts_of_run = (struct run_facts){ .undo_only = s->undo_session };
    s->epoch = ++s->held_by;
    s->nobody = percent(&s->dice, 40);
    s->stopped = s->over = false;
    s->signals = 0;
    s->walk_count = 0;
    s->session++;
    run_resume_here(s->run, &s->facts_of_run);
    if (s->undo_session)
        value_put_s(b, "undo", value_bool(true));
    emit(s, EVENT_RUN_RESUME, b);
    for (size_t i = 0; i < run_task_count(s->run); i++) {
        struct task *t = run_task_at(s->run, i);
        if (t->state == STATE_UNKNOWN && t->ended && !t->step->more->rescue.count &&
            task_can_be_marked(t) && percent(&s->dice, 70))
            mark(s, t);
    }
    run_resume_here(s->run, &s->facts_of_run);
    if (s->owes_always)
        run_owe_always(s->run);
}

// ---- a session

static bool suspend(struct sim *s)
{
    emit(s, EVENT_RUN_SUSPEND, value_map_start(s->arena));
    s->durable = s->count;
    s->suspended = true;
    return true;
}

// False when it ended by a crash.
static bool session(struct sim *s)
{
    for (int turn = 0; !s->over; turn++) {
        if (turn > 3000)
            broken(s, "it goes on for ever");
        struct order o;
        while (carry(s, o = run_order(s->run, s->now_ms)))
            if (!s->calm && percent(&s->dice, 1))
                return false;
        intend_ahead(s);
        if (!s->calm && percent(&s->dice, 1))
            return false;
        commit(s);
        struct walk *w = anyone_acting(s), *asked = s->nobody ? NULL : anyone_asked(s);
        if (!s->calm && percent(&s->dice, 2))
            interrupt(s);
        else if (asked && (!w || percent(&s->dice, 50)))
            answered(s, asked, percent(&s->dice, 80));
        else if (w)
            replied(s, w, reply_for(s, w));
        else if (only_people_are_missing(s))
            return suspend(s);
        else if (o.kind == ORDER_WAIT && s->durable == s->count && !s->over &&
                 run_order(s->run, s->now_ms).kind == ORDER_WAIT)
            broken(s, "it waits, and nothing is under way");
    }
    return true;
}

static bool play_on(struct sim *s)
{
    if (!session(s)) {
        size_t lost = s->count - s->durable;
        cut(s, s->durable + (lost ? below(&s->dice, (unsigned)lost + 1) : 0));
        return true;
    }
    if (s->suspended) {
        s->suspended = false;
        s->nobody = false;
        cut(s, s->count);
        return true;
    }
    int code = run_code(s->run);
    judge_code(s, code);
    emit(s, EVENT_RUN_END, value_map_start(s->arena));
    s->durable = s->count;
    bool final = code == CODE_OK || code == CODE_UNDONE;
    if (final && !s->undo_session && code == CODE_OK && percent(&s->dice, 20))
        final = false;
    if (!final && (code == CODE_OK || percent(&s->dice, 30)))
        s->undo_session = true;
    cut(s, s->count);
    return !final;
}

static void play(struct sim *s)
{
    emit(s, EVENT_RUN_START, value_map_start(s->arena));
    for (int i = 0; play_on(s) && i < 12; i++)
        resume(s);
}

// ---- cut after every event

static struct sim sim_new(struct arena *a, const struct sim *like)
{
    struct sim s = *like;

    s.arena = a;
    s.facts = map_new(a);
    s.lines = NULL;
    s.walks = NULL;
    s.count = s.room = s.durable = s.walk_count = s.walk_room = 0;
    s.run = run_new(a, s.program, &s.facts_of_run);
    return s;
}

static void must_end_as(struct sim *s, const struct sim *whole, size_t at)
{
    if (run_code(s->run) != run_code(whole->run))
        broken(s, "cut after event %zu it ends with %d, not %d", at, run_code(s->run),
               run_code(whole->run));
    for (size_t i = 0; i < run_task_count(whole->run); i++) {
        const struct task *x = run_task_at(whole->run, i), *y = run_task(s->run, x->address);
        if (!y || y->state != x->state)
            broken(s, "cut after event %zu, %.*s ends as %s, not %s", at, STR_ARG(x->address),
                   y ? state_word(y->state) : "nothing", state_word(x->state));
        if (x->kind == TASK_ACTION && x->phase != PHASE_ALWAYS && !is_in(x, SERIES_ALWAYS) &&
            x->step->more->on_resume != ON_RESUME_AGAIN &&
            fact_of(s, x->address)->effects != (x->intent ? 1 : 0))
            broken(s, "cut after event %zu, %.*s takes effect %d times", at, STR_ARG(x->address),
                   fact_of(s, x->address)->effects);
    }
}

static bool is_committed(const struct task *group, bool began)
{
    return group->ended ? state_is_good(group->state)
                        : task_is_committed(group) ||
                              (group->more->notes.kind == VALUE_MAP && began);
}

// The world as it is after [at] events: what was intended and has not ended, [began] or not.
static void go_on_from(struct sim *whole, size_t at, bool began)
{
    struct arena *a = arena_new(NULL);
    struct sim s = sim_new(a, whole);

    for (size_t i = 0; i < at; i++)
        keep_line(&s, whole->lines[i]);
    cut(&s, at);
    for (size_t i = 0; i < run_task_count(s.run); i++) {
        const struct task *t = run_task_at(s.run, i), *group = task_transaction(t);
        struct record *f = fact_of(&s, t->address);
        bool open = t->kind == TASK_ACTION && (t->intent || t->intended) && !t->ended;
        bool commits = is_transaction(t) && t->more->notes.kind == VALUE_MAP && !t->ended;
        f->effects = (t->kind == TASK_ACTION && t->intent && t->ended) || (open && began);
        f->in_doubt = (open || commits) && began;
        if (is_transaction(t))
            f->effects = is_committed(t, began);
        else if (group && t->kind == TASK_ACTION)
            f->effects = t->intent && is_committed(group, began);
        if (group)
            f->in_doubt = f->effects && t->state == STATE_PROVISIONAL;
        f->active = false;
    }
    resume(&s);
    session(&s);
    must_end_as(&s, whole, at);
    arena_free(a);
}

enum { MOST_CUTS = 120 };

static void cut_everywhere(const struct sim *like)
{
    struct arena *a = arena_new(NULL);
    struct sim whole = sim_new(a, like);

    whole.calm = true;
    emit(&whole, EVENT_RUN_START, value_map_start(a));
    session(&whole);
    for (size_t at = 1; at < whole.count && whole.count <= MOST_CUTS; at++) {
        go_on_from(&whole, at, false);
        go_on_from(&whole, at, true);
    }
    arena_free(a);
}

// ---- many

static struct program *load(struct arena *a, struct str book, struct str callee)
{
    struct diags ds = { .arena = a };
    struct project *project = project_find(a, STR("/"), action_names(), &ds);
    struct program_file files[] = { { STR("/sim.yaml"), book }, { STR("/callee.yaml"), callee } };
    struct program *p = program_from(a, project, files, 2, STR("/sim.yaml"), &ds);

    if (!p) {
        printf("%.*s%.*s", STR_ARG(book), STR_ARG(callee));
        for (const struct diag *d = ds.first; d; d = d->next)
            printf("%.*s\n", STR_ARG(d->message));
        printf("the simulation writes runbooks that cannot be loaded\n");
        exit(2);
    }
    return p;
}

enum { PLAYS_A_BOOK = 8 };

static void play_book(uint64_t seed, enum defect defect, long long *events)
{
    struct dice dice = { seed };
    struct arena *a = arena_new(NULL);
    struct str book = write_book(&dice, a), callee = write_callee(&dice, a);
    struct program *p = load(a, book, callee);

    for (int i = 0; i < PLAYS_A_BOOK; i++) {
        struct arena *each = arena_new(a);
        char name[64];
        struct sim s = { .arena = each,
                         .dice = { roll(&dice) },
                         .seed = roll(&dice),
                         .defect = defect,
                         .name = name,
                         .book = book,
                         .callee = callee,
                         .program = p,
                         .facts = map_new(each),
                         .events = events };
        snprintf(name, sizeof name, "seed=%" PRIu64 ", play %d", seed, i);
        s.run = run_new(each, p, &s.facts_of_run);
        if (i == 0 && !defect && percent(&dice, 25))
            cut_everywhere(&s);
        play(&s);
        arena_free(each);
    }
    arena_free(a);
}

int main(int argc, char **argv)
{
    long long events = 0, wanted = 30000, number;
    unsigned long long seed = 1;
    int defect = 0;

    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "events=%lld", &number) == 1)
            wanted = number;
        else if (sscanf(argv[i], "seed=%llu", &seed) != 1)
            sscanf(argv[i], "defect=%d", &defect);
    }
    uint64_t books = 0;
    while (events < wanted)
        play_book(seed + books++, (enum defect)defect, &events);
    printf("%lld events of %" PRIu64 " runbooks: every promise was kept\n", events, books);
    return 0;
}
