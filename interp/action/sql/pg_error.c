// What errors of the server mean to the operator.

#include "action/sql/mistake.h"
#include "action/sql/pg.h"
#include "base/arena.h"
#include "base/buf.h"

#define SYNTAX_ERROR "42601"
#define READ_ONLY    "25006"

static const struct {
    const char *sqlstate, *help;
} helps[] = {
    { "42P18", "say what type it is: `${{ ... }}::text`" },
    { "42883",
      "if the types of the values do not match, say which are meant: `${{ ... }}::bigint`" },
    { "40001", "it can be tried again: `retry: {attempts: 3}`" },
    { "40P01", "it can be tried again: `retry: {attempts: 3}`" },
    { "55P03", "another session holds a lock on it" },
    { "28P01", "check user and password of the connection" },
    { "3D000", "check the database in the connection's URL" },
    { NULL, NULL },
};

static struct str first_line(struct str s)
{
    size_t end = str_find(s, '\n');

    return end == SIZE_MAX ? s : str_slice(s, 0, end);
}

// Of a host with several addresses libpq tells what each of them said, a line each, with
// advice in lines that are set in.
static struct str lines_together(struct str s, struct arena *a)
{
    struct buf *b = buf_in(a);

    while (s.n) {
        struct str line = first_line(s);
        if (line.n && line.s[0] != '\t')
            buf_format(b, "%s%.*s", b->n ? "; " : "", STR_ARG(line));
        s = str_slice(s, line.n < s.n ? line.n + 1 : s.n, s.n);
    }
    return buf_str(b);
}

// The byte at which the statement that failed is wrong; SIZE_MAX if nobody says so.
static size_t place_of(const struct pg *p, const struct link_error *e)
{
    struct str text = p->at < p->job->count ? p->job->commands[p->at].text : STR("");
    size_t at = 0;
    uint32_t code;

    if (!e->position || !text.n)
        return SIZE_MAX;
    for (size_t i = 1; i < e->position; i++)
        if (!utf8_next(text, &at, &code))
            return SIZE_MAX;
    return at;
}

struct str pg_error_words(struct pg *p)
{
    const struct link_error *e = link_error(p->link);
    const struct sql_job *job = p->job;
    struct arena *a = job->arena;
    struct str place = STR(""), state = STR("");

    if (job->script.n && p->at < job->count)
        place = str_format(a, "%.*s:%u: ", STR_ARG(job->script), job->commands[p->at].line);
    if (e->sqlstate.n)
        state = str_format(a, " (SQLSTATE %.*s)", STR_ARG(e->sqlstate));
    struct str words = e->sqlstate.n ? first_line(e->message) : lines_together(e->message, a);
    size_t at = place_of(p, e);
    struct str there = at == SIZE_MAX ? STR("")
                                      : sql_mistake_place(job->commands[p->at].text, at, SQL_POSTGRES, a);
    return str_format(a, "%.*s%.*s%.*s%.*s", STR_ARG(place), STR_ARG(words), STR_ARG(there),
                      STR_ARG(state));
}

static void add_sentence(struct buf *b, struct str s)
{
    if (s.n == 0)
        return;
    if (b->n)
        buf_add_s(b, "; ");
    buf_add(b, s);
}

// Read only is the transaction that we began, or the server.
static struct str read_only_help(const struct pg *p)
{
    return p->job->read_only
               ? STR("the step counts as `read`; if it is meant to change something, say "
                     "`effects: write`")
               : STR("this server, or this role, takes no changes; of several servers in the "
                     "connection's URL `target_session_attrs=read-write` takes the one that does");
}

struct str pg_error_help(struct pg *p)
{
    const struct link_error *e = link_error(p->link);
    struct buf *b = buf_in(p->job->arena);

    add_sentence(b, e->detail);
    add_sentence(b, e->hint);
    if (str_is(e->sqlstate, SYNTAX_ERROR) && place_of(p, e) != SIZE_MAX)
        add_sentence(b, sql_mistake_help(p->job->commands[p->at].text, place_of(p, e), SQL_POSTGRES,
                                         p->job->arena));
    if (str_is(e->sqlstate, READ_ONLY))
        add_sentence(b, read_only_help(p));
    for (size_t i = 0; helps[i].sqlstate; i++)
        if (str_is(e->sqlstate, helps[i].sqlstate))
            add_sentence(b, str_from(helps[i].help));
    return str_copy(p->job->arena, buf_str(b));
}
