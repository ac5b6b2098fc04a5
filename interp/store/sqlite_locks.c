// Locks of runbooks: rows of the index, taken together in one transaction.

#include "base/arena.h"
#include "base/buf.h"
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

static enum store_error lock_once(struct sqlite_store *s, struct str run, const struct str *names,
                                  size_t count, struct arena *a, struct lock_row *holder,
                                  struct diags *ds, struct failure *why)
{
    struct failure ignored;

    if (!index_open(s, true, ds, why) || !db_exec(&s->index, "BEGIN IMMEDIATE", why))
        return STORE_FAILED;
    enum store_error e = take_all(s, run, names, count, a, holder, why);
    if (e)
        db_exec(&s->index, "ROLLBACK", &ignored);
    return e;
}

static void remember(struct sqlite_store *s, struct str run, const struct str *names, size_t count)
{
    struct buf lines = BUF_EMPTY;

    for (size_t i = 0; i < count; i++)
        buf_format(&lines, "%s%.*s", i ? "\n" : "", STR_ARG(names[i]));
    s->locked_for = str_copy(s->base.arena, run);
    s->locked = buf_take(&lines, s->base.arena);
}

static enum store_error lock(struct store *base, struct str run, const struct str *names,
                             size_t count, struct arena *a, struct lock_row *holder,
                             struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    if (s->absent)
        return sqlite_no_folder(s, ds);
    enum store_error e = lock_once(s, run, names, count, a, holder, ds, &why);
    if (e == STORE_FAILED && index_mend(s, ds, &why))
        e = lock_once(s, run, names, count, a, holder, ds, &why);
    if (e == STORE_OK)
        remember(s, run, names, count);
    return e == STORE_FAILED ? sqlite_index_fail(s, ds, &why) : e;
}

static enum store_error unlock(struct store *base, struct str run, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    return s->absent || index_unlock(s, run, ds, &why) ? STORE_OK : sqlite_index_fail(s, ds, &why);
}

// ---- before there is a run

struct str locks_of(const struct sqlite_store *s, struct str run)
{
    return str_equal(s->locked_for, run) ? s->locked : STR("");
}

struct name_list {
    struct str *names;
    size_t count;
};

static void add_name(struct str name, void *arg)
{
    struct name_list *l = arg;

    l->names[l->count++] = name;
}

enum store_error locks_confirm(struct sqlite_store *s, struct str run, struct arena *a,
                               struct diags *ds)
{
    struct str lines = locks_of(s, run);
    struct name_list l = { NEW_ARRAY(a, struct str, lines.n), 0 };
    struct lock_row holder = { 0 };

    each_line(lines, add_name, &l);
    enum store_error e = l.count ? lock(&s->base, run, l.names, l.count, a, &holder, ds) : STORE_OK;
    if (e == STORE_LOCKED)
        store_fail(ds, STORE_HELD,
                   "the lock `%.*s` went with the index of the runs, and run %.*s has it now",
                   STR_ARG(holder.name), STR_ARG(holder.run));
    return e;
}

// ---- who holds what

static bool count_locks(struct sqlite_store *s, size_t *count, struct failure *why)
{
    int64_t n = 0;
    bool fine = db_ask(&s->index, "SELECT count(*) FROM lock", &n, why);

    *count = (size_t)n;
    return fine;
}

static bool list_once(struct sqlite_store *s, struct arena *a, const struct lock_row **rows,
                      size_t *count, struct diags *ds, struct failure *why)
{
    size_t room;

    *count = 0;
    if (!index_open(s, false, ds, why) || !count_locks(s, &room, why))
        return false;
    struct lock_row *all = NEW_ARRAY(a, struct lock_row, room);
    sqlite3_stmt *st = db_prepare(
        &s->index, "SELECT name, run, user, host, since, mark FROM lock ORDER BY name", why);
    int got = st ? 1 : -1;
    while (*count < room && got > 0 && (got = db_step(&s->index, st, why)) > 0)
        all[(*count)++] = lock_of(s, st, a);
    db_finish(&s->index, &st);
    *rows = all;
    return got >= 0;
}

// Where there is no index, the runs still know what is locked: it is made again, or that is an
// error. Nothing is made where there are no runs.
static bool make_for_list(struct sqlite_store *s, struct arena *a, bool *none, struct diags *ds,
                          struct failure *why)
{
    struct str *ids;
    size_t n;

    *none = s->absent || !run_ids(s, STR(""), a, &ids, &n) || n == 0;
    return *none || index_open(s, true, ds, why);
}

static enum store_error list(struct store *base, struct arena *a, const struct lock_row **rows,
                             size_t *count, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };
    bool none = false;

    *rows = NULL;
    if (list_once(s, a, rows, count, ds, &why))
        return STORE_OK;
    bool mended = why.text[0] ? index_mend(s, ds, &why) : make_for_list(s, a, &none, ds, &why);
    if (none || (mended && list_once(s, a, rows, count, ds, &why)))
        return STORE_OK;
    return sqlite_index_fail(s, ds, &why);
}

const struct lock_ops sqlite_lock_ops = { lock, unlock, list };
