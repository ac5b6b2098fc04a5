#include "action/sql/shape.h"

#include "action/sql/script.h"

enum {
    READS = 1 << 0,
    BINDS = 1 << 1,
    CONTROLS = 1 << 2,
    ALONE = 1 << 3,
    UNSETTLED = 1 << 4,
};

// What a first word says; what is not here is a command that changes something.
static const struct {
    const char *word;
    unsigned says;
} verbs[] = {
    { "SELECT", READS | BINDS },
    { "VALUES", READS | BINDS },
    { "TABLE", READS },
    { "WITH", READS | BINDS },
    { "SHOW", READS },
    { "EXPLAIN", READS | BINDS },
    { "PRAGMA", READS | UNSETTLED },
    { "INSERT", BINDS },
    { "UPDATE", BINDS },
    { "DELETE", BINDS },
    { "MERGE", BINDS },
    { "REPLACE", BINDS },
    { "CALL", BINDS },
    { "BEGIN", CONTROLS },
    { "START", CONTROLS },
    { "COMMIT", CONTROLS },
    { "END", CONTROLS },
    { "ABORT", CONTROLS },
    { "ROLLBACK", CONTROLS },
    { "VACUUM", ALONE },
    { "DETACH", ALONE },
    { "ATTACH", UNSETTLED },
    { NULL, 0 },
};

// Words behind the first that take a statement out of transactions.
static const struct {
    const char *first, *second;
    unsigned says;
} pairs[] = {
    { "CREATE", "DATABASE", ALONE },        { "DROP", "DATABASE", ALONE },
    { "CREATE", "TABLESPACE", ALONE },      { "DROP", "TABLESPACE", ALONE },
    { "ALTER", "SYSTEM", ALONE },           { "CREATE", "SUBSCRIPTION", ALONE },
    { "DROP", "SUBSCRIPTION", ALONE },      { "REINDEX", "DATABASE", ALONE },
    { "REINDEX", "SYSTEM", ALONE },         { "DISCARD", "ALL", ALONE },
    { "PREPARE", "TRANSACTION", CONTROLS }, { NULL, NULL, 0 },
};

// Pragmas that do something although nothing is assigned.
static const char *const doing[] = { "WAL_CHECKPOINT", "OPTIMIZE", "INCREMENTAL_VACUUM",
                                     "SHRINK_MEMORY", NULL };

static bool is_any(const struct sql_scan *s, const struct sql_token *t, const char *const *words)
{
    for (; *words; words++)
        if (sql_is_word(s, t, *words))
            return true;
    return false;
}

static unsigned verb_says(const struct sql_scan *s, const struct sql_token *t)
{
    for (size_t i = 0; verbs[i].word; i++)
        if (sql_is_word(s, t, verbs[i].word))
            return verbs[i].says;
    return 0;
}

static unsigned pair_says(const struct sql_scan *s, const struct sql_token *first,
                          const struct sql_token *second)
{
    for (size_t i = 0; pairs[i].first; i++)
        if (sql_is_word(s, first, pairs[i].first) && sql_is_word(s, second, pairs[i].second))
            return pairs[i].says;
    return 0;
}

// What is met on the way through the first statement.
struct reading {
    struct sql_scan scan;
    struct sql_ending ending;
    struct sql_token first, before;
    size_t words;
    unsigned says;
    bool explains, analyze, changes, locks, assigns, concurrently, to, from, client;
};

// Whether the word before [s] is a function: replace(a, b, c).
static bool is_called(struct sql_scan s)
{
    struct sql_token next;

    return sql_next_code(&s, &next) && sql_is_mark(&s, &next, '(');
}

// A part that changes something begins the statement, a WITH query, or follows those.
static bool changes(const struct reading *r, const struct sql_token *t)
{
    static const char *const words[] = { "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", NULL };
    const struct sql_scan *s = &r->scan;
    bool opens = sql_is_mark(s, &r->before, '(') || sql_is_mark(s, &r->before, ')');

    if (is_any(s, t, words) && !is_called(*s))
        return opens || (r->explains && !sql_is_word(s, &r->before, "FOR"));
    return sql_is_word(s, t, "INTO") && r->ending.parentheses == 0 &&
           sql_is_word(s, &r->first, "SELECT");
}

static void read_word(struct reading *r, const struct sql_token *t)
{
    static const char *const locking[] = { "UPDATE", "SHARE", "KEY", "NO", NULL };
    const struct sql_scan *s = &r->scan;

    r->changes |= changes(r, t);
    r->locks |= sql_is_word(s, &r->before, "FOR") && is_any(s, t, locking);
    r->analyze |= sql_is_word(s, t, "ANALYZE") || sql_is_word(s, t, "ANALYSE");
    r->assigns |= r->words == 1 && is_any(s, t, doing);
    r->concurrently |= sql_is_word(s, t, "CONCURRENTLY");
    r->to |= sql_is_word(s, t, "TO");
    r->from |= sql_is_word(s, t, "FROM");
    r->client |= sql_is_word(s, t, "STDIN") || sql_is_word(s, t, "STDOUT");
    if (r->words == 1)
        r->says |= pair_says(s, &r->first, t);
    // ROLLBACK TO a savepoint stays inside the transaction.
    if (sql_is_word(s, &r->first, "ROLLBACK") && sql_is_word(s, t, "TO"))
        r->says &= ~(unsigned)CONTROLS;
}

static void read_token(struct reading *r, const struct sql_token *t, struct sql_shape *shape)
{
    // (SELECT ...) UNION ... begins with a parenthesis.
    if (r->words == 0 && t->kind == SQL_WORD) {
        r->first = *t;
        r->says = verb_says(&r->scan, t);
        r->explains = sql_is_word(&r->scan, t, "EXPLAIN");
        shape->verb = str_slice(r->scan.text, t->start, t->end);
    } else if (t->kind == SQL_WORD) {
        read_word(r, t);
    }
    r->words += t->kind == SQL_WORD;
    r->assigns |= sql_is_mark(&r->scan, t, '=');
    r->before = *t;
}

static struct str blame(const struct reading *r, const struct sql_shape *shape)
{
    struct sql_scan s = { r->scan.text, r->scan.dialect, r->first.end };
    struct sql_token second;

    if (r->concurrently)
        return STR("CONCURRENTLY");
    if (sql_next_code(&s, &second) && pair_says(&s, &r->first, &second))
        return str_slice(s.text, r->first.start, second.end);
    return shape->verb;
}

static void judge(const struct reading *r, struct sql_shape *shape)
{
    bool copies = sql_is_word(&r->scan, &r->first, "COPY") && r->client;
    bool writes = r->locks || (r->explains ? r->analyze && r->changes : r->changes) ||
                  (r->says & UNSETTLED && r->assigns);

    shape->reads = r->says & READS && !writes;
    shape->binds = r->says & BINDS;
    shape->creates = sql_is_word(&r->scan, &r->first, "CREATE");
    shape->controls = r->says & CONTROLS;
    shape->alone = r->says & ALONE ||
                   (r->concurrently && !sql_is_word(&r->scan, &r->first, "REFRESH"));
    shape->unsettled = r->says & UNSETTLED;
    shape->copy_in = copies && r->from;
    shape->copy_out = copies && !r->from;
    shape->blame = blame(r, shape);
}

struct sql_shape sql_shape_of(struct str text, enum sql_dialect dialect)
{
    struct sql_shape shape = { 0 };
    struct reading r = { .scan = { text, dialect, 0 } };
    struct sql_token t;
    bool inside = false;  // a statement

    while (sql_next(&r.scan, &t)) {
        shape.open |= t.open;
        if (t.kind == SQL_COMMENT)
            continue;
        bool ends = sql_ends(&r.ending, &r.scan, &t);
        shape.statements += !ends && !inside;
        if (ends)
            r.ending = (struct sql_ending){ 0 };
        else if (shape.statements == 1)
            read_token(&r, &t, &shape);
        inside = !ends;
    }
    if (r.words)
        judge(&r, &shape);
    return shape;
}
