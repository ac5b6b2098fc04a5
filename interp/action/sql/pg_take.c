// What a PostgreSQL server gives: rows for the step, and answers to questions of ours.

#include "action/sql/pg.h"
#include "base/arena.h"

static struct str text_at(const struct pq_api *pq, const PGresult *r, int column)
{
    return (struct str){ pq->getvalue(r, 0, column), (size_t)pq->getlength(r, 0, column) };
}

static void begin_rows(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    size_t columns = (size_t)pq->nfields(r);
    struct str *names = NEW_ARRAY(p->rows_arena, struct str, columns + 1);

    for (size_t i = 0; i < columns; i++)
        names[i] = str_from(pq->fname(r, (int)i));
    sql_rows_begin(&p->rows, p->rows_arena, names, columns);
    p->has_rows = true;
}

static void take_row(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    struct value *values = NEW_ARRAY(p->rows_arena, struct value, p->rows.columns + 1);
    size_t bytes = 0;

    for (int i = 0; i < (int)p->rows.columns; i++) {
        if (pq->getisnull(r, 0, i))
            continue;
        struct str text = text_at(pq, r, i);
        bytes += text.n;
        values[i] = pg_value_of(pq->ftype(r, i), str_copy(p->rows_arena, text), p->rows_arena);
    }
    if (!sql_rows_add(&p->rows, values, bytes))
        link_enough(p->link, sql_rows_limit(&p->rows, p->arena));
}

// "INSERT 0 1" is INSERT, "SELECT 5" is SELECT; CREATE TABLE is itself.
static struct str command_of(struct str tag, struct arena *a)
{
    size_t n = 0;

    while (n < tag.n && (tag.s[n] < '0' || tag.s[n] > '9'))
        n++;
    return str_copy(a, str_trim(str_slice(tag, 0, n)));
}

static int64_t affected(const struct pq_api *pq, const PGresult *r)
{
    // The interface is not const, but does not change anything.
    const char *count = pq->cmdTuples((PGresult *)r);
    int64_t n = 0;

    for (const char *c = count; *c >= '0' && *c <= '9'; c++)
        n = n * 10 + *c - '0';
    return *count ? n : 0;
}

static void collect(struct pg *p, const struct pq_api *pq, const PGresult *r)
{
    bool is_row = pq->resultStatus(r) == PGRES_SINGLE_TUPLE;

    if (!p->has_rows)
        begin_rows(p, pq, r);
    if (is_row) {
        take_row(p, pq, r);
        return;
    }
    struct str tag = str_from(pq->cmdStatus((PGresult *)r));
    p->rows.command = command_of(tag, p->rows_arena);
    p->rows.affected = affected(pq, r);
}

void pg_take(struct pg *p, size_t question, const PGresult *r)
{
    const char *why;
    const struct pq_api *pq = pq_api(&why);

    p->begun = true;
    if (p->collecting && question == p->rows_of) {
        collect(p, pq, r);
        return;
    }
    if (pq->ntuples(r) && !pq->getisnull(r, 0, 0))
        p->answer = str_copy(p->arena, text_at(pq, r, 0));
    struct str tag = str_from(pq->cmdStatus((PGresult *)r));
    if (tag.n)
        p->tag = str_copy(p->arena, tag);
}
