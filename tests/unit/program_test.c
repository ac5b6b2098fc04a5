// What a program knows about its steps, and a program made from what was kept with a run.

#include "load/program.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "load/version.h"
#include "tests/unit/test.h"

static struct diags ds;

static void forget(void *arg)
{
    if (system(str_format(scratch, "rm -rf '%s'", (const char *)arg).s) != 0)
        puts("# cannot clean up");
}

static void put_file(const char *dir, const char *name, const char *text)
{
    FILE *f = fopen(str_format(scratch, "%s/%s", dir, name).s, "we");

    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

static const char callee[] = "runbook: 1\nname: dump\ntype: action\ninputs: {to: {default: x}}\n"
                             "steps:\n- {id: x, shell: echo, undo: {shell: echo}}\n"
                             "outputs: {path: '${{ inputs.to }}'}\n";

static const char *folder(void)
{
    char name[] = "/tmp/program-test-XXXXXX";
    const char *dir = str_copy(scratch, str_from(mkdtemp(name))).s;

    arena_defer(scratch, forget, (void *)dir);
    mkdir(str_format(scratch, "%s/runbooks", dir).s, 0700);
    mkdir(str_format(scratch, "%s/runbooks/shop", dir).s, 0700);
    put_file(dir, ".runbook.yaml", "runbooks: runbooks\n");
    put_file(dir, "runbooks/dump.yaml", callee);
    put_file(dir, "runbooks/shop/dump.yaml", callee);
    return dir;
}

static struct program *program_of(const char *steps)
{
    const char *dir = folder();

    ds = (struct diags){ .arena = scratch };
    put_file(dir, "rb.yaml",
             str_format(scratch, "runbook: 1\nname: rb\ntype: application\n%s", steps).s);
    struct program *p = program_load(scratch,
                                     project_find(scratch, str_from(dir), action_names(), &ds),
                                     str_format(scratch, "%s/rb.yaml", dir), &ds);
    for (const struct diag *d = ds.first; d; d = d->next)
        printf("# %.*s\n", STR_ARG(d->message));
    return p;
}

static const struct step *step_of(const struct program *p, const char *id)
{
    return graph_find(p->root->graph, str_from(id))->step;
}

static const char *effects(const struct program *p, const char *id)
{
    return effects_word((int)step_effects(p, step_of(p, id)));
}

TEST(the_worst_inside_counts)
{
    struct program *p = program_of(
        "connections: {db: 'sqlite:x'}\nsteps:\n"
        "- {id: r, http: GET http://x/}\n"
        "- {id: w, shell: echo}\n"
        "- {id: said, shell: echo, effects: read}\n"
        "- {id: q, sql: SELECT 1}\n"
        "- {id: g, steps: [{id: a, http: GET http://x/}, {id: b, shell: "
        "echo, effects: destroy}]}\n"
        "- {id: u, use: dump}\n"
        "- {id: c, confirm: Go on with it?}\n"
        "- {id: h, steps: [{id: d, http: GET http://x/, rescue: [{id: e, "
        "shell: echo}]}]}\n");

    CHECK(strcmp(effects(p, "r"), "read") == 0);
    CHECK(strcmp(effects(p, "w"), "write") == 0);
    CHECK(strcmp(effects(p, "said"), "read") == 0);
    CHECK(strcmp(effects(p, "q"), "read") == 0);
    CHECK(strcmp(effects(p, "g"), "destroy") == 0);
    CHECK(strcmp(effects(p, "u"), "write") == 0);
    CHECK(strcmp(effects(p, "c"), "read") == 0);
    CHECK(strcmp(effects(p, "d"), "read") == 0);
    CHECK(strcmp(effects(p, "h"), "write") == 0);
}

TEST(a_shell_in_a_check_counts_as_read)
{
    struct program *p = program_of("steps: [{id: a, shell: echo}]\nverify: [{id: v, shell: echo}]");
    const struct step *check = p->root->rb->verify.items;

    CHECK(step_effects(p, check) == EFFECTS_READ);
    CHECK(step_effects(p, step_of(p, "a")) == EFFECTS_WRITE);
}

TEST(what_may_be_run_again)
{
    struct program *p = program_of("steps:\n- {id: r, http: GET http://x/}\n"
                                   "- {id: w, shell: echo}\n"
                                   "- {id: i, shell: echo, idempotent: true}\n"
                                   "- {id: n, http: GET http://x/, idempotent: false}\n"
                                   "- {id: g, steps: [{id: a, shell: echo, idempotent: true}]}\n"
                                   "- {id: h, steps: [{id: b, shell: echo}]}\n"
                                   "- {id: u, use: dump}");

    CHECK(step_is_idempotent(p, step_of(p, "r")));
    CHECK(!step_is_idempotent(p, step_of(p, "w")));
    CHECK(step_is_idempotent(p, step_of(p, "i")));
    CHECK(!step_is_idempotent(p, step_of(p, "n")));
    CHECK(step_is_idempotent(p, step_of(p, "g")));
    CHECK(!step_is_idempotent(p, step_of(p, "h")));
    CHECK(!step_is_idempotent(p, step_of(p, "u")));
}

TEST(how_steps_are_taken_back)
{
    struct program *p = program_of(
        "steps:\n- {id: r, http: GET http://x/}\n"
        "- {id: w, shell: echo}\n"
        "- {id: u, shell: echo, undo: {shell: echo}}\n"
        "- {id: n, shell: echo, undo: none}\n"
        "- {id: i, shell: echo, irreversible: gone}\n"
        "- {id: g, steps: [{id: a, shell: echo, undo: {shell: echo}}]}\n"
        "- {id: h, steps: [{id: b, shell: echo, undo: {shell: echo}}, {id: c, shell: "
        "echo}]}\n"
        "- {id: k, undo: none, steps: [{id: d, shell: echo}]}\n"
        "- {id: l, use: dump}");

    CHECK(step_cover(p, step_of(p, "r")) == COVER_NOTHING);
    CHECK(step_cover(p, step_of(p, "w")) == COVER_MISSING);
    CHECK(step_cover(p, step_of(p, "u")) == COVER_UNDO);
    CHECK(step_cover(p, step_of(p, "n")) == COVER_NONE);
    CHECK(step_cover(p, step_of(p, "i")) == COVER_IRREVERSIBLE);
    CHECK(step_cover(p, step_of(p, "g")) == COVER_INSIDE);
    CHECK(step_cover(p, step_of(p, "h")) == COVER_MISSING);
    CHECK(step_cover(p, step_of(p, "k")) == COVER_NONE);
    CHECK(step_cover(p, step_of(p, "l")) == COVER_INSIDE);
}

// ---- kept with a run ----

static struct program *from_kept(const struct program *p, const char *dir)
{
    size_t count;
    const struct program_file *files = program_files(p, scratch, &count);

    ds = (struct diags){ .arena = scratch };
    return program_from(scratch, project_find(scratch, str_from(dir), action_names(), &ds), files,
                        count, p->root->rb->path, &ds);
}

TEST(a_kept_program_needs_no_disk)
{
    struct program *p = program_of("steps: [{id: a, use: dump}, {id: b, use: shop/dump}]");
    size_t count;
    const struct program_file *files = program_files(p, scratch, &count);

    CHECK(count == 3);
    for (size_t i = 0; i < count; i++)
        CHECK(remove(files[i].path.s) == 0);
    struct program *again = from_kept(p, p->project->root.s);
    CHECK(again && ds.errors == 0);
    CHECK_STR(program_use(again, step_of(again, "a"))->rb->address, "dump");
    CHECK_STR(program_use(again, step_of(again, "b"))->rb->address, "shop/dump");
}

TEST(a_kept_program_is_found_when_its_project_has_moved)
{
    struct program *p = program_of("steps: [{id: b, use: shop/dump}]");
    struct program *again = from_kept(p, "/");

    CHECK(again && ds.errors == 0);
    CHECK_STR(again->root->rb->name.str, "rb");
}

TEST(what_was_not_kept_is_told)
{
    struct program *p = program_of("steps: [{id: b, use: shop/dump}]");
    struct program_file root = { p->root->rb->path, p->root->rb->source->text };

    ds = (struct diags){ .arena = scratch };
    CHECK(!program_from(scratch, p->project, &root, 1, p->root->rb->path, &ds));
    CHECK(ds.first && ds.first->code == DIAG_UNKNOWN_RUNBOOK);
}

// ---- versions ----

static bool satisfies(const char *version, const char *wanted)
{
    struct wanted w;

    return wanted_parse(str_from(wanted), true, &w) && version_satisfies(str_from(version), &w);
}

TEST(versions_are_compared_part_by_part)
{
    CHECK(satisfies("15.4", "psql >= 15"));
    CHECK(satisfies("15", "psql >= 15.0"));
    CHECK(satisfies("1.10", "x > 1.9"));
    CHECK(!satisfies("1.9.9", "x >=1.10"));
    CHECK(satisfies("1.2.3", "x = 1.2.3"));
    CHECK(!satisfies("1.2.3", "x == 1.2"));
    CHECK(satisfies("2", "x <= 2"));
    CHECK(!satisfies("2", "x < 2"));
    CHECK(satisfies("anything", "x"));
}

TEST(what_is_no_wanted_version)
{
    struct wanted w;

    CHECK(!wanted_parse(STR("psql >= fifteen"), true, &w));
    CHECK(!wanted_parse(STR("a b"), true, &w));
    CHECK(!wanted_parse(STR(">= 1"), true, &w));
    CHECK(!wanted_parse(STR("psql >="), true, &w));
    CHECK(!wanted_parse(STR("psql >= 1..2"), true, &w));
    CHECK(!wanted_parse(STR("x >= 1"), false, &w));
    CHECK(wanted_parse(STR(">=0.1"), false, &w));
}

TEST(a_version_is_found_in_what_a_tool_says)
{
    CHECK_STR(version_in(STR("psql (PostgreSQL) 15.4 (Debian 15.4-1)")), "15.4");
    CHECK_STR(version_in(STR("git version 2.39.5")), "2.39.5");
    CHECK_STR(version_in(STR("OpenSSL 3.0.11 19 Sep 2023")), "3.0.11");
    CHECK_STR(version_in(STR("v20.1.0")), "20.1.0");
    CHECK_STR(version_in(STR("less 590 (GNU regular expressions)")), "590");
    CHECK_STR(version_in(STR("Python3 3.11.2")), "3.11.2");
    CHECK_STR(version_in(STR("no number")), "");
}
