// Kills a process that writes a journal at its first write, its second, and so on until
// nothing is left to kill it at, and looks each time what it left.
//
//     store-crash kill|power FOLDER [SEED]
//
// A child creates or opens one run below FOLDER and commits events; after each commit that
// was said to be durable it tells its parent the number. The parent then opens the run
// without any fault: every event that was told of must be there, at most those of the
// commit under way may have come too, the chain must hold, and so must a lock that was
// taken. Everything goes on with the same run, so that crash follows upon crash.

#include <inttypes.h>
#include <stdint.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "store/store.h"
#include "tests/unit/store_opens.h"
#include "tests/unit/store_vfs.h"

enum { COMMITS = 6, EVENTS = 3 };  // a child, and a commit

static const char *folder;
static int told[2];  // a pipe

static void tell(int64_t what)
{
    if (write(told[1], &what, sizeof what) != sizeof what)
        _exit(3);
}

static void must(bool fine, struct diags *ds, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "%s: %s\n", what, ds->first ? ds->first->message.s : "?");
    _exit(3);
}

static void add_events(struct journal *j, struct arena *a)
{
    char *padding = arena_alloc(a, 1000, 1);

    memset(padding, 'x', 999);
    for (int i = 0; i < EVENTS; i++)
        journal_add(j, STR("step.end"),
                    str_format(a, "{\"seq\":%d,\"text\":\"%.*s\"}", (int)journal_next_seq(j),
                               rand() % 1000, padding));
}

static void commit(struct journal *j, int number, struct arena *a, struct diags *ds)
{
    struct run_row row = { .state = STR("running"), .exit = number };

    add_events(j, a);
    journal_row(j, &row);
    must(journal_commit_now(j, ds), ds, "commit");
    tell(journal_next_seq(j) - 1);
}

// What the child does, from opening to closing.
static int write_journal(void)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct store *s = store_open(a, loop_new(a), str_from(folder), true, &ds);
    struct journal *j;
    struct lock_row holder;

    must(s != NULL, &ds, "store");
    enum store_error e = journal_open(s, STR("aaaaa"), a, &j, &ds);
    if (e == STORE_NO_SUCH_RUN)
        e = journal_create(s, a, STR("aaaaa"), &j, &ds);
    must(e == STORE_OK, &ds, "run");
    must(store_lock(s, STR("aaaaa"), &STR("prod"), 1, a, &holder, &ds) == STORE_OK, &ds, "lock");
    tell(0);  // the lock is held
    for (int i = 0; i < COMMITS; i++)
        commit(j, i, a, &ds);
    journal_close(j);
    arena_free(a);
    return 0;
}

static bool count_event(const struct stored_event *e, void *arg)
{
    (void)e;
    ++*(int64_t *)arg;
    return true;
}

static bool has_lock(struct store *s, struct arena *a, struct diags *ds)
{
    const struct lock_row *rows;
    size_t n = 0;

    return store_locks(s, a, &rows, &n, ds) == STORE_OK && n == 1;
}

// The numbers that the child told: the last event, and whether the lock was taken.
static int64_t last_told(bool *locked)
{
    int64_t what, last = 0;

    *locked = false;
    while (read(told[0], &what, sizeof what) == sizeof what) {
        *locked = true;
        last = what ? what : last;
    }
    return last;
}

static bool look(int64_t before, int64_t promised, bool locked, int64_t *now)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct store *s = store_open(a, NULL, str_from(folder), false, &ds);
    struct journal *j = NULL;
    enum store_error e = STORE_OK;

    *now = 0;
    if (s)
        e = store_read(s, STR("aaaaa"), 1, true, count_event, now, &ds);
    if (s && e == STORE_NO_SUCH_RUN && before == 0 && !locked) {  // it did not come so far
        arena_free(a);
        return true;
    }
    bool fine = s && e == STORE_OK && (!locked || has_lock(s, a, &ds)) &&
                journal_open(s, STR("aaaaa"), a, &j, &ds) == STORE_OK;
    int64_t least = promised > before ? promised : before;
    if (!fine)
        fprintf(stderr, "%s\n", ds.first ? ds.first->message.s : "no lock");
    else if (*now < least || *now > least + EVENTS || *now % EVENTS) {
        fprintf(stderr, "%" PRId64 " events, %" PRId64 " were promised\n", *now, least);
        fine = false;
    }
    if (j)
        journal_close(j);
    arena_free(a);
    return fine;
}

// True while the child is killed.
static bool run_child(enum vfs_event event, int in)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        close(told[0]);
        vfs_install();
        vfs_plan(event, in, SQLITE_IOERR_WRITE);
        _exit(write_journal());
    }
    close(told[1]);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "the child ended with %x at operation %d\n", (unsigned)status, in);
        exit(1);
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    enum vfs_event event = strcmp(argv[1], "power") == 0 ? VFS_POWER : VFS_KILL;
    unsigned seed = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
    int64_t events = 0;
    int kills = 0;
    bool killed = true, locked;

    folder = argv[2];
    for (int n = 1; killed; n++) {
        if (pipe(told) < 0)
            return 2;
        srand(seed + (unsigned)n);
        killed = run_child(event, n);
        kills += killed;
        int64_t promised = last_told(&locked);
        close(told[0]);
        if (!look(events, promised, locked, &events)) {
            printf("operation %d: the journal is not what was promised\n", n);
            return 1;
        }
    }
    printf("%d kills, %" PRId64 " events\n", kills, events);
    return 0;
}
