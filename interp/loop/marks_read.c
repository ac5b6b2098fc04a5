// What marks say of an attempt, read by the interpreter.

#include "loop/marks_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/plain.h"

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
    } else if (str_is(what, "box")) {
        struct str path = next_word(&line);
        m->box = str_equal(line, name) ? from_hex(path, a) : m->box;
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
    f.locked = marks_locked(fd);  // before reading: what a keeper noted last is then there
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

void marks_read_one(struct str path, struct str name, struct arena *a, struct marks *out)
{
    *out = (struct marks){ 0 };
    struct file f = read_file(path, name, a, out);
    out->complete = f.whole && f.same_boot;
}

void marks_read(struct str folder, struct str name, struct arena *a, struct marks *out)
{
    long last = marks_last(folder);

    *out = (struct marks){ 0 };
    // In order, so that the last one says which boot it was.
    struct file *files = NEW_ARRAY(a, struct file, last + 1);
    for (long i = 0; i < last; i++)
        files[i] = read_file(marks_path(folder, i + 1, a), name, a, out);
    out->complete = is_complete(files, last, place_of(name));
    out->keepers = last;
}
