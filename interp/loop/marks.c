#include "loop/marks_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "loop/plain.h"

enum {
    RESERVE = 1 << 20,      // room on the disk for what must be noted when it is full
    SIZE_AT = 9,            // in the first line, behind "keeper 3 "
    SIZE_DIGITS = 12,
};

// N of "keeper.N"; 0: another file.
static long number_of(const char *file)
{
    char *end;

    if (strncmp(file, "keeper.", 7) != 0 || file[7] < '1' || file[7] > '9')
        return 0;
    long n = strtol(file + 7, &end, 10);
    return *end ? 0 : n;
}

struct str marks_path(struct str folder, long number, struct arena *a)
{
    return str_format(a, "%.*s/keeper.%ld", STR_ARG(folder), number);
}

long marks_last(struct str folder)
{
    struct arena *a = arena_new(NULL);
    DIR *dir = opendir(str_copy(a, folder).s);
    long last = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (number_of(entry->d_name) > last)
            last = number_of(entry->d_name);
    if (dir)
        closedir(dir);
    arena_free(a);
    return last;
}

// Belongs to the open file, so that it goes over to the keeper with the descriptor.
static bool lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

bool marks_locked(int fd)
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

// Begins with where it stands, so that one that was taken out shows. Returns that.
static off_t begin_line(int fd, struct buf *line, const char *word)
{
    off_t at = lseek(fd, 0, SEEK_END);

    buf_format(line, "%lld %s", (long long)at, word);
    return at;
}

// Behind the line that makes it so: who dies between the two leaves a file that is longer.
static bool note_size(int head, off_t size)
{
    char digits[SIZE_DIGITS + 1];

    for (int i = SIZE_DIGITS; i-- > 0; size /= 10)
        digits[i] = (char)('0' + size % 10);
    return pwrite(head, digits, SIZE_DIGITS, SIZE_AT) == SIZE_DIGITS;
}

static bool note_head(int fd, struct marks_of of, struct arena *a)
{
    struct stat st;

    return fstat(fd, &st) == 0 &&
           note(fd, str_format(a, "keeper 3 %0*d %.*s %lld %lld %d %llu\n", SIZE_DIGITS, 0,
                               STR_ARG(clock_boot_id(a)), (long long)getpid(), (long long)of.from, of.before,
                               (unsigned long long)st.st_ino));
}

// The file of the keeper before says that there is another, so that its absence shows.
static void note_next(struct str path, long number, int64_t from)
{
    int fd = plain_open(path.s, O_WRONLY | O_APPEND);
    struct buf line = BUF_EMPTY;

    if (fd < 0)
        return;
    int head = marks_head(fd);
    off_t at = begin_line(fd, &line, "next");
    buf_format(&line, " %ld %lld\n", number, (long long)from);
    if (note(fd, buf_str(&line)) && head >= 0)
        note_size(head, at + (off_t)line.n);
    buf_free(&line);
    if (head >= 0)
        close(head);
    close(fd);
}

// It gets its name when it has its first line: none is without one.
static bool name_it(struct str folder, const char *made, struct marks_of of, struct arena *a,
                    struct str *path)
{
    long last = marks_last(folder);

    if (last > 0)
        note_next(marks_path(folder, last, a), last + 1, of.from);
    *path = marks_path(folder, last + 1, a);
    return renameat2(AT_FDCWD, made, AT_FDCWD, path->s, RENAME_NOREPLACE) == 0 ||
           (errno == EINVAL && link(made, path->s) == 0 && unlink(made) == 0);
}

int marks_create(struct str folder, struct marks_of of, struct arena *a, struct str *path)
{
    const char *made = str_format(a, "%.*s/.keeper", STR_ARG(folder)).s;

    unlink(made);
    int fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    if (lock(fd) && note_head(fd, of, a) && name_it(folder, made, of, a, path))
        return fd;
    int error = errno;
    close(fd);
    unlink(made);
    errno = error;
    return -1;
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

int marks_head(int fd)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_CLOEXEC);
}

bool marks_start(int fd, int head, struct str name)
{
    struct buf line = BUF_EMPTY;
    off_t at = begin_line(fd, &line, "start ");
    off_t size = at + (off_t)(line.n + name.n + 1);

    return note_about(fd, &line, name) && note_size(head, size);
}

bool marks_failed(int fd, struct str name)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, "failed ");
    return note_about(fd, &line, name);
}

bool marks_pid(int fd, struct str name, const struct marked *p)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, "pid ");
    add_number(&line, p->pid);
    add_number(&line, p->from);
    add_number(&line, p->to);
    add_number(&line, p->due_ms);
    add_number(&line, p->grace_ms);
    return note_about(fd, &line, name);
}

static bool note_bytes(int fd, const char *word, struct str bytes, struct str name)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, word);
    for (size_t i = 0; i < bytes.n; i++)
        buf_format(&line, "%02x", (unsigned char)bytes.s[i]);
    buf_add_c(&line, ' ');
    return note_about(fd, &line, name);
}

bool marks_box(int fd, struct str name, struct str path)
{
    return note_bytes(fd, "box ", path, name);
}

bool marks_ended(int fd, struct str name, struct str result)
{
    return note_bytes(fd, "ended ", result, name);
}

bool marks_hangup(int fd)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, "hangup\n");
    bool noted = note(fd, buf_str(&line));
    buf_free(&line);
    return noted;
}

void marks_asked(const struct marks *m, struct str name, int64_t now_ms)
{
    struct buf line = BUF_EMPTY;
    int fd = m->path.n ? plain_open(m->path.s, O_WRONLY | O_APPEND) : -1;

    if (fd >= 0) {
        begin_line(fd, &line, "asked");
        buf_format(&line, " %lld %.*s\n", (long long)now_ms, STR_ARG(name));
        note(fd, buf_str(&line));
        close(fd);
    }
    buf_free(&line);
}

struct str marks_marker_of(struct str folder, long keeper, struct str name, struct arena *a)
{
    return marks_marker(marks_path(folder, keeper, a), name, a);
}

static bool lives(struct str path)
{
    int fd = plain_open(path.s, O_RDONLY);
    bool locked = fd >= 0 && marks_locked(fd);

    if (fd >= 0)
        close(fd);
    return locked;
}

// All or none: a gap between them would look as if one had been taken away.
void marks_clean(struct str folder)
{
    struct arena *a = arena_new(NULL);
    long last = marks_last(folder), living = 0;

    for (long i = 1; i <= last; i++)
        living += lives(marks_path(folder, i, a));
    for (long i = last; i >= 1 && !living; i--)
        unlink(marks_path(folder, i, a).s);
    arena_free(a);
}

struct str marks_marker(struct str path, struct str name, struct arena *a)
{
    return str_format(a, "%016llx/%.*s", (unsigned long long)str_hash(path), STR_ARG(name));
}
