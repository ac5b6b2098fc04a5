// What can be told about a request before anything runs.

#include <string.h>

#include "action/connection.h"
#include "action/http/http.h"
#include "base/arena.h"

static struct span template_span(const struct template *t)
{
    return text_span(&t->text, 0, t->text.str.n);
}

static const struct node *key_node(const struct http_params *p, const char *key)
{
    const struct node *n = p->node->kind == NODE_MAP ? node_get(p->node, key) : NULL;

    return n && n->key ? n->key : p->node;
}

// ---- method and body

static bool check_method(const struct http_params *p, const struct bind *b)
{
    struct str m = p->method.str;
    size_t i = 0;

    while (i < m.n && ((m.s[i] >= 'A' && m.s[i] <= 'Z') || m.s[i] == '-'))
        i++;
    if (i == m.n && !str_is(m, "CONNECT") && !str_is(m, "TRACE"))
        return true;
    struct diag *d = diag_error(b->diags, DIAG_BAD_LITERAL, p->method.span,
                                "'%.*s' is no method that can be sent", STR_ARG(m));
    diag_help(b->diags, d, "GET, HEAD, POST, PUT, PATCH or DELETE, in capitals");
    return false;
}

static bool check_body(const struct http_params *p, const struct bind *b)
{
    const struct {
        const char *name;
        bool written;
    } bodies[] = {
        { "json", p->json }, { "body", p->body }, { "form", p->form }, { "file", p->file }
    };
    const char *first = str_is(http_method(p), "HEAD") ? "method: HEAD" : NULL;

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        if (!bodies[i].written)
            continue;
        if (first) {
            diag_error(b->diags, DIAG_CONFLICTING_FIELDS, key_node(p, bodies[i].name)->span,
                       "a request with `%s` has no `%s`", first, bodies[i].name);
            return false;
        }
        first = bodies[i].name;
    }
    return true;
}

static bool check_map(const struct form *f, const char *name, const struct bind *b)
{
    if (!f || f->kind == FORM_MAP || f->kind == FORM_TEMPLATE)
        return true;
    diag_error(b->diags, DIAG_WRONG_TYPE, f->text.span, "`%s` is a map of names and values", name);
    return false;
}

// ---- headers

const char *http_header_name_trouble(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.s[i];
        bool token = c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
        if (!token)
            return "a header's name holds letters, digits and dashes";
    }
    if (name.n == 0)
        return "a header needs a name";
    // Who sets these himself can make two requests out of one.
    if (strcasecmp(name.s, "content-length") == 0 || strcasecmp(name.s, "transfer-encoding") == 0)
        return "this header follows from the body and cannot be set";
    return NULL;
}

const char *http_header_value_trouble(struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.s[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return "a line end or NUL cannot stand in a header";
        if ((c < ' ' && c != '\t') || c >= 0x7f)
            return "only plain ASCII can stand in a header";
    }
    return NULL;
}

bool http_check_header(const struct words_entry *e, const struct bind *b)
{
    const char *trouble = http_header_name_trouble(str_copy(b->arena, e->entry.key.str));
    struct span span = e->entry.key.span;

    for (size_t i = 0; !trouble && i < e->words->count; i++)
        if (!e->words->parts[i].expr) {
            trouble = http_header_value_trouble(e->words->parts[i].literal);
            span = template_span(e->words);
        }
    if (trouble)
        diag_error(b->diags, DIAG_BAD_LITERAL, span, "%s", trouble);
    return !trouble;
}

// ---- connection and URL

static bool host_from_value(const struct template *t, const struct template_part *part,
                            const struct bind *b)
{
    struct diag *d = diag_error(b->diags, DIAG_EXPR_NOT_ALLOWED_HERE,
                                text_span(&t->text, part->start, part->end),
                                "a value cannot be a part of scheme, host or port");

    diag_help(b->diags, d,
              "declare `connections: {api: \"${{ ... }}\"}` and write `url: /path` with "
              "`connection: api`, or make the whole URL one expression");
    return false;
}

static bool refuse_url(const struct http_params *p, struct str why, const struct bind *b)
{
    diag_error(b->diags, DIAG_BAD_LITERAL, template_span(p->url), "%.*s", STR_ARG(why));
    return false;
}

// The URL with a letter for each value, which is what it has to look like.
static bool check_url(const struct http_params *p, const struct bind *b)
{
    struct http_url base = { .scheme = STR("http"), .host = STR("connection"), .path = STR("/") };
    const struct template *t = p->url;
    struct buf *shape = buf_in(b->arena);
    struct http_url u;
    struct str why;

    if (template_whole(t))
        return true;
    bool below = p->connection.str.n > 0;
    bool relative = t->count == 0 || t->parts[0].expr ||
                    !http_url_has_scheme(t->parts[0].literal);
    if (relative && !below && t->count && !t->parts[0].expr && t->parts[0].literal.s[0] != '/')
        return refuse_url(p, STR("a URL begins with http:// or https://, a path with /"), b);
    for (size_t i = 0; i < t->count; i++) {
        const struct template_part *part = &t->parts[i];
        bool closed = http_url_host_is_closed(buf_str(shape)) || (relative && (below || i > 0));
        if (part->expr && !closed)
            return host_from_value(t, part, b);
        if (part->expr)
            buf_add_c(shape, 'v');
        else
            buf_add(shape, part->literal);
    }
    if (relative && !below &&
        !connection_check_only(template_span(t), HTTP_SCHEMES, "http or https URL",
                               "write the whole URL, or declare "
                               "`connections: {api: \"https://...\"}`",
                               b))
        return false;
    struct url_piece piece = { buf_str(shape), false };
    return http_url_build(&piece, 1, relative ? &base : NULL, b->arena, &u, &why) ||
           refuse_url(p, why, b);
}

bool http_check(const struct step *s, const struct bind *b)
{
    const struct http_params *p = s->params;
    bool ok = check_method(p, b);

    ok &= check_body(p, b);
    ok &= check_map(p->query, "query", b);
    ok &= check_map(p->form, "form", b);
    LIST_EACH(const struct words_entry, e, p->headers)
    ok &= http_check_header(e, b);
    ok &= connection_check(&p->connection, HTTP_SCHEMES, "http or https URL", b);
    return check_url(p, b) && ok;
}
