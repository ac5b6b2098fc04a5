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
    long last = 0;

    each_file(folder, see_last, &last);
    if (last > 0)
        note_next(path_of(folder, last, a), last + 1, of.from);
    *path = path_of(folder, last + 1, a);
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

bool marks_ended(int fd, struct str name, struct str result)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, "ended ");
    for (size_t i = 0; i < result.n; i++)
        buf_format(&line, "%02x", (unsigned char)result.s[i]);
    buf_add_c(&line, ' ');
    return note_about(fd, &line, name);
}

bool marks_hangup(int fd)
{
    struct buf line = BUF_EMPTY;

    begin_line(fd, &line, "hangup\n");
    bool noted = note(fd, buf_str(&line));
    buf_free(&line);
    return noted;
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
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, word.s[i] - '0', &n))
            return 0;
    return n;
}

static int digit(char c)
{
    return (c <= '9' ? c - '0' : c - 'a' + 10) & 15;
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

// A file as it is read. The first line says whose it is.
struct file {
    struct str path;
    int64_t from, before;  // of its session; -1: it says nothing, whatever it is
    bool whole, same_boot, mine, locked, hangup;
    struct next {
        struct next *before;
        int64_t number, from;
    } * nexts;
    struct str lines;
    size_t at;  // where the lines begin
};

static struct file read_head(struct str path, struct arena *a)
{
    struct file f = { .path = path, .from = -1 };
    struct str line;
    struct stat st;
    int fd = plain_open(path.s, O_RDONLY);

    if (fd < 0)
        return f;
    f.locked = is_locked(fd);  // before reading: what a keeper noted last is then there
    f.lines = read_whole(fd, a);
    bool known = fstat(fd, &st) == 0;
    close(fd);
    if (!next_line(&f.lines, &line))
        return f;
    f.at = line.n + 1;
    bool ours = str_is(next_word(&line), "keeper") && str_is(next_word(&line), "3");
    int64_t size = next_number(&line);
    f.same_boot = str_equal(next_word(&line), clock_boot_id(a));
    f.mine = next_number(&line) == getpid() && f.same_boot;
    int64_t from = next_number(&line);
    f.before = next_number(&line);
    // A copy, as some editors make, may be of another time.
    f.whole = ours && known && next_number(&line) == (int64_t)st.st_ino && st.st_size >= size;
    f.from = ours ? from : -1;
    return f;
}

static void read_lines(struct file *f, struct str name, struct arena *a, struct marks *m)
{
    struct str text = f->lines, line;
    size_t at = f->at;

    while (next_line(&text, &line)) {
        size_t n = line.n + 1;
        f->whole &= line.n && (size_t)next_number(&line) == at;
        at += n;
        f->hangup |= str_is(line, "hangup");
        if (str_starts(line, "next ")) {
            struct next *next = NEW(a, struct next);
            next_word(&line);
            *next = (struct next){ .before = f->nexts, .number = next_number(&line) };
            next->from = next_number(&line);
            f->nexts = next;
        } else {
            read_line(line, name, a, m);
        }
    }
}

// What one file says. [m] is added to.
static struct file read_file(struct str path, struct str name, struct arena *a, struct marks *m)
{
    struct file f = read_head(path, a);
    bool failed = m->failed;

    if (failed)  // another keeper may have started it since
        m->started = m->failed = false;
    bool before = m->started;
    read_lines(&f, name, a, m);
    bool ours = m->started && !before;
    if (ours || !m->started)
        m->other_boot = !f.same_boot;
    if (ours) {
        m->path = path;
        m->keeper_lives = f.locked;
        m->marker = marks_marker(path, name, a);
    } else if (failed) {
        m->started = m->failed = true;
    }
    m->may_start |= f.locked && !f.hangup && !f.mine;
    return f;
}

// Names of attempts are "aN", N being the place of the intent in the journal. Of any other no
// session is known, and every file is about it.
static int64_t place_of(struct str name)
{
    struct str rest = str_slice(name, 1, name.n);

    return name.n > 1 && name.s[0] == 'a' && rest.s[0] >= '1' && rest.s[0] <= '9'
               ? next_number(&rest)
               : INT64_MAX;
}

// Where the last session began that had begun at [place]; -1: of none is anything known.
static int64_t session_at(const struct file *files, long count, int64_t place)
{
    int64_t from = -1;

    for (long i = 0; i < count; i++) {
        if (files[i].from <= place && files[i].from > from)
            from = files[i].from;
        for (const struct next *n = files[i].nexts; n; n = n->before)
            if (n->from <= place && n->from > from)
                from = n->from;
    }
    return from;
}

// Whether all keepers of the session have left all that they noted. Else one that is not here may
// have started anything, and after another boot of the machine any line may be lost.
static bool is_complete(const struct file *files, long count, int64_t place)
{
    int64_t from = session_at(files, count, place), found = 0, most = -1;

    for (long i = 0; i < count; i++) {
        const struct file *f = &files[i];
        bool counts = f->from == from;
        if (f->from < 0 || (counts && (!f->whole || !f->same_boot)))
            return false;
        for (const struct next *n = f->nexts; n; n = n->before)
            if (n->from == from && (n->number > count || files[n->number - 1].from != from))
                return false;
        found += counts;
        most = counts && f->before > most ? f->before : most;
    }
    return found > most && found > 0;
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

void marks_read_one(struct str path, struct str name, struct arena *a, struct marks *out)
{
    *out = (struct marks){ 0 };
    struct file f = read_file(path, name, a, out);
    out->complete = f.whole && f.same_boot;
}

void marks_read(struct str folder, struct str name, struct arena *a, struct marks *out)
{
    long last = 0;

    *out = (struct marks){ 0 };
    each_file(folder, see_last, &last);
    // In order, so that the last one says which boot it was.
    struct file *files = NEW_ARRAY(a, struct file, last + 1);
    for (long i = 0; i < last; i++)
        files[i] = read_file(path_of(folder, i + 1, a), name, a, out);
    out->complete = is_complete(files, last, place_of(name));
    out->keepers = last;
}

struct str marks_marker_of(struct str folder, long keeper, struct str name, struct arena *a)
{
    return marks_marker(path_of(folder, keeper, a), name, a);
}

static bool lives(struct str path)
{
    int fd = plain_open(path.s, O_RDONLY);
    bool locked = fd >= 0 && is_locked(fd);

    if (fd >= 0)
        close(fd);
    return locked;
}

// All or none: a gap between them would look as if one had been taken away.
void marks_clean(struct str folder)
{
    struct arena *a = arena_new(NULL);
    long last = 0, living = 0;

    each_file(folder, see_last, &last);
    for (long i = 1; i <= last; i++)
        living += lives(path_of(folder, i, a));
    for (long i = last; i >= 1 && !living; i--)
        unlink(path_of(folder, i, a).s);
    arena_free(a);
}

struct str marks_marker(struct str path, struct str name, struct arena *a)
{
    return str_format(a, "%016llx/%.*s", (unsigned long long)str_hash(path), STR_ARG(name));
}
