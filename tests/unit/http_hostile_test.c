// Every hostile value in every place of a request: it stays what it is in its place, or the
// step is refused before anything is sent.

#include "action/http/http.h"
#include "tests/unit/hostile.h"
#include "tests/unit/playing.h"
#include "value/base64.h"

static struct play *asked(const char *yaml, struct value v)
{
    static const struct connections none;
    struct play *p = play_new(str_format(scratch, "    %s\n", yaml).s, one_value("v", v));

    p->at.connections = &none;
    play_resolve(p);
    if (!p->loaded)
        diag_print(p->diags.first, stdout);
    CHECK(p->loaded);
    CHECK(p->resolved || p->error.message.n > 0);
    return p;
}

static const struct http_request *request_of(const struct play *p)
{
    return &((const struct http_job *)p->at.job)->request;
}

static struct str decoded(struct str s)
{
    struct str out = STR("");

    CHECK(percent_decode(s, scratch, &out));
    return out;
}

static bool has_control(struct str s)
{
    return control_character(s) != SIZE_MAX;
}

static struct str part(struct str s, char mark, int number)
{
    for (; number > 0; number--) {
        size_t at = str_find(s, mark);
        CHECK(at != SIZE_MAX);
        s = str_slice(s, at < s.n ? at + 1 : s.n, s.n);
    }
    size_t end = str_find(s, mark);
    return str_slice(s, 0, end < s.n ? end : s.n);
}

static size_t count_of(struct str s, char mark)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.s[i] == mark;
    return n;
}

#define EACH_HOSTILE(v)                              \
    for (size_t v##_i = 0; v##_i < HOSTILE; v##_i++) \
        for (struct str v = str_from(hostile[v##_i]); v.s; v.s = NULL)

TEST(in_a_path_it_is_one_segment)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: 'GET http://h:81/a/${{ v }}/b'", value_string(v));
        bool bad = v.n == 0 || str_is(v, ".") || str_is(v, "..") || has_control(v);
        CHECK(p->resolved == !bad);
        if (!p->resolved)
            continue;
        const struct http_url *u = &request_of(p)->url;
        CHECK_STR(u->host, "h");
        CHECK(u->port == 81 && u->query.n == 0 && count_of(u->path, '/') == 3);
        CHECK(str_equal(decoded(part(u->path, '/', 2)), v));
        CHECK(str_starts(described(p), "GET http://h:81/a/"));
    }
}

TEST(in_a_query_it_is_one_value)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: 'GET http://h/?a=${{ v }}&b=1#${{ v }}'", value_string(v));
        CHECK(p->resolved == !has_control(v));
        if (!p->resolved)
            continue;
        const struct http_url *u = &request_of(p)->url;
        CHECK(count_of(u->query, '&') == 1 && count_of(u->query, '=') == 2);
        CHECK(str_equal(decoded(part(part(u->query, '&', 0), '=', 1)), v));
        CHECK(str_search(http_url_text(u, scratch), STR("#")) == SIZE_MAX);
    }
}

TEST(in_the_map_of_a_query_it_is_name_or_value)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', query: {a: '${{ v }}', b: 1}}",
                               value_string(v));
        CHECK(p->resolved);
        struct str query = request_of(p)->url.query;
        CHECK(count_of(query, '&') == 1);
        CHECK(str_equal(decoded(part(part(query, '&', 0), '=', 1)), v));
    }
}

TEST(a_host_is_never_a_value)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: 'GET http+unix:///run/${{ v }}.sock:/x'", value_string(v));
        CHECK(!p->resolved || str_is(request_of(p)->url.socket, "/run/v.sock"));
        // As a whole it may be a URL; none of these is one.
        CHECK(!asked("http: {url: '${{ v }}'}", value_string(v))->resolved);
    }
}

TEST(in_a_header_it_is_plain_text_or_refused)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', headers: {X-A: '${{ v }}'}}",
                               value_string(v));
        bool plain = true;
        for (size_t i = 0; i < v.n; i++)
            plain &= v.s[i] == '\t' || (v.s[i] >= ' ' && v.s[i] < 0x7f);
        CHECK(p->resolved == plain);
        if (p->resolved)
            CHECK(str_equal(request_of(p)->headers[0].value, str_trim(v)));
        else
            CHECK(p->error.span.end > p->error.span.start);
    }
}

TEST(in_a_form_it_is_one_value)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', form: {a: '${{ v }}', b: 1}}",
                               value_string(v));
        CHECK(p->resolved);
        struct str body = request_of(p)->body;
        CHECK(count_of(body, '&') == 1);
        CHECK(str_equal(decoded(part(part(body, '&', 0), '=', 1)), v));
    }
}

TEST(in_json_it_is_one_text_or_refused)
{
    struct json_error error;
    struct value back;

    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', json: {a: ['${{ v }}', 'x${{ v }}']}}",
                               value_string(v));
        CHECK(p->resolved == (utf8_invalid(v) == SIZE_MAX));
        if (!p->resolved)
            continue;
        CHECK(json_read(request_of(p)->body, scratch, &back, &error));
        CHECK(value_field(back, "a", scratch, &back) && value_size(back) == 2);
        CHECK(str_equal(value_item(back, 0).s, v));
        CHECK(value_item(back, 1).s.n == v.n + 1);
    }
}

TEST(as_a_body_it_is_all_of_it)
{
    struct value nul = value_bytes((struct str){ "a\0\xff", 3 });

    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', body: '${{ v }}'}", value_string(v));
        CHECK(p->resolved && str_equal(request_of(p)->body, v));
    }
    struct play *p = asked("http: {url: 'http://h/', body: '${{ v }}'}", nul);
    CHECK(p->resolved && str_equal(request_of(p)->body, nul.s));
}

TEST(as_a_file_it_is_one_name)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', file: '/x/${{ v }}', save: '/y/${{ v }}'}",
                               value_string(v));
        CHECK(p->resolved);
        CHECK(str_equal(request_of(p)->file, str_format(scratch, "/x/%.*s", STR_ARG(v))));
        CHECK(str_equal(request_of(p)->save, str_format(scratch, "/y/%.*s", STR_ARG(v))));
    }
    struct value nul = value_string((struct str){ "a\0b", 3 });
    CHECK(!asked("http: {url: 'http://h/', file: '/x/${{ v }}'}", nul)->resolved);
    CHECK(!asked("http: {url: 'http://h/', save: '/x/${{ v }}'}", nul)->resolved);
}

TEST(in_a_login_it_is_user_or_password)
{
    EACH_HOSTILE(v)
    {
        struct play *p = asked("http: {url: 'http://h/', auth: {user: '${{ v }}', password: pw}}",
                               value_string(v));
        CHECK(p->resolved == (str_find(v, ':') == SIZE_MAX));
        if (!p->resolved)
            continue;
        struct buf *b = buf_in(scratch);
        buf_add_s(b, "Basic ");
        base64_write(str_format(scratch, "%.*s:pw", STR_ARG(v)), b);
        CHECK(str_equal(request_of(p)->headers[0].value, buf_str(b)));

        p = asked("http: {url: 'http://h/', auth: {bearer: '${{ v }}'}}", value_string(v));
        CHECK(p->resolved == (http_header_value_trouble(v) == NULL));
    }
}
