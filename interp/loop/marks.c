#include "loop/marks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"

enum { RESERVE = 1 << 20 };  // room on the disk for what must be noted when it is full

// N of "keeper.N"; 0: another file.
static long number_of(const char *file)
{
    char *end;

    if (strncmp(file, "keeper.", 7) != 0 || file[7] < '1' || file[7] > '9')
        return 0;
    long n = strtol(file + 7, &end, 10);
    return *end ? 0 : n;
}

static struct str path_of(struct str folder, long number, struct arena *a)
{
    return str_format(a, "%.*s/keeper.%ld", STR_ARG(folder), number);
}

static void each_file(struct str folder, void (*see)(void *arg, long number), void *arg)
{
    struct arena *a = arena_new(NULL);
    DIR *dir = opendir(str_copy(a, folder).s);

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (number_of(entry->d_name))
            see(arg, number_of(entry->d_name));
    if (dir)
        closedir(dir);
    arena_free(a);
}

static void see_last(void *arg, long number)
{
    long *last = arg;

    if (number > *last)
        *last = number;
}

// Belongs to the open file, so that it goes over to the keeper with the descriptor.
static bool lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool is_locked(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static bool note(int fd, struct str line)
{
    for (ssize_t n; line.n; line = str_slice(line, (size_t)n, line.n)) {
        n = write(fd, line.s, line.n);
        if (n < 0 && errno == EINTR)
            n = 0;
        if (n < 0)
            return false;
    }
    return true;
}

int marks_create(struct str folder, struct arena *a, struct str *path)
{
    long number = 0;
    int fd;

    each_file(folder, see_last, &number);
    do {
        *path = path_of(folder, ++number, a);
        fd = open(path->s, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        return -1;
    struct str boot = clock_boot_id(a);
    struct str line = str_format(a, "keeper 1 %.*s %lld\n", STR_ARG(boot), (long long)getpid());
    if (!lock(fd) || !note(fd, line)) {
        int error = errno;
        close(fd);
        unlink(path->s);
        errno = error;
        return -1;
    }
    return fd;
}

bool marks_sync(int fd, struct str path)
{
    size_t folder = path.n;

    // Not every file system can; then there is no reserve.
    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RESERVE);
    while (folder > 0 && path.s[folder - 1] != '/')
        folder--;
    struct arena *a = arena_new(NULL);
    int dir = open(str_copy(a, str_slice(path, 0, folder)).s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    arena_free(a);
    bool synced = dir >= 0 && fdatasync(fd) == 0 && fsync(dir) == 0;
    if (dir >= 0)
        close(dir);
    return synced;
}

static void add_number(struct buf *line, int64_t n)
{
    buf_add_number(line, n);
    buf_add_c(line, ' ');
}

// [line], and at its end the name of the attempt that it is about.
static bool note_about(int fd, struct buf *line, struct str name)
{
    buf_add(line, name);
    buf_add_c(line, '\n');
    bool noted = note(fd, buf_str(line));
    buf_free(line);
    return noted;
}

bool marks_start(int fd, struct str name)
{
    struct buf line = BUF_EMPTY;

    buf_add_s(&line, "start ");
    return note_about(fd, &line, name);
}

bool marks_failed(int fd, struct str name)
{
    struct buf line = BUF_EMPTY;

    buf_add_s(&line, "failed ");
    return note_about(fd, &line, name);
}

bool marks_pid(int fd, struct str name, const struct marked *p)
{
    struct buf line = BUF_EMPTY;

    buf_add_s(&line, "pid ");
    add_number(&line, p->pid);
    add_number(&line, p->from);
    add_number(&line, p->to);
    add_number(&line, p->due_ms);
    add_number(&line, p->grace_ms);
    return note_about(fd, &line, name);
}

bool marks_ended(int fd, struct str name, struct str result)
{
    struct buf line = BUF_EMPTY;

    buf_add_s(&line, "ended ");
    for (size_t i = 0; i < result.n; i++)
        buf_format(&line, "%02x", (unsigned char)result.s[i]);
    buf_add_c(&line, ' ');
    return note_about(fd, &line, name);
}

bool marks_hangup(int fd)
{
    return note(fd, STR("hangup\n"));
}

static struct str read_whole(int fd, struct arena *a)
{
    struct buf text = BUF_EMPTY;
    ssize_t n;

    do {
        n = pread(fd, buf_reserve(&text, 65536), 65536, (off_t)text.n);
        text.n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    buf_add(&text, STR(""));
    return buf_take(&text, a);
}

// The next line of [text], without its end. What has no end was not written to the end.
static bool next_line(struct str *text, struct str *line)
{
    size_t end = str_find(*text, '\n');

    if (end == SIZE_MAX)
        return false;
    *line = str_slice(*text, 0, end);
    *text = str_slice(*text, end + 1, text->n);
    return true;
}

// The next word of [line] and the blank after it.
static struct str next_word(struct str *line)
{
    size_t end = str_find(*line, ' ');
    struct str word = str_slice(*line, 0, end);

    *line = end == SIZE_MAX ? STR("") : str_slice(*line, end + 1, line->n);
    return word;
}

static int64_t next_number(struct str *line)
{
    struct str word = next_word(line);
    int64_t n = 0;

    for (size_t i = 0; i < word.n && word.s[i] >= '0' && word.s[i] <= '9'; i++)
        n = n * 10 + (word.s[i] - '0');
    return n;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static struct str from_hex(struct str hex, struct arena *a)
{
    char *bytes = NEW_ARRAY(a, char, hex.n / 2 + 1);

    for (size_t i = 0; i < hex.n / 2; i++)
        bytes[i] = (char)(digit(hex.s[2 * i]) << 4 | digit(hex.s[2 * i + 1]));
    return (struct str){ bytes, hex.n / 2 };
}

// [line] without its first word.
static void read_pid(struct str line, struct str name, struct marks *m)
{
    int64_t *const numbers[] = { &m->process.pid, &m->process.from, &m->process.to,
                                 &m->process.due_ms, &m->process.grace_ms };
    struct marked before = m->process;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = next_number(&line);
    if (!str_equal(line, name))
        m->process = before;
}

static void read_line(struct str line, struct str name, struct arena *a, struct marks *m)
{
    struct str what = next_word(&line);

    if ((str_is(what, "start") || str_is(what, "failed")) && str_equal(line, name)) {
        m->started = true;  // which may be tried again
        m->failed = str_is(what, "failed");
    } else if (str_is(what, "pid")) {
        read_pid(line, name, m);
    } else if (str_is(what, "asked")) {
        int64_t asked_ms = next_number(&line);
        m->asked_ms = str_equal(line, name) ? asked_ms : m->asked_ms;
    } else if (str_is(what, "ended")) {
        struct str result = next_word(&line);
        m->result = str_equal(line, name) ? from_hex(result, a) : m->result;
    }
}

// What one file says. [m] is added to.
static void read_file(struct str path, struct str name, struct arena *a, struct marks *m)
{
    int fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    bool locked = is_locked(fd);  // before reading: what a keeper noted last is then there
    struct str text = read_whole(fd, a), line;
    bool hangup = false, failed = m->failed;
    close(fd);
    if (!next_line(&text, &line)) {
        m->may_start |= locked;  // just being made
        return;
    }
    next_word(&line), next_word(&line);  // "keeper 1"
    bool same_boot = str_equal(next_word(&line), clock_boot_id(a));
    bool mine = next_number(&line) == getpid();
    if (failed)  // another keeper may have started it since
        m->started = m->failed = false;
    bool before = m->started;
    while (next_line(&text, &line)) {
        hangup |= str_is(line, "hangup");
        read_line(line, name, a, m);
    }
    bool ours = m->started && !before;
    if (ours || !m->started)
        m->other_boot = !same_boot;
    if (ours) {
        m->path = path;
        m->keeper_lives = locked;
        m->marker = marks_marker(path, name, a);
    } else if (failed) {
        m->started = m->failed = true;
    }
    m->may_start |= locked && !hangup && !mine;
}

void marks_asked(const struct marks *m, struct str name, int64_t now_ms)
{
    struct buf line = BUF_EMPTY;
    int fd = open(m->path.s, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

    buf_format(&line, "asked %lld %.*s\n", (long long)now_ms, STR_ARG(name));
    if (fd >= 0) {
        note(fd, buf_str(&line));
        close(fd);
    }
    buf_free(&line);
}

void marks_read_one(struct str path, struct str name, struct arena *a, struct marks *out)
{
    *out = (struct marks){ 0 };
    read_file(path, name, a, out);
}

void marks_read(struct str folder, struct str name, struct arena *a, struct marks *out)
{
    long last = 0;

    *out = (struct marks){ 0 };
    each_file(folder, see_last, &last);
    // In order, so that the last one says which boot it was.
    for (long i = 1; i <= last; i++)
        read_file(path_of(folder, i, a), name, a, out);
}

struct cleaning {
    struct str folder;
    struct arena *arena;
};

static void clean_one(void *arg, long number)
{
    struct cleaning *c = arg;
    struct str path = path_of(c->folder, number, c->arena);
    int fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return;
    if (!is_locked(fd))
        unlink(path.s);
    close(fd);
}

void marks_clean(struct str folder)
{
    struct cleaning c = { folder, arena_new(NULL) };

    each_file(folder, clean_one, &c);
    arena_free(c.arena);
}

struct str marks_marker(struct str path, struct str name, struct arena *a)
{
    return str_format(a, "%016llx/%.*s", (unsigned long long)str_hash(path), STR_ARG(name));
}
