#include "action/sql/valve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART = 64 * 1024 };  // less than a pair of sockets holds

struct valve {
    int server, library;
    bool over;        // the server is gone
    size_t from, to;  // of [bytes]: read from the library and not sent yet
    char bytes[PART];
};

struct valve *valve_open(int fd)
{
    struct valve *v = calloc(1, sizeof *v);
    int pair[2];

    if (!v || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
        free(v);
        return NULL;
    }
    v->library = pair[1];
    v->server = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (v->server < 0 || dup3(pair[0], fd, O_CLOEXEC) < 0) {
        close(pair[0]);
        valve_close(v);
        return NULL;
    }
    close(pair[0]);
    return v;
}

int valve_fd(const struct valve *v)
{
    return v->server;
}

static bool must_wait(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

size_t valve_in(struct valve *v)
{
    char part[PART];
    ssize_t n = v->over ? 0 : recv(v->server, part, sizeof part, MSG_DONTWAIT);

    if (must_wait(n))
        return 0;
    // There is room: libpq has read all of the part before.
    if (n > 0 && send(v->library, part, (size_t)n, MSG_NOSIGNAL) == n)
        return (size_t)n;
    v->over = true;
    shutdown(v->library, SHUT_WR);
    return 0;
}

// What was read from the library goes to the server. False when it has to wait.
static bool send_part(struct valve *v)
{
    while (v->from < v->to) {
        ssize_t n = send(v->server, v->bytes + v->from, v->to - v->from,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (must_wait(n))
            return false;
        v->from = n < 0 ? v->to : v->from + (size_t)n;  // reading will tell
    }
    return true;
}

bool valve_out(struct valve *v)
{
    ssize_t n = sizeof v->bytes;

    // Less than there was room for was all there is.
    while (send_part(v) && n == sizeof v->bytes) {
        n = recv(v->library, v->bytes, sizeof v->bytes, MSG_DONTWAIT);
        v->from = 0;
        v->to = n > 0 ? (size_t)n : 0;
    }
    return v->from < v->to;
}

void valve_close(struct valve *v)
{
    if (!v)
        return;
    if (v->server >= 0) {
        valve_out(v);
        close(v->server);
    }
    close(v->library);
    free(v);
}
