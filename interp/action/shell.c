#include "action/shell.h"

#include "action/params.h"

static const char *const shells[] = { "bash", "sh", NULL };
static const struct type type_shell = {
    .kind = TYPE_CHOICE,
    .name = "shell",
    .size = sizeof(int),
    .choices = shells,
};

static const struct field fields[] = {
    { "run", &type_words, AT(struct shell_params, run), .flags = FIELD_REQUIRED,
      .doc = "The script. A `${{ }}` in it is data wherever it stands, never code." },
    { "shell", &type_shell, AT(struct shell_params, shell), .fallback = "bash",
      .doc = "`bash -euo pipefail`, or `sh -eu`." },
    { "stdin", &type_words, AT(struct shell_params, input),
      .doc = "What the script reads from its standard input, which is empty otherwise." },
    { "ok_exit", &type_ok_exit, AT(struct shell_params, ok_exit), .fallback = "0",
      .doc = "The exit statuses that mean success." },
    { "tty", &type_bool, AT(struct shell_params, tty), .fallback = "false",
      .doc = "The script has the terminal to itself; its output is not kept." },
    { "daemon", &type_bool, AT(struct shell_params, daemon),
      .doc = "Whether processes that it leaves running are meant (`true`) or killed (`false`)." },
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
static const struct type *const forms[] = { &type_words, &whole, NULL };

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

static const struct expr_field results[] = {
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

const struct action action_shell = {
    .name = "shell",
    .doc = "Runs a script and waits for it. It succeeds when the script exits with 0.",
    .example = "- name: Reload the web server\n  shell: systemctl reload nginx\n",
    .params = &params,
    .results = results,
    .timeout_ms = 15 * 60 * 1000,
    .needs_process = true,
    .takes = TAKES_ENV | TAKES_DIR | TAKES_AS | TAKES_GRACE,
};
