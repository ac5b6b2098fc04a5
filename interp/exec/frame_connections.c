// Connections as they are used: the project's, below the runbook's own, below those of a
// drill.

#include "action/connection.h"
#include "base/arena.h"
#include "exec/frame_parts.h"

struct making {
    struct frame *frame;
    const struct scope *scope;
    struct arena *arena;
    struct diags *ds;
    const struct connection *from;
    struct resolved_connection *to;
    bool ok;
};

static struct str text(struct making *m, const struct template *words)
{
    struct str out = STR("");
    bool secret = false;

    if (words)
        m->ok &= frame_text(words, m->scope, "connection", m->from->entry.key.str, m->arena, &out,
                            &secret, m->ds);
    m->to->secret |= secret;
    return out;
}

static struct str path(struct making *m, const struct template *words)
{
    return words ? frame_path(m->frame->dir, text(m, words), m->arena) : STR("");
}

// sqlite:PATH is below the folder of the runbook, like every path in it.
static struct str url(struct making *m)
{
    struct str u = text(m, m->from->url);

    if (!str_starts(u, "sqlite:") || str_starts(u, "sqlite::") || str_starts(u, "sqlite:/"))
        return u;
    struct str file = str_slice(u, sizeof "sqlite:" - 1, u.n);
    if (file.n == 0)
        return u;
    return str_format(m->arena, "sqlite:%.*s", STR_ARG(frame_path(m->frame->dir, file, m->arena)));
}

// What an input gave, before anything runs. Empty: there is none this time.
static void judge(struct making *m)
{
    struct str u = m->to->url;

    if (!u.n || connection_is_known(u))
        return;
    struct diag *d = diag_error(m->ds, DIAG_BAD_INPUT, m->from->url->text.span,
                                "connection `%.*s` is of no kind that there is",
                                STR_ARG(m->from->entry.key.str));
    diag_help(m->ds, d, "it begins with postgresql://, sqlite:, http://, https:// or http+unix://");
    m->ok = false;
}

static const struct str *headers(struct making *m)
{
    const struct words_entry *e = m->from->headers.items;
    struct str *lines = NEW_ARRAY(m->arena, struct str, m->from->headers.count + 1);

    for (size_t i = 0; i < m->from->headers.count; i++) {
        struct str value = text(m, e[i].words);
        if (str_find(value, '\r') != SIZE_MAX || str_find(value, '\n') != SIZE_MAX) {
            diag_error(m->ds, DIAG_BAD_INPUT, e[i].words->text.span,
                       "header `%.*s` holds a line break", STR_ARG(e[i].entry.key.str));
            m->ok = false;
        }
        lines[i] = str_format(m->arena, "%.*s: %.*s", STR_ARG(e[i].entry.key.str), STR_ARG(value));
    }
    return lines;
}

static int64_t amount(struct making *m, const struct amount *of, int64_t fallback)
{
    struct expr_error err = { 0 };
    int64_t n = fallback;

    if (!amount_get(of, m->scope, m->arena, fallback, &n, &err))
        m->ok = frame_complain(&err, "connection", m->from->entry.key.str, m->ds);
    return n;
}

static void make(struct making *m)
{
    const struct connection *c = m->from;
    struct resolved_connection *to = m->to;

    *to = (struct resolved_connection){ .name = c->entry.key.str,
                                        .tls_verify = true,
                                        .span = c->entry.key.span };
    to->url = url(m);
    to->secret_url = to->secret && c->url->count == 1;
    judge(m);
    to->headers = headers(m);
    to->proxy = text(m, c->proxy);
    to->timeout_ms = amount(m, c->timeout, 0) / 1000000;
    if (c->auth) {
        to->user = text(m, c->auth->user);
        to->password = text(m, c->auth->password);
        to->bearer = text(m, c->auth->bearer);
    }
    to->tls = c->tls != NULL;
    if (c->tls) {
        to->tls_verify = amount(m, c->tls->verify, true);
        to->ca = path(m, c->tls->ca);
        to->cert = path(m, c->tls->cert);
        to->key = path(m, c->tls->key);
    }
}

static size_t position(const struct connection **found, size_t count, struct str name)
{
    size_t i = 0;

    while (i < count && !str_equal(found[i]->entry.key.str, name))
        i++;
    return i;
}

static size_t lay(const struct connection **found, size_t count, const struct list *list)
{
    const struct connection *c = list->items;

    for (size_t i = 0; i < list->count; i++) {
        size_t at = position(found, count, c[i].entry.key.str);
        found[at] = &c[i];
        count += at == count;
    }
    return count;
}

bool frame_connections(struct frame *f, const struct project *p, const struct scope *s,
                       struct arena *a, struct diags *ds)
{
    const struct runbook *rb = f->module->rb;
    struct list none = { 0 };
    const struct list *drill = f->drill && rb->drill ? &rb->drill->connections : &none;
    size_t most = p->connections.count + rb->connections.count + drill->count, count = 0;
    const struct connection **found = NEW_ARRAY(a, const struct connection *, most);
    struct making m = { .frame = f, .scope = s, .arena = a, .ds = ds, .ok = true };

    count = lay(found, count, &p->connections);
    count = lay(found, count, &rb->connections);
    count = lay(found, count, drill);
    struct resolved_connection *all = NEW_ARRAY(a, struct resolved_connection, count);
    for (size_t i = 0; i < count; i++) {
        m.from = found[i];
        m.to = &all[i];
        make(&m);
    }
    f->connections = (struct connections){ all, count };
    return m.ok;
}
