#include "cli/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/inputs.h"
#include "report/github.h"
#include "report/incident.h"
#include "report/ndjson.h"
#include "report/person.h"
#include "report/teller.h"

// -------- flags

// ID=TEXT of every --NAME.
static int take_said(struct live *l, const char *name, const struct said **out, size_t *count)
{
    const struct str *texts = flag_texts(l->v, name, count);
    struct said *all = NEW_ARRAY(l->v->arena, struct said, *count + 1);

    for (size_t i = 0; i < *count; i++) {
        size_t equals = str_find(texts[i], '=');
        if (equals == SIZE_MAX || equals == 0)
            return usage_error(l->v, NULL, "`--%s %.*s` has to be ID=TEXT", name,
                               STR_ARG(texts[i]));
        all[i] = (struct said){ str_slice(texts[i], 0, equals),
                                str_slice(texts[i], equals + 1, texts[i].n) };
    }
    *out = all;
    return CODE_OK;
}

static int take_wait(struct live *l)
{
    struct str wait = flag_text(l->v, "wait");
    int64_t ns;

    if (!flag_given(l->v, "wait"))
        return CODE_OK;
    if (!duration_parse(wait, &ns))
        return usage_error(l->v, "a number and a unit: 30s, 10m", "`--wait` does not take `%.*s`",
                           STR_ARG(wait));
    l->options.wait_ms = ns / 1000000;
    return CODE_OK;
}

// The folder of --report must be there before anything runs.
static int check_report(struct live *l)
{
    struct str path = str_copy(l->v->arena, flag_text(l->v, "report"));
    const char *slash = strrchr(path.s, '/');
    struct str folder = !slash ? STR(".")
                               : str_copy(l->v->arena,
                                          (struct str){ path.s, (size_t)(slash - path.s) + 1 });

    if (!path.n ||
        (access(folder.s, W_OK) == 0 && (access(path.s, F_OK) < 0 || access(path.s, W_OK) == 0)))
        return CODE_OK;
    return usage_error(l->v, NULL, "`--report %.*s` cannot be written: %s", STR_ARG(path),
                       strerror(errno));
}

static int on_failure_of(struct str word)
{
    return str_is(word, "stop")   ? FAILURE_STOP
           : str_is(word, "undo") ? FAILURE_UNDO
           : str_is(word, "ask")  ? FAILURE_ASK
                                  : FAILURE_UNWRITTEN;
}

static void take_switches(struct live *l)
{
    struct invocation *v = l->v;
    struct run_options *o = &l->options;

    o->cwd = v->dir;
    o->reach = reaching_flags(v);
    o->manual = str_is(flag_text(v, "mode"), "manual");
    o->yes = flag_given(v, "yes");
    o->no_input = flag_given(v, "no-input");
    o->detach = flag_given(v, "detach");
    o->probe = flag_given(v, "probe");
    o->dry_run = flag_given(v, "dry-run") || o->probe;
    o->drill = flag_given(v, "drill");
    o->from = flag_text(v, "from");
    o->skips = flag_texts(v, "skip", &o->skip_count);
    o->skip_reason = flag_text(v, "skip-reason");
    o->reason = flag_text(v, "reason");
    o->undo_step = flag_text(v, "step");
    o->on_failure = on_failure_of(flag_text(v, "on-failure"));
}

int live_options(struct live *l)
{
    struct run_options *o = &l->options;
    int code;

    take_switches(l);
    if ((code = take_said(l, "confirm", &o->confirms, &o->confirm_count)) ||
        (code = take_said(l, "answer", &o->answers, &o->answer_count)) ||
        (code = take_said(l, "attest", &o->attests, &o->attest_count)) ||
        (code = take_said(l, "mark", &o->marks, &o->mark_count)) || (code = take_wait(l)) ||
        (code = check_report(l)))
        return code;
    return inputs_given(l->v, &o->given, &o->given_count);
}

// -------- who watches

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static enum manner manner_of(const struct live *l, const struct look *look)
{
    struct str said = flag_text(l->v, "progress");

    if (flag_given(l->v, "q") || str_is(said, "quiet"))
        return MANNER_QUIET;
    if (str_is(said, "plain"))
        return MANNER_PLAIN;
    if (str_is(said, "tty"))
        return MANNER_TTY;
    // Events must not be mixed with words for people.
    if (l->v->ndjson && is_same_file(STDOUT_FILENO, STDERR_FILENO))
        return MANNER_QUIET;
    return look->repaint ? MANNER_TTY : MANNER_PLAIN;
}

// The times of earlier runs, read through a store of its own: the one of the run is the
// driver's.
static struct past *read_past(struct str runbook, void *arg)
{
    struct live *l = arg;
    struct arena *a = arena_new(NULL);
    struct diags ignored = { .arena = a };
    struct store *s = store_open(a, NULL, l->options.store, false, &ignored);
    struct past *p = s ? past_read(s, runbook, 5, l->v->arena, l->v->diags) : NULL;

    arena_free(a);
    return p;
}

static struct str color_said(const struct invocation *v)
{
    return flag_given(v, "color") && !flag_text(v, "color").n ? STR("always")
                                                              : flag_text(v, "color");
}

static struct observer *new_teller(struct live *l, struct screen *screen, bool asks)
{
    struct teller_options o = { .manner = manner_of(l, screen_look(screen)),
                                .verbose = flag_given(l->v, "v"),
                                .asks = asks,
                                .flags = reaching_flags(l->v) };

    o.github = github_is_here() && o.manner != MANNER_TTY;
    if (o.manner == MANNER_TTY) {
        o.past = read_past;
        o.past_arg = l;
    }
    return teller_new(l->v->arena, l->loop, l->history, screen, &o);
}

// Questions are shown where the run is told, when that is a terminal; else on the
// controlling terminal.
static struct asker *new_person(struct live *l, struct screen *screen)
{
    struct arena *a = l->v->arena;
    struct tty *tty = l->options.no_input ? NULL : tty_open(a, l->loop);

    if (tty && !isatty(STDERR_FILENO))
        screen = screen_new(a, tty_fd(tty), look_of(tty_fd(tty), color_said(l->v)));
    return person_new(a, l->loop, tty, screen, l->history);
}

void live_begin(struct live *l)
{
    struct arena *a = l->v->arena;

    if (!l->loop)
        l->loop = loop_new(a);
    if (!l->history)
        l->history = history_new(a);
    l->history->keep_moments = flag_given(l->v, "report");
    struct screen *screen = screen_new(a, STDERR_FILENO, look_of(STDERR_FILENO, color_said(l->v)));
    struct asker *person = new_person(l, screen);
    l->teller = new_teller(l, screen, person->has_terminal && !l->options.detach);
    l->events = l->v->ndjson ? ndjson_new(a, STDOUT_FILENO) : NULL;
    if (l->events)
        l->events->next = l->teller;
    l->env = (struct run_env){ .arena = a,
                               .loop = l->loop,
                               .diags = l->v->diags,
                               .observers = l->events ? l->events : l->teller,
                               .asker = person,
                               .mask = l->v->mask };
}

// -------- the end

static void write_report(struct live *l)
{
    struct str path = str_copy(l->v->arena, flag_text(l->v, "report"));
    struct buf b = BUF_EMPTY;

    if (!path.n || !l->history->run.n)
        return;
    incident_write(l->history, report_format_of_path(path), l->v->arena, &b);
    FILE *f = fopen(path.s, "we");
    bool good = f && fwrite(b.s, 1, b.n, f) == b.n;
    good = f && fclose(f) == 0 && good;
    if (!good)
        diag_warn(l->v->diags, DIAG_USAGE, (struct span){ 0 }, "`--report %.*s`: %s", STR_ARG(path),
                  strerror(errno));
    buf_free(&b);
}

int live_end(struct live *l, int code)
{
    teller_end(l->teller);
    write_report(l);
    if (l->events)
        ndjson_finish(l->events);
    // [now_ms]: not only read, but told.
    l->v->events_began = l->history->now_ms &&
                         (l->history->start.kind == VALUE_MAP || l->history->over);
    return code;
}

// What stands before the next blank, which is taken off.
static struct str next_word(struct str *words)
{
    size_t blank = str_find(*words, ' '), end = blank == SIZE_MAX ? words->n : blank;
    struct str word = str_slice(*words, 0, end);

    *words = str_slice(*words, blank == SIZE_MAX ? end : end + 1, words->n);
    return word;
}

// "NAME ENDED WHAT CLAIM", from `runbook worker`, for this process alone: who goes on with the run,
// what was seen of it, whether it is only to call people, and by what the run is ours.
static void take_worker(struct live *l)
{
    const char *said = getenv("RUNBOOK_WORKER");
    struct str words = str_copy(l->v->arena, str_from(said ? said : ""));

    l->options.worker = next_word(&words);
    l->options.seen_ended = next_word(&words);
    l->options.call = str_is(next_word(&words), "call");
    l->options.claim = words;
    unsetenv("RUNBOOK_WORKER");
}

int live_existing(struct invocation *v,
                  int (*act)(struct run_env *env, struct str run, const struct run_options *o))
{
    struct live l = { .v = v, .loop = loop_new(v->arena), .history = history_new(v->arena) };
    struct store *s;
    struct run_row row;
    int code = live_options(&l);

    if (code != CODE_OK)
        return code;
    if (act == run_resume)
        take_worker(&l);
    l.options.store = store_url(v);
    // The server of the store may be long in answering.
    struct lookout *lookout = lookout_begin(v->arena);
    if ((code = open_store(v, l.loop, false, &s)) == CODE_OK)
        code = open_run(v, s, v->words[0], &row);
    int called = lookout_end(lookout);
    if (called)
        fputs("stopped by a signal; nothing was started\n", stderr);
    if (called || code)
        return called ? called : code;
    live_begin(&l);
    l.env.store = s;
    return live_end(&l, act(&l.env, row.id, &l.options));
}
