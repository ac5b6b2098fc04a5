// Several runs, and the locks that they hold.

#include "report/listing_inside.h"

#include "base/arena.h"
#include "report/harmless.h"

// A cell of a table, with blanks up to its width.
static void cell(struct page *p, struct buf *b, struct str text, size_t width)
{
    struct str safe = harmless_text(text, p->arena);
    size_t wide = columns(safe);

    buf_add(b, safe);
    for (; wide < width; wide++)
        buf_add_c(b, ' ');
    buf_add_s(b, "  ");
}

bool listing_is_open(const struct run_row *r)
{
    return str_is(r->state, "running") || row_is_crashed(r) || r->exit < 0;
}

static enum ink ink_of(const struct run_row *r)
{
    if (row_is_crashed(r))
        return INK_BAD;
    if (listing_is_open(r))
        return INK_ASK;
    if (r->exit == 0 && row_taken_back(r).n)
        return INK_WARN;
    return r->exit == 0 ? INK_GOOD : r->exit == 9 ? INK_WARN : INK_BAD;
}

static struct str result_of(const struct run_row *r)
{
    if (row_never_began(r))
        return STR("never began");
    return r->result.n && !listing_is_open(r) ? row_result(r) : r->state;
}

static void add_ways_on(const struct run_row *rows, size_t count, struct str flags, struct page *p)
{
    size_t crashed = 0;

    for (size_t i = 0; i < count && !crashed; i++)
        crashed = row_is_crashed(&rows[i]) && !row_never_began(&rows[i]) ? i + 1 : 0;
    if (!crashed)
        return;
    struct str id = rows[crashed - 1].id;
    page_blank(p);
    page_head(p, INK_DIM, "%s",
              "crashed: its process is gone, and what was done is kept. Go on, take "
              "back or end it, for example:");
    page_command(p, INK_PLAIN, "  runbook resume %.*s%.*s", STR_ARG(id), STR_ARG(flags));
    page_command(p, INK_PLAIN, "  runbook undo %.*s%.*s", STR_ARG(id), STR_ARG(flags));
    page_command(p, INK_PLAIN, "  runbook abort %.*s%.*s", STR_ARG(id), STR_ARG(flags));
}

static struct str to_the_minute(int64_t wall_ns, struct arena *a)
{
    return str_slice(date_text(wall_ns, a), 0, 16);
}

static struct str since_row_words(const struct run_row *r, struct arena *a)
{
    struct str ids = row_taken_back(r);
    struct buf b = BUF_EMPTY;
    bool many = str_find(ids, '\n') != SIZE_MAX;

    for (size_t i = 0; i < ids.n; i++)
        if (ids.s[i] == '\n')
            buf_add_s(&b, ", ");
        else
            buf_add_c(&b, ids.s[i]);
    struct str all = buf_take(&b, a);
    return str_format(a, "since then %.*s %s undone", STR_ARG(all), many ? "were" : "was");
}

struct run_columns {
    size_t names;
    bool narrow;  // without the year and the user
};

// What the columns beside it leave of the screen to the names of runbooks, or all that they want.
static struct run_columns run_columns(const struct run_row *rows, size_t count,
                                      const struct page *p)
{
    enum { BESIDE = 8 + 18 + 17 + 9 + 2, WIDEST = 24, LEAST = 8, YEAR = 5, SECOND = 8 + 9 + 2 };
    size_t user = 0, most = WIDEST;

    for (size_t i = 0; i < count; i++) {
        size_t n = columns(rows[i].user);
        user = n > user ? n : user;
    }
    bool narrow = p->columns && p->columns < BESIDE + LEAST + user;
    size_t beside = narrow ? BESIDE - YEAR : BESIDE + user;
    if (p->columns && p->columns < beside + LEAST)
        most = p->columns < SECOND + LEAST ? LEAST
                                           : p->columns - SECOND;  // they stand in another row
    else if (p->columns && p->columns < beside + WIDEST)
        most = p->columns - beside;
    return (struct run_columns){ most, narrow };
}

static void add_run(const struct run_row *r, const struct asked *waits, struct run_columns c,
                    struct page *p)
{
    struct arena *a = p->arena;
    struct buf b = BUF_EMPTY;
    int64_t started = wall_from(r->started);

    struct str when = started ? to_the_minute(started, a) : r->started;
    size_t year = c.narrow && started ? 5 : 0;

    cell(p, &b, str_slice(when, year, when.n), 16 - (c.narrow ? 5 : 0));
    cell(p, &b, result_of(r), 15);
    cell(p, &b, listing_is_open(r) ? STR("") : span_text(r->took_ms, a), 7);
    cell(p, &b,
         p->columns ? columns_cut(harmless_text(r->runbook, a), c.names, p->look->utf8, a)
                    : r->runbook,
         c.names);
    cell(p, &b, c.narrow ? STR("") : r->user, 0);
    if (r->drill)
        cell(p, &b, STR("DRILL"), 0);
    if (!listing_is_open(r) && row_taken_back(r).n)
        cell(p, &b, since_row_words(r, a), 0);
    if (waits)
        cell(p, &b,
             str_format(a, "waits for the %s of `%.*s` since %.*s",
                        str_is(waits->kind, "approve") ? "approval" : str_copy(a, waits->kind).s,
                        STR_ARG(waits->step), STR_ARG(to_the_minute(waits->asked_ns, a))),
             0);
    struct buf id = BUF_EMPTY;
    cell(p, &id, r->id, 6);
    page_lead(p, buf_take(&id, a).s, ink_of(r), str_trim(buf_str(&b)));
    buf_free(&b);
}

void listing_runs(const struct run_row *rows, const struct asked *const *waits, size_t count,
                  struct str flags, struct page *p)
{
    struct run_columns c = run_columns(rows, count, p);

    for (size_t i = 0; i < count; i++)
        add_run(&rows[i], waits[i], c, p);
    if (!count)
        page_head(p, INK_DIM, "%s", "There are no runs yet.");
    add_ways_on(rows, count, flags, p);
}

// Why it is held although nothing goes on.
static const char *standstill(const struct lock_row *r)
{
    return r->stale       ? "its run is over: whoever asks next gets it"
           : r->only_back ? "a step of it was undone, so it goes no further"
           : r->unknown   ? "what became of it is not known"
           : r->crashed   ? "its process is gone"
                          : NULL;
}

// How it becomes free: in the same line, or in rows of its own where that would be cut.
static void add_ways_free(const struct lock_row *r, struct str flags, struct page *p)
{
    // One whose outcome is not known goes on only when a person has said what it was.
    const char *mark = r->unknown ? " --mark STEP=done" : "";

    if (!r->only_back)
        page_command(p, INK_PLAIN, "      runbook resume %.*s%.*s%s", STR_ARG(r->run),
                     STR_ARG(flags), mark);
    if (r->unknown && !r->only_back)
        page_command(p, INK_PLAIN, "      runbook resume %.*s%.*s --mark STEP=failed",
                     STR_ARG(r->run), STR_ARG(flags));
    page_command(p, INK_PLAIN, "      runbook undo %.*s%.*s", STR_ARG(r->run), STR_ARG(flags));
    page_command(p, INK_PLAIN, "      runbook abort %.*s%.*s", STR_ARG(r->run), STR_ARG(flags));
}

static struct str ways_free(const struct lock_row *r, struct str flags, struct arena *a)
{
    if (r->only_back)
        return str_format(a, ": `runbook undo %.*s%.*s` or `runbook abort %.*s%.*s` frees it",
                          STR_ARG(r->run), STR_ARG(flags), STR_ARG(r->run), STR_ARG(flags));
    return str_format(a,
                      ": `runbook resume %.*s%.*s%s`, `runbook undo %.*s%.*s` or `runbook "
                      "abort %.*s%.*s` frees it",
                      STR_ARG(r->run), STR_ARG(flags),
                      r->unknown ? " --mark STEP=done` or `--mark STEP=failed" : "",
                      STR_ARG(r->run), STR_ARG(flags), STR_ARG(r->run), STR_ARG(flags));
}

void listing_locks(const struct lock_row *rows, size_t count, struct str flags, struct page *p)
{
    for (size_t i = 0; i < count; i++) {
        const struct lock_row *r = &rows[i];
        const char *why = standstill(r);
        struct str at = r->waits.n ? r->waits : r->only_back ? STR("") : r->step;
        bool ways = why && !r->stale, rows_of_own = ways && p->columns;
        struct str free = ways && !rows_of_own ? ways_free(r, flags, p->arena) : STR("");
        page_item(p, r->name, p->columns && p->columns < 60 ? 0 : 16, why ? INK_WARN : INK_PLAIN,
                  str_format(p->arena, "run %.*s, by %.*s on %.*s, taken %.*s%s%.*s%s%s%.*s%s%s",
                             STR_ARG(r->run), STR_ARG(r->user), STR_ARG(r->host),
                             STR_ARG(listing_ago(wall_from(r->since), p->arena)),
                             r->waits.n ? ", waits for a person at "
                             : at.n     ? ", at step "
                                        : "",
                             STR_ARG(at), why ? " (" : "", why ? why : "", STR_ARG(free),
                             why ? ")" : "", rows_of_own ? "; what frees it:" : ""));
        if (rows_of_own)
            add_ways_free(r, flags, p);
    }
    if (!count)
        page_head(p, INK_DIM, "%s", "No lock is held.");
}
