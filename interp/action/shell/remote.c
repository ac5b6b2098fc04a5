#include "action/shell/remote.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "action/params.h"
#include "action/shell/carry.h"
#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "base/shell_word.h"

enum { PIECE = 100 * 1024, ENVIRONMENT_ROOM = 1 << 20 };

struct str remote_word(enum remote_end end)
{
    static const char *const words[] = {
        [REMOTE_ENDED] = "ended",
        [REMOTE_UNREACHABLE] = "unreachable",
        [REMOTE_LOST] = "lost",
    };
    return str_from(words[end]);
}

// ---- the job

// The script as variables __rb_s0, __rb_s1, ... of the environment; returns what puts
// them together.
static struct str add_source(const struct attempt *at, const struct script_run *run,
                             struct buf *job)
{
    struct buf source = BUF_EMPTY, all = BUF_EMPTY, forget = BUF_EMPTY;

    for (size_t i = 0; i <= run->text.n / PIECE; i++)
        buf_format(&forget, " __rb_s%zu", i);
    for (size_t i = 0; i < run->value_count; i++)
        buf_format(&forget, " __rb_v%zu", i);
    buf_format(&source, "unset%s; ", forget.s);
    buf_add(&source, run->text);
    for (size_t i = 0; i * PIECE < source.n; i++) {
        buf_format(job, "export __rb_s%zu=", i);
        shell_quote(job, str_slice(buf_str(&source), i * PIECE,
                                   (i + 1) * PIECE < source.n ? (i + 1) * PIECE : source.n));
        buf_add_c(job, '\n');
        buf_format(&all, "${__rb_s%zu}", i);
    }
    buf_free(&source);
    buf_free(&forget);
    return buf_take(&all, at->arena);
}

// Values are exported to the inner shell alone, which takes them as variables of its own.
static struct str add_values(const struct attempt *at, const struct script_run *run,
                             struct buf *job)
{
    struct buf take = BUF_EMPTY;

    for (size_t i = 0; i < run->value_count; i++) {
        const struct script_value *v = &run->values[i];

        buf_format(job, "export __rb_v%zu=", i);
        shell_quote(job, v->value);
        buf_add_c(job, '\n');
        buf_format(&take, "%.*s=${__rb_v%zu}; ", STR_ARG(v->name), i);
    }
    return buf_take(&take, at->arena);
}

static bool add_dir(const struct attempt *at, struct buf *job, struct expr_error *err)
{
    struct str dir;

    if (!at->step->more->dir)
        return true;  // the home folder of the user there
    if (!words_open(at->step->more->dir, at, &dir, err))
        return false;
    buf_add_s(job, "cd -- ");
    shell_quote(job, dir);
    buf_add_s(job, " || exit\n");
    return true;
}

static void add_inner(const struct process *p, struct str source, struct str values,
                      struct buf *job)
{
    if (p->input.n) {
        buf_add_s(job, "printf %s ");
        shell_quote(job, p->input);
        buf_add_s(job, " |");
    } else {
        buf_add_s(job, "exec");
    }
    buf_format(job, " bash -euo pipefail -c '%.*seval \"%.*s\"'%s\n", STR_ARG(values),
               STR_ARG(source), p->input.n ? "" : " </dev/null");
}

static void add_ok(const struct process *p, struct buf *job)
{
    buf_add_s(job, "case $__rb_status in ");
    for (const int *ok = p->ok_exit; *ok >= 0; ok++)
        buf_format(job, "%s%d", ok == p->ok_exit ? "" : "|", *ok);
    buf_add_s(job, ") ;; *) kill -KILL -- -$__rb_job ;; esac\n");
}

// A dead process that nobody has waited for still counts for kill -0.
//
// One compound command, so that the shell has read it whole before anything in it reads
// what follows: the words TERM and KILL. A closed line is a TERM, too.
static const char before[] = "{\n"
                             "__rb_lives() {\n"
                             "  kill -0 -- -$__rb_job || return 1\n"
                             "  command -v ps || return 0\n"
                             "  ps -A -o pgid= -o stat= | while read -r __rb_group __rb_stat; do\n"
                             "    [ $__rb_group != $__rb_job ] || case $__rb_stat in\n"
                             "      Z*) ;; *) echo lives; break ;;\n"
                             "    esac\n"
                             "  done | grep lives\n"
                             "} >/dev/null 2>&1\n"
                             "exec 3<&0 </dev/null\n"
                             "trap __rb_stopped=1 USR1\n"
                             "set -m\n"
                             "( set +m; exec 3<&-; trap - USR1\n";

static const char after[] =
    ") & __rb_job=$!\n"
    "( trap - USR1\n"
    "  while IFS= read -r __rb_word <&3; do kill -USR1 $$\n"
    "    kill -$__rb_word -- -$__rb_job; kill -CONT -- -$__rb_job\n"
    "  done\n"
    "  kill -TERM -- -$__rb_job; kill -CONT -- -$__rb_job; sleep 10; kill -KILL -- -$__rb_job\n"
    ") >/dev/null 2>&1 & __rb_watch=$!\n"
    "exec 3<&-\n"
    "exec 4>&2 2>/dev/null\n"
    "while :; do wait $__rb_job; kill -0 $__rb_job || break; done\n"
    "wait $__rb_job; __rb_status=$?\n"
    "if [ ${__rb_stopped-} ]; then\n"
    "  while __rb_lives; do sleep 0.05; done\n"
    "else\n";

static const char end[] = "fi\n"
                          "kill -KILL -- -$__rb_watch\n"
                          "printf '\\n%s exit %s\\n' $__rb_nonce $__rb_status\n"
                          "exit\n"
                          "}\n";

static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.n; i++)
        if ((unsigned char)host.s[i] <= ' ' || host.s[i] == 127 ||
            strchr("'\"\\$`;&|<>(){}*?!#", host.s[i]))
            return false;
    return host.n && host.s[0] != '-';
}

static bool fail(struct expr_error *err, struct str message, const char *help)
{
    *err = (struct expr_error){ .message = message, .help = str_from(help) };
    return false;
}

static bool check(const struct attempt *at, struct str host, const struct script_run *run,
                  const struct process *p, struct expr_error *err)
{
    size_t size = run->text.n;

    for (size_t i = 0; i < run->value_count; i++)
        size += run->values[i].value.n;
    if (!is_host(host))
        return fail(err,
                    str_format(at->arena, "'%.*s' cannot be the name of a host", STR_ARG(host)),
                    "a name of your ssh configuration, HOST, or USER@HOST");
    if (at->as.n)
        return fail(err, STR("`as` does not reach another machine"), "write host: USER@HOST");
    if (str_find(p->input, '\0') != SIZE_MAX)
        return fail(err, STR("a NUL byte cannot be sent to the standard input on another machine"),
                    "send it as base64, and decode it there");
    if (size > ENVIRONMENT_ROOM)
        return fail(err, STR("the script and its values are longer than 1 MiB together"),
                    "copy a file there, and read that");
    return true;
}

static struct str file_of(const struct attempt *at)
{
    return str_format(at->arena, "%.*s/%.*s.ssh", STR_ARG(at->session->folder), STR_ARG(at->name));
}

static const struct str *worker_argv(const struct attempt *at, struct str host, const char *socket)
{
    struct str *argv = NEW_ARRAY(at->arena, struct str, 7);

    argv[0] = STR("/proc/self/exe");
    argv[1] = STR("@ssh");
    argv[2] = host;
    argv[3] = str_format(at->arena, "%lld", (long long)at->grace_ms);
    argv[4] = file_of(at);
    if (socket)
        argv[5] = str_from(socket);
    return argv;
}

bool remote_script(const struct attempt *at, struct str host, const struct script_run *run,
                   struct process *p, struct expr_error *err)
{
    struct buf *job = buf_in(at->arena);

    if (!check(at, host, run, p, err))
        return false;
    buf_add_s(job, before);
    if (!add_dir(at, job, err))
        return false;
    carry_exports(at, job);
    struct str values = add_values(at, run, job);
    struct str source = add_source(at, run, job);
    add_inner(p, source, values, job);
    buf_add_s(job, after);
    add_ok(p, job);
    buf_add_s(job, end);
    p->argv = worker_argv(at, host,
                          NULL);  // what it is, for messages; remote_start() names the file
    p->env = at->env;
    p->input = buf_str(job);
    p->then = remote_ended;
    return true;
}

static void start(struct attempt *at, const char *socket)
{
    struct remote *r = at->job;

    if (r->process.cancelled) {
        at->done(at, &(struct outcome){ .verdict = VERDICT_CANCELLED, .not_started = true });
        return;
    }
    r->process.argv = worker_argv(at, r->host, socket);
    process_start(at);
}

void remote_start(struct attempt *at)
{
    const struct remote *r = at->job;

    remote_line_wait(at, r->host, start);
}

// ---- the end

static enum remote_end end_of(const struct attempt *at)
{
    char word[32] = "";
    int fd = open(file_of(at).s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, word, sizeof(word) - 1);

    if (fd >= 0)
        close(fd);
    for (enum remote_end e = REMOTE_ENDED; n > 0 && e < REMOTE_LOST; e++)
        if (str_is(remote_word(e), word))
            return e;
    return REMOTE_LOST;
}

// The last line of what ssh said.
static struct str last_line(struct arena *a, struct value result)
{
    struct value err;

    if (!value_field(result, "stderr", a, &err))
        return STR("");
    struct str text = str_trim(err.s);
    for (size_t i = text.n; i > 0; i--)
        if (text.s[i - 1] == '\n')
            return str_trim(str_slice(text, i, text.n));
    return text;
}

static void unreachable(struct attempt *at, struct outcome *o)
{
    bool cancelled = o->verdict == VERDICT_CANCELLED;
    struct str why = last_line(at->arena, o->result);

    *o = (struct outcome){ .verdict = cancelled ? VERDICT_CANCELLED : VERDICT_FAILED,
                           .not_started = true };
    o->message = str_format(at->arena, "the host cannot be reached: %.*s", STR_ARG(why));
    o->help = STR("nothing was run there; try `ssh HOST true` by hand");
}

void remote_ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    enum remote_end end_ = end_of(at);
    const struct remote *remote = at->job;

    if (end_ == REMOTE_ENDED && remote)
        remote_line_answered(at, remote->host);
    if (r->end == CHILD_NOT_STARTED || end_ == REMOTE_ENDED)
        return;
    if (end_ == REMOTE_UNREACHABLE && !r->timed_out) {
        unreachable(at, o);
        return;
    }
    o->verdict = VERDICT_UNKNOWN;
    o->rule = false;
    o->message = r->timed_out || r->cancelled
                     ? STR("the host did not confirm that the script was stopped")
                     : STR("the connection was lost while the script ran");
    o->help = STR("look there whether it took effect, then say so: resume --mark");
}
