#include "action/http/http.h"

#include <ctype.h>
#include <string.h>

#include "action/http/save.h"
#include "action/params.h"
#include "base/arena.h"
#include "value/json.h"

static const struct range redirects = { 0, HTTP_REDIRECTS_MOST }, body_size = { 1, 1LL << 40 };
static const struct type type_redirects = { .kind = TYPE_AMOUNT,
                                            .name = "whole number from 0 to 50",
                                            .size = sizeof(const struct amount *),
                                            .unit = UNIT_INT,
                                            .range = &redirects };
static const struct type type_max_size = { .kind = TYPE_AMOUNT,
                                           .name = "size from 1B to 1TiB",
                                           .size = sizeof(const struct amount *),
                                           .unit = UNIT_SIZE,
                                           .range = &body_size };

static const struct field fields[] = {
    { "method", &type_text, AT(struct http_params, method), .fallback = "GET, with a body POST",
      .doc = "What is asked for, in capitals." },
    { "url", &type_words, AT(struct http_params, url), .flags = FIELD_REQUIRED,
      .doc = "Where to; with `connection` a path below its URL. A `${{ }}` is encoded for its "
             "place and cannot leave it." },
    { "connection", &type_text, AT(struct http_params, connection),
      .doc = "The connection whose URL, headers, login and TLS are used." },
    { "query", &type_value, AT(struct http_params, query),
      .doc = "A map of what is added behind the `?`; a list repeats the name." },
    { "headers", &type_words_map, AT(struct http_params, headers), .doc = "Headers to send." },
    { "json", &type_value, AT(struct http_params, json),
      .doc = "The body, written as YAML and sent as JSON." },
    { "body", &type_words, AT(struct http_params, body), .doc = "The body, as text." },
    { "form", &type_value, AT(struct http_params, form),
      .doc = "A map that is sent as a form; a list repeats the name." },
    { "file", &type_words, AT(struct http_params, file), .doc = "The file that is the body." },
    { "auth", &type_auth, AT(struct http_params, auth), .doc = "How to log in." },
    { "tls", &type_tls, AT(struct http_params, tls), .doc = "How to encrypt." },
    { "redirects", &type_redirects, AT(struct http_params, redirects), .fallback = "0",
      .doc = "How many redirects to follow. What is secret is not sent to another host." },
    { "max_size", &type_max_size, AT(struct http_params, max_size), .fallback = "10MiB",
      .doc = "How large the body of the answer may be." },
    { "save", &type_words, AT(struct http_params, save),
      .doc = "The file that a good answer is written to, instead of `result.body`." },
    { 0 },
};
static const struct type whole = {
    .kind = TYPE_OBJECT,
    .name = "http",
    .size = sizeof(struct http_params),
    .fields = fields,
};
static const struct type *const forms[] = { &type_words, &whole, NULL };

// "GET http://...": the method and the URL; a URL alone is asked for with GET.
static bool read_line(const struct node *n, struct http_params *p, struct reader *r)
{
    struct str text = n->text.str;
    size_t space = 0, url;

    // Also one in small letters, so that what is said is about the method.
    while (space < text.n && isalpha((unsigned char)text.s[space]))
        space++;
    bool has_method = space && space < text.n && text.s[space] == ' ';
    for (url = has_method ? space : 0; url < text.n && text.s[url] == ' ';)
        url++;
    size_t end = text.n;
    while (end > url && (text.s[end - 1] == ' ' || text.s[end - 1] == '\n'))
        end--;
    struct text *line = NEW(r->arena, struct text);
    *line = text_cut(r->arena, &n->text, url, end);
    if (has_method)
        p->method = text_cut(r->arena, &n->text, 0, space);
    p->url = template_parse(r->arena, line, r->diags);
    return p->url != NULL;
}

static bool read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct http_params *p = to;
    const struct template *text;

    p->node = n;
    if (n->kind == NODE_SCALAR && n->text.str.n)
        return read_line(n, p, r);
    return short_read(type, n, &text, p, r);
}

static const struct type params = {
    .kind = TYPE_OWN,
    .name = "http",
    .size = sizeof(struct http_params),
    .read = read,
    .forms = forms,
};

struct str http_method(const struct http_params *p)
{
    bool body = p->json || p->body || p->form || p->file;

    if (p->method.str.n)
        return p->method.str;
    return body ? STR("POST") : STR("GET");
}

static bool is_safe(const struct http_params *p)
{
    struct str method = http_method(p);

    return str_is(method, "GET") || str_is(method, "HEAD");
}

static enum effects effects(const void *p)
{
    return is_safe(p) ? EFFECTS_READ : EFFECTS_WRITE;
}

// ---- the result

static struct str from_latin1(struct str s, struct arena *a)
{
    struct buf *b = buf_in(a);

    for (size_t i = 0; i < s.n; i++)
        buf_add_utf8(b, (unsigned char)s.s[i]);
    return buf_str(b);
}

// Headers have no encoding; what is no UTF-8 is read as Latin-1.
static struct str header_text(struct str s, struct arena *a)
{
    return utf8_invalid(s) == SIZE_MAX ? s : from_latin1(s, a);
}

// A header that is sent several times has its values joined, as RFC 9110 allows.
static struct value headers_value(const struct http_reply *reply, struct arena *a)
{
    struct value_builder *map = value_map_start(a);

    for (size_t i = 0; i < reply->header_count; i++) {
        struct buf *b = buf_in(a);
        bool told = false;
        for (size_t j = 0; j < reply->header_count; j++) {
            if (!str_equal(reply->headers[i].name, reply->headers[j].name))
                continue;
            told |= j < i;
            buf_add_s(b, b->n ? ", " : "");
            buf_add(b, reply->headers[j].value);
        }
        if (!told)
            value_put(map, value_string(header_text(reply->headers[i].name, a)),
                      value_string(header_text(buf_str(b), a)));
    }
    return value_finish(map);
}

static bool says_latin1(const struct http_reply *reply, struct arena *a)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (str_is(reply->headers[i].name, "content-type")) {
            const char *type = str_copy(a, reply->headers[i].value).s;
            const char *charset = strcasestr(type, "charset=");
            charset = charset ? charset + 8 + (charset[8] == '"') : "";
            return strncasecmp(charset, "iso-8859-1", 10) == 0 &&
                   !isdigit((unsigned char)charset[10]);
        }
    return false;
}

// Text, if it is UTF-8, or is said to be in the one encoding that needs no table.
static struct value body_value(const struct http_reply *reply, struct arena *a)
{
    if (utf8_invalid(reply->body) == SIZE_MAX)
        return value_string(reply->body);
    if (says_latin1(reply, a))
        return value_string(from_latin1(reply->body, a));
    return value_bytes(reply->body);
}

// [json] is only there when the body is JSON.
static struct value result_value(const struct http_reply *reply, struct arena *a)
{
    struct value_builder *result = value_map_start(a);
    struct json_error ignored;
    struct value json;

    value_put_s(result, "status", value_int(reply->status));
    value_put_s(result, "headers", headers_value(reply, a));
    value_put_s(result, "body", body_value(reply, a));
    if (reply->body.n && json_read(reply->body, a, &json, &ignored))
        value_put_s(result, "json", json);
    value_put_s(result, "took", value_duration_ms(reply->took_ms));
    value_put_s(result, "url", value_string(reply->url));
    return value_finish(result);
}

static struct outcome answered(const struct http_reply *reply, struct arena *a)
{
    struct outcome o = { .verdict = VERDICT_DONE, .rule = reply->status < 400 };

    o.result = result_value(reply, a);
    if (!o.rule)
        o.message = str_format(a, "the server answered with status %d", reply->status);
    return o;
}

static struct outcome failed(const struct http_reply *reply, bool safe, struct arena *a)
{
    bool unknown = reply->end == HTTP_LOST && !safe;
    struct outcome o = { .verdict = unknown ? VERDICT_UNKNOWN : VERDICT_FAILED };

    o.timed_out = reply->timed_out;
    o.not_started = reply->end == HTTP_NOT_SENT;
    o.message = reply->message;
    if (unknown) {
        o.message = str_format(a, "%.*s; the request was sent, and may have had its effect",
                               STR_ARG(reply->message));
        o.help = STR("look whether it had, then `resume --mark`");
    }
    return o;
}

static void over(void *arg, const struct http_reply *reply)
{
    struct attempt *at = arg;
    struct http_job *job = at->job;
    struct outcome o = reply->end == HTTP_ANSWERED
                           ? answered(reply, at->arena)
                           : failed(reply, http_is_safe(&job->request), at->arena);

    job->over = true;
    at->done(at, &o);
}

// ---- running

static void cannot_start(struct attempt *at, struct str message, struct str help)
{
    struct outcome o = {
        .verdict = VERDICT_FAILED, .not_started = true, .message = message, .help = help
    };

    at->done(at, &o);
}

// What cannot be saved is better known before it is asked for.
static void start(struct attempt *at)
{
    struct http_job *job = at->job;
    struct str save = job->request.save;
    const char *why;
    struct http_pool *pool = http_pool_of(at->session, &why);
    int error = save.n ? http_save_trouble(save) : 0;

    if (!pool)
        cannot_start(at, str_format(at->arena, "libcurl is needed: %s", why),
                     STR("apt-get install libcurl4"));
    else if (error)
        cannot_start(at,
                     str_format(at->arena, "cannot write %.*s: %s", STR_ARG(save), strerror(error)),
                     STR(""));
    else
        job->exchange = http_send(pool, at->session->loop, at->arena, &job->request, over, at);
}

static void cancel(struct attempt *at, bool at_once)
{
    struct http_job *job = at->job;
    struct outcome o = { .verdict = VERDICT_CANCELLED };

    (void)at_once;
    if (job->over)
        return;
    job->over = true;
    if (job->exchange && http_stop(job->exchange) && !http_is_safe(&job->request)) {
        o.verdict = VERDICT_UNKNOWN;
        o.message = STR("it was cancelled after the request was sent, and before the answer");
    }
    at->done(at, &o);
}

static void settle(struct attempt *at, struct value notes)
{
    struct outcome o = { .verdict = is_safe(at->params) ? VERDICT_FAILED : VERDICT_UNKNOWN };

    (void)notes;
    o.message = STR("the interpreter ended before there was an answer");
    at->done(at, &o);
}

static const struct expr_field results[] = {
    { "status", &expr_int, "The status of the answer: 200, 404, ..." },
    { "headers", &expr_dyn, "Its headers, with names in lower case." },
    { "body", &expr_dyn,
      "Its body: text, or bytes when it is neither UTF-8 nor said to be ISO-8859-1; empty "
      "with `save`." },
    { "json", &expr_dyn, "The body read as JSON; an error when it is none." },
    { "took", &expr_duration, "From the start to the end of the answer." },
    { "url", &expr_string, "Where the answer came from, after redirects." },
    { 0 },
};

const struct action action_http = {
    .name = "http",
    .doc = "Sends a request. It succeeds when the status of the answer is below 400.",
    .example = "- name: The application answers\n  http: GET http://localhost:3000/health\n",
    .params = &params,
    .results = results,
    .timeout_ms = 60 * 1000,
    .takes = TAKES_DIR,
    .check = http_check,
    .effects = effects,
    .resolve = http_resolve,
    .describe = http_describe,
    .start = start,
    .cancel = cancel,
    .settle = settle,
};
