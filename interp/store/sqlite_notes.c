// What is said to a run from elsewhere, and what triggers remember.
//
// A vote is a small file in the run's folder, so that who answers does not have to write to
// a database that an interpreter has open.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "value/json.h"

enum { VOTE_MOST = 64 * 1024 };

// ---- votes

static const struct {
    const char *name;
    size_t at;
} vote_fields[] = {
    { "step", offsetof(struct vote, step) },     { "user", offsetof(struct vote, user) },
    { "reason", offsetof(struct vote, reason) }, { "digest", offsetof(struct vote, digest) },
    { "at", offsetof(struct vote, at) },
};
enum { VOTE_FIELDS = sizeof vote_fields / sizeof *vote_fields };

static struct str vote_text(const struct vote *v, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    buf_add_c(&b, '{');
    for (size_t i = 0; i < VOTE_FIELDS; i++) {
        buf_format(&b, "\"%s\":", vote_fields[i].name);
        json_write_string(*(const struct str *)((const char *)v + vote_fields[i].at), &b);
        buf_add_c(&b, ',');
    }
    buf_format(&b, "\"yes\":%s}\n", v->yes ? "true" : "false");
    return buf_take(&b, a);
}

static bool vote_read(struct str text, struct arena *a, struct vote *v)
{
    struct json_error error;
    struct value map, field;

    if (!json_read(text, a, &map, &error) || map.kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < VOTE_FIELDS; i++) {
        if (!value_field(map, vote_fields[i].name, a, &field) || field.kind != VALUE_STRING)
            return false;
        *(struct str *)((char *)v + vote_fields[i].at) = field.s;
    }
    v->yes = value_field(map, "yes", a, &field) && field.kind == VALUE_BOOL && field.b;
    return true;
}

// One a person, question and digest: that is what the file is named after. A refusal has a name of
// its own, so that no approval is ever written over it, not even in the same instant.
static struct str vote_name(const struct vote *v, struct arena *a)
{
    const struct str parts[] = { v->step, v->user, v->digest };
    uint8_t digest[SHA256_SIZE];
    struct sha256 h;

    sha256_start(&h);
    for (size_t i = 0; i < 3; i++) {
        sha256_add(&h, parts[i]);
        sha256_add(&h, (struct str){ "", 1 });
    }
    sha256_end(&h, digest);
    return str_format(a, "%s%.*s.json", v->yes ? "" : "no-", 32, sha256_hex(a, digest).s);
}

static bool run_exists(struct sqlite_store *s, struct str run, struct arena *a)
{
    struct failure ignored;

    return !s->absent && file_look(run_path(s, run, "journal.db", a).s, &ignored) == FOLDER_FINE;
}

static bool put_vote(struct str folder, const struct vote *v, struct arena *a, struct failure *why)
{
    int fd;

    if (mkdir(folder.s, 0700) < 0 && errno != EEXIST) {
        failure_set(why, "`%.*s` cannot be made: %s", STR_ARG(folder), strerror(errno));
        return false;
    }
    if (folder_below(folder.s, &fd, why) != FOLDER_FINE)
        return false;
    bool fine = file_put(fd, vote_name(v, a).s, vote_text(v, a), false);
    if (!fine)
        failure_set(why, "the answer cannot be written to `%.*s`: %s", STR_ARG(folder),
                    strerror(errno));
    close(fd);
    return fine;
}

static enum store_error vote(struct store *base, struct str run, const struct vote *v,
                             struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct arena *a = arena_new(base->arena);
    struct failure why = { "" };
    bool exists = run_exists(s, run, a);
    bool fine = exists && put_vote(run_path(s, run, "votes", a), v, a, &why);

    arena_free(a);
    if (!exists)
        return store_no_run(ds, run);
    return fine ? STORE_OK : sqlite_fail(ds, &why);
}

static int earlier(const void *x, const void *y)
{
    const struct vote *a = x, *b = y;
    int order = str_compare(a->at, b->at);

    return order ? order : str_compare(a->user, b->user);
}

static bool read_vote(struct str folder, const char *name, struct arena *a, struct vote *v)
{
    struct str path = str_format(a, "%.*s/%s", STR_ARG(folder), name), text;
    struct failure ignored;

    return name[0] != '.' && file_look(path.s, &ignored) == FOLDER_FINE &&
           file_get(AT_FDCWD, path.s, VOTE_MOST, a, &text) && vote_read(text, a, v);
}

// An approval by somebody who refused the same question.
static bool was_refused(const struct vote *v, const struct vote *all, size_t count)
{
    for (size_t i = 0; v->yes && i < count; i++)
        if (!all[i].yes && str_equal(all[i].step, v->step) && str_equal(all[i].user, v->user) &&
            str_equal(all[i].digest, v->digest))
            return true;
    return false;
}

static enum store_error votes(struct store *base, struct str run, struct arena *a,
                              const struct vote **out, size_t *count, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct str folder = run_path(s, run, "votes", a);
    struct buf found = BUF_EMPTY;
    struct dirent *e;
    struct vote v;
    size_t n = 0;

    *count = 0;
    if (!run_exists(s, run, a))
        return store_no_run(ds, run);
    DIR *d = opendir(folder.s);
    while (d && (e = readdir(d)))
        if (read_vote(folder, e->d_name, a, &v)) {
            buf_add(&found, (struct str){ (const char *)&v, sizeof v });
            n++;
        }
    if (d)
        closedir(d);
    const struct vote *all = (const struct vote *)(const void *)found.s;
    struct vote *list = NEW_ARRAY(a, struct vote, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!was_refused(&all[i], all, n))
            list[(*count)++] = all[i];
    qsort(list, *count, sizeof *list, earlier);
    buf_free(&found);
    *out = list;
    return STORE_OK;
}

// ---- triggers.db

static const struct setting settings[] = {
    { "journal_mode = TRUNCATE", "journal_mode", "truncate" },
    { "synchronous = FULL", "synchronous", "2" },
    { "cell_size_check = ON", "cell_size_check", "1" },
    { "mmap_size = 0", "mmap_size", "0" },
    { NULL },
};

static const struct db_kind kind = { 0x72756e03, 1, "the memory of triggers", settings };

static bool fill(struct db *db, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str sql = str_format(
        a,
        "CREATE TABLE IF NOT EXISTS note(key TEXT PRIMARY KEY, json TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS fire(key TEXT PRIMARY KEY, run TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "PRAGMA application_id = %d;"
        "PRAGMA user_version = %d;"
        "COMMIT;",
        kind.application_id, kind.version);
    bool fine = db_exec(db, "BEGIN IMMEDIATE", why) && db_exec(db, sql.s, why);

    arena_free(a);
    return fine;
}

static bool set_up(struct db *db, struct failure *why)
{
    bool empty;

    return db_check(db, &kind, &empty, why) && db_set(db, kind.settings, why) &&
           (!empty || fill(db, why));
}

// False with an empty [why]: it is not there, and [make] is false.
static bool open_notes(struct sqlite_store *s, bool make, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str path = str_format(a, "%.*s/triggers.db", STR_ARG(s->root));
    bool fine = s->notes.handle != NULL;

    if (!fine && !s->absent) {
        enum folder_state state = file_look(path.s, why);
        if (state == FOLDER_ABSENT && make)
            state = file_make(path.s, why) ? FOLDER_FINE : FOLDER_REFUSED;
        fine = state == FOLDER_FINE && db_open(&s->notes, path.s, DB_WRITE, why) &&
               set_up(&s->notes, why);
        if (!fine)
            db_close(&s->notes);
    }
    arena_free(a);
    return fine;
}

// Runs [sql] with one or two texts.
static bool put(struct sqlite_store *s, const char *sql, struct str key, struct str text,
                struct failure *why)
{
    if (!open_notes(s, true, why))
        return false;
    sqlite3_stmt *st = db_prepare(&s->notes, sql, why);
    if (st) {
        db_bind(&s->notes, st, 1, key);
        db_bind(&s->notes, st, 2, text);
    }
    bool fine = st && db_run(&s->notes, st, why);
    db_finish(&s->notes, &st);
    return fine;
}

static bool get(struct sqlite_store *s, const char *sql, struct str key, struct arena *a,
                struct str *text, struct failure *why)
{
    if (!open_notes(s, false, why))
        return !why->text[0];
    sqlite3_stmt *st = db_prepare(&s->notes, sql, why);
    if (st)
        db_bind(&s->notes, st, 1, key);
    int got = st ? db_step(&s->notes, st, why) : -1;
    if (got > 0)
        *text = db_text(&s->notes, st, 0, a);
    db_finish(&s->notes, &st);
    return got >= 0;
}

static enum store_error remember(struct store *base, struct str key, struct str json,
                                 struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    if (s->absent)
        return sqlite_no_folder(s, ds);
    return put(s, "INSERT OR REPLACE INTO note VALUES(?1, ?2)", key, json, &why)
               ? STORE_OK
               : sqlite_fail(ds, &why);
}

static enum store_error recall(struct store *base, struct str key, struct arena *a,
                               struct str *json, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    return get(s, "SELECT json FROM note WHERE key = ?1", key, a, json, &why)
               ? STORE_OK
               : sqlite_fail(ds, &why);
}

static enum store_error claim(struct store *base, struct str key, struct arena *a, struct str *run,
                              bool *ours, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };
    struct str offered = *run;

    if (s->absent)
        return sqlite_no_folder(s, ds);
    if (!put(s, "INSERT OR IGNORE INTO fire VALUES(?1, ?2)", key, offered, &why))
        return sqlite_fail(ds, &why);
    *ours = s->notes.sq->changes64(s->notes.handle) == 1;
    return get(s, "SELECT run FROM fire WHERE key = ?1", key, a, run, &why) ? STORE_OK
                                                                            : sqlite_fail(ds, &why);
}

const struct note_ops sqlite_note_ops = { vote, votes, remember, recall, claim };
