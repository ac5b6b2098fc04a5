#include "action/shell/exec.h"

#include "action/params.h"
#include "action/shell/carry.h"
#include "base/arena.h"
#include "base/shell_word.h"

struct job {
    struct process process;
    const struct str *argv;  // as it was written, without sudo
};

static bool names_program(const struct exec_params *p)
{
    const struct template *const *argv = p->argv.items;

    return p->argv.count && !(template_is_literal(argv[0]) && !argv[0]->text.str.n);
}

static bool check(const struct step *s, const struct bind *b)
{
    const struct exec_params *p = s->params;

    if (!names_program(p)) {
        diag_error(b->diags, DIAG_EMPTY_VALUE, p->node->span, "`exec` names no program");
        return false;
    }
    return process_check(&p->process, p->node, b->diags);
}

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct exec_params *p = at->params;
    struct job *job = at->job = NEW(at->arena, struct job);
    size_t count;

    if (!words_list(&p->argv, at, &job->argv, &count, err) ||
        !process_resolve(at, &p->process, &job->process, err))
        return false;
    if (!count || !job->argv[0].n) {
        *err = (struct expr_error){ .message = STR("`exec` names no program"),
                                    .span = p->node->span };
        return false;
    }
    job->process.argv = job->argv;
    return carry_program(at, &job->process, err);
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct job *job = at->job;

    if (at->as.n)
        buf_format(out, "sudo -n -u %.*s -- ", STR_ARG(at->as));
    for (size_t i = 0; job->argv[i].s; i++) {
        if (i)
            buf_add_c(out, ' ');
        shell_quote(out, job->argv[i]);
    }
    buf_add_c(out, '\n');
}

static struct str program(const struct attempt *at)
{
    const struct job *job = at->job;

    return job->argv[0];
}

static void ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    const struct exec_params *p = at->params;

    process_over(at, &p->process, r, o);
}

static const struct field fields[] = {
    { "argv", &type_words_list, AT(struct exec_params, argv), .flags = FIELD_REQUIRED,
      .doc = "The program and its arguments. An element that is a list becomes as many." },
    PROCESS_FIELDS(struct exec_params, "program"),
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

const struct action action_exec = {
    .name = "exec",
    .doc = "Runs a program without a shell and waits for it. It succeeds when it exits with 0.",
    .example = "- name: Restart the service\n  exec: [systemctl, restart, nginx]\n",
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
    .start = process_start,
    .cancel = process_cancel,
    .ended = ended,
};
