// What goes wrong below the SQLite store: disks, other programs, and people with `rm`.

#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "store/store.h"
#include "tests/unit/store_opens.h"
#include "tests/unit/store_vfs.h"

static struct diags ds;
static char place[] = "/tmp/store-faults-XXXXXX";

static int drop_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void clear(void)
{
    nftw(place, drop_file, 16, FTW_DEPTH | FTW_PHYS);
    strcpy(place + strlen(place) - 6, "XXXXXX");
}

// Each test has a folder of its own, which is not there yet.
static void begin(void)
{
    if (!mkdtemp(place))
        abort();
    arena_defer(scratch, (void (*)(void *))clear, NULL);
    ds = (struct diags){ .arena = scratch };
}

static struct str at(const char *name)
{
    return str_format(scratch, "%s/%s", place, name);
}

static struct str in_run(const char *name)
{
    return str_format(scratch, "%s/state/runs/aaaaa/%s", place, name);
}

static struct store *open_store(void)
{
    return store_open(scratch, NULL, at("state"), true, &ds);
}

static struct journal *create(struct store *s)
{
    struct journal *j = NULL;

    CHECK(journal_create(s, scratch, STR("aaaaa"), &j, &ds) == STORE_OK);
    return j;
}

static void add(struct journal *j, const char *type)
{
    journal_add(
        j, str_from(type),
        str_format(scratch, "{\"seq\":%d,\"type\":\"%s\"}", (int)journal_next_seq(j), type));
}

static bool commit(struct journal *j, const char *type)
{
    add(j, type);
    return journal_commit_now(j, &ds);
}

// A run with [n] events that was closed.
static void make_run(int n)
{
    struct journal *j = create(open_store());

    for (int i = 0; i < n; i++)
        CHECK(commit(j, "step.end"));
    journal_close(j);
}

// The same, whose interpreter died. SQLite may not be used on both sides of a fork.
static void crash_run(int n)
{
    int status;

    if (fork() == 0) {
        struct journal *j = create(open_store());
        for (int i = 0; i < n; i++)
            commit(j, "step.end");
        _exit(failures);
    }
    wait(&status);
    CHECK(status == 0);
}

static struct str text;

static bool see(const struct stored_event *e, void *arg)
{
    (void)arg;
    text = str_format(scratch, "%.*s%d ", STR_ARG(text), (int)e->seq);
    return true;
}

// The numbers of the events that can be read.
static struct str read_run(bool verify, enum store_error expected)
{
    struct store *s = store_open(scratch, NULL, at("state"), false, &ds);

    text = STR("");
    enum store_error got = s ? store_read(s, STR("aaaaa"), 1, verify, see, NULL, &ds) : STORE_OK;
    if (got != expected)
        printf("# %s\n", ds.first ? ds.first->message.s : "no error");
    CHECK(got == expected);
    return text;
}

static enum store_error resume(void)
{
    struct journal *j = NULL;
    struct store *s = open_store();
    enum store_error e = s ? journal_open(s, STR("aaaaa"), scratch, &j, &ds) : STORE_CANNOT_OPEN;

    if (j)
        journal_close(j);
    return e;
}

static bool error_has(const char *words)
{
    bool has = ds.last && strstr(ds.last->message.s, words);

    if (!has)
        printf("# got: %s\n", ds.last ? ds.last->message.s : "no error");
    ds = (struct diags){ .arena = scratch };
    return has;
}

static void sql(struct str path, const char *text_)
{
    const char *why;
    const struct sqlite_api *sq = sqlite_api(&why);
    sqlite3 *db;
    char *error = NULL;

    CHECK(sq->open_v2(path.s, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    if (sq->exec(db, text_, NULL, NULL, &error) != SQLITE_OK) {
        printf("# %s: %s\n", text_, error);
        CHECK(!"the statement works");
    }
    sq->close_v2(db);
}

static void put_file(struct str path, const char *bytes, size_t n)
{
    int fd = open(path.s, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

static struct str get_file(struct str path)
{
    struct stat st;
    int fd = open(path.s, O_RDONLY);

    if (fd < 0 || fstat(fd, &st) < 0)
        return STR("");
    char *bytes = arena_alloc(scratch, (size_t)st.st_size + 1, 1);
    ssize_t n = read(fd, bytes, (size_t)st.st_size);
    close(fd);
    return (struct str){ bytes, (size_t)n };
}

static void copy(const char *from, const char *to)
{
    CHECK(system(str_format(scratch, "cp -a '%s' '%s'", from, to).s) == 0);
}

// ---- the folder

static void refused(const char *words)
{
    CHECK(open_store() == NULL);
    CHECK(error_has(words));
}

TEST(a_folder_that_others_can_write_is_refused)
{
    begin();
    mkdir(at("state").s, 0700);
    chmod(at("state").s, 0770);
    refused("can be written by others (mode 770)");
    chmod(at("state").s, 0702);
    refused("can be written by others (mode 702)");
    chmod(at("state").s, 0700);
    mkdir(at("state/runs").s, 0700);
    chmod(at("state/runs").s, 0720);
    refused("runs` can be written by others");
}

TEST(a_folder_of_somebody_else_is_refused)
{
    if (geteuid() != 0)
        return;
    begin();
    mkdir(at("state").s, 0700);
    CHECK(chown(at("state").s, 12345, 0) == 0);
    refused("belongs to another user (uid 12345)");
}

TEST(a_symbolic_link_is_refused)
{
    begin();
    mkdir(at("real").s, 0700);
    CHECK(symlink("real", at("state").s) == 0);
    refused("is a symbolic link");
    CHECK(store_open(scratch, NULL, at("state/"), true, &ds) == NULL);
}

TEST(a_file_or_nothing_reachable_is_refused)
{
    begin();
    put_file(at("state"), "x", 1);
    refused("cannot be opened: Not a directory");
    CHECK(store_open(scratch, NULL, at("state/below"), true, &ds) == NULL);
}

TEST(a_folder_in_a_place_where_everybody_writes_is_refused)
{
    begin();
    mkdir(at("open").s, 0700);
    chmod(at("open").s, 0777);
    CHECK(store_open(scratch, NULL, at("open/state"), true, &ds) == NULL);
    CHECK(error_has("can be written by everybody"));
    chmod(at("open").s, 01777);  // as /tmp is
    CHECK(store_open(scratch, NULL, at("open/state"), true, &ds) != NULL);
}

TEST(the_home_of_somebody_else_is_refused)
{
    if (geteuid() != 0)
        return;
    begin();
    mkdir(at("home").s, 0755);
    CHECK(chown(at("home").s, 12345, 0) == 0);
    setenv("XDG_STATE_HOME", at("home/.state").s, 1);
    CHECK(store_open(scratch, NULL, STR(""), true, &ds) == NULL);
    CHECK(error_has("belongs to another user (uid 12345)"));
    CHECK(access(at("home/.state").s, F_OK) < 0);
    CHECK(chown(at("home").s, 0, 0) == 0);
    CHECK(store_open(scratch, NULL, STR(""), true, &ds) != NULL);
    CHECK(access(at("home/.state/runbook/runs").s, F_OK) == 0);
    unsetenv("XDG_STATE_HOME");
}

// A disk of its own, mounted where [options] say; false where that is not allowed.
static bool mount_disk(const char *options)
{
    mkdir(at("disk").s, 0700);
    return geteuid() == 0 &&
           system(str_format(scratch, "mount -t tmpfs -o %s none '%s' 2>/dev/null", options,
                             at("disk").s)
                      .s) == 0;
}

static void unmount_disk(void *arg)
{
    (void)arg;
    CHECK(system(str_format(scratch, "umount -l '%s'", at("disk").s).s) == 0);
}

TEST(a_file_system_that_is_read_only_is_said_to_be_before_anything_starts)
{
    begin();
    if (!mount_disk("mode=700,size=4m"))
        return;
    arena_defer(scratch, unmount_disk, NULL);
    CHECK(store_open(scratch, NULL, at("disk/state"), true, &ds) != NULL);
    CHECK(system(str_format(scratch, "mount -o remount,ro '%s'", at("disk").s).s) == 0);
    CHECK(store_open(scratch, NULL, at("disk/state"), true, &ds) == NULL);
    CHECK(error_has("runs` cannot be written: Read-only file system"));
    CHECK(store_open(scratch, NULL, at("disk/state"), false, &ds) != NULL);
}

TEST(a_real_disk_that_is_full_records_outcomes_and_starts_nothing)
{
    struct journal *j = NULL;

    begin();
    if (!mount_disk("mode=700,size=2m"))
        return;
    arena_defer(scratch, unmount_disk, NULL);
    struct store *s = store_open(scratch, NULL, at("disk/state"), true, &ds);
    CHECK(s && journal_create(s, scratch, STR("aaaaa"), &j, &ds) == STORE_OK);
    CHECK(commit(j, "run.start"));
    CHECK(system(str_format(scratch, "cat /dev/zero >'%s' 2>/dev/null", at("disk/fill").s).s) != 0);
    CHECK(commit(j, "step.end"));
    CHECK(access(at("disk/state/runs/aaaaa/reserve").s, F_OK) < 0);
    int outcomes = 1;
    while (outcomes < 200 && commit(j, "step.end"))
        outcomes++;
    CHECK(outcomes > 5 && outcomes < 200);  // the reserve has its end, too
    CHECK(error_has("the disk is full"));
    CHECK(!commit(j, "step.start"));
    journal_close(j);
    unlink(at("disk/fill").s);
    text = STR("");
    CHECK(store_read(s, STR("aaaaa"), 1, true, see, NULL, &ds) == STORE_OK);
    CHECK(journal_open(s, STR("aaaaa"), scratch, &j, &ds) == STORE_OK);
    CHECK(journal_next_seq(j) == outcomes + 2);
    journal_close(j);
}

TEST(looking_makes_nothing)
{
    const struct run_row *rows;
    const struct lock_row *locks;
    struct run_row row;
    struct str s;
    size_t n;

    begin();
    struct store *st = store_open(scratch, NULL, at("state"), false, &ds);
    CHECK(st != NULL);
    CHECK(store_runs(st, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_locks(st, scratch, &locks, &n, &ds) == STORE_OK && n == 0);
    CHECK(store_find(st, STR("abc"), scratch, &row, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_recall(st, STR("k"), scratch, &s, &ds) == STORE_OK && s.n == 0);
    CHECK(store_read(st, STR("abc"), 1, true, see, NULL, &ds) == STORE_NO_SUCH_RUN);
    CHECK(store_prune(st, 0, &n, &ds) == STORE_OK && n == 0);
    CHECK(access(at("state").s, F_OK) < 0);
}

TEST(reading_a_run_that_is_over_leaves_its_folder_as_it_was)
{
    struct stat before, after;

    begin();
    make_run(3);
    CHECK(stat(at("state/runs/aaaaa").s, &before) == 0);
    CHECK_STR(read_run(true, STORE_OK), "1 2 3 ");
    CHECK(stat(at("state/runs/aaaaa").s, &after) == 0);
    CHECK(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
          before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    CHECK(access(in_run("journal.db-wal").s, F_OK) < 0);
    CHECK(access(in_run("reserve").s, F_OK) < 0);
}

static int open_mode(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (st->st_mode & 077)
        printf("# %s: %o\n", path, (unsigned)st->st_mode & 0777);
    CHECK((st->st_mode & 0777) == (type == FTW_F ? 0600 : 0700));
    return 0;
}

TEST(folders_and_files_are_for_the_owner_alone)
{
    struct vote v = { .step = STR("a"), .user = STR("u"), .at = STR("t") };
    struct lock_row holder;

    begin();
    mode_t before = umask(0);
    struct store *s = open_store();
    struct journal *j = create(s);
    commit(j, "step.end");
    journal_keep(j, "plan", STR("x"), &ds);
    store_vote(s, STR("aaaaa"), &v, &ds);
    store_remember(s, STR("k"), STR("{}"), &ds);
    store_lock(s, STR("aaaaa"), &STR("x"), 1, scratch, &holder, &ds);
    nftw(at("state").s, open_mode, 16, FTW_PHYS);
    journal_close(j);
    nftw(at("state").s, open_mode, 16, FTW_PHYS);
    umask(before);
}

// ---- having a run

TEST(who_loses_the_lock_file_can_write_nothing_more)
{
    begin();
    struct journal *j = create(open_store()), *other;
    CHECK(commit(j, "step.start"));
    unlink(in_run("lock").s);
    CHECK(journal_open(open_store(), STR("aaaaa"), scratch, &other, &ds) == STORE_OK);
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("lock` was removed or replaced: another interpreter may have the run"));
    CHECK(!commit(j, "step.end"));
    CHECK(commit(other, "run.resume"));
    journal_close(j);
    CHECK(commit(other, "run.end"));
    journal_close(other);
    CHECK_STR(read_run(true, STORE_OK), "1 2 3 ");
}

TEST(an_older_epoch_can_write_nothing_even_with_its_lock_back)
{
    begin();
    struct journal *j = create(open_store()), *other;
    CHECK(commit(j, "step.start"));
    rename(in_run("lock").s, in_run("lock.old").s);
    CHECK(journal_open(open_store(), STR("aaaaa"), scratch, &other, &ds) == STORE_OK);
    rename(in_run("lock.old").s, in_run("lock").s);
    CHECK(!commit(j, "step.end"));
    CHECK(error_has("another interpreter has taken run `aaaaa`"));
    journal_close(j);
    journal_close(other);
    CHECK_STR(read_run(true, STORE_OK), "1 ");
}

TEST(a_crashed_holder_is_no_holder)
{
    begin();
    crash_run(2);
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
    CHECK(resume() == STORE_OK);
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
}

TEST(locks_of_who_died_before_its_run_was_made_are_free)
{
    struct lock_row holder;
    int status;

    begin();
    pid_t child = fork();
    if (child == 0) {
        struct arena *a = arena_new(NULL);
        struct store *s = store_open(a, NULL, at("state"), true, &ds);
        _exit(!s || store_lock(s, STR("aaaaa"), &STR("x"), 1, a, &holder, &ds) != STORE_OK);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(store_lock(open_store(), STR("bbbbb"), &STR("x"), 1, scratch, &holder, &ds) == STORE_OK);
}

TEST(a_copy_is_read_and_refuses_to_run)
{
    begin();
    make_run(2);
    CHECK(rename(at("state").s, at("first").s) == 0);
    copy(at("first").s, at("state").s);
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("is a copy, or was restored from one"));
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
}

TEST(a_copy_that_was_made_while_it_ran_refuses_to_run)
{
    begin();
    struct journal *j = create(open_store());
    CHECK(commit(j, "step.start"));
    copy(at("state").s, at("copy").s);
    CHECK(commit(j, "step.end"));
    journal_close(j);
    CHECK(rename(at("state").s, at("first").s) == 0);
    CHECK(rename(at("copy").s, at("state").s) == 0);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("is a copy, or was restored from one"));
}

TEST(a_run_under_another_name_refuses_to_run)
{
    struct journal *j;

    begin();
    make_run(2);
    CHECK(rename(at("state/runs/aaaaa").s, at("state/runs/bbbbb").s) == 0);
    CHECK(journal_open(open_store(), STR("bbbbb"), scratch, &j, &ds) == STORE_FAILED);
    CHECK(error_has("is a copy of run `aaaaa`"));
}

TEST(a_folder_that_was_moved_as_a_whole_goes_on)
{
    begin();
    make_run(2);
    CHECK(rename(at("state").s, at("elsewhere").s) == 0);
    CHECK(rename(at("elsewhere").s, at("state").s) == 0);
    CHECK(resume() == STORE_OK);
}

// ---- damage

TEST(a_log_that_was_deleted_is_missed)
{
    begin();
    crash_run(5);
    unlink(in_run("journal.db-wal").s);
    unlink(in_run("journal.db-shm").s);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("journal.db` went back: events 1 to 5 are lost"));
    CHECK_STR(read_run(false, STORE_FAILED), "");
    CHECK(error_has("went back"));
}

TEST(a_log_that_was_damaged_or_cut_is_missed)
{
    for (int i = 0; i < 2; i++) {
        struct arena *outer = scratch;
        scratch = arena_new(NULL);
        begin();
        crash_run(5);
        struct str log = get_file(in_run("journal.db-wal"));
        CHECK(log.n > 5 * 4096);
        int fd = open(in_run("journal.db-wal").s, O_RDWR);
        if (i == 0)
            CHECK(pwrite(fd, "x", 1, (off_t)log.n - 5000) == 1);
        else
            CHECK(ftruncate(fd, (off_t)log.n / 2) == 0);
        close(fd);
        CHECK(resume() == STORE_FAILED);
        CHECK(error_has("journal.db` went back: events "));
        arena_free(scratch);
        scratch = outer;
    }
}

TEST(a_changed_a_missing_and_an_added_event_are_found)
{
    static const struct {
        const char *change, *error, *readable;
    } rows[] = {
        { "UPDATE events SET json = replace(json, 'step.end', 'step.END') WHERE seq = 3",
          "event 3 is not what was written", "1 2 " },
        { "DELETE FROM events WHERE seq = 3", "event 3 is missing", "1 2 " },
        { "DELETE FROM events WHERE seq = 5", "went back: events 5 to 5 are lost", "1 2 3 4 " },
        { "INSERT INTO events SELECT 6, type, json, hash FROM events WHERE seq = 5",
          "event 6 is not what was written", "1 2 3 4 5 " },
        { "UPDATE events SET hash = zeroblob(32) WHERE seq = 5", "event 5 is not what was written",
          "1 2 3 4 " },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *outer = scratch;
        scratch = arena_new(NULL);
        begin();
        make_run(5);
        sql(in_run("journal.db"), rows[i].change);
        CHECK_STR(read_run(true, STORE_FAILED), rows[i].readable);
        CHECK(error_has(rows[i].error));
        CHECK(resume() == STORE_FAILED);
        CHECK(error_has(rows[i].error));
        arena_free(scratch);
        scratch = outer;
    }
}

TEST(a_newer_format_is_left_alone)
{
    begin();
    make_run(2);
    sql(in_run("journal.db"), "PRAGMA user_version = 2");
    struct str before = get_file(in_run("journal.db"));
    CHECK(resume() == STORE_FAILED);
    CHECK(
        error_has("was written by a newer runbook (format 2, this one knows 1); upgrade runbook"));
    CHECK_STR(read_run(true, STORE_FAILED), "");
    CHECK(str_equal(before, get_file(in_run("journal.db"))));
    struct journal *j;
    sql(at("state/index.db"), "PRAGMA user_version = 7");
    CHECK(journal_create(open_store(), scratch, STR(""), &j, &ds) == STORE_FAILED);
    CHECK(error_has("index.db` was written by a newer runbook"));
}

TEST(another_file_in_its_place_is_refused)
{
    begin();
    make_run(2);
    put_file(in_run("journal.db"), "", 0);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("journal.db` is not a journal of runbook"));
    put_file(in_run("journal.db"), "hello, this is not a database at all, is it", 40);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("journal.db`: it is damaged, or not a database"));
    unlink(in_run("journal.db").s);
    sql(at("state/index.db"), "VACUUM");
    copy(at("state/index.db").s, in_run("journal.db").s);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("is not a journal of runbook"));
    unlink(in_run("journal.db").s);
    CHECK(symlink("head", in_run("journal.db").s) == 0);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("journal.db` is a symbolic link"));
    unlink(in_run("journal.db").s);
    CHECK(link(in_run("head").s, in_run("journal.db").s) == 0);
    CHECK(resume() == STORE_FAILED);
    CHECK(error_has("has a second name"));
    unlink(in_run("journal.db").s);
    CHECK(resume() == STORE_NO_SUCH_RUN);
}

// Whatever is changed or cut: it is said, with the file, or it made no difference.
static void damaged(struct str whole, const char *changed, size_t n)
{
    struct arena *outer = scratch;

    scratch = arena_new(NULL);
    ds = (struct diags){ .arena = scratch };
    int fd = open(in_run("journal.db").s, O_WRONLY | O_TRUNC);  // the same file: not a copy
    CHECK(write(fd, changed, n) == (ssize_t)n);
    close(fd);
    struct store *s = store_open(scratch, NULL, at("state"), false, &ds);
    text = STR("");
    enum store_error e = store_read(s, STR("aaaaa"), 1, true, see, NULL, &ds);
    CHECK(e == STORE_OK ? str_is(text, "1 2 3 4 5 6 ") : error_has("journal.db`"));
    e = resume();
    CHECK(e == STORE_OK || error_has("journal.db`"));
    fd = open(in_run("journal.db").s, O_WRONLY | O_TRUNC);
    CHECK(write(fd, whole.s, whole.n) == (ssize_t)whole.n);
    close(fd);
    unlink(in_run("journal.db-wal").s);
    unlink(in_run("journal.db-shm").s);
    unlink(in_run("journal.db-journal").s);
    arena_free(scratch);
    scratch = outer;
    ds = (struct diags){ .arena = scratch };
}

TEST(flipped_bits_and_cut_files_are_said_or_make_no_difference)
{
    begin();
    make_run(6);
    struct str whole = get_file(in_run("journal.db"));
    char *changed = arena_alloc(scratch, whole.n, 1);

    srand(7);
    for (int i = 0; i < 150; i++) {
        size_t byte = i < 100 ? (size_t)i : (size_t)rand() % whole.n;
        memcpy(changed, whole.s, whole.n);
        changed[byte] ^= (char)(1 << rand() % 8);
        damaged(whole, changed, whole.n);
    }
    memcpy(changed, whole.s, whole.n);
    for (size_t n = 0; n < whole.n; n += 1 + whole.n / 20)
        damaged(whole, changed, n);
    CHECK_STR(read_run(true, STORE_OK), "1 2 3 4 5 6 ");
}

TEST(a_damaged_or_missing_index_loses_nothing)
{
    const struct run_row *rows;
    const struct lock_row *locks;
    struct lock_row holder;
    struct journal *j;
    size_t n;

    begin();
    j = create(open_store());
    struct run_row row = { .state = STR("suspended"), .locks = STR("prod"), .exit = 6 };
    journal_row(j, &row);
    commit(j, "run.suspend");
    journal_close(j);
    put_file(at("state/index.db"), "this was the index once, before the dog ate it", 46);
    struct store *s = open_store();
    CHECK(store_runs(s, scratch, 0, &rows, &n, &ds) == STORE_OK && n == 1);
    CHECK_STR(rows[0].state, "suspended");
    CHECK(ds.errors == 0 && ds.first && ds.first->severity == SEVERITY_WARNING);
    CHECK(str_starts(get_file(at("state/index.db.damaged")), "this was the index once"));
    CHECK(store_lock(s, STR("bbbbb"), &STR("prod"), 1, scratch, &holder, &ds) == STORE_LOCKED);
    put_file(at("state/index.db"), "this was the index once, before the dog ate it", 46);
    CHECK(journal_create(s, scratch, STR(""), &j, &ds) == STORE_OK);
    journal_close(j);
    unlink(at("state/index.db").s);
    CHECK(store_lock(open_store(), STR("bbbbb"), &STR("prod"), 1, scratch, &holder, &ds) ==
          STORE_LOCKED);
    CHECK_STR(holder.run, "aaaaa");
    CHECK(store_locks(open_store(), scratch, &locks, &n, &ds) == STORE_OK && n == 1);
    CHECK(resume() == STORE_OK);
}

static enum store_error lock_prod(struct store *s, const char *run, struct lock_row *holder)
{
    *holder = (struct lock_row){ 0 };
    return store_lock(s, str_from(run), &STR("prod"), 1, scratch, holder, &ds);
}

// What is locked for a run that is not made yet stands in the index alone.
TEST(a_lock_that_went_with_the_index_is_taken_again_or_there_is_no_run)
{
    struct lock_row holder;
    struct journal *j;

    begin();
    struct store *first = open_store(), *second = open_store();
    CHECK(lock_prod(first, "aaaaa", &holder) == STORE_OK);
    unlink(at("state/index.db").s);
    CHECK(journal_create(first, scratch, STR("aaaaa"), &j, &ds) == STORE_OK);
    CHECK(lock_prod(second, "bbbbb", &holder) == STORE_LOCKED);
    CHECK_STR(holder.run, "aaaaa");
    journal_close(j);
    CHECK(lock_prod(first, "ccccc", &holder) == STORE_OK);
    unlink(at("state/index.db").s);
    CHECK(lock_prod(second, "ddddd", &holder) == STORE_OK);
    CHECK(journal_create(first, scratch, STR("ccccc"), &j, &ds) == STORE_LOCKED);
    CHECK(error_has("the lock `prod` went with the index of the runs, and run ddddd has it now"));
    CHECK(access(at("state/runs/ccccc").s, F_OK) < 0);
    CHECK(journal_create(second, scratch, STR("ddddd"), &j, &ds) == STORE_OK);
    journal_close(j);
}

// ---- the disk

static int ignore(const struct stored_event *e)
{
    return e->seq > 0;
}

static bool count(const struct stored_event *e, void *arg)
{
    *(int *)arg += ignore(e);
    return true;
}

// Ten commits, and the end behind what failed for want of room; how many were said to be durable.
// Once one failed, all later ones must.
static int ten_commits(bool full)
{
    struct store *s = open_store();
    struct journal *j = NULL;
    int fine = 0;
    bool failed = false;

    if (!s || journal_create(s, scratch, STR("aaaaa"), &j, &ds) != STORE_OK)
        return 0;
    for (int i = 0; i < 10; i++) {
        bool ok = commit(j, i % 2 ? "step.end" : "step.start");
        CHECK(!(failed && ok));
        failed = failed || !ok;
        CHECK(ok == !journal_failure(j).n);
        fine += ok;
    }
    CHECK(full || !journal_last_words(j));
    if (failed && journal_last_words(j))
        fine += commit(j, "run.end");
    journal_close(j);
    return fine;
}

// True while the fault happens.
static bool played(enum vfs_event event, int code, int n)
{
    int events = 0;
    struct arena *outer = scratch;

    scratch = arena_new(NULL);
    begin();
    vfs_plan(event, n, code);
    int fine = ten_commits(code == SQLITE_FULL);
    bool happened = disk.happened;
    vfs_plan(VFS_NOTHING, 0, 0);
    CHECK(fine == 10 || ds.first);
    ds = (struct diags){ .arena = scratch };
    struct store *s = open_store();
    enum store_error e = store_read(s, STR("aaaaa"), 1, true, count, &events, &ds);
    CHECK(e == STORE_OK || (e == STORE_NO_SUCH_RUN && fine == 0));
    CHECK(events == fine || events == fine + 1);  // the one that failed may have arrived
    CHECK(e != STORE_OK || resume() == STORE_OK);
    if (failures)
        printf("# event %d, code %d, operation %d: %d commits, %d events\n", (int)event, code, n,
               fine, events);
    arena_free(scratch);
    scratch = outer;
    return happened && !failures;
}

TEST(any_write_may_fail_once_or_for_ever)
{
    static const struct {
        enum vfs_event event;
        int code;
    } faults[] = {
        { VFS_FAIL, SQLITE_IOERR_WRITE }, { VFS_FAIL_ONCE, SQLITE_IOERR_WRITE },
        { VFS_FAIL, SQLITE_FULL },        { VFS_FAIL_ONCE, SQLITE_FULL },
        { VFS_FAIL, SQLITE_READONLY },
    };

    vfs_install();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        int n = 1;
        while (played(faults[i].event, faults[i].code, n))
            n++;
        CHECK(n > 30);
    }
}

static struct journal *on_a_full_disk(void)
{
    struct journal *j = create(open_store());

    CHECK(commit(j, "run.start"));
    vfs_plan(VFS_FULL, 0, 0);
    disk.reserve = in_run("reserve").s;
    return j;
}

TEST(on_a_full_disk_nothing_is_started)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    CHECK(!commit(j, "step.start"));
    CHECK(disk.happened);
    CHECK(error_has("cannot record; nothing was started"));
    CHECK(!commit(j, "step.end"));
    vfs_plan(VFS_NOTHING, 0, 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 ");
}

TEST(on_a_full_disk_an_outcome_is_recorded_in_the_reserve)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    CHECK(commit(j, "step.end"));
    CHECK(disk.happened && access(in_run("reserve").s, F_OK) < 0);
    vfs_plan(VFS_NOTHING, 0, 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
}

TEST(on_a_full_disk_the_outcome_is_recorded_and_the_intent_behind_it_is_not)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    add(j, "step.end");
    add(j, "step.start");
    add(j, "step.output");
    CHECK(!journal_commit_now(j, &ds));
    CHECK(error_has("cannot record; nothing was started"));
    vfs_plan(VFS_NOTHING, 0, 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
}

TEST(on_a_full_disk_the_end_is_written_behind_what_was_kept)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    struct run_row row = { .state = STR("ended"), .result = STR("store"), .exit = 12 };
    CHECK(!journal_last_words(j));  // nothing has failed
    add(j, "step.end");
    add(j, "step.start");
    CHECK(!journal_commit_now(j, &ds));
    CHECK(!commit(j, "step.output"));
    CHECK(journal_last_words(j) && journal_next_seq(j) == 3);
    journal_row(j, &row);
    CHECK(commit(j, "run.end"));
    CHECK(journal_next_seq(j) == 4);
    vfs_plan(VFS_NOTHING, 0, 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 2 3 ");
    CHECK(store_find(open_store(), STR("aaaaa"), scratch, &row, &ds) == STORE_OK);
    CHECK_STR(row.state, "ended");
}

TEST(who_lost_the_run_has_no_last_words)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    CHECK(!commit(j, "step.start"));
    unlink(in_run("lock").s);
    CHECK(!journal_last_words(j));
    vfs_plan(VFS_NOTHING, 0, 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 ");
}

TEST(when_there_is_room_again_the_reserve_is_made_again)
{
    begin();
    vfs_install();
    struct journal *j = on_a_full_disk();
    CHECK(commit(j, "step.end"));
    vfs_plan(VFS_NOTHING, 0, 0);
    CHECK(commit(j, "step.start"));
    CHECK(access(in_run("reserve").s, F_OK) == 0);
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 2 3 ");
}

// ---- other programs

TEST(a_lock_of_another_program_is_waited_for_and_then_said)
{
    const char *why;
    const struct sqlite_api *sq = sqlite_api(&why);
    sqlite3 *db;

    begin();
    struct journal *j = create(open_store());
    CHECK(commit(j, "run.start"));
    CHECK(sq->open_v2(in_run("journal.db").s, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    CHECK(sq->exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(!commit(j, "step.start"));
    CHECK(error_has("journal.db`: it is locked by another program"));
    sq->close_v2(db);
    CHECK(!commit(j, "step.start"));
    journal_close(j);
    CHECK_STR(read_run(true, STORE_OK), "1 ");
}

TEST(readers_do_not_disturb_the_writer)
{
    const char *why;
    const struct sqlite_api *sq = sqlite_api(&why);
    sqlite3 *db;

    begin();
    struct journal *j = create(open_store());
    CHECK(commit(j, "run.start"));
    CHECK(sq->open_v2(in_run("journal.db").s, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    CHECK(sq->exec(db, "BEGIN; SELECT * FROM events", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(commit(j, "step.start"));
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
    journal_close(j);  // while it is read
    CHECK_STR(read_run(true, STORE_OK), "1 2 ");
    sq->close_v2(db);
    CHECK(resume() == STORE_OK);
    CHECK(access(in_run("journal.db-wal").s, F_OK) < 0);
}

// The log is made longer ahead of its use. What is behind its end is none.
TEST(a_log_with_room_is_read_to_its_end)
{
    struct stat st;

    begin();
    crash_run(60);
    CHECK(stat(in_run("journal.db-wal").s, &st) == 0 && st.st_size > 110 * 4120);
    CHECK(resume() == STORE_OK);
    struct str seen = read_run(true, STORE_OK);
    CHECK(str_ends(seen, " 59 60 "));
}

TEST(a_long_log_is_turned_into_the_database_meanwhile)
{
    struct stat st;

    begin();
    struct journal *j = create(open_store());
    char *big = arena_alloc(scratch, 60000, 1);
    memset(big, 'x', 60000);
    for (int i = 0; i < 400; i++) {
        journal_add(j, STR("step.output"), (struct str){ big, 60000 });
        CHECK(journal_commit_now(j, &ds));
    }
    CHECK(stat(in_run("journal.db-wal").s, &st) == 0 && st.st_size < 16 * 1000 * 1000);
    CHECK(stat(in_run("journal.db").s, &st) == 0 && st.st_size > 10 * 1000 * 1000);
    journal_close(j);
    CHECK(resume() == STORE_OK);
}
