#include "tests/unit/test.h"

#include "base/arena.h"
#include "cli/command.h"

// A command line, its first word "runbook".
static struct invocation *said(bool *good, int argc, const char *const *argv)
{
    struct invocation *v = NEW(scratch, struct invocation);
    char **args = NEW_ARRAY(scratch, char *, (size_t)argc + 1);

    for (int i = 0; i < argc; i++)
        args[i] = (char *)argv[i];
    v->arena = scratch;
    v->diags = NEW(scratch, struct diags);
    v->diags->arena = scratch;
    *good = command_line_read(v, argc, args);
    return v;
}

#define SAID(good, ...)                                                                      \
    said((good), (int)(sizeof((const char *[]){ "runbook", __VA_ARGS__ }) / sizeof(char *)), \
         (const char *[]){ "runbook", __VA_ARGS__ })

static struct str complaint(const struct invocation *v)
{
    return v->diags->first ? v->diags->first->message : STR("");
}

static struct str way_out(const struct invocation *v)
{
    return v->diags->first ? v->diags->first->help : STR("");
}

TEST(no_flag_stands_for_a_longer_one)
{
    bool good;
    struct invocation *v = SAID(&good, "run", "x", "--conf", "a=y");

    CHECK(!good);
    CHECK_STR(complaint(v), "there is no flag `--conf`");
}

TEST(no_command_stands_for_a_longer_one)
{
    bool good;
    struct invocation *v = SAID(&good, "res", "7kq2f");

    CHECK(!good);
    CHECK_STR(complaint(v), "there is no command `res`");
}

TEST(a_wrong_command_has_a_near_one)
{
    bool good;

    CHECK_STR(way_out(SAID(&good, "reume", "x")), "did you mean `resume`?");
}

TEST(a_wrong_flag_has_a_near_one)
{
    bool good;

    CHECK_STR(way_out(SAID(&good, "run", "x", "--confrim", "a=y")), "did you mean `--confirm`?");
}

TEST(a_flag_of_another_command_is_refused)
{
    bool good;
    struct invocation *v = SAID(&good, "list", "--yes");

    CHECK(!good);
    CHECK_STR(complaint(v), "`list` takes no flag `--yes`");
    CHECK_STR(way_out(v), "it belongs to: run resume undo");
}

TEST(a_flag_without_its_value_is_refused)
{
    bool good;

    CHECK_STR(complaint(SAID(&good, "run", "x", "--reason")), "`--reason` wants a value");
    CHECK(!good);
    struct invocation *v = SAID(&good, "run", "x", "--reason", "--yes");
    CHECK(!good);
    CHECK_STR(way_out(v), "if that is the value: --reason=--yes");
}

TEST(a_value_that_looks_like_a_flag_can_be_given)
{
    bool good;
    struct invocation *v = SAID(&good, "run", "x", "--reason=--yes");

    CHECK(good);
    CHECK_STR(flag_text(v, "reason"), "--yes");
    CHECK(!flag_given(v, "yes"));
}

TEST(a_switch_takes_no_value)
{
    bool good;

    CHECK_STR(complaint(SAID(&good, "run", "x", "--yes=no")), "`--yes` takes no value");
    CHECK(!good);
}

TEST(a_choice_takes_only_its_words)
{
    bool good;
    struct invocation *v = SAID(&good, "run", "x", "--mode", "manul");

    CHECK(!good);
    CHECK_STR(complaint(v), "`--mode` does not take `manul`");
    CHECK_STR(way_out(v), "did you mean `manual`?");
}

TEST(one_name_may_mean_another_choice_in_another_command)
{
    bool good;

    SAID(&good, "report", "x", "--format", "junit");
    CHECK(good);
    SAID(&good, "graph", "x", "--format", "junit");
    CHECK(!good);
}

TEST(a_flag_that_does_not_repeat_is_given_once)
{
    bool good;

    CHECK_STR(complaint(SAID(&good, "run", "x", "--mode", "auto", "--mode", "manual")),
              "`--mode` is given twice");
    CHECK(!good);
}

TEST(short_flags_stand_alone)
{
    bool good;

    CHECK_STR(way_out(SAID(&good, "run", "x", "-qv")), "short flags stand alone: -q -v");
    CHECK(!good);
}

TEST(too_few_and_too_many_words_are_refused)
{
    bool good;

    CHECK_STR(complaint(SAID(&good, "run")), "`run` wants FILE");
    CHECK(!good);
    CHECK_STR(complaint(SAID(&good, "runs", "7kq2f")), "`runs` has no use for `7kq2f`");
    CHECK(!good);
}

TEST(flags_stand_before_and_after_the_command)
{
    bool good;
    struct invocation *v = SAID(&good, "-C", "sub", "run", "rb.yaml", "-o", "ndjson");

    CHECK(good);
    CHECK_STR(str_from(v->command->name), "run");
    CHECK(v->word_count == 1);
    CHECK_STR(v->words[0], "rb.yaml");
    CHECK_STR(flag_text(v, "C"), "sub");
    CHECK(v->ndjson);
}

TEST(values_are_kept_in_order)
{
    bool good;
    size_t n;
    struct invocation *v = SAID(&good, "run", "x", "-i", "a=1", "--yes", "-ib=2", "-i", "c= 3");
    const struct str *inputs = flag_texts(v, "i", &n);

    CHECK(good);
    CHECK(n == 3);
    CHECK_STR(inputs[0], "a=1");
    CHECK_STR(inputs[1], "b=2");
    CHECK_STR(inputs[2], "c= 3");
}

TEST(what_stands_behind_two_dashes_is_no_flag)
{
    bool good;
    struct invocation *v = SAID(&good, "eval", "--", "-1");

    CHECK(good);
    CHECK_STR(v->words[0], "-1");
}

TEST(colour_alone_takes_no_word)
{
    bool good;
    struct invocation *v = SAID(&good, "--color", "run", "x");

    CHECK(good);
    CHECK(flag_given(v, "color"));
    CHECK_STR(flag_text(v, "color"), "");
    CHECK_STR(flag_text(SAID(&good, "run", "x", "--color=never"), "color"), "never");
}

TEST(ndjson_is_known_also_when_the_rest_is_wrong)
{
    bool good;

    CHECK(SAID(&good, "rnu", "-o", "ndjson")->ndjson);
    CHECK(!good);
}

TEST(rows_of_one_name_take_the_same)
{
    for (const struct option *o = options; *o->name || o->letter; o++)
        for (const struct option *p = o + 1; *p->name || p->letter; p++)
            if (strcmp(o->name, p->name) == 0 && o->letter == p->letter)
                CHECK(o->takes == p->takes && !*o->name == !*p->name);
}

TEST(every_command_that_a_flag_names_exists)
{
    for (const struct option *o = options; *o->name || o->letter; o++) {
        if (strcmp(o->commands, "*") == 0)
            continue;
        for (const char *c = o->commands; *c;) {
            size_t n = strcspn(c, " ");
            CHECK(command_find((struct str){ c, n }) != NULL);
            c += n + (c[n] == ' ');
        }
    }
}
