// What is done to a SQLite file, in a thread.

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/sql/lite.h"
#include "action/sql/mistake.h"
#include "action/sql/shape.h"
#include "base/arena.h"
#include "base/buf.h"

enum { LOCK_WAIT_MS = 30 * 1000 };  // for another program to let go of the file

bool lite_fail(struct lite *l, const char *format, ...)
{
    struct buf *b = buf_in(l->arena);
    va_list args;

    if (l->failed)
        return false;
    l->failed = true;
    if (l->job->script.n && l->at < l->job->count)
        buf_format(b, "%.*s:%u: ", STR_ARG(l->job->script), l->job->commands[l->at].line);
    va_start(args, format);
    buf_vformat(b, format, args);
    va_end(args);
    l->message = buf_str(b);
    return false;
}

bool lite_fail_with_error(struct lite *l)
{
    int code = l->sq->extended_errcode(l->db);

    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
        l->help = STR("look who has it: another program, or a step of this run that is not over");
        return lite_fail(l, "the database is locked by another session (%s)", l->sq->errmsg(l->db));
    }
    if ((code & 0xff) == SQLITE_TOOBIG)
        return lite_fail(l, "a value is over %d MiB", SQL_BYTES_MOST / 1024 / 1024);
    return lite_fail(l, "%s", l->sq->errmsg(l->db));
}

// ---- stopping

static int is_stopped(void *arg)
{
    struct lite *l = arg;

    return l->stop != LITE_GO_ON;
}

// Another program has the file: waits a little more each time.
static int is_busy(void *arg, int tries)
{
    static const int delays[] = { 1, 2, 5, 10, 15, 20, 25, 50 };
    enum { KNOWN = sizeof delays / sizeof *delays, LAST = 50 };
    struct lite *l = arg;
    int64_t waited = tries < KNOWN ? 0 : (int64_t)(tries - KNOWN) * LAST;

    if (is_stopped(l) || waited > LOCK_WAIT_MS)
        return 0;
    l->sq->sleep(tries < KNOWN ? delays[tries] : LAST);
    return 1;
}

// ---- opening

static bool execute(struct lite *l, const char *sql)
{
    return l->sq->exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK || lite_fail_with_error(l);
}

static bool is_there(struct lite *l)
{
    struct stat st;

    if (str_is(l->path, ":memory:") || stat(l->path.s, &st) == 0)
        return true;
    if (errno != ENOENT)
        return lite_fail(l, "%s: %s", l->path.s, strerror(errno));
    if (l->job->creates)
        return true;
    l->help = STR("a file is only created by a statement that begins with CREATE");
    return lite_fail(l, "there is no database %s", l->path.s);
}

// A restore may have put another file into its place; the one that is open is gone then.
static void leave_old_file(struct lite *l)
{
    struct stat now = { 0 };

    if (!l->db || str_is(l->path, ":memory:"))
        return;
    bool there = stat(l->path.s, &now) == 0;
    if (l->file && !(there && now.st_dev == l->device && now.st_ino == l->file)) {
        l->sq->close_v2(l->db);
        l->db = NULL;
        l->marked = false;
    }
    l->device = now.st_dev;
    l->file = now.st_ino;
}

static bool open_file(struct lite *l)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX;

    leave_old_file(l);
    if (l->db)
        return true;
    if (!is_there(l))
        return false;
    if (l->job->creates || str_is(l->path, ":memory:"))
        flags |= SQLITE_OPEN_CREATE;
    if (l->sq->open_v2(l->path.s, &l->db, flags, NULL) != SQLITE_OK) {
        lite_fail(l, "%s: %s", l->path.s, l->db ? l->sq->errmsg(l->db) : "out of memory");
        l->sq->close_v2(l->db);
        l->db = NULL;
        return false;
    }
    leave_old_file(l);
    l->sq->extended_result_codes(l->db, 1);
    l->sq->db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    l->sq->limit(l->db, SQLITE_LIMIT_LENGTH, SQL_BYTES_MOST);
    return true;
}

static void watch(struct lite *l)
{
    l->sq->busy_handler(l->db, is_busy, l);
    l->sq->progress_handler(l->db, 1000, is_stopped, l);
}

// ---- the mark

// An empty file, made by us: what is attached is never created by SQLite unless the
// database itself may be. False if there can be none.
static bool make_mark(struct lite *l)
{
    int fd = l->mark.n == 0 || str_is(l->path, ":memory:")
                 ? -1
                 : open(l->mark.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void attach_mark(struct lite *l)
{
    sqlite3_stmt *stmt;

    // Without a mark the outcome of a crash at COMMIT is not known; no more than that.
    if (l->marked || !make_mark(l))
        return;
    if (l->sq->prepare_v2(l->db, "ATTACH ?1 AS runbook_mark", -1, &stmt, NULL) != SQLITE_OK)
        return;
    l->sq->bind_text(stmt, 1, l->mark.s, (int)l->mark.n, SQLITE_STATIC);
    l->marked = l->sq->step(stmt) == SQLITE_DONE;
    l->sq->finalize(stmt);
}

static void detach_mark(struct lite *l)
{
    if (l->marked)
        l->sq->exec(l->db, "DETACH runbook_mark", NULL, NULL, NULL);
    l->marked = false;
}

static bool is_wal(struct lite *l)
{
    sqlite3_stmt *stmt;
    bool wal = false;

    if (l->sq->prepare_v2(l->db, "PRAGMA main.journal_mode", -1, &stmt, NULL) != SQLITE_OK)
        return false;
    if (l->sq->step(stmt) == SQLITE_ROW) {
        const char *mode = (const char *)l->sq->column_text(stmt, 0);
        // In these nothing makes two files change as one.
        wal = mode && strcmp(mode, "delete") != 0 && strcmp(mode, "truncate") != 0 &&
              strcmp(mode, "persist") != 0;
    }
    l->sq->finalize(stmt);
    return wal;
}

static bool write_mark(struct lite *l)
{
    l->wal = is_wal(l);
    return !l->marked || execute(l, "CREATE TABLE runbook_mark.committed (x)");
}

// ---- commands

// What SQLite says of a statement that it does not understand, with the place.
static bool fail_with_statement(struct lite *l, struct str text)
{
    int at = l->sq->error_offset(l->db);
    struct str said = str_from(l->sq->errmsg(l->db));

    if (at < 0 || (l->sq->extended_errcode(l->db) & 0xff) != SQLITE_ERROR)
        return lite_fail_with_error(l);
    if (str_search(said, STR("syntax error")) != SIZE_MAX)
        l->help = sql_mistake_help(text, (size_t)at, SQL_SQLITE, l->arena);
    struct str place = sql_mistake_place(text, (size_t)at, SQL_SQLITE, l->arena);
    return lite_fail(l, "%.*s%.*s", STR_ARG(said), STR_ARG(place));
}

static bool is_blank(const char *tail)
{
    return sql_shape_of(str_from(tail), SQL_SQLITE).statements == 0;
}

static bool prepare(struct lite *l, const struct sql_command *c, sqlite3_stmt **stmt)
{
    struct str text = str_copy(l->arena, c->text);
    const char *tail;

    if (l->sq->prepare_v2(l->db, text.s, (int)text.n + 1, stmt, &tail) != SQLITE_OK)
        return fail_with_statement(l, c->text);
    if (!*stmt)
        return lite_fail(l, "there is no statement");
    if (!is_blank(tail))
        return lite_fail(l, "only one statement can stand here; use `script` for more");
    if (l->job->read_only && !l->sq->stmt_readonly(*stmt)) {
        l->help = STR("if it is meant to change something, say `effects: write`");
        return lite_fail(l, "the step counts as `read`, and its statement changes something");
    }
    return lite_bind(l, *stmt, c);
}

static void begin_rows(struct lite *l, sqlite3_stmt *stmt)
{
    size_t columns = (size_t)l->sq->column_count(stmt);
    struct str *names = NEW_ARRAY(l->arena, struct str, columns + 1);

    for (size_t i = 0; i < columns; i++)
        names[i] = str_from(l->sq->column_name(stmt, (int)i));
    sql_rows_begin(&l->rows, l->arena, names, columns);
}

static bool take_row(struct lite *l, sqlite3_stmt *stmt)
{
    struct value *values = NEW_ARRAY(l->arena, struct value, l->rows.columns + 1);
    size_t bytes = 0;

    for (size_t i = 0; i < l->rows.columns; i++)
        values[i] = lite_column(l, stmt, (int)i, &bytes);
    if (sql_rows_add(&l->rows, values, bytes))
        return true;
    struct str limit = sql_rows_limit(&l->rows, l->arena);
    return lite_fail(l, "%.*s", STR_ARG(limit));
}

// "INSERT", "CREATE TABLE".
static struct str command_of(struct str text, struct arena *a)
{
    struct sql_shape shape = sql_shape_of(text, SQL_SQLITE);
    struct sql_scan s = { text, SQL_SQLITE, (size_t)(shape.verb.s - text.s) + shape.verb.n };
    struct sql_token t;
    struct buf *b = buf_in(a);
    bool two = shape.verb.n && strchr("CcDdAa", shape.verb.s[0]) && !shape.binds;

    buf_add(b, shape.verb);
    if (two && shape.verb.n && sql_next_code(&s, &t) && t.kind == SQL_WORD) {
        buf_add_c(b, ' ');
        buf_add(b, str_slice(text, t.start, t.end));
    }
    for (size_t i = 0; i < b->n; i++)
        b->s[i] = (char)toupper((unsigned char)b->s[i]);
    return buf_str(b);
}

static bool step_through(struct lite *l, sqlite3_stmt *stmt)
{
    int64_t before = l->sq->total_changes64(l->db);
    int got;

    begin_rows(l, stmt);
    l->sent = true;
    while ((got = l->sq->step(stmt)) == SQLITE_ROW)
        if (!take_row(l, stmt))
            return false;
    if (got != SQLITE_DONE)
        return lite_fail_with_error(l);
    if (!l->sq->stmt_readonly(stmt))
        l->rows.affected = l->sq->total_changes64(l->db) == before ? 0 : l->sq->changes64(l->db);
    return true;
}

static bool run_command(struct lite *l, const struct sql_command *c)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = prepare(l, c, &stmt) && step_through(l, stmt);

    l->sq->finalize(stmt);
    if (ok)
        l->rows.command = command_of(c->text, l->arena);
    return ok;
}

static bool run_commands(struct lite *l)
{
    for (l->at = 0; l->at < l->job->count; l->at++)
        if (!run_command(l, &l->job->commands[l->at]))
            return false;
    return true;
}

static void roll_back(struct lite *l)
{
    if (!l->sq->get_autocommit(l->db))
        l->sq->exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    detach_mark(l);
}

static bool begin(struct lite *l)
{
    if (!l->job->read_only)
        attach_mark(l);
    return execute(l, l->job->read_only ? "BEGIN" : "BEGIN IMMEDIATE");
}

// What was run bare leaves no transaction behind.
static bool run_bare(struct lite *l)
{
    if (!run_commands(l))
        return false;
    return l->sq->get_autocommit(l->db) ||
           lite_fail(l, "a transaction was begun and not ended; it is rolled back");
}

static bool work(struct lite *l)
{
    if (l->job->ask == SQL_ROLLBACK)
        return true;
    if (l->job->ask == SQL_RUN_INSIDE || l->job->ask == SQL_COMMIT) {
        if (!l->db || l->sq->get_autocommit(l->db))
            return lite_fail(l, "the transaction has been rolled back");
        return l->job->ask == SQL_COMMIT ? write_mark(l) : run_commands(l);
    }
    if (!open_file(l))
        return false;
    watch(l);
    if (!execute(l, l->job->read_only ? "PRAGMA query_only = 1" : "PRAGMA query_only = 0"))
        return false;
    if (l->job->ask == SQL_RUN_BARE)
        return run_bare(l);
    if (!begin(l))
        return false;
    if (l->job->ask == SQL_BEGIN)
        return true;
    return run_commands(l) && (l->job->read_only || write_mark(l));
}

void lite_work(void *arg)
{
    struct lite *l = arg;

    if (l->db)
        watch(l);
    bool ok = work(l);
    bool over = !ok && l->job->ask != SQL_RUN_INSIDE;
    if (l->db && (over || l->job->ask == SQL_ROLLBACK))
        roll_back(l);
    // A read only has to let go.
    else if (l->db && l->job->ask == SQL_RUN && l->job->read_only)
        roll_back(l);
}

// An error of the disk may come after the files are as they should be: only the mark, read
// afresh, tells.
static void look_again(struct lite *l)
{
    bool marked = l->marked;

    l->sq->close_v2(l->db);
    l->db = NULL;
    l->marked = false;
    if (marked)
        lite_settle(l);
}

void lite_commit(void *arg)
{
    struct lite *l = arg;

    l->at = l->job->count;
    // COMMIT cannot be stopped in its middle; it either waits for a lock or is short.
    l->failed = is_stopped(l);
    if (!l->failed && !execute(l, "COMMIT"))
        l->doubtful = (l->sq->extended_errcode(l->db) & 0xff) == SQLITE_IOERR;
    if (l->doubtful)
        look_again(l);
    else
        roll_back(l);
}

void lite_settle(void *arg)
{
    struct lite *l = arg;
    sqlite3 *mark = NULL;
    sqlite3_stmt *stmt = NULL;

    if (l->sq->open_v2(l->mark.s, &mark, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        l->sq->prepare_v2(mark, "SELECT count(*) FROM sqlite_schema", -1, &stmt, NULL) ==
            SQLITE_OK &&
        l->sq->step(stmt) == SQLITE_ROW)
        l->found = l->sq->column_int(stmt, 0) ? LITE_COMMITTED : LITE_NOT_COMMITTED;
    l->sq->finalize(stmt);
    l->sq->close_v2(mark);
}
