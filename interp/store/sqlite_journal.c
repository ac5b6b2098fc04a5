#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/chain.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_head.h"
#include "store/sqlite_owner.h"

enum {
    RESERVE = 256 * 1024,  // bytes: a few outcomes, each at most 64 KiB
    LOG_PAGES = 2000,      // of the log before it is turned into the database
};

struct sqlite_journal {
    struct journal base;
    struct sqlite_store *store;
    struct owner owner;
    int folder_fd, head_fd;
    struct db db;
    sqlite3_stmt *begin, *commit, *rollback, *ask_epoch, *add_event, *put_row;
    int64_t epoch;
    struct chain chain;  // what is durable
    int log_pages;
    bool spent;  // the reserve was given up
};

// ---- the reserve

// Real blocks: a file of zeros that were never written would be none.
static bool reserve_make(struct sqlite_journal *j)
{
    int fd = openat(j->folder_fd, "reserve", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return false;
    bool fine = posix_fallocate(fd, 0, RESERVE) == 0;
    close(fd);
    if (!fine)
        unlinkat(j->folder_fd, "reserve", 0);
    j->spent = !fine;
    return fine;
}

static bool reserve_spend(struct sqlite_journal *j)
{
    if (j->spent)
        return false;
    j->spent = true;
    return unlinkat(j->folder_fd, "reserve", 0) == 0;
}

// ---- writing, in the writer's thread

static bool still_ours(struct sqlite_journal *j, struct failure *why)
{
    int got = db_step(&j->db, j->ask_epoch, why);
    int64_t epoch = got > 0 ? db_int(&j->db, j->ask_epoch, 0) : -1;

    j->db.sq->reset(j->ask_epoch);
    if (got >= 0 && epoch != j->epoch)
        failure_set(why, "another interpreter has taken run `%.*s`", STR_ARG(j->base.id));
    return epoch == j->epoch;
}

static bool add_event(struct sqlite_journal *j, struct chain *chain, const struct new_event *e,
                      struct failure *why)
{
    const struct sqlite_api *sq = j->db.sq;

    chain_add(chain, e->json);
    sq->bind_int64(j->add_event, 1, e->seq);
    sq->bind_text64(j->add_event, 2, e->type.s, e->type.n, SQLITE_STATIC, SQLITE_UTF8);
    sq->bind_text64(j->add_event, 3, e->json.s, e->json.n, SQLITE_STATIC, SQLITE_UTF8);
    sq->bind_blob(j->add_event, 4, chain->hash, SHA256_SIZE, SQLITE_STATIC);
    return db_run(&j->db, j->add_event, why);
}

static bool put_row(struct sqlite_journal *j, const struct run_row *row, struct failure *why)
{
    db_bind_row(&j->db, j->put_row, 1, row);
    return db_run(&j->db, j->put_row, why);
}

// [only_outcomes]: up to the first intent; the row that came with it is later than that.
static bool add_all(struct sqlite_journal *j, const struct batch *batches, bool only_outcomes,
                    struct chain *chain, struct failure *why)
{
    const struct run_row *row = NULL;

    for (const struct batch *b = batches; b; b = b->next) {
        for (const struct new_event *e = b->first; e; e = e->next) {
            if (only_outcomes && is_intent(e->type))
                return true;
            if (!add_event(j, chain, e, why))
                return false;
        }
        row = b->row ? b->row : row;
    }
    return !row || put_row(j, row, why);
}

enum written { WRITTEN, WRITTEN_NOT, WRITTEN_FULL };

static enum written give_up(struct sqlite_journal *j)
{
    struct failure ignored;
    bool full = db_is_full(&j->db);

    if (!j->db.sq->get_autocommit(j->db.handle))
        db_run(&j->db, j->rollback, &ignored);
    return full ? WRITTEN_FULL : WRITTEN_NOT;
}

static enum written write_once(struct sqlite_journal *j, const struct batch *batches,
                               bool only_outcomes, struct failure *why)
{
    struct chain chain = j->chain;

    if (!db_run(&j->db, j->begin, why) || !still_ours(j, why) ||
        !add_all(j, batches, only_outcomes, &chain, why) || !db_run(&j->db, j->commit, why))
        return give_up(j);
    j->chain = chain;
    head_write(j->head_fd, chain.seq);
    return WRITTEN;
}

static bool has_intent(const struct batch *batches)
{
    for (const struct batch *b = batches; b; b = b->next)
        for (const struct new_event *e = b->first; e; e = e->next)
            if (is_intent(e->type))
                return true;
    return false;
}

// The disk is full. What has happened is recorded in the reserve's room; nothing new starts.
static bool write_in_reserve(struct sqlite_journal *j, const struct batch *batches,
                             struct failure *why)
{
    bool intent = has_intent(batches);
    enum written w = write_once(j, batches, intent, why);

    if (w == WRITTEN && !intent)
        return true;
    if (w != WRITTEN_NOT)
        failure_set(why, "cannot record; nothing was started: `%s`: the disk is full", j->db.path);
    return false;
}

// Once the log is long enough. A lock on the folder keeps everybody else from opening the
// run for writing meanwhile, so nobody writes while this reads the log back; and who lost
// the run since does not do it. A full disk only leaves the log where it is.
static bool shorten_log(struct sqlite_journal *j, struct failure *why)
{
    if (!folder_reserve(j->folder_fd, false))
        return true;
    bool fine = still_ours(j, why);
    if (fine) {
        int rc = j->db.sq->wal_checkpoint_v2(j->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                             NULL);
        fine = rc == SQLITE_OK || db_is_busy(&j->db) || db_is_full(&j->db);
        if (!fine)
            db_why(&j->db, why);
    }
    j->log_pages = 0;
    folder_release(j->folder_fd);
    return fine;
}

static int count_log_pages(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_journal *j = arg;

    (void)handle, (void)name;
    j->log_pages = pages;
    return SQLITE_OK;
}

static bool write_batches(struct journal *base, const struct batch *batches, struct failure *why)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;

    if (!owner_holds(&j->owner, why))
        return false;
    if (j->spent && has_intent(batches) && !reserve_make(j))
        return write_in_reserve(j, batches, why);
    switch (write_once(j, batches, false, why)) {
    case WRITTEN_FULL:
        return reserve_spend(j) && write_in_reserve(j, batches, why);
    case WRITTEN_NOT:
        return false;
    default:
        return j->log_pages < LOG_PAGES || shorten_log(j, why);
    }
}

static bool keep(struct journal *base, const char *name, struct str bytes, struct diags *ds)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;

    if (file_put(j->folder_fd, name, bytes, true))
        return true;
    store_fail(ds, STORE_FAILED, "`%.*s/%s` cannot be written: %s", STR_ARG(base->folder), name,
               strerror(errno));
    return false;
}

// ---- giving it back

// Back to one file that can be read without writing anything beside it. Not while somebody
// reads, and not by one who lost the run.
static void fold_log(struct sqlite_journal *j)
{
    struct failure ignored = { "" };

    j->db.sq->busy_timeout(j->db.handle, 0);
    if (folder_reserve(j->folder_fd, true) && owner_holds(&j->owner, &ignored) &&
        still_ours(j, &ignored))
        db_exec(&j->db, "PRAGMA journal_mode = DELETE", &ignored);
    folder_release(j->folder_fd);
}

static void remember_row(struct sqlite_journal *j)
{
    struct arena *a = arena_new(NULL);
    struct failure ignored = { "" };
    struct run_row row;

    if (run_row(j->store, j->base.id, a, &row, &ignored))
        index_put(j->store, &row, &ignored);
    arena_free(a);
}

static void finish_statements(struct sqlite_journal *j)
{
    sqlite3_stmt **all[] = { &j->begin,     &j->commit,    &j->rollback,
                             &j->ask_epoch, &j->add_event, &j->put_row };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        db_finish(&j->db, all[i]);
}

static void close_files(struct sqlite_journal *j)
{
    finish_statements(j);
    db_close(&j->db);
    if (j->head_fd >= 0)
        close(j->head_fd);
    owner_leave(&j->owner);
    close(j->folder_fd);
}

static void close_journal(struct journal *base)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;
    struct failure ignored = { "" };
    bool ours = !journal_failure(base).n && owner_holds(&j->owner, &ignored);

    if (ours) {
        fold_log(j);
        unlinkat(j->folder_fd, "reserve", 0);
        remember_row(j);
    }
    close_files(j);
}

static const struct journal_ops journal_ops = { write_batches, keep, close_journal };

// ---- taking it

static bool prepare(struct sqlite_journal *j, struct failure *why)
{
    struct arena *a = j->base.arena;
    struct str put = str_format(a, "INSERT OR REPLACE INTO run VALUES(1, %.*s)",
                                STR_ARG(row_places(a, '?', 1)));

    return (j->begin = db_prepare(&j->db, "BEGIN IMMEDIATE", why)) &&
           (j->commit = db_prepare(&j->db, "COMMIT", why)) &&
           (j->rollback = db_prepare(&j->db, "ROLLBACK", why)) &&
           (j->ask_epoch = db_prepare(&j->db, "SELECT epoch FROM meta", why)) &&
           (j->add_event = db_prepare(&j->db, "INSERT INTO events VALUES(?1, ?2, ?3, ?4)", why)) &&
           (j->put_row = db_prepare(&j->db, put.s, why));
}

static bool is_sound(struct db *db, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(db, "PRAGMA quick_check(1)", why);
    int got = st ? db_step(db, st, why) : -1;
    const char *text = got > 0 ? (const char *)db->sq->column_text(st, 0) : "";
    bool sound = strcmp(text, "ok") == 0;

    if (got >= 0 && !sound)
        failure_set(why, "`%s` is damaged: %s", db->path, text);
    db_finish(db, &st);
    return sound;
}

static bool check_chain(struct sqlite_journal *j, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    sqlite3_stmt *st = db_prepare(&j->db, "SELECT seq, json, hash FROM events ORDER BY seq", why);
    struct str what;
    int got = st ? 1 : -1;

    while (got > 0 && (got = db_step(&j->db, st, why)) > 0) {
        struct str json = db_view(&j->db, st, 1), hash = db_view(&j->db, st, 2);
        if (!chain_check(&j->chain, db_int(&j->db, st, 0), json, hash, a, &what)) {
            failure_set(why, "`%s` is damaged: %.*s", j->db.path, STR_ARG(what));
            got = -1;
        }
    }
    db_finish(&j->db, &st);
    arena_free(a);
    return got == 0;
}

static bool nothing_is_lost(struct sqlite_journal *j, struct failure *why)
{
    int64_t head = head_read(j->base.folder);

    if (head <= j->chain.seq)
        return true;
    failure_set(why, "`%s` went back: events %" PRId64 " to %" PRId64 " are lost", j->db.path,
                j->chain.seq + 1, head);
    return false;
}

// All that resume decides by is looked at before anything is written.
static bool trust(struct sqlite_journal *j, struct failure *why)
{
    struct run_meta meta;

    return db_check(&j->db, &journal_kind, NULL, why) &&
           run_meta(&j->db, j->base.arena, &meta, why) &&
           run_is_original(&meta, j->base.id, j->db.path, why) && is_sound(&j->db, why) &&
           check_chain(j, why) && nothing_is_lost(j, why);
}

// Who had it before can write nothing more from here on.
static bool next_epoch(struct sqlite_journal *j, struct failure *why)
{
    bool fine = db_exec(&j->db, "BEGIN IMMEDIATE", why) &&
                db_exec(&j->db, "UPDATE meta SET epoch = epoch + 1", why) &&
                db_ask(&j->db, "SELECT epoch FROM meta", &j->epoch, why) &&
                db_exec(&j->db, "COMMIT", why);
    return fine;
}

static bool open_journal(struct sqlite_journal *j, struct failure *why)
{
    struct str path = str_format(j->base.arena, "%.*s/journal.db", STR_ARG(j->base.folder));

    if (file_look(path.s, why) != FOLDER_FINE || !db_open(&j->db, path.s, DB_WRITE, why) ||
        !trust(j, why) || !db_set(&j->db, journal_kind.settings, why))
        return false;
    j->head_fd = head_open(j->folder_fd);
    if (j->head_fd < 0) {
        failure_set(why, "`%.*s/head`: %s", STR_ARG(j->base.folder), strerror(errno));
        return false;
    }
    j->db.sq->wal_hook(j->db.handle, count_log_pages, j);
    return next_epoch(j, why) && prepare(j, why);
}

// [folder_fd] is given away.
static struct sqlite_journal *new_journal(struct sqlite_store *s, struct arena *a, struct str id,
                                          int folder_fd)
{
    struct arena *own = arena_new(a);
    struct sqlite_journal *j = NEW(own, struct sqlite_journal);

    *j = (struct sqlite_journal){ .store = s, .folder_fd = folder_fd, .head_fd = -1 };
    j->base.arena = own;
    j->base.id = str_copy(own, id);
    j->base.folder = run_path(s, id, NULL, own);
    j->owner.lock_fd = -1;
    return j;
}

static struct journal *start(struct sqlite_journal *j)
{
    reserve_make(j);
    head_write(j->head_fd, j->chain.seq);
    journal_start(&j->base, &j->store->base, &journal_ops, j->base.arena, true, j->base.id);
    j->base.next_seq = j->chain.seq + 1;
    return &j->base;
}

static enum store_error drop(struct sqlite_journal *j, enum store_error e)
{
    close_files(j);
    arena_free(j->base.arena);
    return e;
}

static bool open_alone(struct sqlite_journal *j, struct failure *why)
{
    folder_reserve(j->folder_fd, true);
    bool fine = open_journal(j, why);
    folder_release(j->folder_fd);
    return fine;
}

enum store_error sqlite_take(struct store *base, struct arena *a, struct str id,
                             struct journal **out, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };
    int fd;

    if (s->absent)
        return store_no_run(ds, id);
    switch (folder_below(run_path(s, id, NULL, a).s, &fd, &why)) {
    case FOLDER_ABSENT:
        return store_no_run(ds, id);
    case FOLDER_REFUSED:
        return sqlite_fail(ds, &why);
    case FOLDER_FINE:
        break;
    }
    struct sqlite_journal *j = new_journal(s, a, id, fd);
    enum taken taken = owner_take(&j->owner, fd, j->base.folder, &why);
    if (taken == TAKEN_ALREADY) {
        store_fail(ds, STORE_HELD, "run `%.*s` is %s", STR_ARG(id), why.text);
        return drop(j, STORE_HELD);
    }
    if (taken == TAKEN_FAILED || !index_drop(s, id, &why) || !open_alone(j, &why))
        return drop(j, why.text[0] ? sqlite_fail(ds, &why) : store_no_run(ds, id));
    *out = start(j);
    return STORE_OK;
}

// The folder is there before the database, and the lock before both are looked at: a folder
// without a database is not a run yet.
static bool make_and_open(struct sqlite_journal *j, struct failure *why)
{
    struct str path = str_format(j->base.arena, "%.*s/journal.db", STR_ARG(j->base.folder));
    int runs = open(j->store->runs.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    bool fine = owner_take(&j->owner, j->folder_fd, j->base.folder, why) == TAKEN &&
                run_make(path.s, j->base.id, why);
    if (fine && (fsync(j->folder_fd) < 0 || runs < 0 || fsync(runs) < 0)) {
        failure_set(why, "`%.*s`: %s", STR_ARG(j->base.folder), strerror(errno));
        fine = false;
    }
    if (runs >= 0)
        close(runs);
    return fine && open_alone(j, why);
}

enum store_error sqlite_create(struct store *base, struct arena *a, struct str id,
                               struct journal **out, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct str path = run_path(s, id, NULL, a);
    struct failure why = { "" };
    int fd;

    if (s->absent)
        return sqlite_no_folder(s, ds);
    if (!index_open(s, true, &why))  // a run whose locks cannot be known does not start
        return sqlite_fail(ds, &why);
    if (mkdir(path.s, 0700) < 0 && errno == EEXIST)
        return STORE_HELD;
    if (folder_below(path.s, &fd, &why) != FOLDER_FINE) {
        if (!why.text[0])
            failure_set(&why, "`%s` cannot be made: %s", path.s, strerror(errno));
        return sqlite_fail(ds, &why);
    }
    struct sqlite_journal *j = new_journal(s, a, id, fd);
    if (make_and_open(j, &why)) {
        *out = start(j);
        return STORE_OK;
    }
    drop(j, STORE_OK);
    tree_remove(AT_FDCWD, path.s);
    return sqlite_fail(ds, &why);
}
