#include <stdlib.h>
#include <unistd.h>

#include "base/library.h"
#include "base/version.h"
#include "cli/open.h"
#include "cli/print.h"
#include "exec/capture.h"
#include "report/tty.h"

struct examination {
    struct invocation *v;
    struct page *page;
    bool bad;
};

static void finding(struct examination *x, const char *what, bool good, bool needed,
                    struct str words)
{
    enum ink color = good ? INK_GOOD : needed ? INK_BAD : INK_WARN;

    page_item(x->page, str_from(what), 12, color, words);
    x->bad |= needed && !good;
}

static void look_for_program(struct examination *x, const char *name, bool needed, const char *why)
{
    const char *path = getenv("PATH");
    struct str vars[] = { str_format(x->v->arena, "PATH=%s", path ? path : ""), { 0 } };
    struct str found = program_path(str_from(name), x->v->dir, vars, x->v->arena);

    finding(x, name, found.n > 0, needed,
            found.n ? found : str_format(x->v->arena, "not found; %s", why));
}

static void look_for_library(struct examination *x, const char *file, const char *why)
{
    static const struct library_symbol none[] = { { 0 } };
    const char *reason = "";
    bool good = dynamic_load(file, none, &reason);

    finding(x, file, good, false,
            good ? STR("can be loaded") : str_format(x->v->arena, "%s; %s", reason, why));
}

static void look_at_store(struct examination *x)
{
    struct diags ds = { .arena = x->v->arena };
    const struct run_row *rows;
    size_t count = 0;
    struct str url = store_url(x->v);
    struct store *s = store_open(x->v->arena, NULL, url, false, &ds);
    bool good = s && store_runs(s, x->v->arena, 0, &rows, &count, &ds) == STORE_OK;

    finding(x, "store", good, true,
            good
                ? str_format(x->v->arena, "%.*s%s%zu run%s", STR_ARG(store_shown(url, x->v->arena)),
                             url.n ? ", " : "", count, count == 1 ? "" : "s")
            : ds.first ? ds.first->message
                       : STR("cannot be opened"));
    if (good)
        diags_append(x->v->diags, &ds);  // what it warns of
}

static void look_at_project(struct examination *x)
{
    struct project *p = open_project(x->v);
    bool good = x->v->diags->errors == 0;

    finding(x, "project", good, true,
            !good       ? STR("its file has mistakes")
            : p->root.n ? p->root
                        : STR("none here; runbooks are found by path or in the library"));
    finding(x, "library", p->stdlib.n > 0 && access(p->stdlib.s, R_OK) == 0, false,
            p->stdlib.n ? p->stdlib : STR("the standard library is not installed"));
}

static void look_at_terminal(struct examination *x)
{
    struct look err = look_of(STDERR_FILENO, STR(""));
    struct tty *tty = tty_open(x->v->arena, NULL);

    finding(x, "terminal", tty != NULL, false,
            tty ? str_format(x->v->arena, "%zu columns, %s, %s", err.columns,
                             err.color ? "colours" : "no colours", err.utf8 ? "UTF-8" : "ASCII")
                : STR("none: questions have to be answered by flags"));
}

int command_doctor(struct invocation *v)
{
    struct examination x = { .v = v, .page = stdout_page(v) };

    page_head(x.page, INK_BOLD, "%s", "runbook " RUNBOOK_VERSION);
    look_for_program(&x, "bash", true, "shell steps need it");
    look_for_program(&x, "git", false, "git steps need it");
    look_for_program(&x, "ssh", false, "steps with `host` need it");
    look_for_program(&x, "sudo", false, "steps with `as` need it");
    look_for_library(&x, "libsqlite3.so.0", "the store and sqlite: connections need it");
    look_for_library(&x, "libcurl.so.4", "http steps need it");
    look_for_library(&x, "libpq.so.5", "postgresql: connections need it");
    look_at_store(&x);
    look_at_project(&x);
    look_at_terminal(&x);
    print_page(x.page);
    return x.bad ? CODE_PREFLIGHT : CODE_OK;
}
