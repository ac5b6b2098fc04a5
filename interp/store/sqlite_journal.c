// Writing the journal of a run, in the writer's thread, and giving the run back.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/folder.h"
#include "store/sqlite_journal.h"

enum {
    RESERVE = 256 * 1024,  // bytes: a few outcomes, each at most 64 KiB
    MUCH = 64 * 1024,      // bytes of output
    LOG_PAGES = 250,       // of the log before it is turned into the database
    FEW_PAGES = 16,        // of a log that need not be made longer yet
    MORE_PAGES = 50,       // by so many it is made longer at a time
    FRAME = 24 + 4096,     // bytes of a page in the log
};

// ---- the reserve

// Real blocks: a file of zeros that were never written would be none.
bool reserve_make(struct sqlite_journal *j)
{
    int fd = openat(j->folder_fd, "reserve",
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

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

// What of a batch is written.
enum {
    ALL = 0,
    OUTCOMES = 1,  // up to the first intent; the row that came with it is later than that
    MEAGRE = 2,    // output without what it said
};

static bool is_output(const struct new_event *e)
{
    return str_is(e->type, "step.output");
}

// In a string a quote is escaped, so the first `,"text":"` is the member.
static struct str without_text(struct arena *a, struct str json)
{
    static const char *const members[] = { ",\"text\":\"", ",\"b64\":\"" };

    for (size_t i = 0; i < 2; i++) {
        size_t at = str_search(json, str_from(members[i]));
        if (at != SIZE_MAX)
            return str_format(a, "%.*s,\"text\":\"\",\"lost\":true,\"truncated\":true}",
                              STR_ARG(str_slice(json, 0, at)));
    }
    return json;
}

static bool add_event(struct sqlite_journal *j, struct chain *chain, const struct new_event *e,
                      struct str json, struct failure *why)
{
    const struct sqlite_api *sq = j->db.sq;

    chain_add(chain, json);
    sq->bind_int64(j->add_event, 1, e->seq);
    sq->bind_text64(j->add_event, 2, e->type.s, e->type.n, SQLITE_STATIC, SQLITE_UTF8);
    sq->bind_text64(j->add_event, 3, json.s, json.n, SQLITE_STATIC, SQLITE_UTF8);
    sq->bind_blob(j->add_event, 4, chain->hash, SHA256_SIZE, SQLITE_STATIC);
    return db_run(&j->db, j->add_event, why);
}

static bool put_row(struct sqlite_journal *j, const struct run_row *row, struct failure *why)
{
    db_bind_row(&j->db, j->put_row, 1, row);
    return db_run(&j->db, j->put_row, why);
}

static bool add_all(struct sqlite_journal *j, const struct batch *batches, int extent,
                    struct chain *chain, struct failure *why)
{
    const struct run_row *row = NULL;

    for (const struct batch *b = batches; b; b = b->next) {
        for (const struct new_event *e = b->first; e; e = e->next) {
            if (extent & OUTCOMES && is_intent(e->type))
                return true;
            bool meagre = extent & MEAGRE && is_output(e);
            if (!add_event(j, chain, e, meagre ? without_text(b->arena, e->json) : e->json, why))
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

static enum written write_once(struct sqlite_journal *j, const struct batch *batches, int extent,
                               struct failure *why)
{
    struct chain chain = j->chain;

    if (!db_run(&j->db, j->begin, why) || !still_ours(j, why) ||
        !add_all(j, batches, extent, &chain, why) || !db_run(&j->db, j->commit, why))
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

// Then it is what was printed that there is no room for, and a run need not stop for that.
static bool says_much(const struct batch *batches)
{
    size_t n = 0;

    for (const struct batch *b = batches; b; b = b->next)
        for (const struct new_event *e = b->first; e; e = e->next)
            n += is_output(e) ? e->json.n : 0;
    return n >= MUCH;
}

// The disk is full. What has happened is recorded in the reserve's room, without what was printed
// where there is no room for that; nothing new starts.
static bool write_in_reserve(struct sqlite_journal *j, const struct batch *batches,
                             struct failure *why)
{
    bool intent = has_intent(batches);
    int extent = intent ? OUTCOMES : ALL;
    enum written w = write_once(j, batches, extent, why);

    if (w == WRITTEN_FULL)
        w = write_once(j, batches, extent | MEAGRE, why);

    if (w == WRITTEN && !intent)
        return true;
    j->full = w != WRITTEN_NOT;
    j->base.limited = j->full && db_is_limited(&j->db);
    if (j->full)
        db_say_full(&j->db, "cannot record; nothing was started: ", why);
    return false;
}

// ---- the log, between writes

// Zeros behind what is in use, which SQLite takes for no log at all. To write over what is
// there needs half as long a sync as to make the file longer with every commit. A disk
// without room for it only leaves the log as it is.
static void lengthen_log(struct sqlite_journal *j)
{
    static const char zeros[MORE_PAGES * FRAME];
    struct stat st;
    int fd = openat(j->folder_fd, "journal.db-wal", O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    j->log_room += MORE_PAGES;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size < (off_t)j->log_room * FRAME &&
        (pwrite(fd, zeros, sizeof zeros, st.st_size) != sizeof zeros || fdatasync(fd) < 0)) {
        j->log_room = LOG_PAGES;  // not again
        (void)!ftruncate(fd, st.st_size);
    }
    close(fd);
}

static bool shorten_log(struct sqlite_journal *j, struct failure *why)
{
    int rc = j->db.sq->wal_checkpoint_v2(j->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    bool fine = rc == SQLITE_OK || db_is_busy(&j->db) || db_is_full(&j->db);

    if (!fine)
        db_why(&j->db, why);
    j->log_pages = 0;
    return fine;
}

static bool is_long(const struct sqlite_journal *j)
{
    return j->log_pages >= LOG_PAGES;
}

static bool is_nearly_used(const struct sqlite_journal *j)
{
    return j->log_pages >= FEW_PAGES && j->log_room < LOG_PAGES &&
           j->log_pages + FEW_PAGES > j->log_room;
}

static bool is_untidy(const struct journal *base)
{
    const struct sqlite_journal *j = (const struct sqlite_journal *)base;

    return is_long(j) || is_nearly_used(j);
}

// A lock on the folder keeps everybody else from opening the run for writing meanwhile, so
// nobody writes while this reads the log back or makes it longer; and who lost the run since
// does neither.
static bool tidy(struct journal *base, struct failure *why)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;
    bool fine = true;

    if (!folder_reserve(j->folder_fd, false))
        return true;
    if (!still_ours(j, why))
        fine = false;
    else if (is_long(j))
        fine = shorten_log(j, why);
    else
        lengthen_log(j);
    folder_release(j->folder_fd);
    return fine;
}

// ---- batches


static bool write_batches(struct journal *base, const struct batch *batches, struct failure *why)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;

    if (!owner_holds(&j->owner, why))
        return false;
    if (j->spent && has_intent(batches) && !reserve_make(j))
        return write_in_reserve(j, batches, why);
    switch (write_once(j, batches, ALL, why)) {
    case WRITTEN_FULL:
        if (says_much(batches) && write_once(j, batches, MEAGRE, why) == WRITTEN)
            return true;
        j->full = true;
        return reserve_spend(j) && write_in_reserve(j, batches, why);
    case WRITTEN_NOT:
        return false;
    default:
        return true;
    }
}

// Nothing is wrong with the journal, there was only no room in it.
static int64_t last(struct journal *base)
{
    struct sqlite_journal *j = (struct sqlite_journal *)base;
    struct failure ignored;

    return j->full && owner_holds(&j->owner, &ignored) ? j->chain.seq : -1;
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
// reads, and not by one who lost the run. That there is no log any more stands in the first
// hundred bytes of the file, which are written whole or not at all: a journal of that, with three
// syncs, would protect nothing.
static void fold_log(struct sqlite_journal *j)
{
    struct failure ignored = { "" };

    j->db.sq->busy_timeout(j->db.handle, 0);
    if (folder_reserve(j->folder_fd, true) && owner_holds(&j->owner, &ignored) &&
        still_ours(j, &ignored))
        db_exec(&j->db, "PRAGMA journal_mode = MEMORY", &ignored);
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

void sqlite_journal_drop(struct sqlite_journal *j)
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
    bool open = j->put_row != NULL;  // what is made last
    bool ours = open && !journal_failure(base).n && owner_holds(&j->owner, &ignored);

    if (ours) {
        fold_log(j);
        unlinkat(j->folder_fd, "reserve", 0);
        remember_row(j);
    }
    sqlite_journal_drop(j);
}

const struct journal_ops sqlite_journal_ops = {
    .look = sqlite_look,
    .write = write_batches,
    .is_untidy = is_untidy,
    .tidy = tidy,
    .last = last,
    .keep = keep,
    .close = close_journal,
    .near = true,
};
