#include "action/sql/mistake.h"

#include "base/arena.h"
#include "base/near.h"

enum { SHOWN_MOST = 60 };

// What statements begin with, and what holds their parts together.
static const char *const words[] = {
    "SELECT",    "INSERT",  "UPDATE",   "DELETE",   "CREATE",     "ALTER",   "DROP",      "TRUNCATE",
    "WITH",      "VALUES",  "TABLE",    "INDEX",    "VIEW",       "MERGE",   "EXPLAIN",   "ANALYZE",
    "VACUUM",    "REINDEX", "CLUSTER",  "COPY",     "GRANT",      "REVOKE",  "COMMENT",   "REFRESH",
    "CALL",      "EXECUTE", "SHOW",     "SET",      "RESET",      "LOCK",    "PRAGMA",    "FROM",
    "WHERE",     "GROUP",   "HAVING",   "ORDER",    "LIMIT",      "OFFSET",  "RETURNING", "INTO",
    "JOIN",      "INNER",   "OUTER",    "CROSS",    "NATURAL",    "USING",   "UNION",     "INTERSECT",
    "EXCEPT",    "EXISTS",  "BETWEEN",  "LIKE",     "DISTINCT",   "DEFAULT", "CONFLICT",  "NOTHING",
    "REFERENCES", "PRIMARY", "FOREIGN", "CONSTRAINT", "UNIQUE",   "CHECK",   "TRIGGER",   "FUNCTION",
    "SEQUENCE",  "SCHEMA",  "DATABASE", "COLUMN",   "RENAME",     "CASCADE", "TEMPORARY", "MATERIALIZED",
    NULL,
};

// The word at [at], and the one before it.
struct spot {
    struct sql_scan scan;
    struct sql_token here, before;
    bool has_here, has_before;
};

static struct spot spot_of(struct str text, size_t at, enum sql_dialect dialect)
{
    struct spot s = { .scan = { text, dialect, 0 } };
    struct sql_token t;

    while (sql_next_code(&s.scan, &t) && t.start <= at) {
        s.before = s.here;
        s.has_before = s.has_here;
        s.here = t;
        s.has_here = true;
    }
    return s;
}

static uint32_t line_of(struct str text, size_t at)
{
    uint32_t line = 1;

    for (size_t i = 0; i < at && i < text.n; i++)
        line += text.s[i] == '\n';
    return line;
}

static size_t line_start(struct str text, size_t at)
{
    while (at > 0 && text.s[at - 1] != '\n')
        at--;
    return at;
}

// Cut between two characters.
static size_t shown_end(struct str text, size_t from)
{
    size_t end = from;

    while (end < text.n && text.s[end] != '\n' && end - from < SHOWN_MOST)
        end++;
    while (end < text.n && end > from && ((unsigned char)text.s[end] & 0xC0) == 0x80)
        end--;
    return end;
}

struct str sql_mistake_place(struct str text, size_t at, enum sql_dialect dialect, struct arena *a)
{
    struct spot s = spot_of(text, at, dialect);

    if (!s.has_here)
        return STR("");
    size_t from = s.here.start, first = line_start(text, from);
    if (s.has_before && s.before.start >= first)
        from = s.before.start;
    struct str shown = str_trim(str_slice(text, from, shown_end(text, from)));
    if (str_find(str_trim(text), '\n') == SIZE_MAX)
        return str_format(a, ", at `%.*s`", STR_ARG(shown));
    return str_format(a, ", in line %u: `%.*s`", line_of(text, from), STR_ARG(shown));
}

static struct str meant(const struct spot *s, const struct sql_token *t, struct arena *a)
{
    struct near near;

    if (t->kind != SQL_WORD || t->end - t->start < 3)
        return STR("");
    for (const char *const *w = words; *w; w++)
        if (sql_is_word(&s->scan, t, *w))
            return STR("");
    struct str upper = str_copy(a, str_slice(s->scan.text, t->start, t->end));
    for (size_t i = 0; i < upper.n; i++)
        if (upper.s[i] >= 'a' && upper.s[i] <= 'z')
            ((char *)upper.s)[i] -= 'a' - 'A';
    near = near_words(upper, words);
    return near_question(&near, a);
}

struct str sql_mistake_help(struct str text, size_t at, enum sql_dialect dialect, struct arena *a)
{
    struct spot s = spot_of(text, at, dialect);
    struct str help = s.has_before ? meant(&s, &s.before, a) : STR("");

    return help.n || !s.has_here ? help : meant(&s, &s.here, a);
}
