// Each file of tests/load says in its own comments what is wrong with it: a line that
// ends in "#! rule" (or "#! rule rule") is blamed for that, and nothing else is. Where a
// comment cannot stand, a file of the same name ending in .expected has lines of
// "line:column rule" instead.

#include <dirent.h>
#include <stdlib.h>

#include "base/buf.h"
#include "model/runbook.h"
#include "test.h"

static const char folder[] = "tests/load";
static const char *const actions[] = { "shell", "exec", "http",   "sql",    "git",
                                       "file",  "wait", "manual", "prompt", NULL };

static bool read_whole(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f)
        return false;
    while ((n = fread(buf_reserve(out, 4096), 1, 4096, f)) > 0)
        out->n += n;
    fclose(f);
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// The lines of [b], sorted, each once more ended by a newline.
static struct str sorted(struct buf *b)
{
    char *lines[4096], *save = NULL;
    size_t n = 0;
    struct buf out = BUF_EMPTY;

    buf_add_c(b, 0);
    for (char *l = strtok_r(b->s, "\n", &save); l && n < 4096; l = strtok_r(NULL, "\n", &save))
        lines[n++] = l;
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        buf_format(&out, "%s\n", lines[i]);
    buf_free(b);
    return buf_take(&out, scratch);
}

static struct str wanted_by_comments(const struct source *src)
{
    struct buf b = BUF_EMPTY;

    for (uint32_t line = 1; line <= src->line_count; line++) {
        struct str s = source_line(src, line);
        size_t at = str_search(s, STR("#! "));
        for (struct str rules = at == SIZE_MAX ? STR("") : str_slice(s, at + 3, s.n); rules.n;) {
            size_t end = str_find(rules, ' ');
            struct str rule = str_slice(rules, 0, end);
            buf_format(&b, "%u %.*s\n", line, STR_ARG(rule));
            rules = end == SIZE_MAX ? STR("") : str_slice(rules, end + 1, rules.n);
        }
    }
    return sorted(&b);
}

static struct str blamed(const struct diags *ds, bool columns)
{
    struct buf b = BUF_EMPTY;

    for (const struct diag *d = ds->first; d; d = d->next) {
        struct place at = source_place(d->span.source, d->span.start);
        buf_format(&b, "%u", at.line);
        if (columns)
            buf_format(&b, ":%u", at.column);
        buf_format(&b, " %s\n", diag_slug(d->code));
    }
    return sorted(&b);
}

static void print_commented(struct str s)
{
    printf("# ");
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] == '\n')
            printf(i + 1 < s.n ? "\n# " : "\n");
        else
            putchar(s.s[i]);
}

static void check_file(const char *name)
{
    struct buf text = BUF_EMPTY, expected = BUF_EMPTY;
    struct diags ds = { .arena = scratch };
    struct str path = str_format(scratch, "%s/%s", folder, name);
    struct str beside = str_format(scratch, "%.*s.expected", (int)path.n - 5, path.s);

    CHECK(read_whole(path.s, &text));
    struct source *src = source_new(scratch, path, buf_str(&text));
    buf_free(&text);
    bool columns = read_whole(beside.s, &expected);
    struct runbook *rb = runbook_read(scratch, src, actions, &ds);
    struct str want = columns ? sorted(&expected) : wanted_by_comments(src);
    struct str got = blamed(&ds, columns);
    CHECK(rb || ds.errors);
    if (str_equal(want, got))
        return;
    printf("# %s is blamed for\n", path.s);
    print_commented(got);
    printf("# and should be for\n");
    print_commented(want);
    CHECK(!"as its comments say");
}

TEST(every_file_is_blamed_for_what_it_says_and_for_nothing_else)
{
    DIR *d = opendir(folder);
    size_t count = 0;

    CHECK(d);
    for (struct dirent *e; d && (e = readdir(d));)
        if (str_ends(str_from(e->d_name), ".yaml")) {
            check_file(e->d_name);
            count++;
        }
    if (d)
        closedir(d);
    CHECK(count > 20);
}
