// From what a step says to the request that is sent.

#include <string.h>

#include "action/http/http.h"
#include "action/params.h"
#include "base/arena.h"
#include "value/base64.h"
#include "value/json.h"

// What is put together on the way.
struct making {
    struct attempt *at;
    const struct http_params *p;
    const struct resolved_connection *connection;  // NULL: none
    struct http_request *r;
    struct http_header *headers;
    bool secret_url;  // as a whole
    struct expr_error *err;
};

static bool refuse(struct making *m, struct span span, struct str message)
{
    *m->err = (struct expr_error){ .message = message, .span = span };
    return false;
}

static struct span whole_span(const struct template *t)
{
    return text_span(&t->text, 0, t->text.str.n);
}

// ---- the URL

static bool piece_of(struct making *m, const struct template_part *part, struct url_piece *out)
{
    const struct template *t = m->p->url;
    struct span span = text_span(&t->text, part->start, part->end);
    struct value v;

    if (!part->expr) {
        *out = (struct url_piece){ part->literal, false };
        return true;
    }
    if (!expr_eval(part->expr, m->at->scope, m->at->arena, &v, m->err))
        return false;
    m->secret_url |= v.secret;
    out->value = true;
    if (!value_to_text(v, m->at->arena, &out->text))
        return refuse(m, span,
                      str_format(m->at->arena, "%s cannot stand in a URL; say toJson()",
                                 value_kind_words(v.kind)));
    if (t->count > 1 && (v.secret || is_secret_read(part->expr, m->at, out->text)))
        return refuse(m, span, STR("a secret in a URL would be seen by others"));
    return true;
}

// The connection that is named, or that a path alone is below.
static bool find_connection(struct making *m, const struct url_piece *pieces, size_t count)
{
    bool absolute = count && http_url_has_scheme(pieces[0].text);
    struct str why;

    if (!m->p->connection.str.n && absolute)
        return true;
    m->connection = connection_find(m->at->connections, m->p->connection.str, HTTP_SCHEMES,
                                    m->at->arena, &why);
    if (m->connection)
        return true;
    struct span span = m->p->connection.str.n ? m->p->connection.span : whole_span(m->p->url);
    return refuse(m, span, why);
}

// A URL is shown without who logs in, and in small letters: not as the secret was written. Where it
// only names a server there is nothing to hide.
static void hide_url(struct making *m, const struct http_url *u)
{
    const struct scope *s = m->at->scope;

    if (s->secret && (u->path.n > 1 || u->query.n))
        s->secret(s, value_secret(value_string(http_url_text(u, m->at->arena))), m->at->arena);
}

static bool make_url(struct making *m)
{
    const struct template *t = m->p->url;
    struct url_piece *pieces = NEW_ARRAY(m->at->arena, struct url_piece, t->count + 1);
    struct http_url base;
    struct str why;

    for (size_t i = 0; i < t->count; i++)
        if (!piece_of(m, &t->parts[i], &pieces[i]))
            return false;
    if (!find_connection(m, pieces, t->count))
        return false;
    if (m->connection && !http_url_parse(m->connection->url, m->at->arena, &base, &why))
        return refuse(m, m->connection->span,
                      str_format(m->at->arena, "connection `%.*s`: %.*s",
                                 STR_ARG(m->connection->name), STR_ARG(why)));
    if (!http_url_build(pieces, t->count, m->connection ? &base : NULL, m->at->arena, &m->r->url,
                        &why))
        return refuse(m, whole_span(t), why);
    if (m->connection && !m->r->url.user.n) {
        m->r->url.user = base.user;
        m->r->url.password = base.password;
    }
    if (m->secret_url)
        hide_url(m, &m->r->url);
    if (m->connection && m->connection->secret_url) {
        base.query = STR("");
        hide_url(m, &base);
    }
    return true;
}

struct reading {
    const struct attempt *at;
    struct str text;
    bool secret;
};

static void see_reading(const struct expr *e, void *ctx)
{
    struct reading *r = ctx;

    r->secret = r->secret || is_secret_read(e, r->at, r->text);
}

// Calls [add] for each name and value of a map; a list repeats the name.
static bool each_pair(struct making *m, const struct form *f, const char *what, bool open,
                      void (*add)(struct making *m, struct str name, struct str value, void *arg),
                      void *arg)
{
    struct value map;
    struct str text;

    if (!f)
        return true;
    if (!form_fill(f, m->at->scope, m->at->arena, &map, m->err))
        return false;
    if (map.kind != VALUE_MAP)
        return refuse(m, f->text.span, str_format(m->at->arena, "`%s` is no mapping", what));
    for (size_t i = 0; i < map.map->count; i++) {
        struct value name = map.map->entries[i].key, v = map.map->entries[i].value;
        bool list = v.kind == VALUE_LIST;
        for (size_t j = 0; j < (list ? value_size(v) : 1); j++) {
            struct value one = list ? value_item(v, j) : v;
            struct str key;
            if (!value_to_text(name, m->at->arena, &key) ||
                !value_to_text(one, m->at->arena, &text))
                return refuse(m, f->text.span,
                              str_format(m->at->arena, "%s is no text; say toJson()",
                                         value_kind_words(one.kind)));
            struct reading r = { m->at, text, one.secret };
            if (open)
                form_each(f, see_reading, &r);
            if (open && r.secret)
                return refuse(m, f->text.span, STR("a secret in a URL would be seen by others"));
            add(m, key, text, arg);
        }
    }
    return true;
}

static void add_query(struct making *m, struct str name, struct str value, void *arg)
{
    (void)arg;
    http_url_query(&m->r->url, name, value, m->at->arena);
}

// ---- headers

static bool has_header(const struct making *m, const char *name)
{
    for (size_t i = 0; i < m->r->header_count; i++)
        if (strcasecmp(m->headers[i].name.s, name) == 0)
            return true;
    return false;
}

// By its name alone: Authorization, Cookie, X-Api-Key, X-Vault-Token, ...
static bool is_credential(const char *name)
{
    static const char *const parts[] = { "auth",   "cookie",  "token",    "secret",
                                         "apikey", "api-key", "password", NULL };

    for (const char *const *part = parts; *part; part++)
        if (strcasestr(name, *part))
            return true;
    return false;
}

static void add_header(struct making *m, const char *name, struct str value, bool secret)
{
    if (!has_header(m, name))
        m->headers[m->r->header_count++] = (struct http_header){ str_from(name), value,
                                                                 secret || is_credential(name) };
}

static bool add_own_headers(struct making *m)
{
    LIST_EACH(const struct words_entry, e, m->p->headers)
    {
        bool secret = false;
        struct str value;
        if (!template_eval_text(e->words, m->at->scope, m->at->arena, &value, &secret, m->err))
            return false;
        const char *trouble = http_header_value_trouble(value);
        if (trouble)
            return refuse(m, whole_span(e->words), str_from(trouble));
        add_header(m, str_copy(m->at->arena, e->entry.key.str).s, str_trim(value), secret);
    }
    return true;
}

static bool add_connection_headers(struct making *m)
{
    const struct str *lines = m->connection ? m->connection->headers : NULL;
    struct arena *a = m->at->arena;

    for (; lines && lines->s; lines++) {
        size_t colon = str_find(*lines, ':');
        struct str name = str_copy(a, str_slice(*lines, 0, colon < lines->n ? colon : lines->n));
        struct str value = str_trim(str_slice(*lines, name.n + (name.n < lines->n), lines->n));
        const char *trouble = http_header_name_trouble(name);
        trouble = trouble ? trouble : http_header_value_trouble(value);
        if (trouble)
            return refuse(
                m, m->connection->span,
                str_format(a, "connection `%.*s`: %s", STR_ARG(m->connection->name), trouble));
        add_header(m, name.s, value, true);
    }
    return true;
}

static void add_basic(struct making *m, struct str user, struct str password)
{
    struct arena *a = m->at->arena;
    struct buf *b = buf_in(a);

    buf_add_s(b, "Basic ");
    base64_write(str_format(a, "%.*s:%.*s", STR_ARG(user), STR_ARG(password)), b);
    add_header(m, "Authorization", buf_str(b), true);
}

static bool add_auth(struct making *m)
{
    const struct resolved_connection *c = m->connection;
    const struct auth *auth = m->p->auth;
    struct str user = { 0 }, password = { 0 }, bearer = { 0 };

    if (auth && (!words_text(auth->user, m->at, &user, NULL, m->err) ||
                 !words_text(auth->password, m->at, &password, NULL, m->err) ||
                 !words_text(auth->bearer, m->at, &bearer, NULL, m->err)))
        return false;
    if (!auth && c) {
        user = c->user;
        password = c->password;
        bearer = c->bearer;
    }
    if (!auth && !user.n && !bearer.n) {
        user = m->r->url.user;
        password = m->r->url.password;
    }
    if (http_header_value_trouble(bearer))
        return refuse(m, m->p->node->span, str_from(http_header_value_trouble(bearer)));
    if (str_find(user, ':') != SIZE_MAX)
        return refuse(m, m->p->node->span,
                      STR("a user with a `:` cannot log in: what follows it would be read as the "
                          "password"));
    if (bearer.n)
        add_header(m, "Authorization", str_format(m->at->arena, "Bearer %.*s", STR_ARG(bearer)),
                   true);
    else if (user.n || password.n)
        add_basic(m, user, password);
    return true;
}

// ---- the body

static void set_body(struct making *m, struct str body, bool secret, const char *type)
{
    m->r->has_body = true;
    m->r->body = body;
    m->r->secret_body = secret;
    add_header(m, "Content-Type", str_from(type), false);
}

static void add_form(struct making *m, struct str name, struct str value, void *arg)
{
    struct buf *b = arg;

    (void)m;
    if (b->n)
        buf_add_c(b, '&');
    percent_encode(name, b);
    buf_add_c(b, '=');
    percent_encode(value, b);
}

static bool make_body(struct making *m)
{
    const struct http_params *p = m->p;
    struct buf *b = buf_in(m->at->arena);
    struct str text;
    struct value v;

    if (p->json) {
        if (!form_fill(p->json, m->at->scope, m->at->arena, &v, m->err))
            return false;
        if (!json_can_carry(v))
            return refuse(m, p->json->text.span,
                          STR("a text in `json` is no UTF-8, which JSON cannot carry"));
        set_body(m, json_text(v, m->at->arena), v.secret, "application/json");
    } else if (p->form) {
        if (!each_pair(m, p->form, "form", false, add_form, b))
            return false;
        set_body(m, buf_str(b), true, "application/x-www-form-urlencoded");
    } else if (p->body) {
        if (!words_bytes(p->body, m->at, &text, m->err))
            return false;
        set_body(m, text, true, "text/plain; charset=utf-8");
    } else if (p->file) {
        if (!words_open(p->file, m->at, &text, m->err))
            return false;
        m->r->file = path_below(m->at->arena, m->at->dir, text);
        set_body(m, STR(""), false, "application/octet-stream");
    }
    return true;
}

// ---- the rest

static bool path_of(struct making *m, const struct template *t, struct str *out)
{
    struct str text;

    if (!t)
        return true;
    if (!words_open(t, m->at, &text, m->err))
        return false;
    *out = path_below(m->at->arena, m->at->dir, text);
    return true;
}

static struct str below(struct making *m, struct str path)
{
    return path.n ? path_below(m->at->arena, m->at->dir, path) : path;
}

static bool make_tls(struct making *m)
{
    const struct resolved_connection *c = m->connection;
    const struct tls *tls = m->p->tls;
    int64_t verify;

    m->r->verify = !c || c->tls_verify;
    if (c) {
        m->r->ca = below(m, c->ca);
        m->r->cert = below(m, c->cert);
        m->r->key = below(m, c->key);
        m->r->proxy = c->proxy;
        m->r->connect_ms = c->timeout_ms;
    }
    if (!tls)
        return true;
    if (!amount_get(tls->verify, m->at->scope, m->at->arena, m->r->verify, &verify, m->err))
        return false;
    m->r->verify = verify;
    return path_of(m, tls->ca, &m->r->ca) && path_of(m, tls->cert, &m->r->cert) &&
           path_of(m, tls->key, &m->r->key);
}

static bool make_limits(struct making *m)
{
    const struct http_params *p = m->p;
    struct http_request *r = m->r;

    if (!amount_get(p->redirects, m->at->scope, m->at->arena, 0, &r->redirects, m->err) ||
        !amount_get(p->max_size, m->at->scope, m->at->arena, HTTP_MAX_SIZE, &r->max_size, m->err))
        return false;
    if (r->redirects < 0 || r->redirects > HTTP_REDIRECTS_MOST)
        return refuse(m, p->redirects->text.span,
                      str_format(m->at->arena, "`redirects` is 0 to %d", HTTP_REDIRECTS_MOST));
    r->timeout_ms = m->at->timeout_ms;
    return path_of(m, p->save, &r->save);
}

static size_t most_headers(const struct making *m)
{
    size_t n = m->p->headers.count + 3;

    for (const struct str *h = m->connection ? m->connection->headers : NULL; h && h->s; h++)
        n++;
    return n;
}

bool http_resolve(struct attempt *at, struct expr_error *err)
{
    struct http_job *job = at->job = NEW(at->arena, struct http_job);
    struct making m = { .at = at, .p = at->params, .r = &job->request, .err = err };

    m.r->method = http_method(m.p);
    if (!make_url(&m) || !each_pair(&m, m.p->query, "query", true, add_query, NULL))
        return false;
    m.headers = NEW_ARRAY(at->arena, struct http_header, most_headers(&m));
    m.r->headers = m.headers;
    if (!add_own_headers(&m) || !add_auth(&m) || !add_connection_headers(&m))
        return false;
    add_header(&m, "User-Agent", STR("runbook"), false);
    return make_body(&m) && make_tls(&m) && make_limits(&m);
}

// Exactly what is sent but for what libcurl adds (Host, Accept, Content-Length). The caller
// masks secrets; of a login only its user is shown.
void http_describe(const struct attempt *at, struct buf *out)
{
    const struct http_job *job = at->job;
    const struct http_request *r = &job->request;

    buf_format(out, "%.*s %.*s\n", STR_ARG(r->method), STR_ARG(http_url_text(&r->url, at->arena)));
    for (size_t i = 0; i < r->header_count; i++) {
        const struct http_header *h = &r->headers[i];
        bool login = strcasecmp(h->name.s, "authorization") == 0;
        buf_format(out, "%.*s: %.*s\n", STR_ARG(h->name), login ? 3 : (int)h->value.n,
                   login ? "***" : h->value.s);
    }
    if (r->file.n)
        buf_format(out, "\n(the file %.*s)\n", STR_ARG(r->file));
    else if (r->has_body)
        buf_format(out, "\n%.*s\n", STR_ARG(r->body));
    if (r->save.n)
        buf_format(out, "(saved to %.*s)\n", STR_ARG(r->save));
}
