// wait, manual and prompt: what waits for time or for somebody.

#include "action/manual.h"
#include "action/prompt.h"
#include "action/wait.h"
#include "tests/unit/playing.h"

static struct play *waiting(const char *yaml)
{
    struct play *p = play_new(yaml, no_values());

    p->session.loop = loop_new_virtual(scratch, 5000);
    CHECK(play_resolve(p));
    return p;
}

TEST(a_wait_ends_when_its_time_has_come)
{
    struct play *p = waiting("    wait: 2h\n");

    CHECK(wait_ms(&p->at) == 7200 * 1000);
    CHECK_STR(described(p), "wait 2h\n");
    p->at.action->start(&p->at);
    CHECK(!p->over);
    play_wait(p);
    CHECK(good(p) && loop_now_ms(p->session.loop) == 5000 + 7200 * 1000);
}

TEST(a_cancelled_wait_ends_at_once)
{
    struct play *p = waiting("    wait: 2h\n");

    p->at.action->start(&p->at);
    p->at.action->cancel(&p->at, false);
    CHECK(p->over && p->outcome.verdict == VERDICT_CANCELLED);
    CHECK(loop_now_ms(p->session.loop) == 5000);
}

TEST(after_a_crash_the_rest_is_waited)
{
    struct play *p = waiting("    wait: 10m\n");
    struct scope later = *p->at.scope;

    p->at.action->start(&p->at);
    struct value notes = p->notes;
    later.now = value_timestamp(1000 + 540, 0);
    p = waiting("    wait: 10m\n");
    p->at.scope = &later;
    p->at.action->settle(&p->at, notes);
    play_wait(p);
    CHECK(good(p) && loop_now_ms(p->session.loop) == 5000 + 60 * 1000);
    later.now = value_timestamp(9000, 0);
    p = waiting("    wait: 10m\n");
    p->at.scope = &later;
    p->at.action->settle(&p->at, notes);
    play_wait(p);
    CHECK(good(p) && loop_now_ms(p->session.loop) == 5000);
}

TEST(those_that_ask_are_not_started)
{
    CHECK(action_manual.asks && !action_manual.start);
    CHECK(action_prompt.asks && !action_prompt.start);
}

TEST(manual_says_what_to_do_and_its_result_what_was_done)
{
    struct play *p = play_new(
        "    manual: {instructions: \"move ${{ v }}\", checklist: [one, two], evidence: file}\n",
        one_value("v", value_text("it")));

    CHECK(play_resolve(p));
    CHECK_STR(described(p), "a person: move it\n  [ ] one\n  [ ] two\n");
    const struct manual_job *job = p->at.job;
    CHECK(job->item_count == 2 && job->evidence == EVIDENCE_FILE);
    p->outcome.result = manual_result(scratch, "na", STR("not here"), STR(""));
    CHECK_STR(text_of(p, "answer"), "na");
    CHECK_STR(text_of(p, "note"), "not here");
}

static struct str typed(const char *yaml, const char *text)
{
    struct play *p = play_new(str_format(scratch, "    prompt: %s\n", yaml).s, no_values());
    struct value v;
    struct str why, shown;

    if (!p->loaded || !play_resolve(p))
        return p->loaded ? p->error.message : p->diags.first->message;
    if (!prompt_read(p->at.job, str_from(text), STR("/"), scratch, &v, &why))
        return why;
    shown = value_show(v, scratch, 100);
    return shown;
}

TEST(what_is_typed_has_the_type_that_was_asked_for)
{
    CHECK_STR(typed("{message: m}", "1"), "\"1\"");
    CHECK_STR(typed("{message: m, type: int}", "12"), "12");
    CHECK_STR(typed("{message: m, type: int}", "1.5"), "'1.5' is not a whole number");
    CHECK_STR(typed("{message: m, type: number}", "2.5"), "2.5");
    CHECK_STR(typed("{message: m, type: bool}", "true"), "true");
    CHECK_STR(typed("{message: m, type: bool}", "yes"), "'yes' is not true or false");
    CHECK_STR(typed("{message: m, type: duration}", "soon"),
              "'soon' is not a duration such as 30s");
    CHECK_STR(typed("{message: m, type: path}", "etc/passwd"), "\"etc/passwd\"");
    CHECK_STR(typed("{message: m, type: path}", "no/such"), "'no/such' is not a path that exists");
    CHECK_STR(typed("{message: m, type: list}", "[1, 2]"), "[1, 2]");
    CHECK_STR(typed("{message: m, choices: [a, b c]}", "b c"), "\"b c\"");
    CHECK_STR(typed("{message: m, choices: [a, b]}", "c"), "'c' is not one of the choices");
    CHECK_STR(typed("{message: m, choices: [a, b], default: c}", "a"),
              "the default is none of the answers: 'c' is not one of the choices");
    CHECK_STR(typed("{message: m, choices: [a], type: int}", "a"),
              "a prompt has `choices` or a `type`, not both");
}
