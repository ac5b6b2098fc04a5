#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

// Several processes write here, so no log of writes (SQLite before 3.51.3 can damage one
// that two connections write at the same instant): a rollback journal, that stays.
static const struct setting settings[] = {
    { "journal_mode = TRUNCATE", "journal_mode", "truncate" },
    { "synchronous = FULL", "synchronous", "2" },
    { "cell_size_check = ON", "cell_size_check", "1" },
    { "mmap_size = 0", "mmap_size", "0" },
    { "temp_store = MEMORY", "temp_store", "2" },
    { NULL },
};

static const struct db_kind kind = { 0x72756e02, 1, "the index", settings };

// ---- all runs

static bool is_run(const char *name, struct str start)
{
    struct str id = str_from(name);

    return id_is_good(id) && str_equal(str_slice(id, 0, start.n), start);
}

bool run_ids(const struct sqlite_store *s, struct str start, struct arena *a, struct str **ids,
             size_t *count)
{
    struct buf found = BUF_EMPTY;
    struct dirent *e;
    DIR *d = s->absent ? NULL : opendir(s->runs.s);

    *count = 0;
    while (d && (e = readdir(d)))
        if (is_run(e->d_name, start)) {
            struct str id = str_copy(a, str_from(e->d_name));
            buf_add(&found, (struct str){ (const char *)&id, sizeof id });
            ++*count;
        }
    if (d)
        closedir(d);
    *ids = NEW_ARRAY(a, struct str, *count);
    if (*count)
        memcpy(*ids, found.s, *count * sizeof **ids);
    buf_free(&found);
    return d || s->absent;
}

// ---- making it from the runs

static bool insert_row(struct db *db, const struct run_row *row, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str sql = str_format(a, "INSERT OR REPLACE INTO run VALUES(%.*s)",
                                STR_ARG(row_places(a, '?', 1)));
    sqlite3_stmt *st = db_prepare(db, sql.s, why);

    if (st)
        db_bind_row(db, st, 1, row);
    bool fine = st && db_run(db, st, why);
    db_finish(db, &st);
    arena_free(a);
    return fine;
}

struct lock_again {
    struct db *db;
    const struct run_row *row;
    bool fine;
    struct failure *why;
};

static void lock_again(struct str name, void *arg)
{
    struct lock_again *l = arg;
    sqlite3_stmt *st = db_prepare(
        l->db, "INSERT OR IGNORE INTO lock VALUES(?1, ?2, ?3, ?4, ?5, '')", l->why);
    const struct str values[] = { name, l->row->id, l->row->user, l->row->host, l->row->started };

    for (int i = 0; st && i < 5; i++)
        db_bind(l->db, st, i + 1, values[i]);
    l->fine = st && db_run(l->db, st, l->why) && l->fine;
    db_finish(l->db, &st);
}

static bool lock_all_again(struct sqlite_store *s, const struct run_row *row, struct failure *why)
{
    struct lock_again l = { &s->index, row, true, why };

    each_line(row->locks, lock_again, &l);
    return l.fine;
}

// A run that somebody has gets no row: it has none while it is open. [doubtful]: whether its locks
// were left for later.
static bool index_run(struct sqlite_store *s, struct str id, struct arena *a, bool *doubtful,
                      struct failure *why)
{
    struct failure unreadable = { "" };
    struct run_row row;

    *doubtful = false;
    if (!run_row(s, id, a, &row, &unreadable))
        return true;  // a damaged one is found out by who looks at it
    bool lives = owner_lives(run_path(s, id, NULL, a)), keeps = row_keeps_locks(&row);
    *doubtful = lives && !keeps;
    return (!keeps || lock_all_again(s, &row, why)) && (lives || insert_row(&s->index, &row, why));
}

// Of a run that is only being made, or gone on with after its locks were freed: it has them, or is
// about to ask for them.
static bool lock_for_living(struct sqlite_store *s, struct str id, struct arena *a,
                            struct failure *why)
{
    struct failure unreadable = { "" };
    struct run_row row;

    return !owner_lives(run_path(s, id, NULL, a)) || !run_row(s, id, a, &row, &unreadable) ||
           lock_all_again(s, &row, why);
}

// The locks that are held for certain come first.
static bool index_all(struct sqlite_store *s, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str *ids;
    size_t count, doubts = 0;
    bool fine = run_ids(s, STR(""), a, &ids, &count), doubtful;

    for (size_t i = 0; i < count && fine; i++) {
        struct arena *each = arena_new(a);
        fine = index_run(s, ids[i], each, &doubtful, why);
        if (doubtful)
            ids[doubts++] = ids[i];
        arena_free(each);
    }
    for (size_t i = 0; i < doubts && fine; i++)
        fine = lock_for_living(s, ids[i], a, why);
    arena_free(a);
    return fine;
}

static bool make_tables(struct sqlite_store *s, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str columns = row_columns(a);
    struct str sql = str_format(
        a,
        "CREATE TABLE run(%.*s PRIMARY KEY%.*s) WITHOUT ROWID;"
        "CREATE TABLE lock(name TEXT PRIMARY KEY, run TEXT NOT NULL, user TEXT NOT NULL,"
        " host TEXT NOT NULL, since TEXT NOT NULL, mark TEXT NOT NULL) STRICT, WITHOUT ROWID;"
        "PRAGMA application_id = %d;"
        "PRAGMA user_version = %d;",
        4, columns.s, STR_ARG(str_slice(columns, 4, columns.n)), kind.application_id, kind.version);
    bool fine = db_exec(&s->index, sql.s, why) && index_all(s, why);

    arena_free(a);
    return fine;
}

// Two may come here at once: the second finds the work done.
static bool fill(struct sqlite_store *s, struct failure *why)
{
    struct failure ignored;
    bool empty = false;

    if (!db_exec(&s->index, "BEGIN IMMEDIATE", why))
        return false;
    bool fine = db_check(&s->index, &kind, &empty, why) && (!empty || make_tables(s, why)) &&
                db_exec(&s->index, "COMMIT", why);
    if (!fine)
        db_exec(&s->index, "ROLLBACK", &ignored);
    return fine;
}

// ---- opening

struct str index_path(const struct sqlite_store *s, struct arena *a)
{
    return str_format(a, "%.*s/index.db", STR_ARG(s->root));
}

static bool is_at(const struct sqlite_store *s, const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_ino == s->index_inode;
}

bool index_is_current(const struct sqlite_store *s)
{
    struct arena *a = arena_new(NULL);
    bool current = is_at(s, index_path(s, a).s);

    arena_free(a);
    return current;
}

static bool open_to_read(struct sqlite_store *s, const char *path, struct failure *why)
{
    bool empty;

    return db_open_to_read(&s->index, path, &kind, &empty, why) && !empty;
}

static bool open_to_write(struct sqlite_store *s, const char *path, struct failure *why)
{
    bool empty;

    return db_open(&s->index, path, DB_WRITE, why) && db_check(&s->index, &kind, &empty, why) &&
           db_set(&s->index, kind.settings, why) && (!empty || fill(s, why));
}

// What is at [path] now, or a new one. Its inode is taken before it is opened: when another comes
// in between, the next look finds out.
static bool open_at(struct sqlite_store *s, const char *path, bool make, struct failure *why)
{
    struct stat st;
    enum folder_state state = file_look(path, why);

    if (state == FOLDER_ABSENT && make)
        state = file_make(path, why) ? FOLDER_FINE : FOLDER_REFUSED;
    s->index_inode = lstat(path, &st) == 0 ? st.st_ino : 0;
    s->index.damaged = false;
    return state == FOLDER_FINE &&
           (make ? open_to_write(s, path, why) : open_to_read(s, path, why));
}

// Opened to read first, and again when it is written for the first time, or when another file has
// taken its place.
bool index_open(struct sqlite_store *s, bool make, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str path = index_path(s, a);
    bool fine = s->index.handle && (s->index_written || !make) && is_at(s, path.s);

    if (!fine && !s->absent) {
        index_close(s);
        fine = open_at(s, path.s, make, why);
        if (!fine)
            index_close(s);
        s->index_written = fine && make;
    }
    arena_free(a);
    return fine;
}

void index_close(struct sqlite_store *s)
{
    db_close(&s->index);
}

// ---- rows

bool index_put(struct sqlite_store *s, const struct run_row *row, struct failure *why)
{
    return index_open(s, true, why) && insert_row(&s->index, row, why);
}

static bool delete_of(struct sqlite_store *s, const char *sql, struct str id, struct failure *why)
{
    if (!index_open(s, true, why))
        return false;
    sqlite3_stmt *st = db_prepare(&s->index, sql, why);
    if (st)
        db_bind(&s->index, st, 1, id);
    bool fine = st && db_run(&s->index, st, why);
    db_finish(&s->index, &st);
    return fine;
}

// Once more where the file was put aside meanwhile: the new one may have been made from what was
// before.
static bool delete_for_good(struct sqlite_store *s, const char *sql, struct str id,
                            struct diags *ds, struct failure *why)
{
    bool fine;

    do
        fine = delete_of(s, sql, id, why) || (index_mend(s, ds, why) && delete_of(s, sql, id, why));
    while (fine && !index_is_current(s));
    return fine;
}

bool index_drop(struct sqlite_store *s, struct str id, struct diags *ds, struct failure *why)
{
    return delete_for_good(s, "DELETE FROM run WHERE \"id\" = ?1", id, ds, why);
}

bool index_unlock(struct sqlite_store *s, struct str run, struct diags *ds, struct failure *why)
{
    return delete_for_good(s, "DELETE FROM lock WHERE run = ?1", run, ds, why);
}

enum store_error index_rebuild(struct store *base, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" }, ignored;

    if (s->absent)
        return STORE_OK;
    bool fine = index_open(s, true, &why) && db_exec(&s->index, "BEGIN IMMEDIATE", &why);
    if (fine) {
        fine = db_exec(&s->index, "DELETE FROM run", &why) && index_all(s, &why) &&
               db_exec(&s->index, "COMMIT", &why);
        if (!fine)
            db_exec(&s->index, "ROLLBACK", &ignored);
    }
    return fine ? STORE_OK : sqlite_index_fail(s, ds, &why);
}
