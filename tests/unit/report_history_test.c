#include "tests/unit/test.h"

#include "report/aftermath.h"
#include "report/incident.h"
#include "report/not_run.h"
#include "report/status.h"
#include "value/fields.h"
#include "value/when.h"

// A history of events written as JSON.
static struct history *told(const char *const *lines, size_t count)
{
    struct history *h = history_new(scratch);

    h->keep_moments = true;
    for (size_t i = 0; i < count; i++) {
        struct str line = str_format(scratch, "{\"v\":1,\"run\":\"7kq2f\",%s}", lines[i]);
        struct event e;
        CHECK(event_read(line, scratch, &e));
        e.wall_ns = wall_from(text_of(e.data, "ts"));
        history_apply(h, &e, line);
    }
    return h;
}

#define TOLD(...)                              \
    told((const char *const[]){ __VA_ARGS__ }, \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

#define START                                                                               \
    "\"type\":\"run.start\",\"ts\":\"2026-09-21T14:00:00Z\",\"runbook\":\"rb\",\"steps\":[" \
    "{\"id\":\"a\",\"name\":\"First\"},{\"id\":\"b\"},{\"id\":\"c\"}]"
#define ENDS(id, state) \
    "\"type\":\"step.end\",\"step\":\"" id "\",\"state\":\"" state "\",\"took_ms\":5"

static struct str aftermath(const struct history *h)
{
    struct look *look = NEW(scratch, struct look);
    struct page p = page_new(scratch, look, 80);

    aftermath_write(h, STR(""), &p);
    return str_copy(scratch, page_str(&p));
}

static bool has(struct str text, const char *part)
{
    return str_search(text, str_from(part)) != SIZE_MAX;
}

TEST(steps_stand_in_the_order_of_the_plan)
{
    struct history *h = TOLD(START, "\"type\":\"step.start\",\"step\":\"c\"");

    CHECK(h->story_count == 3);
    CHECK_STR(h->stories[0]->id, "a");
    CHECK_STR(h->stories[0]->name, "First");
    CHECK_STR(h->stories[2]->state, "running");
    CHECK_STR(h->run, "7kq2f");
}

TEST(what_was_not_planned_stands_where_the_file_has_it)
{
    struct history *h = TOLD(
        "\"type\":\"run.start\",\"steps\":[{\"id\":\"g\"},{\"id\":\"c\"},"
        "{\"id\":\"r\",\"in\":\"rescue\"},{\"id\":\"each\"},{\"id\":\"z\"}]",
        "\"type\":\"step.start\",\"step\":\"each[a]\"",
        "\"type\":\"step.start\",\"step\":\"each[a].x\"", "\"type\":\"step.start\",\"step\":\"v\"",
        "\"type\":\"step.start\",\"step\":\"r\"", "\"type\":\"step.start\",\"step\":\"each[b]\"",
        "\"type\":\"undo.start\",\"step\":\"c\"");
    static const char *const order[] = { "g",         "c",       "r", "each", "each[a]",
                                         "each[a].x", "each[b]", "z", "v" };

    CHECK(h->story_count == 9);
    for (size_t i = 0; i < 9; i++)
        CHECK_STR(h->stories[i]->id, order[i]);
}

TEST(a_name_that_repeats_the_id_is_none)
{
    struct history *h = TOLD("\"type\":\"step.start\",\"step\":\"a\",\"name\":\"a\"");

    CHECK_STR(h->stories[0]->name, "");
}

TEST(the_culprit_is_not_what_was_continued_or_rescued)
{
    struct history *h = TOLD(START, ENDS("a", "failed") ",\"continued\":true", ENDS("b", "rescued"),
                             ENDS("c", "cancelled"));

    CHECK_STR(history_culprit(h)->id, "c");
}

TEST(an_answer_closes_its_question)
{
    struct history *h = TOLD(
        START, "\"type\":\"confirm.ask\",\"step\":\"a\",\"kind\":\"confirm\",\"message\":\"Sure?\"",
        "\"type\":\"confirm.ask\",\"step\":\"b\",\"kind\":\"approve\"",
        "\"type\":\"confirm.answer\",\"step\":\"a\",\"answer\":\"yes\",\"by\":\"ops\"");

    CHECK(h->question_count == 2);
    CHECK(!h->questions[0]->open);
    CHECK_STR(h->questions[0]->by, "ops");
    CHECK_STR(history_open_question(h)->step, "b");
}

// "b 2 of 3: b[y], b[z]; c; ": what was not run.
static struct str left_out(const struct history *h)
{
    size_t count;
    struct buf b = BUF_EMPTY;
    const struct not_run *all = not_run_list(h, scratch, &count);

    for (size_t i = 0; i < count; i++)
        buf_format(&b, "%.*s%s%.*s; ", STR_ARG(all[i].id), all[i].rest.n ? " " : "",
                   STR_ARG(all[i].rest));
    return buf_take(&b, scratch);
}

#define STEPS      "\"type\":\"phase.start\",\"phase\":\"steps\""
#define STARTS(id) "\"type\":\"step.start\",\"step\":\"" id "\""
#define ITEMS                                                                        \
    "\"type\":\"step.items\",\"step\":\"b\",\"items\":[{\"key\":\"x\"},{\"key\":7}," \
    "{\"key\":\"z.z\"}]"
TEST(of_a_list_that_was_begun_only_the_rest_was_not_run)
{
    struct history *h = TOLD(START, STEPS, ENDS("a", "succeeded"), ITEMS, ENDS("b[x]", "succeeded"),
                             STARTS("b[7]"), "\"type\":\"step.items\",\"step\":\"b\"");

    CHECK_STR(left_out(h), "b 1 of 3: b[z.z]; c; ");
    CHECK_STR(not_run_begun(h, history_story(h, STR("b")), scratch), "2 of 3 begun");
    CHECK_STR(not_run_begun(h, history_story(h, STR("c")), scratch), "");
    CHECK_STR(left_out(TOLD(START, STEPS, ENDS("a", "succeeded"))), "b; c; ");
    CHECK_STR(left_out(TOLD(START, STEPS, ITEMS, ENDS("b[x]", "succeeded"), ENDS("b[7]", "skipped"),
                            ENDS("b[z.z]", "failed"))),
              "a; c; ");
}

TEST(and_what_the_end_of_the_run_says_of_it_is_told_once)
{
    struct history *h = TOLD(
        START, STEPS, ITEMS, ENDS("b[x]", "succeeded"), STARTS("b[7]"), STARTS("b[7].first"),
        "\"type\":\"run.end\",\"result\":\"failed\",\"exit\":1,\"not_run\":[\"c\",\"u.in\","
        "\"b[7].second\",\"b[z.z]\",\"b[z.z].first\",\"b\"]");

    CHECK_STR(left_out(h), "b 1 of 3: b[z.z]; c; u.in; b[7].second; ");
}

TEST(a_list_that_is_too_long_for_its_event_is_counted)
{
    struct history *h = TOLD(
        START, STEPS, "\"type\":\"step.items\",\"step\":\"b\",\"count\":900",
        ENDS("b[x]", "succeeded"), ENDS("b[x].in", "succeeded"), ENDS("b[y]", "failed"),
        "\"type\":\"run.end\",\"result\":\"failed\",\"exit\":1,\"not_run\":[\"b[1]\",\"b[1].in\","
        "\"b[2]\"]");

    CHECK_STR(left_out(h), "b 898 of 900: b[1], b[2], ...; ");
}

#define CHECKED(id, ok) "\"type\":\"verify.try\",\"step\":\"" id "\",\"last\":true,\"ok\":" ok
#define PHASE(name)     "\"type\":\"phase.start\",\"phase\":\"" name "\""
#define UNDOES(id)      "\"type\":\"undo.start\",\"step\":\"" id "\""
TEST(what_a_check_saw_before_an_undo_is_told_as_of_before)
{
    struct history *h = TOLD(START, PHASE("verify"), CHECKED("good", "true"),
                             CHECKED("bad", "false"), CHECKED("again", "true"), PHASE("undo"),
                             UNDOES("c"), CHECKED("c~undo.there", "true"), UNDOES("b"),
                             PHASE("undone"), CHECKED("gone", "true"), CHECKED("again", "true"));

    CHECK_STR(history_state_words(history_story(h, STR("good"))), "held before the undo");
    CHECK_STR(history_state_words(history_story(h, STR("bad"))), "did not hold before the undo");
    CHECK_STR(history_state_words(history_story(h, STR("again"))), "holds");
    CHECK_STR(history_state_words(history_story(h, STR("c~undo.there"))), "holds");
    CHECK_STR(history_state_words(history_story(h, STR("gone"))), "holds");
    CHECK_STR(history_state_words(history_story(h, STR("a"))), "pending");
}

#define MARKED(id, state) ENDS(id, state) ",\"marked\":true,\"by\":\"ann\""
TEST(what_a_person_said_of_an_unknown_outcome_is_a_decision)
{
    struct history *h = TOLD(
        START, ENDS("a", "unknown"), MARKED("a", "failed"),
        MARKED("b", "succeeded") ",\"marked_with\":\"c\"",  // in a transaction that was
        MARKED("c", "succeeded") ",\"ts\":\"2026-09-21T14:00:09Z\"",
        ENDS("a", "failed") ",\"marked\":true");  // found out, by nobody

    CHECK(h->question_count == 2);
    CHECK_STR(h->questions[0]->step, "a");
    CHECK_STR(history_answer(h->questions[0]), "failed (it did not)");
    CHECK_STR(h->questions[1]->step, "c");
    CHECK_STR(h->questions[1]->by, "ann");
    CHECK_STR(history_answer(h->questions[1]), "done (it took effect)");
    CHECK(h->questions[1]->answered_ns == wall_from(STR("2026-09-21T14:00:09Z")));
    CHECK(!history_open_question(h));
}

TEST(output_of_a_failed_step_is_kept_and_of_a_good_one_is_not)
{
    struct str lines[TAIL_LINES];
    struct history *h = TOLD(
        START, "\"type\":\"step.output\",\"step\":\"a\",\"text\":\"one\\ntwo\\n\"",
        "\"type\":\"step.output\",\"step\":\"b\",\"text\":\"three\"", ENDS("a", "succeeded"),
        ENDS("b", "failed"), "\"type\":\"run.end\",\"result\":\"failed\",\"exit\":1");

    CHECK(tail_lines(&h->stories[0]->tail, lines) == 0);
    CHECK(tail_lines(&h->stories[1]->tail, lines) == 1);
    CHECK_STR(lines[0], "three");
}

TEST(a_failure_shows_what_a_person_needs_in_order)
{
    struct str text = aftermath(
        TOLD(START, ENDS("a", "succeeded") ",\"leaves\":\"the shop is closed\"",
             "\"type\":\"step.start\",\"step\":\"a\",\"ts\":\"2026-09-21T14:00:01Z\"",
             "\"type\":\"step.start\",\"step\":\"b\",\"command\":\"psql "
             "app\",\"ts\":\"2026-09-21T14:00:01Z\"",
             "\"type\":\"step.output\",\"step\":\"b\",\"text\":\"last words\"",
             ENDS("b", "failed") ",\"result\":{\"exit\":127}",
             "\"type\":\"run.end\",\"result\":\"failed\",\"exit\":1,\"not_run\":[\"c\"]"));
    const char *const order[] = { "$ psql app",
                                  "last words",
                                  "exit status 127",
                                  "Not run",
                                  "c",
                                  "the shop is closed",
                                  "runbook resume 7kq2f",
                                  "runbook undo 7kq2f",
                                  "runbook report 7kq2f" };
    size_t at = 0;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t found = str_search(str_slice(text, at, text.n), str_from(order[i]));
        CHECK(found != SIZE_MAX);
        at += found == SIZE_MAX ? 0 : found;
    }
    CHECK(has(text, "was not found"));
}

TEST(an_unknown_step_has_to_be_marked)
{
    struct str text = aftermath(
        TOLD(START, ENDS("b", "unknown"),
             "\"type\":\"run.end\",\"result\":\"unknown\",\"exit\":11,\"unknown\":[\"b\"]"));

    CHECK(has(text, "resume 7kq2f --mark b=done"));
    CHECK(has(text, "resume 7kq2f --mark b=failed"));
}

TEST(a_good_end_says_when_nothing_verified_it)
{
    struct str text = aftermath(
        TOLD(START, "\"type\":\"run.end\",\"result\":\"ok\",\"exit\":0,\"verified\":\"none\""));

    CHECK(has(text, "nothing verified it"));
    CHECK(!has(text, "and verified"));
    CHECK(!has(text, "runbook resume"));
}

TEST(whose_turn_it_is_hangs_on_the_time)
{
    struct history *h = TOLD(
        "\"type\":\"run.start\",\"contacts\":[{\"role\":\"on call\",\"phone\":\"1\"},"
        "{\"role\":\"head\",\"phone\":\"2\",\"after_ms\":60000}]");

    CHECK_STR(aftermath_contact(h, 59000, scratch), "on call, 1");
    CHECK_STR(aftermath_contact(h, 60000, scratch), "on call, 1; head, 2");
}

TEST(a_run_that_was_resumed_is_one_history)
{
    struct history *h = TOLD(
        START, ENDS("a", "failed"), "\"type\":\"run.end\",\"result\":\"failed\",\"exit\":1",
        "\"type\":\"run.resume\"", "\"type\":\"step.start\",\"step\":\"a\",\"attempt\":2");

    CHECK(!h->over);
    CHECK(h->sessions == 2);
    CHECK(h->exit == -1);
    CHECK_STR(h->stories[0]->state, "running");
    CHECK(h->stories[0]->attempts == 2);
}

TEST(a_check_ends_with_its_last_poll)
{
    struct history *h = TOLD(
        "\"type\":\"phase.start\",\"phase\":\"verify\"",
        "\"type\":\"verify.try\",\"step\":\"v\",\"ok\":false,\"message\":\"no\",\"next_ms\":5",
        "\"type\":\"verify.try\",\"step\":\"v\",\"ok\":false,\"message\":\"never\",\"last\":true");

    CHECK_STR(h->stories[0]->state, "does not hold");
    CHECK_STR(h->stories[0]->message, "never");
    CHECK(history_is_judged(h->stories[0]));
}

TEST(the_status_names_the_oldest_and_what_it_last_saw)
{
    struct history *h = history_new(scratch);
    struct look look = { 0 };
    struct event e;

    h->now_ms = 1000;
    CHECK(event_read(STR("{\"type\":\"step.start\",\"step\":\"a\"}"), scratch, &e));
    history_apply(h, &e, STR(""));
    h->now_ms = 3000;
    CHECK(event_read(STR("{\"type\":\"step.start\",\"step\":\"b\"}"), scratch, &e));
    history_apply(h, &e, STR(""));
    struct status s = { .history = h, .look = &look, .now_ms = 13000 };
    CHECK_STR(status_line(&s, scratch), "> a 12 s, no output for 12 s, also b");
    s.columns = 30;
    CHECK_STR(status_line(&s, scratch), "> a 12 s, no output for 12 s");
    s.columns = 20;
    CHECK_STR(status_line(&s, scratch), "> a 12 s, also b");
}

TEST(the_report_has_lines_to_fill_in_and_deadlines)
{
    struct history *h = TOLD(
        "\"type\":\"run.start\",\"ts\":\"2026-09-21T14:00:00Z\",\"runbook\":\"rb\",\"drill\":true,"
        "\"followups\":[{\"title\":\"Root cause analysis\",\"due_ms\":86400000}]",
        "\"type\":\"run.end\",\"ts\":\"2026-09-21T15:00:00Z\",\"result\":\"ok\",\"exit\":0,"
        "\"report\":{\"impact\":\"none\"}");
    struct buf *b = buf_in(scratch);

    incident_write(h, REPORT_MD, scratch, b);
    CHECK(has(buf_str(b), "# DRILL: rb"));
    CHECK(has(buf_str(b), "**Impact:** none"));
    CHECK(has(buf_str(b), "**Root cause:** ____"));
    CHECK(has(buf_str(b), "- [ ] Root cause analysis, due 2026-09-22 15:00:00 UTC"));
}

TEST(a_report_file_is_of_the_format_of_its_end)
{
    CHECK(report_format_of_path(STR("a/b.html")) == REPORT_HTML);
    CHECK(report_format_of_path(STR("b.xml")) == REPORT_JUNIT);
    CHECK(report_format_of_path(STR("b.json")) == REPORT_JSON);
    CHECK(report_format_of_path(STR("b")) == REPORT_MD);
}
