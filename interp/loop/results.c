#include "loop/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/plain.h"
#include "loop/wire.h"

#define MAGIC "runbook result 1\n"

static bool write_all(int fd, struct str bytes)
{
    for (ssize_t n; bytes.n; bytes = str_slice(bytes, (size_t)n, bytes.n)) {
        n = write(fd, bytes.s, bytes.n);
        if (n < 0 && errno == EINTR)
            n = 0;
        if (n < 0)
            return false;
    }
    return true;
}

static void compose(struct buf *out, const struct child_result *r, const struct kept output[2],
                    struct mask *mask)
{
    buf_add_s(out, MAGIC);
    put_result(out, r);
    for (int i = 0; i < 2; i++) {
        struct buf text = BUF_EMPTY;
        size_t cut = 0;
        int64_t left_out = 0;
        if (!r->output_lost)
            kept_write(&output[i], mask, &text, &cut, &left_out);
        put_text(out, buf_str(&text));
        put_number(out, (int64_t)cut);
        put_number(out, left_out);
        buf_free(&text);
    }
}

static bool write_file(int dir, const char *temporary, const char *name, struct str bytes)
{
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool written = write_all(fd, bytes) && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (written && renameat(dir, temporary, dir, name) == 0)
        return fsync(dir) == 0;
    if (written)
        error = errno;
    unlinkat(dir, temporary, 0);
    errno = error;
    return false;
}

bool result_save(struct str folder, struct str name, const struct child_result *r,
                 const struct kept output[2], struct mask *mask)
{
    struct arena *a = arena_new(NULL);
    struct buf bytes = BUF_EMPTY;
    int dir = open(str_copy(a, folder).s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    compose(&bytes, r, output, mask);
    bool saved = dir >= 0 &&
                 write_file(dir, str_format(a, ".%.*s.result", STR_ARG(name)).s,
                            str_format(a, "%.*s.result", STR_ARG(name)).s, buf_str(&bytes));
    int error = errno;
    if (dir >= 0)
        close(dir);
    buf_free(&bytes);
    arena_free(a);
    errno = error;
    return saved;
}

static bool parse(struct str text, struct child_result *r, struct arena *a)
{
    struct taking t = { text };
    struct str *outputs[] = { &r->adopted_stdout, &r->adopted_stderr };

    if (!str_starts(text, MAGIC))
        return false;
    t.rest = str_slice(text, sizeof MAGIC - 1, text.n);
    if (!take_result(&t, r, a))
        return false;
    for (int i = 0; i < 2; i++) {
        *outputs[i] = str_copy(a, take_text(&t));
        r->adopted_cut[i] = (size_t)take_within(&t, 0, (int64_t)outputs[i]->n);
        r->adopted_left_out[i] = take_within(&t, 0, INT64_MAX);
    }
    return !t.bad;
}

bool result_load(struct str folder, struct str name, struct arena *a, struct child_result *r)
{
    struct str path = str_format(a, "%.*s/%.*s.result", STR_ARG(folder), STR_ARG(name));
    int fd = plain_open(path.s, O_RDONLY);
    struct buf text = BUF_EMPTY;
    ssize_t n;

    if (fd < 0)
        return false;
    do {
        n = read(fd, buf_reserve(&text, 65536), 65536);
        text.n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    close(fd);
    bool known = parse(buf_str(&text), r, a);
    buf_free(&text);
    return known;
}
