// Requests against a server that does what a test tells it, on a random loopback port.

#include "action/http/exchange.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "action/http/save.h"
#include "base/arena.h"
#include "tests/unit/test.h"

enum then { CLOSE, RESET, KEEP, HANG, TRICKLE, FLOOD_BODY, FLOOD_100, FLOOD_HEADERS };

struct answer {
    const char *text;
    enum then then;  // behind the text
};

static struct server {
    int fd, port;
    pthread_t thread;
    struct answer answers[8];  // one a request; ends with text NULL
    volatile int requests, connections;
    char seen[8][8192];  // requests, as they came
    volatile bool over;
} server;

static void put(int fd, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, s, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        s += done;
        n -= (size_t)done;
    }
}

static bool read_request(int fd, char *to, size_t room)
{
    size_t n = 0, need = SIZE_MAX;

    while (n < need && n + 1 < room) {
        ssize_t got = recv(fd, to + n, room - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        to[n] = '\0';
        char *end = strstr(to, "\r\n\r\n"), *length = strcasestr(to, "content-length: ");
        if (end)
            need = (size_t)(end - to) + 4 +
                   (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
    }
    return true;
}

static void flood(int fd, const char *part)
{
    static char block[65536];
    size_t n = strlen(part), all = sizeof block / n * n;

    for (size_t i = 0; i < all; i++)
        block[i] = part[i % n];
    while (!server.over && send(fd, block, all, MSG_NOSIGNAL) > 0) {
    }
}

static void after(int fd, enum then then)
{
    struct linger hard = { 1, 0 };
    char byte;

    if (then == RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    else if (then == FLOOD_BODY)
        flood(fd, "x");
    else if (then == FLOOD_100)
        flood(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    else if (then == FLOOD_HEADERS)
        flood(fd, "X-Header: some value that is not very long\r\n");
    else if (then == HANG)
        (void)!recv(fd, &byte, 1, 0);
    else if (then == TRICKLE)
        while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
            usleep(20000);
}

static void *serve(void *arg)
{
    int fd, i = 0;

    (void)arg;
    while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
        server.connections++;
        while (server.answers[i].text && read_request(fd, server.seen[i], sizeof server.seen[i])) {
            struct answer a = server.answers[i++];
            server.requests++;
            put(fd, a.text, strlen(a.text));
            after(fd, a.then);
            if (a.then != KEEP)
                break;
        }
        close(fd);
    }
    return NULL;
}

static void start_server(const struct answer *answers)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;

    memset(&server, 0, sizeof server);
    for (int i = 0; answers[i].text; i++)
        server.answers[i] = answers[i];
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server.fd, (struct sockaddr *)&at, sizeof at) || listen(server.fd, 8))
        abort();
    getsockname(server.fd, (struct sockaddr *)&at, &n);
    server.port = ntohs(at.sin_port);
    pthread_create(&server.thread, NULL, serve, NULL);
}

static void stop_server(void)
{
    server.over = true;
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.fd);
}

static struct session session;
static struct http_reply reply;
static bool over;

static void got(void *arg, const struct http_reply *r)
{
    (void)arg;
    CHECK(!over);
    reply = *r;
    over = true;
}

static struct http_request request(const char *method, const char *path)
{
    struct http_request r = {
        .method = str_from(method), .max_size = 1 << 20, .verify = true, .timeout_ms = 10000
    };
    struct str why;

    CHECK(http_url_parse(str_format(scratch, "http://127.0.0.1:%d%s", server.port, path), scratch,
                         &r.url, &why));
    return r;
}

static void begin(void)
{
    session = (struct session){ .arena = arena_new(scratch), .loop = loop_new(scratch) };
}

static void play(const struct http_request *r)
{
    const char *why;
    struct arena *a = arena_new(session.arena);

    over = false;
    struct http_pool *p = http_pool_of(&session, &why);
    CHECK(p != NULL);
    http_send(p, session.loop, a, r, got, NULL);
    CHECK(!over);
    while (!over && loop_turn(session.loop)) {
    }
    CHECK(over);
}

static void finish(void)
{
    arena_free(session.arena);
    stop_server();
}

#define ANSWERS(...) ((struct answer[]){ __VA_ARGS__, { NULL, CLOSE } })
#define OK_HI        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\nx-ONE: 2\r\n\r\nhi"

static struct str header(const char *name)
{
    struct str found = STR("-");

    for (size_t i = 0; i < reply.header_count; i++)
        if (str_is(reply.headers[i].name, name))
            found = reply.headers[i].value;
    return found;
}

TEST(an_answer_is_taken_whole)
{
    start_server(ANSWERS({ OK_HI, CLOSE }));
    begin();
    struct http_request r = request("GET", "/x?y=1");
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK(reply.status == 200);
    CHECK_STR(reply.body, "hi");
    CHECK_STR(header("x-one"), "2");
    CHECK(strstr(server.seen[0], "GET /x?y=1 HTTP/1.1\r\n") == server.seen[0]);
    finish();
}

TEST(a_body_is_sent_with_its_headers)
{
    struct http_header headers[] = { { STR("Content-Type"), STR("application/json"), false },
                                     { STR("X-Empty"), STR(""), false } };

    start_server(ANSWERS({ "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", CLOSE }));
    begin();
    struct http_request r = request("PUT", "/x");
    r.has_body = true;
    r.body = STR("{\"a\":1}");
    r.headers = headers;
    r.header_count = 2;
    play(&r);
    CHECK(reply.status == 201);
    CHECK(strstr(server.seen[0], "PUT /x HTTP/1.1\r\n") == server.seen[0]);
    CHECK(strstr(server.seen[0], "\r\nContent-Type: application/json\r\n") != NULL);
    CHECK(strstr(server.seen[0], "\r\nX-Empty:\r\n") != NULL);
    CHECK(strstr(server.seen[0], "\r\nContent-Length: 7\r\n") != NULL);
    CHECK(strstr(server.seen[0], "\r\nExpect:") == NULL);
    CHECK(strstr(server.seen[0], "\r\n\r\n{\"a\":1}") != NULL);
    finish();
}

TEST(a_post_without_a_body_says_so)
{
    start_server(ANSWERS({ OK_HI, CLOSE }));
    begin();
    struct http_request r = request("POST", "/");
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK(strstr(server.seen[0], "Content-Length: 0\r\n") != NULL);
    CHECK(strstr(server.seen[0], "Content-Type") == NULL);
    finish();
}

TEST(what_is_refused_was_not_sent)
{
    start_server(ANSWERS({ OK_HI, CLOSE }));
    begin();
    struct http_request r = request("POST", "/");
    stop_server();
    play(&r);
    CHECK(reply.end == HTTP_NOT_SENT);
    CHECK(!reply.timed_out);
    CHECK(str_ends(reply.message, "cannot connect: Connection refused"));
    r.url.host = STR("no-such-host.invalid");
    play(&r);
    CHECK(reply.end == HTTP_NOT_SENT);
    r.url.host = STR("127.0.0.1");
    r.has_body = true;
    r.file = STR("/no/such/file");
    play(&r);
    CHECK(reply.end == HTTP_NOT_SENT);
    CHECK_STR(reply.message, "cannot read /no/such/file: No such file or directory");
    arena_free(session.arena);
}

TEST(a_post_is_seen_once_whatever_becomes_of_it)
{
    static const struct answer bad[] = {
        { "", CLOSE },
        { "", RESET },
        { "HTTP/1.1 200 OK\r\n", RESET },
        { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", CLOSE },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n", CLOSE },
        { "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", CLOSE },
        { "SSH-2.0-x\r\n", CLOSE },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        // A good answer comes first, so that there could be a connection to use again.
        start_server(ANSWERS({ OK_HI, KEEP }, bad[i], { OK_HI, CLOSE }));
        begin();
        struct http_request get = request("GET", "/a"), post = request("POST", "/b");
        play(&get);
        // The server serves one connection at a time; the kept one has to go.
        arena_free(session.arena);
        begin();
        play(&post);
        if (reply.end != HTTP_LOST || server.requests != 2)
            printf("# answer %zu: end %d, %d requests\n", i, reply.end, server.requests);
        CHECK(reply.end == HTTP_LOST);
        CHECK(reply.message.n > 0);
        CHECK(server.requests == 2);
        finish();
    }
}

TEST(no_answer_in_time_is_a_timeout)
{
    static const struct answer slow[] = { { "", HANG },
                                          { "HTTP/1.1 200 OK\r\n\r\n", TRICKLE },
                                          { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx",
                                            HANG } };

    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        start_server(ANSWERS(slow[i]));
        begin();
        struct http_request r = request("POST", "/");
        r.timeout_ms = 150;
        play(&r);
        CHECK(reply.end == HTTP_LOST);
        CHECK(reply.timed_out);
        CHECK(str_ends(reply.message, "no answer within 150ms"));
        finish();
    }
}

// In place of the library's, which libcurl calls in a thread: `slow.test` is looked up until
// somebody says that it is enough.
static sem_t enough;
static volatile bool waited_out;

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **found)
{
    __typeof__(&getaddrinfo) real = (__typeof__(&getaddrinfo))dlsym(RTLD_NEXT, "getaddrinfo");
    struct timespec until;

    if (!name || strcmp(name, "slow.test") != 0)
        return real(name, service, hints, found);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    if (sem_timedwait(&enough, &until) < 0)
        waited_out = true;
    return EAI_AGAIN;
}

TEST(a_host_that_is_looked_up_for_ever_is_left_alone)
{
    struct str why;

    sem_init(&enough, 0, 0);
    start_server((struct answer[]){ { NULL, CLOSE } });
    begin();
    struct http_request r = request("POST", "/x");
    CHECK(http_url_parse(STR("http://slow.test/x"), scratch, &r.url, &why));
    r.timeout_ms = 100;
    play(&r);
    CHECK(reply.end == HTTP_NOT_SENT);
    CHECK(reply.timed_out);
    finish();
    CHECK(!waited_out);
    sem_post(&enough);
}

TEST(a_flood_ends_at_its_limit)
{
    static const struct {
        struct answer answer;
        const char *words;
    } floods[] = {
        { { "HTTP/1.1 200 OK\r\n\r\n", FLOOD_BODY }, "is over 1048576 bytes (`max_size`)" },
        { { "", FLOOD_100 }, "headers of the answer are over 256 KiB" },
        { { "HTTP/1.1 200 OK\r\n", FLOOD_HEADERS }, "headers of the answer are over 256 KiB" },
        { { "HTTP/1.1 200 OK\r\nX: ", FLOOD_BODY }, "a header of the answer is over 100 KiB" },
    };

    for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
        start_server(ANSWERS(floods[i].answer));
        begin();
        struct http_request r = request("GET", "/");
        play(&r);
        CHECK(reply.end == HTTP_LOST);
        if (!str_ends(reply.message, floods[i].words))
            printf("# %.*s\n", STR_ARG(reply.message));
        CHECK(str_ends(reply.message, floods[i].words));
        finish();
    }
}

TEST(no_redirect_is_followed_unless_asked)
{
    start_server(
        ANSWERS({ "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", CLOSE }));
    begin();
    struct http_request r = request("GET", "/x");
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK(reply.status == 302);
    CHECK(server.requests == 1);
    finish();
}

#define TO(status, place) \
    "HTTP/1.1 " status " X\r\nLocation: " place "\r\nContent-Length: 0\r\n\r\n"

TEST(a_redirect_of_a_post_becomes_a_get)
{
    struct http_header headers[] = { { STR("Content-Type"), STR("text/plain"), false },
                                     { STR("Authorization"), STR("Bearer x"), true } };

    start_server(
        ANSWERS({ TO("303", "/y"), CLOSE }, { TO("302", "../z?q"), CLOSE }, { OK_HI, CLOSE }));
    begin();
    struct http_request r = request("POST", "/a/x");
    r.has_body = true;
    r.body = STR("hello");
    r.headers = headers;
    r.header_count = 2;
    r.redirects = 2;
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK(strstr(server.seen[1], "GET /y ") == server.seen[1]);
    CHECK(strstr(server.seen[1], "Content-Type") == NULL);
    CHECK(strstr(server.seen[1], "hello") == NULL);
    CHECK(strstr(server.seen[1], "Bearer x") != NULL);  // the same host
    CHECK(strstr(server.seen[2], "GET /z?q ") == server.seen[2]);
    CHECK(str_ends(reply.url, "/z?q"));
    finish();
}

TEST(another_host_gets_no_credentials_and_no_body)
{
    static const struct {
        const char *method;
        int status;
        bool followed;
    } cases[] = {
        { "POST", 302, true },   // becomes a GET
        { "POST", 303, true },   //
        { "PUT", 303, true },    //
        { "POST", 307, false },  // would keep its body
        { "PUT", 302, false },   //
        { "PATCH", 301, false }, { "GET", 302, false },
    };
    struct http_header headers[] = { { STR("X-Key"), STR("topsecret"), true },
                                     { STR("X-Open"), STR("fine"), false } };
    char to[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start_server((struct answer[]){ { NULL, CLOSE } });
        snprintf(to, sizeof to,
                 "HTTP/1.1 %d X\r\nLocation: http://localhost:%d/y\r\nContent-Length: 0\r\n\r\n",
                 cases[i].status, server.port);
        server.answers[0] = (struct answer){ to, CLOSE };
        server.answers[1] = (struct answer){ OK_HI, CLOSE };
        begin();
        struct http_request r = request(cases[i].method, "/x");
        r.has_body = true;
        r.body = STR("hello");
        r.headers = headers;
        r.header_count = 2;
        r.redirects = 3;
        play(&r);
        CHECK(strstr(server.seen[0], "topsecret") != NULL);
        if (cases[i].followed) {
            CHECK(reply.end == HTTP_ANSWERED);
            CHECK(strstr(server.seen[1], "X-Open: fine") != NULL);
            CHECK(strstr(server.seen[1], "topsecret") == NULL);
            CHECK(strstr(server.seen[1], "hello") == NULL);
        } else {
            CHECK(reply.end == HTTP_REFUSED);
            CHECK(str_ends(reply.message, "the body would be sent to another host"));
            CHECK(server.requests == 1);
        }
        finish();
    }
}

TEST(a_redirect_elsewhere_than_http_and_a_loop_are_refused)
{
    static const struct {
        const char *answer, *words;
    } bad[] = {
        { TO("302", "file:///etc/passwd"), "`file` is not http or https" },
        { TO("302", "ftp://127.0.0.1/x"), "`ftp` is not http or https" },
        { TO("302", "http+unix:///run/x.sock:/y"), "a socket of this machine" },
        { TO("302", "http://127.0.0.1:1/%zz"), "two hexadecimal digits stands in the URL" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        start_server(ANSWERS({ bad[i].answer, CLOSE }));
        begin();
        struct http_request r = request("GET", "/x");
        r.redirects = 5;
        play(&r);
        CHECK(reply.end == HTTP_REFUSED);
        CHECK(str_ends(reply.message, bad[i].words));
        finish();
    }
    start_server(ANSWERS({ TO("302", "/x"), CLOSE }, { TO("302", "/x"), CLOSE },
                         { TO("302", "/x"), CLOSE }));
    begin();
    struct http_request r = request("GET", "/x");
    r.redirects = 2;
    play(&r);
    CHECK(reply.end == HTTP_REFUSED);
    CHECK_STR(reply.message, "more than 2 redirects");
    CHECK(server.requests == 3);
    finish();
}

TEST(proxy_and_netrc_of_the_environment_are_ignored)
{
    char home[] = "/tmp/http-exchange-XXXXXX";
    CHECK(mkdtemp(home) != NULL);
    struct str netrc = str_format(scratch, "%s/.netrc", home);
    FILE *f = fopen(netrc.s, "w");
    fputs("machine 127.0.0.1 login me password pw\n", f);
    fclose(f);
    setenv("HOME", home, 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    start_server(ANSWERS({ OK_HI, CLOSE }));
    begin();
    struct http_request r = request("GET", "/x");
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK(strstr(server.seen[0], "Authorization") == NULL);
    finish();
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    unlink(netrc.s);
    rmdir(home);
}

TEST(a_connection_is_kept_for_gets_and_not_used_for_posts)
{
    start_server(ANSWERS({ OK_HI, KEEP }, { OK_HI, KEEP }, { OK_HI, KEEP }));
    begin();
    struct http_request get = request("GET", "/a");
    play(&get);
    play(&get);
    CHECK(server.connections == 1);
    CHECK(server.requests == 2);
    finish();
}

TEST(a_good_body_is_saved_and_a_bad_one_is_not)
{
    char folder[] = "/tmp/http-exchange-XXXXXX", text[10] = "";
    CHECK(mkdtemp(folder) != NULL);
    struct str path = str_format(scratch, "%s/x", folder);

    start_server(ANSWERS({ "HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\nbad", CLOSE },
                         { "HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhal", CLOSE },
                         { OK_HI, CLOSE }));
    begin();
    struct http_request r = request("GET", "/x");
    r.save = path;
    play(&r);
    CHECK(reply.end == HTTP_ANSWERED);
    CHECK_STR(reply.body, "bad");
    CHECK(access(path.s, F_OK) < 0);
    play(&r);
    CHECK(reply.end == HTTP_LOST);
    CHECK(access(path.s, F_OK) < 0);
    play(&r);
    CHECK(reply.saved);
    CHECK_STR(reply.body, "");
    FILE *f = fopen(path.s, "r");
    CHECK(f && fread(text, 1, sizeof text - 1, f) == 2 && strcmp(text, "hi") == 0);
    fclose(f);
    finish();
    unlink(path.s);
    CHECK(rmdir(folder) == 0);
}

static void never(void *arg, int error)
{
    (void)arg, (void)error;
    CHECK(false);
}

TEST(what_is_dropped_while_it_is_put_on_disk_leaves_no_part)
{
    char folder[] = "/tmp/http-exchange-XXXXXX";
    struct arena *a = arena_new(scratch);
    struct loop *l = loop_new(a);

    CHECK(mkdtemp(folder) != NULL);
    struct str path = str_format(scratch, "%s/x", folder);
    struct http_save *s = http_save_begin(path);
    CHECK(s && http_save_write(s, STR("hi")));
    http_save_finish(s, l, never, NULL);
    http_save_drop(s);
    while (loop_turn(l)) {
    }
    arena_free(a);
    unlink(path.s);  // the thread may have been quicker
    CHECK(rmdir(folder) == 0);
}

TEST(a_stopped_request_says_whether_it_was_sent)
{
    const char *why;

    start_server(ANSWERS({ "", HANG }));
    begin();
    struct http_request r = request("POST", "/x");
    over = false;
    struct arena *a = arena_new(session.arena);
    struct http_exchange *x = http_send(http_pool_of(&session, &why), session.loop, a, &r, got,
                                        NULL);
    while (server.requests == 0)
        loop_poll(session.loop);
    CHECK(http_stop(x));
    CHECK(!over);
    finish();
}
