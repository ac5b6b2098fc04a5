#include "action/http/url.h"

#include "tests/unit/test.h"

static struct str why;

static bool parses(const char *text, struct http_url *u)
{
    *u = (struct http_url){ 0 };
    return http_url_parse(str_from(text), scratch, u, &why);
}

// [written] is text in which each @ stands for one of the values behind it.
static struct str built(const char *base, const char *written, const char *values[])
{
    struct url_piece pieces[20];
    size_t count = 0;
    struct http_url b, u;

    for (const char *at = written; *at;) {
        size_t n = strcspn(at, "@");
        if (n)
            pieces[count++] = (struct url_piece){ { at, n }, false };
        at += n;
        if (*at) {
            pieces[count++] = (struct url_piece){ str_from(*values++), true };
            at++;
        }
    }
    if (base && !parses(base, &b))
        return STR("bad base");
    why = STR("");
    if (!http_url_build(pieces, count, base ? &b : NULL, scratch, &u, &why))
        return STR("refused");
    return http_url_text(&u, scratch);
}
#define VALUES(...) ((const char *[]){ __VA_ARGS__ })

TEST(a_url_comes_apart)
{
    struct http_url u;

    CHECK(parses("HTTPS://Me:p%40ss@Example.COM:8443/a/b?x=1&y#top", &u));
    CHECK_STR(u.scheme, "https");
    CHECK_STR(u.user, "Me");
    CHECK_STR(u.password, "p@ss");
    CHECK_STR(u.host, "example.com");
    CHECK(u.port == 8443);
    CHECK_STR(u.path, "/a/b");
    CHECK_STR(u.query, "x=1&y");
    CHECK_STR(u.fragment, "top");
    CHECK_STR(http_url_text(&u, scratch), "https://example.com:8443/a/b?x=1&y");
    CHECK_STR(http_url_origin(&u, scratch), "https://example.com:8443");
}

TEST(what_is_not_an_http_url_is_refused)
{
    static const char *const bad[] = {
        "",
        "x",
        "/x",
        "ftp://h/",
        "file:///etc/passwd",
        "http:/h",
        "http://",
        "http:///x",
        "http://h:0/",
        "http://h:65536/",
        "http://h:8x/",
        "http://h:/",
        "http://[::1",
        "http://[::1]x/",
        "http://a b/",
        "http://h/a b",
        "http://h/\n",
        "http://h/\x7f",
        "http://h/%4",
        "http://h/%zz",
        "http://h/a\\b",
        "http://h/../x",
        "http://h/a/.",
        "http://h/%2e%2E/x",
        "http://h/.%2e",
        "http://h\xc3\xa9/",
        "http://h/\xff",
        "http://h/\xc2\x85",
        "http://h%41/",
        "http+unix://",
        "http+unix://tmp.sock/x",
    };
    struct http_url u;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why = STR("");
        if (parses(bad[i], &u) || why.n == 0)
            printf("# accepted or without a reason: %s\n", bad[i]);
        CHECK(!parses(bad[i], &u));
        CHECK(why.n > 0);
    }
}

TEST(written_text_is_encoded_where_a_url_has_to)
{
    struct http_url u;

    CHECK(parses("http://h/\xc3\xa9{x}|^`?q=\xe2\x82\xac", &u));
    CHECK_STR(http_url_text(&u, scratch), "http://h/%C3%A9%7Bx%7D%7C%5E%60?q=%E2%82%AC");
    CHECK(parses("http://[::1]:8080", &u));
    CHECK_STR(http_url_text(&u, scratch), "http://[::1]:8080/");
}

TEST(a_value_stays_in_its_place)
{
    CHECK_STR(built(NULL, "http://h/a/@/b", VALUES("x/../y")), "http://h/a/x%2F..%2Fy/b");
    CHECK_STR(built(NULL, "http://h/@?q=@", VALUES("a?b#c", "1&z=2")),
              "http://h/a%3Fb%23c?q=1%26z%3D2");
    CHECK_STR(built(NULL, "http://h/?@=1", VALUES("a=b")), "http://h/?a%3Db=1");
    CHECK_STR(built(NULL, "http://h/x@y", VALUES("\xc3\xa9 +")), "http://h/x%C3%A9%20%2By");
    CHECK_STR(built(NULL, "http://h/v@/@", VALUES("1", "%2e%2e")), "http://h/v1/%252e%252e");
    CHECK_STR(built(NULL, "http://h/?q=@", VALUES("")), "http://h/?q=");
}

TEST(a_value_that_leads_elsewhere_is_refused)
{
    CHECK_STR(built(NULL, "http://h/@/b", VALUES("..")), "refused");
    CHECK_STR(built(NULL, "http://h/@/b", VALUES(".")), "refused");
    CHECK_STR(built(NULL, "http://h/.@/b", VALUES(".")), "refused");
    CHECK_STR(built(NULL, "http://h/@@/b", VALUES(".", ".")), "refused");
    CHECK_STR(built(NULL, "http://h/users/@", VALUES("")), "refused");
    CHECK_STR(built(NULL, "http://h/@/x", VALUES("")), "refused");
    CHECK_STR(built(NULL, "http://h/@", VALUES("a\nb")), "refused");
    CHECK_STR(built(NULL, "http://h/@", VALUES("a\xc2\x85")), "refused");
    CHECK_STR(built(NULL, "http://@/x", VALUES("h")), "refused");
    CHECK_STR(built(NULL, "http://h:@/x", VALUES("80")), "refused");
    CHECK_STR(built(NULL, "@://h/x", VALUES("http")), "refused");
    CHECK_STR(built(NULL, "@/x", VALUES("http://h")), "refused");
    CHECK_STR(built(NULL, "http://u:@@h/", VALUES("x", "y")), "refused");
}

TEST(one_value_may_be_the_whole_url)
{
    CHECK_STR(built(NULL, "@", VALUES("http://h:1/x?a=1")), "http://h:1/x?a=1");
    CHECK_STR(built(NULL, "@", VALUES("file:///etc/passwd")), "refused");
    CHECK_STR(built(NULL, "@", VALUES("http://h/\r\nX: y")), "refused");
    CHECK_STR(built(NULL, "@", VALUES("/x")), "refused");
}

TEST(a_url_with_a_connection_is_below_its)
{
    CHECK_STR(built("http://h/api/", "/v1/@", VALUES("a b")), "http://h/api/v1/a%20b");
    CHECK_STR(built("http://h/api", "v1?x=@", VALUES("1")), "http://h/api/v1?x=1");
    CHECK_STR(built("http://h", "/", NULL), "http://h/");
    CHECK_STR(built("http://h/api", "?x=1", NULL), "http://h/api?x=1");
    CHECK_STR(built("http://h/api", "http://h/api/v1", NULL), "http://h/api/v1");
    CHECK_STR(built("http://h/api", "http://h:80/api/@", VALUES("z")), "http://h:80/api/z");
    CHECK_STR(built("http://h/api", "http://h/apix", NULL), "refused");
    CHECK_STR(built("http://h/api", "http://other/api", NULL), "refused");
    CHECK_STR(built("http://h/api", "../x", NULL), "refused");
    CHECK_STR(built("http://h/api", "@", VALUES("http://other/")), "refused");
    CHECK_STR(built("http://h/api", "@", VALUES("/x?y=1")), "http://h/api/x?y=1");
    CHECK_STR(built("http://h/api", "@/x", VALUES("//other")), "http://h/api/%2F%2Fother/x");
    CHECK_STR(built("https://h/api", "http://h/api/x", NULL), "refused");
}

TEST(a_socket_has_its_path_encoded_or_ends_at_a_colon)
{
    struct http_url u;

    CHECK(parses("http+unix://%2Frun%2Fd.sock/v1/x?y", &u));
    CHECK_STR(u.socket, "/run/d.sock");
    CHECK_STR(u.path, "/v1/x");
    CHECK(parses("http+unix:///run/d.sock:/v1/x", &u));
    CHECK_STR(u.socket, "/run/d.sock");
    CHECK_STR(u.path, "/v1/x");
    CHECK(parses("http+unix:///run/no-such.sock", &u));
    CHECK_STR(u.socket, "/run/no-such.sock");
    CHECK_STR(u.path, "/");
    CHECK_STR(built("http+unix:///run/d.sock", "/info", NULL), "http+unix://%2Frun%2Fd.sock/info");
    CHECK_STR(built("http+unix:///run/d.sock:/a", "/info", NULL),
              "http+unix://%2Frun%2Fd.sock/a/info");
}

static struct str followed(const char *from, const char *location)
{
    struct http_url a, b;

    CHECK(parses(from, &a));
    return http_url_follow(&a, str_from(location), scratch, &b, &why) ? http_url_text(&b, scratch)
                                                                      : STR("refused");
}

TEST(a_redirect_is_relative_to_where_it_came_from)
{
    CHECK_STR(followed("http://h:8/a/b?q", "/x?y"), "http://h:8/x?y");
    CHECK_STR(followed("http://h/a/b", "c"), "http://h/a/c");
    CHECK_STR(followed("http://h/a/b", "../../../c/./d/.."), "http://h/c/");
    CHECK_STR(followed("http://h/a/b?q", "?z"), "http://h/a/b?z");
    CHECK_STR(followed("https://h/a", "//other/x"), "https://other/x");
    CHECK_STR(followed("http://h/a", "https://h/b"), "https://h/b");
    CHECK_STR(followed("http://h/a", "file:///etc/passwd"), "refused");
    CHECK_STR(followed("http://h/a", "http://h/x\r\ny"), "refused");
    CHECK_STR(followed("http://h/a", ""), "http://h/a");
}

TEST(percent_encoding_goes_both_ways)
{
    struct buf *b = buf_in(scratch);
    struct str s;

    percent_encode((struct str){ "a\0/\xff~", 5 }, b);
    CHECK_STR(buf_str(b), "a%00%2F%FF~");
    CHECK(percent_decode(buf_str(b), scratch, &s));
    CHECK(s.n == 5 && memcmp(s.s, "a\0/\xff~", 5) == 0);
    CHECK(!percent_decode(STR("%"), scratch, &s));
    CHECK(!percent_decode(STR("a%2"), scratch, &s));
    CHECK(!percent_decode(STR("%g0"), scratch, &s));
}
