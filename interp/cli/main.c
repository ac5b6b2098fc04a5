#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/help.h"
#include "cli/open.h"
#include "loop/child.h"

// A descriptor that was closed would be taken by the first file that is opened, and what
// is printed would go into it. Writing to a standard output that is not there fails as it would
// have (EBADF), for a run records that its events were lost; words for people just go nowhere.
static void open_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

// Without values: what a run knows may be secret. The run can be resumed.
static void our_fault(int signo)
{
    static const char words[] = "runbook: a bug of ours; a run that was going on can be resumed\n";

    (void)signo;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(CODE_INTERNAL);
}

static void set_signals(void)
{
#ifndef __SANITIZE_ADDRESS__
    static const int faults[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], our_fault);
#else
    (void)our_fault;
#endif
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);  // nothing that a run should end for
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);  // else what we start would be reaped behind our back
    signal(SIGXFSZ, SIG_IGN);  // a write that is too large fails, and is told
    sigset_t none;  // whatever who started us did not want to hear
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
}

// `runbook @NAME` is a part of ourselves that the keeper or we started.
static bool is_worker(int argc, char **argv, int *status)
{
    const char *name = argv[0];

    if (name[0] != '@' && argc > 1) {
        name = argv[1];
        argv++;
        argc--;
    }
    if (name[0] != '@')
        return false;
    if (strcmp(name, "@keeper") == 0) {
        *status = keeper_main(argc, argv);
        return true;
    }
    for (const struct worker *w = workers; w->name; w++)
        if (strcmp(name + 1, w->name) == 0 || strcmp(name, w->name) == 0) {
            *status = w->main(argc, argv);
            return true;
        }
    return false;
}

// Goes to the folder of -C, and finds out where that is.
static int enter_folder(struct invocation *v)
{
    struct str dir = flag_text(v, "C");
    char path[PATH_MAX];

    if (dir.n && chdir(str_copy(v->arena, dir).s) < 0)
        return usage_error(v, NULL, "`-C %.*s`: %s", STR_ARG(dir), strerror(errno));
    if (!getcwd(path, sizeof path))
        return usage_error(v, "go to one that is there, or say -C DIR",
                           "the current folder cannot be found: %s", strerror(errno));
    v->dir = str_copy(v->arena, str_from(path));
    return CODE_OK;
}

// With fewer the store cannot be opened, or the loop ends in the middle of a run. No more than
// that is taken: the steps get the same.
static int need_descriptors(struct invocation *v)
{
    enum { NEEDED = 64 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= NEEDED)
        return CODE_OK;
    struct rlimit enough = { NEEDED, limit.rlim_max };
    if (limit.rlim_max >= NEEDED && setrlimit(RLIMIT_NOFILE, &enough) == 0)
        return CODE_OK;
    diag_error(v->diags, DIAG_PREFLIGHT, (struct span){ 0 },
               "too many open files: no more than %llu are allowed here, and %d are needed",
               (unsigned long long)limit.rlim_max, NEEDED);
    diag_help(v->diags, v->diags->last, "raise the limit: ulimit -n 1024");
    return CODE_PREFLIGHT;
}

static int not_supported(struct invocation *v)
{
    return usage_error(v, NULL, "`%s` is not supported yet", v->command->name);
}

static int carry_out(struct invocation *v)
{
    if (flag_given(v, "version"))
        return command_version(v);
    if (!v->command && flag_given(v, "help")) {
        help_overview(stdout);
        return CODE_OK;
    }
    if (!v->command) {
        help_overview(stderr);
        return CODE_USAGE;
    }
    if (flag_given(v, "help")) {
        help_command(v->command, stdout);
        return CODE_OK;
    }
    if (!v->command->run)
        return not_supported(v);
    if (v->ndjson && !v->command->ndjson)
        return usage_error(v, NULL, "`%s` has no events; `-o ndjson` means nothing to it",
                           v->command->name);
    int code = need_descriptors(v);
    if (code == CODE_OK)
        code = enter_folder(v);
    return code == CODE_OK ? v->command->run(v) : code;
}

// What was printed has to have arrived, unless its reader had enough or there never was one.
static int flush_output(int code)
{
    bool failed = fflush(stdout) != 0 || ferror(stdout);

    if (!failed || errno == EPIPE || errno == EBADF || code != CODE_OK)
        return code;
    fprintf(stderr, "error: standard output cannot be written: %s\n", strerror(errno));
    return CODE_PREFLIGHT;
}

int main(int argc, char **argv)
{
    struct diags ds = { 0 };
    struct invocation v = { .diags = &ds };
    int code;

    open_standard_descriptors();
    if (argc > 0 && is_worker(argc, argv, &code))
        return code;
    set_signals();
    v.arena = ds.arena = arena_new(NULL);
    v.mask = mask_new(v.arena);
    code = command_line_read(&v, argc, argv) ? carry_out(&v) : CODE_USAGE;
    print_diags(&v, v.events_began);
    code = flush_output(code);
    arena_free(v.arena);
    return code;
}
