// Taking a run, new or begun: all that resume decides by is looked at first.

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/folder.h"
#include "store/sqlite_journal.h"
#include "value/when.h"

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

// Who is told of the events on the way.
struct looker {
    bool (*see)(const struct stored_event *e, void *arg);  // NULL: nobody, or nobody any more
    void *arg;
};

static bool look_at_event(struct sqlite_journal *j, sqlite3_stmt *st, struct looker *looker,
                          struct failure *why)
{
    struct stored_event e = { db_int(&j->db, st, 0), db_view(&j->db, st, 1),
                              db_view(&j->db, st, 2) };
    struct str hash = db_view(&j->db, st, 3), what;

    if (!chain_check(&j->chain, e.seq, e.json, hash, j->base.arena, &what)) {
        failure_set(why, "`%s` is damaged: %.*s", j->db.path, STR_ARG(what));
        return false;
    }
    if (looker->see && !looker->see(&e, looker->arg))
        looker->see = NULL;
    return true;
}

static bool look_at_events(struct sqlite_journal *j, struct looker *looker, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(&j->db, "SELECT seq, type, json, hash FROM events ORDER BY seq",
                                  why);
    int got = st ? 1 : -1;

    while (got > 0 && (got = db_step(&j->db, st, why)) > 0)
        if (!look_at_event(j, st, looker, why))
            got = -1;
    db_finish(&j->db, &st);
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

// Before anything is written.
static bool trust(struct sqlite_journal *j, struct looker *looker, struct failure *why)
{
    struct run_meta meta;

    return db_check(&j->db, &journal_kind, NULL, why) &&
           run_meta(&j->db, j->base.arena, &meta, why) &&
           run_is_original(&meta, j->base.id, j->db.path, why) && is_sound(&j->db, why) &&
           look_at_events(j, looker, why) && nothing_is_lost(j, why);
}

// Who had it before can write nothing more from here on. A new run was made with an epoch.
static bool have_epoch(struct sqlite_journal *j, struct failure *why)
{
    if (j->epoch)
        return true;
    bool fine = db_exec(&j->db, "BEGIN IMMEDIATE", why) &&
                db_exec(&j->db, "UPDATE meta SET epoch = epoch + 1", why) &&
                db_ask(&j->db, "SELECT epoch FROM meta", &j->epoch, why) &&
                db_exec(&j->db, "COMMIT", why);
    return fine;
}

static int count_log_pages(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_journal *j = arg;

    (void)handle, (void)name;
    j->log_pages = pages;
    return SQLITE_OK;
}

static bool open_journal(struct sqlite_journal *j, struct looker *looker, struct failure *why)
{
    struct str path = str_format(j->base.arena, "%.*s/journal.db", STR_ARG(j->base.folder));

    if (file_look(path.s, why) != FOLDER_FINE || !head_is_fine(j->base.folder, why) ||
        !db_open(&j->db, path.s, DB_WRITE, why) || !trust(j, looker, why) ||
        !db_set(&j->db, journal_kind.settings, why))
        return false;
    j->head_fd = head_open(j->folder_fd);
    if (j->head_fd < 0) {
        failure_set(why, "`%.*s/head`: %s", STR_ARG(j->base.folder), strerror(errno));
        return false;
    }
    j->db.sq->wal_hook(j->db.handle, count_log_pages, j);
    return have_epoch(j, why) && prepare(j, why);
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

static void take(struct sqlite_journal *j)
{
    journal_start(&j->base, &j->store->base, &sqlite_journal_ops, j->base.arena, true, j->base.id);
}

static enum store_error drop(struct sqlite_journal *j, enum store_error e)
{
    sqlite_journal_drop(j);
    arena_free(j->base.arena);
    return e;
}

static bool open_alone(struct sqlite_journal *j, struct looker *looker, struct failure *why)
{
    folder_reserve(j->folder_fd, true);
    bool fine = open_journal(j, looker, why);
    folder_release(j->folder_fd);
    if (!fine)
        return false;
    reserve_make(j);
    head_write(j->head_fd, j->chain.seq);
    j->base.next_seq = j->chain.seq + 1;
    return true;
}

enum store_error sqlite_look(struct journal *base,
                             bool (*see)(const struct stored_event *e, void *arg), void *arg,
                             struct diags *ds)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;
    struct looker looker = { see, arg };
    struct failure why = { "" };

    if (open_alone(j, &looker, &why))
        return STORE_OK;
    return why.text[0] ? sqlite_index_fail(j->store, ds, &why) : store_no_run(ds, base->id);
}

static void say_held(const struct owner *o, struct str id, const struct failure *why,
                     struct arena *a, struct diags *ds)
{
    if (o->holder.pid)
        store_held(ds, id, o->holder.pid, o->holder.host,
                   ago_text(wall_from(str_from(o->holder.since)), clock_wall_ns(), a));
    else
        store_fail(ds, STORE_HELD, "run `%.*s` is %s", STR_ARG(id), why->text);
}

// A claim needs no mark here: it is in nobody's way but that of other claims.
enum store_error sqlite_take(struct store *base, struct arena *a, struct str id, struct str mark,
                             struct journal **out, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };
    int fd;

    (void)mark;
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
        say_held(&j->owner, id, &why, a, ds);
        return drop(j, STORE_HELD);
    }
    if (taken == TAKEN_FAILED || !index_drop(s, id, ds, &why))
        return drop(j, why.text[0] ? sqlite_index_fail(s, ds, &why) : store_no_run(ds, id));
    take(j);
    *out = &j->base;
    return STORE_OK;
}

// The folder is there before the database: one without is what a crash left of a run that
// never was, and is taken over.
static bool is_there(const struct sqlite_journal *j)
{
    struct stat st;

    return fstatat(j->folder_fd, "journal.db", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool sync_folders(struct sqlite_journal *j, struct failure *why)
{
    int runs = open(j->store->runs.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fsync(j->folder_fd) == 0 && runs >= 0 && fsync(runs) == 0;

    if (!fine)
        failure_set(why, "`%.*s`: %s", STR_ARG(j->base.folder), strerror(errno));
    if (runs >= 0)
        close(runs);
    return fine;
}

static enum store_error make_here(struct sqlite_journal *j, struct diags *ds, struct failure *why)
{
    struct str path = str_format(j->base.arena, "%.*s/journal.db", STR_ARG(j->base.folder));

    if (is_there(j))
        return STORE_HELD;
    enum taken taken = owner_take(&j->owner, j->folder_fd, j->base.folder, why);
    if (taken != TAKEN)
        return taken == TAKEN_ALREADY ? STORE_HELD : STORE_FAILED;
    if (is_there(j))
        return STORE_HELD;
    unlinkat(j->folder_fd, "journal.db.part", 0);
    j->epoch = FIRST_EPOCH;
    enum store_error e = STORE_FAILED;
    if (run_make(path.s, j->base.id, locks_of(j->store, j->base.id), why) && sync_folders(j, why) &&
        open_alone(j, &(struct looker){ 0 }, why))
        e = locks_confirm(j->store, j->base.id, j->base.arena, ds);
    if (e)
        tree_remove(AT_FDCWD, j->base.folder.s);
    return e;
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
    // A run whose locks cannot be known does not start.
    if (!index_open(s, true, ds, &why) && !index_mend(s, ds, &why))
        return sqlite_index_fail(s, ds, &why);
    if (mkdir(path.s, 0700) < 0 && errno != EEXIST) {
        failure_set(&why, "`%s` cannot be made: %s", path.s, strerror(errno));
        return sqlite_fail(ds, &why);
    }
    if (folder_below(path.s, &fd, &why) != FOLDER_FINE)
        return sqlite_fail(ds, &why);
    struct sqlite_journal *j = new_journal(s, a, id, fd);
    enum store_error e = make_here(j, ds, &why);
    if (e)
        return drop(j, e == STORE_FAILED && why.text[0] ? sqlite_fail(ds, &why) : e);
    take(j);
    *out = &j->base;
    return STORE_OK;
}
