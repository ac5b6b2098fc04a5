// What the end of a process means, in words and as a result.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "action/shell/process.h"
#include "base/arena.h"
#include "loop/program.h"
#include "value/json.h"

const struct expr_field process_results[] = {
    { "exit", &expr_int, "The exit status; 128 and its number after a signal." },
    { "signal", &expr_string, "The signal that ended it (`KILL`); else empty." },
    { "stdout", &expr_string, "What it wrote to standard output, without the last newline." },
    { "stderr", &expr_string, "What it wrote to standard error, without the last newline." },
    { "lines", &expr_dyn, "The lines of `stdout`." },
    { "json", &expr_dyn, "`stdout` read as JSON; an error when it is none." },
    { "took", &expr_duration, "How long it ran." },
    { "truncated", &expr_bool, "Whether the middle of an output was left out." },
    { 0 },
};

struct written written_new(struct arena *a, struct str text, size_t cut, int64_t left_out)
{
    struct buf all = BUF_EMPTY;  // there may be NULs in it

    if (!left_out)
        return (struct written){ .text = text };
    buf_add(&all, str_slice(text, 0, cut));
    buf_format(&all, "\n[... %lld bytes are left out here ...]\n", (long long)left_out);
    buf_add(&all, str_slice(text, cut, text.n));
    return (struct written){ .text = buf_take(&all, a), .truncated = true };
}

static struct str without_newline(struct str s)
{
    return str_ends(s, "\n") ? str_slice(s, 0, s.n - 1) : s;
}

static struct value lines_of(struct arena *a, struct str text)
{
    struct value_builder *lines = value_list_start(a);
    size_t at = 0;

    while (at < text.n) {
        const char *newline = memchr(text.s + at, '\n', text.n - at);
        size_t end = newline ? (size_t)(newline - text.s) : text.n;
        value_add(lines, value_string(str_slice(text, at, end)));
        at = end + 1;
    }
    return value_finish(lines);
}

static struct str signal_name(struct arena *a, int signo)
{
    const char *name = sigabbrev_np(signo);

    return name ? str_from(name) : str_format(a, "RTMIN+%d", signo - SIGRTMIN);
}

static void put_stdout(struct value_builder *b, struct arena *a, const struct written *out)
{
    struct str text = without_newline(out->text);
    struct json_error ignored;
    struct value json;

    value_put_s(b, "stdout", value_string(text));
    value_put_s(b, "lines", lines_of(a, out->text));
    if (text.n && !out->truncated && json_read(text, a, &json, &ignored))
        value_put_s(b, "json", json);
}

struct value process_result(struct arena *a, const struct child_result *r,
                            const struct written *out, const struct written *err)
{
    struct value_builder *b = value_map_start(a);
    bool signalled = r->end == CHILD_SIGNALLED;

    value_put_s(b, "exit", value_int(signalled ? 128 + r->status : r->status));
    value_put_s(b, "signal", value_string(signalled ? signal_name(a, r->status) : STR("")));
    put_stdout(b, a, out);
    value_put_s(b, "stderr", value_string(without_newline(err->text)));
    value_put_s(b, "took", value_duration_ms(r->took_ms));
    value_put_s(b, "truncated", value_bool(out->truncated || err->truncated));
    return value_finish(b);
}

// ---- ends that are no exit

// The line of a script that names who reads it: its "#!" line without the sign, or nothing.
static struct str interpreter_of(const char *path, struct arena *a)
{
    char text[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
    struct str line = { text, n > 0 ? (size_t)n : 0 };

    if (fd >= 0)
        close(fd);
    if (!str_starts(line, "#!"))
        return STR("");
    return str_copy(a, str_trim(str_slice(line, 2, str_find(line, '\n'))));
}

// It is there, and yet the kernel says that something is not.
static struct str missing(const struct attempt *at, struct str what)
{
    int error;
    const char *path = at->env ? program_find(what, at->env, at->dir, at->arena, &error) : NULL;

    if (path && path[0] != '/')
        path = str_format(at->arena, "%.*s/%s", STR_ARG(at->dir), path).s;
    if (!path || access(path, F_OK) != 0)
        return STR("there is no such program");
    struct str interpreter = interpreter_of(path, at->arena);
    return str_format(at->arena, "what it needs to run is not there%s%.*s%s",
                      interpreter.n ? " (`" : "", STR_ARG(interpreter), interpreter.n ? "`)" : "");
}

static struct str errno_words(const struct attempt *at, int error, struct str what)
{
    switch (error) {
    case ENOENT:
        return missing(at, what);
    case EACCES:
        return STR("permission denied");
    case ENOEXEC:
        return STR("it is no program for this machine");
    case E2BIG:
        return STR("its arguments and environment are too long");
    case ETXTBSY:
        return STR("it is being written to");
    default:
        return str_from(strerror(error));
    }
}

static void not_started(struct attempt *at, const struct child_result *r, struct str what,
                        struct outcome *o)
{
    const struct process *p = at->job;

    o->verdict = VERDICT_FAILED;
    o->not_started = true;
    if (p && p->tty && (r->error == ENXIO || r->error == ENOTTY || r->error == EBUSY))
        o->message = STR("the step needs a terminal, and there is none to give it");
    else if (r->bad_dir)
        o->message = str_format(at->arena, "cannot start in the folder '%.*s': %s",
                                STR_ARG(at->dir), strerror(r->error));
    else
        o->message = str_format(at->arena, "cannot start `%.*s`: %.*s", STR_ARG(what),
                                STR_ARG(errno_words(at, r->error, what)));
    if (r->error == ENOENT && !r->bad_dir)
        o->help = STR("name it in `requires.tools` to be told before anything runs");
    if (r->error == E2BIG)
        o->help = STR("pass long values on `stdin:`");
}

static void copy_left(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    struct left_process *left = NEW_ARRAY(at->arena, struct left_process, r->left_count + 1);

    for (size_t i = 0; i < r->left_count; i++) {
        left[i] = r->left[i];
        left[i].command = str_copy(at->arena, r->left[i].command);
    }
    o->left = left;
    o->left_count = r->left_count;
}

static void unknown(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    o->verdict = VERDICT_UNKNOWN;
    o->timed_out = r->timed_out;
    if (r->cannot_kill) {
        o->message = STR("it could not be stopped: something of it may not be signalled");
        o->help = STR("stop it by hand, then say how the step ended: resume --mark");
    } else {
        o->lost = true;
        o->message = STR("keeper lost: it is not known how the process ended");
        o->help = STR("look whether it took effect, then say so: resume --mark");
    }
    (void)at;
}

bool process_failed(struct attempt *at, const struct child_result *r, struct str what,
                    struct outcome *o)
{
    copy_left(at, r, o);
    if (r->end == CHILD_NOT_STARTED && !r->cancelled) {
        not_started(at, r, what, o);
    } else if (r->end == CHILD_LOST || r->cannot_kill) {
        unknown(at, r, o);
    } else if (r->cancelled) {
        o->verdict = VERDICT_CANCELLED;
    } else if (r->timed_out) {
        o->verdict = VERDICT_FAILED;
        o->timed_out = o->killed = true;
        o->message = str_format(
            at->arena, "timed out after %.*s",
            STR_ARG(duration_text(at->arena, (at->timeout_ms ? at->timeout_ms : r->took_ms) *
                                                 INT64_C(1000000))));
    } else {
        return false;
    }
    return true;
}

// ---- shell and exec

static bool is_ok(int status, const int *ok)
{
    for (; *ok >= 0; ok++)
        if (*ok == status)
            return true;
    return false;
}

static void judge(struct attempt *at, const struct child_result *r, const int *ok,
                  struct outcome *o)
{
    o->verdict = VERDICT_DONE;
    if (r->end == CHILD_SIGNALLED) {
        o->killed = true;
        o->message = str_format(at->arena, "it was killed by the signal %.*s",
                                STR_ARG(signal_name(at->arena, r->status)));
        return;
    }
    o->rule = is_ok(r->status, ok);
    if (!o->rule)
        o->message = str_format(at->arena, "it exited with %d", r->status);
}

// What a program writes when it fails for a reason that is not its own, and the way out.
static struct str way_out(const struct written *err)
{
    static const char terminal[] = "it wanted a terminal; give it one with `tty: true`";
    static const char processes[] = "this user or machine has no more processes to give: see "
                                    "`ulimit -u` and who has them";
    static const struct {
        const char *sign, *help;
    } rows[] = {
        { "/dev/tty", terminal },
        { "a terminal is required", terminal },
        { "not a tty", terminal },
        { "not a TTY", terminal },
        { "Inappropriate ioctl for device", terminal },
        { "No such device or address", terminal },
        { "fork: retry: Resource temporarily unavailable", processes },
        { "fork: Resource temporarily unavailable", processes },
        { "Cannot fork", processes },
        { "unable to create new native thread", processes },
        { NULL },
    };

    for (size_t i = 0; rows[i].sign; i++)
        if (str_search(err->text, str_from(rows[i].sign)) != SIZE_MAX)
            return str_from(rows[i].help);
    return STR("");
}

void process_outcome(struct attempt *at, const struct child_result *r, const int *ok,
                     const struct written *out, const struct written *err, struct outcome *o)
{
    struct process *p = at->job;
    struct str what = p ? p->argv[0] : str_from(at->action->name);

    if (!process_failed(at, r, what, o))
        judge(at, r, ok, o);
    if (r->end == CHILD_EXITED || r->end == CHILD_SIGNALLED)
        o->result = process_result(at->arena, r, out, err);
    if (o->verdict == VERDICT_FAILED ? o->timed_out : o->verdict == VERDICT_DONE && !o->rule)
        o->help = way_out(err);
    o->left_meant = o->rule && p && p->daemon == YES;
}

static void show(struct attempt *at, enum stream stream, struct str text)
{
    if (at->output && text.n)
        at->output(at, stream, text);
}

void process_adopted(struct attempt *at, const struct child_result *r, const int *ok,
                     bool shows_stdout, struct outcome *o)
{
    struct arena *a = at->arena;
    struct written out = written_new(a, str_copy(a, r->adopted_stdout), r->adopted_cut[0],
                                     r->adopted_left_out[0]);
    struct written err = written_new(a, str_copy(a, r->adopted_stderr), r->adopted_cut[1],
                                     r->adopted_left_out[1]);

    if (shows_stdout)
        show(at, STREAM_STDOUT, out.text);
    show(at, STREAM_STDERR, err.text);
    process_outcome(at, r, ok, &out, &err, o);
    o->withheld = str_search(out.text, STR("***")) != SIZE_MAX ||
                  str_search(err.text, STR("***")) != SIZE_MAX;
}
