#include "action/sql/text.h"

#include "base/arena.h"
#include "base/buf.h"

// Stands for an expression while the text around it is looked at. The scanner takes it for
// a mark of its own, and [places] tell it from one that somebody wrote.
enum { PLACE = '\1' };

struct marked {
    struct str text;
    size_t *places;  // of each part; of literals unused
};

static struct marked mark(const struct template *t, struct arena *a)
{
    struct buf *b = buf_in(a);
    struct marked m = { .places = NEW_ARRAY(a, size_t, t->count + 1) };

    for (size_t i = 0; i < t->count; i++) {
        m.places[i] = b->n;
        if (t->parts[i].expr)
            buf_add_c(b, PLACE);
        else
            buf_add(b, t->parts[i].literal);
    }
    m.text = buf_str(b);
    return m;
}

struct sql_shape sql_text_shape(const struct template *t, enum sql_dialect dialect, struct arena *a)
{
    return sql_shape_of(mark(t, a).text, dialect);
}

// What is wrong with the place of an expression; NULL: nothing.
struct trouble {
    const char *message, *help;
};

static const struct trouble troubles[] = {
    [SQL_COMMENT] = { "an expression inside a comment has no effect",
                      "take it out, or write `$${{` for the characters themselves" },
    [SQL_TEXT] = { "an expression inside quotes would be text, not a value",
                   "leave the quotes away: the value is bound, whatever it holds; "
                   "put texts together with `||`" },
    [SQL_NAME] = { "an expression inside a quoted name cannot be bound",
                   "leave the quotes away and write `${{ ident(...) }}`" },
    [SQL_WORD] = { "an expression stands directly against other text",
                   "put the whole name together in the expression: `${{ ident('log_' + x) }}`" },
};
static const struct trouble *const no_trouble = NULL;

static bool is_wordlike(const struct sql_token *t)
{
    return t->kind != SQL_PUNCTUATION && t->kind != SQL_COMMENT;
}

// The trouble of the expression at [place].
static const struct trouble *trouble_at(const struct marked *m, enum sql_dialect dialect,
                                        size_t place)
{
    struct sql_scan s = { m->text, dialect, 0 };
    struct sql_token t, before = { .kind = SQL_COMMENT };

    while (sql_next(&s, &t) && t.end <= place)
        before = t;
    if (t.start < place)
        return &troubles[t.kind];
    if (before.end == place && place > 0 && is_wordlike(&before))
        return &troubles[SQL_WORD];
    if (sql_next(&s, &t) && t.start == place + 1 && is_wordlike(&t))
        return &troubles[SQL_WORD];
    return no_trouble;
}

static const struct expr_type *anything(const struct check_scope *s, struct str name,
                                        struct arena *a, struct str *why)
{
    (void)s, (void)name, (void)a, (void)why;
    return expr_dyn;
}

// ident(...), as far as can be told before it is evaluated.
static bool is_name(const struct expr *e, struct arena *a)
{
    static const char *const no_roots[] = { NULL };
    struct check_scope scope = { .type = anything, .roots = no_roots };
    struct diags ignored = { .arena = a };

    return expr_check(e, &scope, a, &ignored) == expr_ident;
}

static struct span part_span(const struct template *t, size_t i)
{
    return text_span(&t->text, t->parts[i].start, t->parts[i].end);
}

static bool check_part(const struct template *t, size_t i, const struct marked *m,
                       enum sql_dialect dialect, const struct sql_shape *shape, struct arena *a,
                       struct diags *ds)
{
    const struct trouble *trouble = trouble_at(m, dialect, m->places[i]);
    struct diag *d;

    if (trouble) {
        d = diag_error(ds, DIAG_EXPR_IN_QUOTES, part_span(t, i), "%s", trouble->message);
        diag_help(ds, d, "%s", trouble->help);
        return false;
    }
    if (shape->binds || is_name(t->parts[i].expr, a))
        return true;
    struct str source = str_trim(expr_text(t->parts[i].expr)->str);
    d = diag_error(ds, DIAG_EXPR_IN_QUOTES, part_span(t, i), "%.*s takes no values, only names",
                   STR_ARG(shape->verb));
    diag_help(ds, d, "if it is a name: `${{ ident(%.*s) }}`", STR_ARG(source));
    return false;
}

bool sql_text_check(const struct template *t, enum sql_dialect dialect, struct arena *a,
                    struct diags *ds)
{
    struct marked m = mark(t, a);
    struct sql_shape shape = sql_shape_of(m.text, dialect);
    bool ok = true;

    if (template_whole(t)) {
        struct diag *d = diag_error(ds, DIAG_EXPR_IN_QUOTES, part_span(t, 0),
                                    "SQL cannot come from a value as a whole");
        diag_help(ds, d, "write the statement here, and its values as `${{ }}`");
        return false;
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->parts[i].expr)
            ok &= check_part(t, i, &m, dialect, &shape, a, ds);
    return ok;
}

// ---- when the step is reached

static bool refuse(const struct template *t, size_t i, struct str message, struct expr_error *err)
{
    *err = (struct expr_error){ .message = message, .span = part_span(t, i) };
    return false;
}

static void add_name(struct buf *b, struct str name)
{
    buf_add_s(b, " \"");
    for (size_t i = 0; i < name.n; i++) {
        if (name.s[i] == '"')
            buf_add_c(b, '"');
        buf_add_c(b, name.s[i]);
    }
    buf_add_s(b, "\" ");
}

struct filling {
    struct buf *text;
    struct value *values;
    size_t count;
    bool binds;
};

static bool add_value(struct filling *f, const struct template *t, size_t i,
                      enum sql_dialect dialect, struct value v, struct expr_error *err)
{
    if (v.kind == VALUE_IDENT) {
        if (v.s.n == 0 || str_find(v.s, '\0') != SIZE_MAX)
            return refuse(t, i, STR("a name cannot be empty or hold a NUL"), err);
        add_name(f->text, v.s);
        return true;
    }
    if (!f->binds)
        return refuse(t, i, STR("this statement takes no values, only names by ident()"), err);
    f->values[f->count++] = v;
    buf_format(f->text, " %c%zu ", dialect == SQL_POSTGRES ? '$' : '?', f->count);
    return true;
}

bool sql_text_fill(const struct template *t, enum sql_dialect dialect, const struct scope *s,
                   struct arena *a, struct sql_command *out, struct expr_error *err)
{
    struct marked m = mark(t, a);
    struct filling f = { .text = buf_in(a), .values = NEW_ARRAY(a, struct value, t->count + 1) };
    struct value v;

    f.binds = sql_shape_of(m.text, dialect).binds;
    for (size_t i = 0; i < t->count; i++) {
        if (!t->parts[i].expr) {
            buf_add(f.text, t->parts[i].literal);
            continue;
        }
        // The engine may only be known now, and reads quotes in its own way.
        const struct trouble *trouble = trouble_at(&m, dialect, m.places[i]);
        if (trouble)
            return refuse(t, i, str_from(trouble->message), err);
        if (!expr_eval(t->parts[i].expr, s, a, &v, err) || !add_value(&f, t, i, dialect, v, err))
            return false;
    }
    *out = (struct sql_command){ .text = str_copy(a, buf_str(f.text)),
                                 .values = f.values,
                                 .count = f.count };
    return true;
}
