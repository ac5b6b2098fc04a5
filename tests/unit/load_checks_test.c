// Wrong runbooks, and what is said about them: tests/load-checks/*.case.
//
//     === name of the case
//     steps:
//       - {id: a, needs: [b], shell: x}  #! unknown-step@18 does not exist
//     +++ runbooks/other.yaml
//     a second file of the same folder, with marks of its own
//
// A mark at the end of a line names the rule that blames it, the column, and words that the
// message, its help or its note holds. `#? 7:12 rule words` says the same of another line,
// where a comment would be text. A case without marks must load. What has no `runbook:`
// gets the three first lines that every runbook needs; they do not count.

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "load/program.h"
#include "tests/unit/test.h"

static const char folder[] = "tests/load-checks";
static const char head[] = "runbook: 1\nname: rb\ntype: application\n";

struct expected {
    struct str file, rule, words;
    unsigned line, column;
    bool met;
};

struct load_case {
    struct str name;
    struct str dir;  // where its files are
    struct expected expected[64];
    size_t count;
};

static struct str next_line(struct str *text)
{
    size_t end = str_find(*text, '\n');
    struct str line = str_slice(*text, 0, end);

    *text = str_slice(*text, end == SIZE_MAX ? text->n : end + 1, text->n);
    return line;
}

static unsigned number(struct str *s)
{
    unsigned n = 0;
    size_t i = 0;

    for (; i < s->n && s->s[i] >= '0' && s->s[i] <= '9'; i++)
        n = n * 10 + (unsigned)(s->s[i] - '0');
    *s = str_slice(*s, i, s->n);
    return n;
}

static struct str word(struct str *s)
{
    size_t i = 0;

    while (i < s->n && s->s[i] != ' ' && s->s[i] != '@')
        i++;
    struct str w = str_slice(*s, 0, i);
    *s = str_slice(*s, i, s->n);
    return w;
}

static void expect(struct load_case *k, struct str file, unsigned line, struct str mark)
{
    struct expected *e = &k->expected[k->count++];

    *e = (struct expected){ .file = file, .line = line, .rule = word(&mark) };
    if (str_starts(mark, "@")) {
        mark = str_slice(mark, 1, mark.n);
        e->column = number(&mark);
    }
    e->words = str_trim(mark);
}

// Lines from the first of the case; the head that was put before them does not count.
static void find_marks(struct load_case *k, struct str file, struct str text)
{
    for (unsigned line = 1; text.n; line++) {
        struct str l = next_line(&text);
        size_t at = str_search(l, STR("#! "));
        if (str_starts(l, "#? ")) {
            struct str mark = str_slice(l, 3, l.n);
            unsigned where = number(&mark);
            mark = str_slice(mark, 1, mark.n);
            unsigned column = number(&mark);
            expect(k, file, where, str_trim(mark));
            k->expected[k->count - 1].column = column;
        } else if (at != SIZE_MAX) {
            expect(k, file, line, str_slice(l, at + 3, l.n));
        }
    }
}

static bool needs_head(struct str file, struct str text)
{
    return !str_starts(text, "runbook:") && str_search(text, STR("\nrunbook:")) == SIZE_MAX &&
           str_ends(file, ".yaml") && !str_is(file, ".runbook.yaml");
}

static void write_file(struct load_case *k, struct str file, struct str text)
{
    struct str path = str_format(scratch, "%.*s/%.*s", STR_ARG(k->dir), STR_ARG(file));
    struct str whole = text;

    if (needs_head(file, text))
        whole = str_format(scratch, "%s%.*s", head, STR_ARG(text));
    for (size_t i = k->dir.n + 1; i < path.n; i++)
        if (path.s[i] == '/')
            mkdir(str_copy(scratch, str_slice(path, 0, i)).s, 0700);
    FILE *f = fopen(path.s, "we");
    if (!f)
        return;
    fwrite(whole.s, 1, whole.n, f);
    fclose(f);
    find_marks(k, file, text);
}

static struct str file_of(const struct load_case *k, const struct diag *d)
{
    struct str name = d->span.source ? d->span.source->name : STR("");

    if (name.n > k->dir.n && str_equal(str_slice(name, 0, k->dir.n), k->dir))
        return str_slice(name, k->dir.n + 1, name.n);
    return name;
}

static bool holds(const struct diag *d, struct str words)
{
    return words.n == 0 || str_search(d->message, words) != SIZE_MAX ||
           str_search(d->help, words) != SIZE_MAX || str_search(d->note, words) != SIZE_MAX;
}

static bool meets(const struct load_case *k, const struct diag *d, struct expected *e)
{
    struct place at = { 0 };

    if (d->span.source)
        at = source_place(d->span.source, d->span.start);
    unsigned skip = d->span.source && str_starts(d->span.source->text, head) ? 3 : 0;
    return !e->met && str_is(e->rule, diag_slug(d->code)) && e->line + skip == at.line &&
           (e->column == 0 || e->column == at.column) && str_equal(e->file, file_of(k, d)) &&
           holds(d, e->words);
}

static void compare(struct load_case *k, const struct diags *ds)
{
    for (const struct diag *d = ds->first; d; d = d->next) {
        bool met = false;
        for (size_t i = 0; i < k->count && !met; i++)
            if (meets(k, d, &k->expected[i]))
                met = k->expected[i].met = true;
        if (met)
            continue;
        printf("# %.*s: not expected:\n", STR_ARG(k->name));
        fputs("# ", stdout);
        diag_print(d, stdout);
        failures++;
    }
    for (size_t i = 0; i < k->count; i++)
        if (!k->expected[i].met) {
            const struct expected *e = &k->expected[i];
            printf("# %.*s: %.*s:%u:%u: missing %.*s %.*s\n", STR_ARG(k->name), STR_ARG(e->file),
                   e->line, e->column, STR_ARG(e->rule), STR_ARG(e->words));
            failures++;
        }
}

static void play(struct load_case *k)
{
    struct diags ds = { .arena = scratch };
    struct project *p = project_find(scratch, k->dir, action_names(), &ds);
    struct str path = str_format(scratch, "%.*s/rb.yaml", STR_ARG(k->dir));
    struct program *program = program_load(scratch, p, path, &ds);

    diags_sort(&ds);
    compare(k, &ds);
    if (program && ds.errors)
        printf("# %.*s: loaded although it is wrong\n", STR_ARG(k->name)), failures++;
    if (!program && !ds.errors)
        printf("# %.*s: not loaded, and nobody says why\n", STR_ARG(k->name)), failures++;
}

// Files of a case follow each other; the first is rb.yaml.
static void write_files(struct load_case *k, struct str text)
{
    struct str file = STR("rb.yaml");
    const char *from = text.s;

    while (true) {
        const char *here = text.s;
        struct str line = next_line(&text);
        bool end = text.n == 0 && line.n == 0, other = str_starts(line, "+++ ");
        if (!end && !other)
            continue;
        if (here > from)
            write_file(k, file, (struct str){ from, (size_t)(here - from) });
        if (end)
            return;
        file = str_slice(line, 4, line.n);
        from = text.s;
    }
}

static void run_case(struct str name, struct str text)
{
    char dir[] = "/tmp/load-checks-XXXXXX";
    struct load_case *k = NEW(scratch, struct load_case);

    if (!mkdtemp(dir))
        return;
    k->name = name;
    k->dir = str_copy(scratch, str_from(dir));
    write_files(k, text);
    play(k);
    struct str remove = str_format(scratch, "rm -rf '%s'", dir);
    if (system(remove.s) != 0)
        failures++;
}

static struct str read_whole(const char *path)
{
    struct buf *b = buf_in(scratch);
    FILE *f = fopen(path, "re");
    size_t n;

    while (f && (n = fread(buf_reserve(b, 4096), 1, 4096, f)) > 0)
        b->n += n;
    if (f)
        fclose(f);
    return str_copy(scratch, buf_str(b));
}

static size_t run_file(const char *name)
{
    struct str text = read_whole(str_format(scratch, "%s/%s", folder, name).s);
    const char *only = getenv("CASE");
    size_t count = 0;

    while (text.n) {
        struct str line = next_line(&text);
        if (!str_starts(line, "=== "))
            continue;
        size_t end = str_search(text, STR("\n=== "));
        struct str body = str_slice(text, 0, end == SIZE_MAX ? text.n : end + 1);
        struct str title = str_slice(line, 4, line.n);
        text = str_slice(text, body.n, text.n);
        if (only && str_search(title, str_from(only)) == SIZE_MAX)
            continue;
        run_case(str_format(scratch, "%s: %.*s", name, STR_ARG(title)), body);
        count++;
    }
    return count;
}

TEST(wrong_runbooks_are_told_where_they_are_wrong)
{
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort);
    size_t count = 0;

    for (int i = 0; i < n; i++) {
        if (str_ends(str_from(names[i]->d_name), ".case"))
            count += run_file(names[i]->d_name);
        free(names[i]);
    }
    free(names);
    CHECK(getenv("CASE") || count > 50);
}
