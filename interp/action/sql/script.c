#include "action/sql/script.h"

#include <string.h>

#include "action/sql/shape.h"

bool sql_ends(struct sql_ending *e, const struct sql_scan *s, const struct sql_token *t)
{
    if (sql_is_mark(s, t, ';'))
        return e->parentheses <= 0 && e->blocks == 0;
    e->parentheses += sql_is_mark(s, t, '(') - sql_is_mark(s, t, ')');
    if (t->kind != SQL_WORD)
        return false;
    e->words++;
    if (e->words == 1)
        e->creates = sql_is_word(s, t, "CREATE");
    // CREATE [OR REPLACE] FUNCTION, CREATE TEMP TRIGGER: never far behind.
    if (e->creates && e->words <= 4)
        e->routine |= s->dialect == SQL_SQLITE
                          ? sql_is_word(s, t, "TRIGGER")
                          : sql_is_word(s, t, "FUNCTION") || sql_is_word(s, t, "PROCEDURE");
    if (e->routine && (sql_is_word(s, t, "BEGIN") || (e->blocks && sql_is_word(s, t, "CASE"))))
        e->blocks++;
    if (e->blocks && sql_is_word(s, t, "END"))
        e->blocks--;
    return false;
}

struct sql_script sql_script_of(struct str text, enum sql_dialect dialect)
{
    return (struct sql_script){ .scan = { text, dialect, 0 }, .line = 1 };
}

static uint32_t line_of(struct sql_script *s, size_t at)
{
    for (; s->counted < at; s->counted++)
        s->line += s->scan.text.s[s->counted] == '\n';
    return s->line;
}

static size_t line_end(struct str text, size_t at)
{
    while (at < text.n && text.s[at] != '\n')
        at++;
    return at;
}

// The lines behind COPY ... FROM stdin; up to \. or the end of the file.
static void take_data(struct sql_script *s, struct sql_statement *out)
{
    struct str text = s->scan.text;
    size_t begin = line_end(text, s->scan.at), at;

    begin += begin < text.n;
    out->has_data = true;
    for (at = begin; at < text.n; at = line_end(text, at) + 1) {
        struct str line = str_slice(text, at, line_end(text, at));
        if (str_is(line, "\\.") || str_is(line, "\\.\r"))
            break;
    }
    at = at < text.n ? at : text.n;
    out->data = str_slice(text, begin < at ? begin : at, at);
    at = line_end(text, at);
    s->scan.at = at + (at < text.n);
}

// \restrict and \unrestrict, which pg_dump writes, tell psql to run no backslash
// commands; neither do we.
static bool is_harmless(struct str command)
{
    return str_starts(command, "\\restrict ") || str_starts(command, "\\unrestrict ");
}

// The statement that began with [first].
static void take_statement(struct sql_script *s, struct sql_token first, struct sql_statement *out)
{
    struct sql_ending e = { 0 };
    struct sql_token t = first;
    size_t end = first.end;

    *out = (struct sql_statement){ .line = line_of(s, first.start) };
    do {
        if (sql_ends(&e, &s->scan, &t))
            break;
        if (sql_is_mark(&s->scan, &t, '\\') && s->scan.dialect == SQL_POSTGRES) {
            size_t stop = line_end(s->scan.text, t.start);
            out->psql = str_trim(str_slice(s->scan.text, t.start, stop));
            out->line = line_of(s, t.start);
            s->scan.at = stop;
            return;
        }
        end = t.end;
    } while (sql_next_code(&s->scan, &t));
    out->text = str_slice(s->scan.text, first.start, end);
    if (s->scan.dialect == SQL_POSTGRES && sql_shape_of(out->text, SQL_POSTGRES).copy_in)
        take_data(s, out);
}

bool sql_script_next(struct sql_script *s, struct sql_statement *out)
{
    struct sql_token t;

    while (sql_next_code(&s->scan, &t)) {
        if (sql_is_mark(&s->scan, &t, ';'))
            continue;
        take_statement(s, t, out);
        if (!is_harmless(out->psql))
            return true;
    }
    return false;
}
