#include "action/exec.h"

#include "action/params.h"

static const struct field fields[] = {
    { "argv", &type_words_list, AT(struct exec_params, argv), .flags = FIELD_REQUIRED,
      .doc = "The program and its arguments. An element that is a list becomes as many." },
    { "stdin", &type_words, AT(struct exec_params, input),
      .doc = "What the program reads from its standard input, which is empty otherwise." },
    { "ok_exit", &type_ok_exit, AT(struct exec_params, ok_exit), .fallback = "0",
      .doc = "The exit statuses that mean success." },
    { "tty", &type_bool, AT(struct exec_params, tty), .fallback = "false",
      .doc = "The program has the terminal to itself; its output is not kept." },
    { "daemon", &type_bool, AT(struct exec_params, daemon),
      .doc = "Whether processes that it leaves running are meant (`true`) or killed (`false`)." },
    { 0 },
};
static const struct type whole = {
    .kind = TYPE_OBJECT,
    .name = "exec",
    .size = sizeof(struct exec_params),
    .fields = fields,
};
static const struct type *const forms[] = { &type_words_list, &whole, NULL };

static bool read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct exec_params *p = to;

    p->node = n;
    return short_read(type, n, &p->argv, p, r);
}

static const struct type params = {
    .kind = TYPE_OWN,
    .name = "exec",
    .size = sizeof(struct exec_params),
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

const struct action action_exec = {
    .name = "exec",
    .doc = "Runs a program without a shell and waits for it. It succeeds when it exits with 0.",
    .example = "- name: Restart the service\n  exec: [systemctl, restart, nginx]\n",
    .params = &params,
    .results = results,
    .timeout_ms = 15 * 60 * 1000,
    .needs_process = true,
    .takes = TAKES_ENV | TAKES_DIR | TAKES_AS | TAKES_GRACE,
};
