// The index, made from the databases of the runs: their rows, and the locks that they hold.

#include <errno.h>
#include <string.h>

#include "base/arena.h"
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

const struct db_kind index_kind = { 0x72756e02, 1, "the index", settings };

bool index_insert(struct sqlite_store *s, const struct run_row *row, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str sql = str_format(a, "INSERT OR REPLACE INTO run VALUES(%.*s)",
                                STR_ARG(row_places(a, '?', 1)));
    sqlite3_stmt *st = db_prepare(&s->index, sql.s, why);

    if (st)
        db_bind_row(&s->index, st, 1, row);
    bool fine = st && db_run(&s->index, st, why);
    db_finish(&s->index, &st);
    arena_free(a);
    return fine;
}

// ---- locks

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

// ---- runs

// Of the runs, which is read now.
struct filling {
    struct sqlite_store *store;
    struct diags *ds;
    struct failure *why;
};

// A damaged run says no more what it had locked. Nobody can go on with it, so that counts as free,
// and is said; but not while its process lives.
static bool give_up(struct filling *f, struct str id, bool lives, const struct failure *found)
{
    if (lives) {
        failure_set(f->why, "%s; run `%.*s` goes on, and what it has locked is not known",
                    found->text, STR_ARG(id));
        return false;
    }
    if (f->ds)
        diag_warn(f->ds, DIAG_STORE, (struct span){ 0 },
                  "%s; what run `%.*s` had locked is not known any more, and counts as free",
                  found->text, STR_ARG(id));
    return true;
}

enum got { GOT_IT, GOT_NOTHING, GOT_FAILURE };

// What cannot be read just now (a full disk, another program's lock) may hold a lock, so there is
// no index before it can.
static enum got row_of(struct filling *f, struct str id, bool lives, struct arena *a,
                       struct run_row *row)
{
    struct failure found = { "" };
    bool damaged;

    if (run_row_or(f->store, id, a, row, &damaged, &found))
        return GOT_IT;
    if (!found.text[0])
        return GOT_NOTHING;  // a folder that was to become a run
    if (damaged)
        return give_up(f, id, lives, &found) ? GOT_NOTHING : GOT_FAILURE;
    *f->why = found;
    return GOT_FAILURE;
}

// A run that somebody has gets no row: it has none while it is open. [doubtful]: whether its locks
// were left for later.
static bool fill_run(struct filling *f, struct str id, struct arena *a, bool *doubtful)
{
    bool lives = owner_lives(run_path(f->store, id, NULL, a));
    struct run_row row;
    enum got got = row_of(f, id, lives, a, &row);

    *doubtful = got == GOT_IT && lives && !row_keeps_locks(&row);
    if (got != GOT_IT)
        return got == GOT_NOTHING;
    return (!row_keeps_locks(&row) || lock_all_again(f->store, &row, f->why)) &&
           (lives || index_insert(f->store, &row, f->why));
}

// Of a run that is only being made, or gone on with after its locks were freed: it has them, or is
// about to ask for them.
static bool lock_for_living(struct filling *f, struct str id, struct arena *a)
{
    bool lives = owner_lives(run_path(f->store, id, NULL, a));
    struct run_row row;
    enum got got = lives ? row_of(f, id, lives, a, &row) : GOT_NOTHING;

    return got == GOT_IT ? lock_all_again(f->store, &row, f->why) : got == GOT_NOTHING;
}

// The locks that are held for certain come first.
static bool fill_runs(struct filling *f, struct str *ids, size_t count, struct arena *a)
{
    size_t doubts = 0;
    bool fine = true, doubtful;

    for (size_t i = 0; i < count && fine; i++) {
        struct arena *each = arena_new(a);
        fine = fill_run(f, ids[i], each, &doubtful);
        if (doubtful)
            ids[doubts++] = ids[i];
        arena_free(each);
    }
    for (size_t i = 0; i < doubts && fine; i++)
        fine = lock_for_living(f, ids[i], a);
    return fine;
}

static bool fill_all(struct sqlite_store *s, struct diags *ds, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct filling f = { s, ds, why };
    struct str *ids;
    size_t count;
    bool found = run_ids(s, STR(""), a, &ids, &count);

    if (!found)
        failure_set(why, "`%.*s`: %s", STR_ARG(s->runs), strerror(errno));
    bool fine = found && fill_runs(&f, ids, count, a);
    arena_free(a);
    return fine;
}

// ---- the file

static bool make_tables(struct sqlite_store *s, struct diags *ds, struct failure *why)
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
        4, columns.s, STR_ARG(str_slice(columns, 4, columns.n)), index_kind.application_id,
        index_kind.version);
    bool fine = db_exec(&s->index, sql.s, why) && fill_all(s, ds, why);

    arena_free(a);
    return fine;
}

// Two may come here at once: the second finds the work done.
bool index_fill(struct sqlite_store *s, struct diags *ds, struct failure *why)
{
    struct failure ignored;
    bool empty = false;

    if (!db_exec(&s->index, "BEGIN IMMEDIATE", why))
        return false;
    bool fine = db_check(&s->index, &index_kind, &empty, why) &&
                (!empty || make_tables(s, ds, why)) && db_exec(&s->index, "COMMIT", why);
    if (!fine)
        db_exec(&s->index, "ROLLBACK", &ignored);
    return fine;
}
