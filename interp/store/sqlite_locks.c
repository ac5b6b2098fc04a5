// Locks of runbooks: rows of the index, taken together in one transaction.

#include "base/arena.h"
#include "base/clock.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

// Its run is over and its interpreter did not come to freeing it; or it never came to making
// the run, and is gone. One that cannot be read keeps its locks.
static void look_at_run(struct sqlite_store *s, struct lock_row *l, struct str mark,
                        struct arena *a)
{
    struct failure why = { "" };
    struct run_row row;

    if (owner_lives(run_path(s, l->run, NULL, a)))
        return;
    if (run_row(s, l->run, a, &row, &why)) {
        l->stale = !row_keeps_locks(&row);
        l->crashed = !l->stale && row_says_running(&row);
    } else if (!why.text[0]) {
        l->stale = !mark.n || process_is_gone(mark) || process_was_before(mark);
    }
}

static struct lock_row lock_of(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a)
{
    struct db *db = &s->index;
    struct lock_row l = { .name = db_text(db, st, 0, a),
                          .run = db_text(db, st, 1, a),
                          .user = db_text(db, st, 2, a),
                          .host = db_text(db, st, 3, a),
                          .since = db_text(db, st, 4, a) };

    look_at_run(s, &l, db_text(db, st, 5, a), a);
    l.step = run_last_step(s, l.run, a);
    return l;
}

static enum store_error find_holder(struct sqlite_store *s, struct str run, struct str name,
                                    struct arena *a, struct lock_row *holder, struct failure *why)
{
    sqlite3_stmt *st = db_prepare(
        &s->index,
        "SELECT name, run, user, host, since, mark FROM lock WHERE name = ?1 AND run <> ?2", why);
    int got = -1;

    if (st) {
        db_bind(&s->index, st, 1, name);
        db_bind(&s->index, st, 2, run);
        got = db_step(&s->index, st, why);
    }
    if (got > 0)
        *holder = lock_of(s, st, a);
    db_finish(&s->index, &st);
    return got < 0 ? STORE_FAILED : got > 0 && !holder->stale ? STORE_LOCKED : STORE_OK;
}

static enum store_error put_lock(struct sqlite_store *s, struct str run, struct str name,
                                 struct arena *a, struct failure *why)
{
    // One's own stays as it is, with the time since when.
    sqlite3_stmt *st = db_prepare(
        &s->index,
        "INSERT INTO lock VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(name) DO UPDATE SET"
        " run = ?2, user = ?3, host = ?4, since = ?5, mark = ?6 WHERE run <> ?2",
        why);
    const struct str values[] = {
        name,           run, system_user(a), system_host(a), clock_rfc3339_ms(a, clock_wall_ns()),
        process_mark(a)
    };

    for (int i = 0; st && i < 6; i++)
        db_bind(&s->index, st, i + 1, values[i]);
    bool fine = st && db_run(&s->index, st, why);
    db_finish(&s->index, &st);
    return fine ? STORE_OK : STORE_FAILED;
}

static enum store_error take_all(struct sqlite_store *s, struct str run, const struct str *names,
                                 size_t count, struct arena *a, struct lock_row *holder,
                                 struct failure *why)
{
    enum store_error e = STORE_OK;

    for (size_t i = 0; i < count && !e; i++)
        e = find_holder(s, run, names[i], a, holder, why);
    for (size_t i = 0; i < count && !e; i++)
        e = put_lock(s, run, names[i], a, why);
    if (!e && !db_exec(&s->index, "COMMIT", why))
        e = STORE_FAILED;
    return e;
}

static enum store_error lock(struct store *base, struct str run, const struct str *names,
                             size_t count, struct arena *a, struct lock_row *holder,
                             struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" }, ignored;
    enum store_error e = STORE_FAILED;

    if (s->absent)
        return sqlite_no_folder(s, ds);
    if (index_open(s, true, &why) && db_exec(&s->index, "BEGIN IMMEDIATE", &why)) {
        e = take_all(s, run, names, count, a, holder, &why);
        if (e)
            db_exec(&s->index, "ROLLBACK", &ignored);
    }
    return e == STORE_FAILED ? sqlite_index_fail(s, ds, &why) : e;
}

static enum store_error unlock(struct store *base, struct str run, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    return s->absent || index_unlock(s, run, &why) ? STORE_OK : sqlite_index_fail(s, ds, &why);
}

static size_t count_locks(struct sqlite_store *s, struct failure *why)
{
    int64_t n = 0;

    db_ask(&s->index, "SELECT count(*) FROM lock", &n, why);
    return (size_t)n;
}

static enum store_error list(struct store *base, struct arena *a, const struct lock_row **rows,
                             size_t *count, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    *rows = NULL;
    *count = 0;
    if (!index_open(s, false, &why))
        return why.text[0] ? sqlite_index_fail(s, ds, &why) : STORE_OK;
    size_t room = count_locks(s, &why);
    struct lock_row *all = NEW_ARRAY(a, struct lock_row, room);
    sqlite3_stmt *st = db_prepare(
        &s->index, "SELECT name, run, user, host, since, mark FROM lock ORDER BY name", &why);
    int got = st ? 1 : -1;
    while (*count < room && got > 0 && (got = db_step(&s->index, st, &why)) > 0)
        all[(*count)++] = lock_of(s, st, a);
    db_finish(&s->index, &st);
    *rows = all;
    return got < 0 ? sqlite_index_fail(s, ds, &why) : STORE_OK;
}

const struct lock_ops sqlite_lock_ops = { lock, unlock, list };
