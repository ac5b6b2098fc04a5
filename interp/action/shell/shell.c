#include "action/shell/shell.h"

#include "action/params.h"
#include "action/shell/carry.h"
#include "action/shell/remote.h"
#include "base/arena.h"

struct job {
    struct remote remote;
    struct script_run run;
    bool bash;
};

// ---- at load

static bool is_bash(const struct shell_params *p, struct str fallback)
{
    if (p->shell || p->host)
        return p->shell != SHELL_SH;
    return !str_is(fallback, "sh");
}

static bool conflict(const struct shell_params *p, const struct bind *b, const char *key,
                     const char *why)
{
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, param_span(p->node, key), "%s", why);
    return false;
}

static bool check(const struct step *s, const struct bind *b)
{
    struct shell_params *p = s->params;

    if (p->process.tty == YES && p->host)
        return conflict(p, b, "host", "`tty: true` works on this machine only");
    if (p->process.daemon != UNWRITTEN && p->host)
        return conflict(p, b, "daemon", "`daemon` means nothing on another machine");
    if (p->shell == SHELL_SH && p->host)
        return conflict(p, b, "shell", "on another machine a script runs under bash");
    p->script = script_read(b->arena, p->run, is_bash(p, b->default_shell.str), b->diags);
    return process_check(&p->process, p->node, b->diags) && p->script;
}

// ---- running

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct shell_params *p = at->params;
    struct job *job = at->job = NEW(at->arena, struct job);

    job->bash = is_bash(p, at->shell);
    if (!script_fill(p->script, at->scope, at->session->mask, at->arena, &job->run, err) ||
        !process_resolve(at, &p->process, &job->remote.process, err) ||
        !words_open(p->host, at, &job->remote.host, err))
        return false;
    if (p->host)
        return remote_script(at, job->remote.host, &job->run, &job->remote.process, err);
    return carry_script(at, &job->run, job->bash, &job->remote.process, err);
}

// Where no shell comes in.
static struct str program(const struct attempt *at)
{
    const struct job *job = at->job;

    return job->remote.process.other_argv ? job->remote.process.argv[0] : STR("");
}

static void start(struct attempt *at)
{
    const struct job *job = at->job;

    if (job->remote.host.n)
        remote_start(at);
    else
        process_start(at);
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct job *job = at->job;
    const char *shell = job->bash ? "bash" : "sh";

    if (job->remote.host.n)
        buf_format(out, "ssh %.*s bash -s:\n", STR_ARG(job->remote.host));
    else if (at->as.n)
        buf_format(out, "sudo -n -u %.*s -- %s:\n", STR_ARG(at->as), shell);
    else if (!job->bash)
        buf_add_s(out, "sh:\n");
    buf_add(out, job->run.shown);
    if (!str_ends(job->run.shown, "\n"))
        buf_add_c(out, '\n');
}

static void ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    const struct shell_params *p = at->params;

    process_over(at, &p->process, r, o);
    if (p->host)
        remote_ended(at, r, o);
}

// ---- what may be written

static const char *const shells[] = { "bash", "sh", NULL };
static const struct type type_shell = {
    .kind = TYPE_CHOICE,
    .name = "shell",
    .size = sizeof(int),
    .choices = shells,
};

static const struct field fields[] = {
    { "run", &type_said, AT(struct shell_params, run), .flags = FIELD_REQUIRED,
      .doc = "The script. A `${{ }}` in it is data wherever it stands, never code." },
    { "shell", &type_shell, AT(struct shell_params, shell), .fallback = "bash",
      .doc = "`bash -euo pipefail`, or `sh -eu`." },
    PROCESS_FIELDS(struct shell_params, "script"),
    { "host", &type_words, AT(struct shell_params, host),
      .doc = "Runs the script on another machine, by `ssh HOST bash -s`." },
    { 0 },
};
static const struct type whole = {
    .kind = TYPE_OBJECT,
    .name = "shell",
    .size = sizeof(struct shell_params),
    .fields = fields,
};
static const struct type *const forms[] = { &type_said, &whole, NULL };

static bool read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct shell_params *p = to;

    p->node = n;
    return short_read(type, n, &p->run, p, r);
}

static const struct type params = {
    .kind = TYPE_OWN,
    .name = "shell",
    .size = sizeof(struct shell_params),
    .read = read,
    .forms = forms,
};

const struct action action_shell = {
    .name = "shell",
    .doc = "Runs a script and waits for it. It succeeds when the script exits with 0.",
    .example = "- name: Reload the web server\n  shell: systemctl reload nginx\n",
    .params = &params,
    .results = process_results,
    .timeout_ms = 15 * 60 * 1000,
    .needs_process = true,
    .takes = TAKES_ENV | TAKES_DIR | TAKES_AS | TAKES_GRACE,
    .check = check,
    .effects = process_effects,
    .resolve = resolve,
    .describe = describe,
    .program = program,
    .start = start,
    .cancel = process_cancel,
    .ended = ended,
};
