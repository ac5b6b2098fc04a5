// Projects, addresses and the library, in a folder of its own.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/near.h"
#include "model/project.h"
#include "test.h"

static const char *const actions[] = { "shell", "http", NULL };
static struct diags mistakes;
static struct str base;

static void put(const char *path, const char *text)
{
    struct str whole = str_format(scratch, "%.*s/%s", STR_ARG(base), path);

    for (char *p = (char *)whole.s + base.n + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            mkdir(whole.s, 0700);
            *p = '/';
        }
    int fd = open(whole.s, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void remove_base(void *unused)
{
    (void)unused;
    struct str command = str_format(scratch, "rm -rf '%.*s'", STR_ARG(base));
    CHECK(system(command.s) == 0);
}

static void in_new_folder(void)
{
    char name[] = "/tmp/project_test.XXXXXX";

    CHECK(mkdtemp(name) != NULL);
    base = str_copy(scratch, str_from(name));
    arena_defer(scratch, remove_base, NULL);
    mistakes = (struct diags){ .arena = scratch };
}

static struct project *found(const char *folder)
{
    struct str path = str_format(scratch, "%.*s/%s", STR_ARG(base), folder);

    return project_find(scratch, path, actions, &mistakes);
}

static struct str located(const struct project *p, const char *word)
{
    struct str path = project_locate(p, scratch, str_from(word), true, &mistakes);

    return path.n > base.n ? str_slice(path, base.n + 1, path.n) : path;
}

static const char check[] = "runbook: 1\nname: %s\ntype: check\n";

static void put_runbook(const char *path, const char *name)
{
    put(path, str_format(scratch, check, name).s);
}

TEST(a_project_is_the_nearest_folder_with_its_file)
{
    in_new_folder();
    put(".runbook.yaml",
        "runbooks: books\nlibrary: [lib]\ntypes: [database]\nstore: ./state\n"
        "policy: {destroy_needs: [confirm, verify], approvers: {dba: [ann, bob]}}\n"
        "lint: {rules: {no-lock: off, weak-confirm: error}}\n");
    put("a/b/c", "");
    const struct project *p = found("a/b");
    CHECK(mistakes.errors == 0);
    CHECK(str_equal(p->root, base));
    CHECK_STR(p->runbooks.str, "books");
    CHECK(p->destroy_needs.confirm && !p->destroy_needs.backup && p->destroy_needs.verify);
    const struct approver_group *group = p->approvers.items;
    CHECK(p->approvers.count == 1 && group->names.count == 2);
    const struct rule_level *rule = p->rules.items;
    CHECK(p->rules.count == 2 && rule[0].level == 1 && rule[1].level == 4);
}

TEST(without_a_file_there_is_an_empty_project)
{
    in_new_folder();
    const struct project *p = found("");
    CHECK(p->root.n == 0 && p->node == NULL && mistakes.errors == 0);
    CHECK_STR(p->runbooks.str, "runbooks");
}

TEST(mistakes_in_the_file_are_said)
{
    in_new_folder();
    put(".runbook.yaml", "runboks: x\npolicy: {destroy_needs: [luck]}\nlint: {rules: {a: loud}}\n");
    found("");
    CHECK(mistakes.errors == 3);
    put(".runbook.yaml", "");
    mistakes.errors = 0;
    CHECK(found("")->root.n && mistakes.errors == 0);
}

TEST(an_address_is_found_in_the_project_before_the_library)
{
    in_new_folder();
    put(".runbook.yaml", "library: [lib]\n");
    put_runbook("runbooks/restore.yaml", "restore");
    put_runbook("runbooks/postgres/dump.yml", "dump");
    put_runbook("lib/restore.yaml", "restore");
    put_runbook("lib/nginx/reload.yaml", "reload");
    put_runbook("runbooks/a/b/deep.yaml", "deep");
    const struct project *p = found("");
    CHECK_STR(located(p, "restore"), "runbooks/restore.yaml");
    CHECK_STR(located(p, "postgres/dump"), "runbooks/postgres/dump.yml");
    CHECK_STR(located(p, "nginx/reload"), "lib/nginx/reload.yaml");
    CHECK(mistakes.errors == 0);
    CHECK_STR(located(p, "a/b/deep"), "");
    CHECK(mistakes.errors == 1);
    CHECK_STR(located(p, "restor"), "");
    CHECK_STR(mistakes.last->help, "did you mean `restore`?");
}

TEST(all_runbooks_are_listed_by_address)
{
    in_new_folder();
    put(".runbook.yaml", "library: [lib]\n");
    put_runbook("runbooks/restore.yaml", "restore");
    put_runbook("runbooks/app/back.yaml", "back");
    put("runbooks/notes.txt", "");
    put_runbook("runbooks/.hidden.yaml", "hidden");
    put_runbook("lib/restore.yaml", "restore");
    put_runbook("lib/again.yaml", "again");
    struct project *p = found("");
    p->stdlib = STR("");
    struct list all = project_runbooks(p, scratch);
    const struct found_runbook *f = all.items;
    CHECK(all.count == 3);
    CHECK_STR(f[0].address, "app/back");
    CHECK_STR(f[1].address, "restore");
    CHECK_STR(f[2].address, "again");
    CHECK(!f[0].library && !f[1].library && f[2].library);
}

TEST(what_is_no_file_cannot_be_read)
{
    struct str text;

    in_new_folder();
    put("file", "12345");
    struct str file = str_format(scratch, "%.*s/file", STR_ARG(base));
    CHECK(file_read(scratch, file, 5, &text, &mistakes));
    CHECK_STR(text, "12345");
    CHECK(!file_read(scratch, file, 4, &text, &mistakes));
    CHECK(mistakes.last->code == DIAG_OVER_LIMIT);
    CHECK(!file_read(scratch, base, 9, &text, &mistakes));
    CHECK(mistakes.last->code == DIAG_CANNOT_READ);
    CHECK(!file_read(scratch, STR("/dev/zero"), 9, &text, &mistakes));
    struct str fifo = str_format(scratch, "%.*s/fifo", STR_ARG(base));
    CHECK(mkfifo(fifo.s, 0600) == 0);
    CHECK(!file_read(scratch, fifo, 9, &text, &mistakes));
    CHECK(!file_read(scratch, STR("/nothing/here"), 9, &text, &mistakes));
    CHECK(mistakes.errors == 5);
}

TEST(the_library_reads_each_file_once)
{
    in_new_folder();
    put(".runbook.yaml", "");
    put_runbook("runbooks/a.yaml", "a");
    put_runbook("runbooks/bad.yaml", "worse");
    const struct project *p = found("");
    struct library *l = library_new(scratch, p, actions, &mistakes);
    struct text word = text_bare(STR("a"));
    struct runbook *rb = library_use(l, &word);
    CHECK(rb && library_use(l, &word) == rb);
    CHECK(rb && library_read(l, str_format(scratch, "%.*s/runbooks/../runbooks/a.yaml",
                                           STR_ARG(base))) == rb);
    CHECK_STR(rb->address, "a");
    CHECK(mistakes.errors == 0);
    word = text_bare(STR("bad"));
    library_use(l, &word);
    library_use(l, &word);
    CHECK(mistakes.errors == 1);
    word = text_bare(STR("b"));
    CHECK(library_use(l, &word) == NULL && mistakes.last->code == DIAG_UNKNOWN_RUNBOOK);
}

TEST(a_file_larger_than_the_limit_is_blamed_in_the_file)
{
    in_new_folder();
    size_t n = 1024 * 1024 + 10;
    char *text = malloc(n + 1);
    memset(text, '#', n);
    text[n] = 0;
    put("big.yaml", text);
    free(text);
    struct library *l = library_new(scratch, found(""), actions, &mistakes);
    CHECK(!library_read(l, str_format(scratch, "%.*s/big.yaml", STR_ARG(base))));
    CHECK(mistakes.errors == 1 && mistakes.last->code == DIAG_OVER_LIMIT);
    CHECK(mistakes.last->span.source != NULL);
}

// --- near words ---

static struct str meant(const char *written)
{
    static const char *const words[] = { "drain", "timeout", "on_failure", "name", "if",
                                         "id",    "within",  "with",       NULL };
    struct near near = near_words(str_from(written), words);

    return near_question(&near, scratch);
}

TEST(near_words_are_those_that_may_be_meant)
{
    CHECK_STR(meant("drian"), "did you mean `drain`?");
    CHECK_STR(meant("TIMEOUT"), "did you mean `timeout`?");
    CHECK_STR(meant("failure_on"), "did you mean `on_failure`?");
    CHECK_STR(meant("withn"), "did you mean `within` or `with`?");
    CHECK_STR(meant("is"), "");
    CHECK_STR(meant("database"), "");
}
