// Questions on a real pseudo terminal: a child asks, the test types.

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "base/clock.h"
#include "model/runbook.h"
#include "report/person.h"
#include "tests/unit/test.h"

// What the person at the terminal waits to see and then types; NULL hangs up.
struct turn {
    const char *see, *type;
};

static struct str transcript;  // of the last play()
static bool answered;

static const char *const answer_words[] = {
    [ANSWER_NONE] = "none",     [ANSWER_NO] = "no",     [ANSWER_YES] = "yes",
    [ANSWER_FAILED] = "failed", [ANSWER_NA] = "na",     [ANSWER_VALUE] = "value",
    [ANSWER_RETRY] = "retry",   [ANSWER_SKIP] = "skip", [ANSWER_STOP] = "stop",
    [ANSWER_UNDO] = "undo",     [ANSWER_RUN] = "run",   [ANSWER_RUN_ALL] = "all",
};

static void take_answer(struct question *q, const struct answer *a)
{
    (void)q;
    FILE *out = fdopen(3, "w");
    fprintf(out, "%s %.*s|%.*s", answer_words[a->kind], STR_ARG(a->text), STR_ARG(a->evidence));
    fclose(out);
    answered = true;
}

static void check_now(struct question *q, void (*then)(void *arg, struct str lines), void *arg)
{
    (void)q;
    then(arg, STR("health: HTTP status 200"));
}

static void typed_ahead(void *arg)
{
    *(bool *)arg = true;
}

static _Noreturn void ask(struct question *q, bool late)
{
    // Whoever runs a runbook has a trap for it.
    signal(SIGHUP, SIG_IGN);
    struct arena *a = arena_new(NULL);
    struct loop *l = loop_new(a);
    struct screen *s = screen_new(a, STDERR_FILENO, (struct look){ .utf8 = true, .columns = 80 });
    struct asker *k = person_new(a, l, tty_open(a, l), s, history_new(a));
    bool now = !late;

    q->answer = take_answer;
    q->asked_ms = loop_now_ms(l);
    if (late) {
        // Whatever is typed until a line says so comes before the question.
        fputs("working\n", stderr);
        loop_timer(l, a, loop_now_ms(l) + 300, typed_ahead, &now);
    }
    while (!now && loop_turn(l))
        ;
    if (!k->has_terminal)
        _exit(3);
    k->ask(k, q);
    screen_line(s, STR("a line of another step"));
    while (!answered && loop_turn(l))
        ;
    arena_free(a);
    _exit(0);
}

// Reads what the child shows until [see] stands in it behind [from].
static bool wait_to_see(int master, struct buf *seen, size_t *from, const char *see)
{
    int64_t deadline = clock_boot_ms() + 10000;

    for (;;) {
        struct str rest = str_slice(buf_str(seen), *from, seen->n);
        size_t at = str_search(rest, str_from(see));
        if (at != SIZE_MAX) {
            *from += at + strlen(see);
            return true;
        }
        struct pollfd p = { .fd = master, .events = POLLIN };
        if (clock_boot_ms() > deadline || poll(&p, 1, 1000) < 0)
            return false;
        char bytes[1024];
        ssize_t n = p.revents ? read(master, bytes, sizeof bytes) : 0;
        if (n < 0)
            return false;
        buf_add(seen, (struct str){ bytes, (size_t)n });
    }
}

static void drain(int master, struct buf *seen)
{
    char bytes[1024];
    ssize_t n;

    while ((n = read(master, bytes, sizeof bytes)) > 0)
        buf_add(seen, (struct str){ bytes, (size_t)n });
}

static struct str play_as(struct question *q, const struct turn *turns, size_t count, bool late)
{
    int master, slave, pipes[2];
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    struct buf seen = BUF_EMPTY;
    size_t from = 0;

    if (openpty(&master, &slave, NULL, NULL, &size) < 0 || pipe(pipes) < 0)
        exit(2);
    pid_t child = fork();
    if (child == 0) {
        login_tty(slave);
        dup2(pipes[1], 3);
        ask(q, late);
    }
    close(slave);
    close(pipes[1]);
    bool open = true;
    for (size_t i = 0; i < count && open; i++) {
        CHECK(wait_to_see(master, &seen, &from, turns[i].see));
        if (!turns[i].type) {
            close(master);
            open = false;
        } else if (write(master, turns[i].type, strlen(turns[i].type)) < 0) {
            break;
        }
    }
    char answer[500];
    ssize_t n = read(pipes[0], answer, sizeof answer);
    if (open) {
        drain(master, &seen);
        close(master);
    }
    close(pipes[0]);
    waitpid(child, NULL, 0);
    transcript = buf_take(&seen, scratch);
    return str_copy(scratch, (struct str){ answer, n > 0 ? (size_t)n : 0 });
}

#define PLAY(q, ...)                                   \
    play_as((q), (const struct turn[]){ __VA_ARGS__ }, \
            sizeof((const struct turn[]){ __VA_ARGS__ }) / sizeof(struct turn), false)

static bool shown(const char *text)
{
    return str_search(transcript, str_from(text)) != SIZE_MAX;
}

static struct question confirm(int danger)
{
    return (struct question){ .kind = QUESTION_CONFIRM,
                              .id = STR("restore"),
                              .title = STR("Replace the database"),
                              .message = STR("Replace everything in app?"),
                              .danger = danger,
                              .phrase = STR("app"),
                              .details = STR("psql app"),
                              .on_no = STR("the run stops") };
}

TEST(a_hang_up_is_no_answer)
{
    struct question q = confirm(DANGER_MODERATE);

    CHECK_STR(PLAY(&q, { "decline:", NULL }), "none |");
}

TEST(end_of_input_is_no_answer)
{
    struct question q = confirm(DANGER_MILD);

    CHECK_STR(PLAY(&q, { "decline:", "\x04" }), "none |");
}

TEST(enter_alone_asks_again)
{
    struct question q = confirm(DANGER_MODERATE);

    CHECK_STR(PLAY(&q, { "decline:", "\n" }, { "decline:", "\n" }, { "decline:", "no\n" }),
              "no no|");
}

TEST(a_letter_is_not_the_word)
{
    struct question q = confirm(DANGER_MODERATE);

    CHECK_STR(PLAY(&q, { "decline:", "y\n" }, { "decline:", "yes\n" }), "yes yes|");
    CHECK(shown("neither `yes` nor `no`"));
}

TEST(a_mild_question_takes_a_letter)
{
    struct question q = confirm(DANGER_MILD);

    CHECK_STR(PLAY(&q, { "decline:", "y\n" }), "yes y|");
}

TEST(a_severe_question_takes_the_phrase_only)
{
    struct question q = confirm(DANGER_SEVERE);

    CHECK_STR(PLAY(&q, { "decline:", "yes\n" }, { "decline:", "App\n" }, { "decline:", "app\n" }),
              "yes app|");
}

TEST(what_was_typed_before_the_question_does_not_count)
{
    struct question q = confirm(DANGER_MODERATE);
    const struct turn turns[] = { { "working", "yes\n" }, { "decline:", "no\n" } };

    CHECK_STR(play_as(&q, turns, 2, true), "no no|");
}

TEST(a_time_that_runs_out_is_no_answer)
{
    struct question q = confirm(DANGER_MODERATE);

    q.timeout_ms = 50;
    CHECK_STR(PLAY(&q, { "decline:", "" }), "none |");
    CHECK(shown("Nobody answered in time"));
}

TEST(other_steps_are_held_back_while_a_question_is_open)
{
    struct question q = confirm(DANGER_MODERATE);

    PLAY(&q, { "decline:", "yes\n" });
    CHECK(str_search(transcript, STR("a line of another step")) >
          str_search(transcript, STR("decline:")));
    CHECK(shown("a line of another step"));
}

TEST(what_will_run_and_what_no_means_are_shown)
{
    struct question q = confirm(DANGER_MODERATE);

    q.details = STR("psql \x1b[2Japp");
    PLAY(&q, { "decline:", "no\n" });
    CHECK(shown("psql \\x1b[2Japp"));
    CHECK(shown("the run stops"));
}

TEST(whose_turn_it_is_is_said_while_nobody_answers)
{
    struct question q = confirm(DANGER_MODERATE);
    struct person_to_call people[] = {
        { .role = STR("on call") },
        { .role = STR("head"), .phone = STR("+15550199"), .after_ms = 30 },
    };

    q.people = people;
    q.people_count = 2;
    CHECK_STR(PLAY(&q, { "Call head, +15550199", "" }, { "decline:", "no\n" }), "no no|");
}

TEST(manual_work_is_ticked_off_and_done)
{
    struct str items[] = { STR("unplug"), STR("plug in") };
    struct question q = { .kind = QUESTION_MANUAL,
                          .id = STR("plug"),
                          .message = STR("Pull it."),
                          .items = items,
                          .item_count = 2,
                          .evidence_wanted = true };

    CHECK_STR(PLAY(&q, { "1/2 unplug", "y\n" }, { "2/2 plug in", "y\n" }, { "`na`", "done\n" },
                   { "Evidence", "\n" }, { "Evidence", "photo.jpg\n" }),
              "yes |photo.jpg");
}

TEST(manual_work_that_failed_has_a_note)
{
    struct question q = { .kind = QUESTION_MANUAL, .id = STR("plug"), .message = STR("Pull it.") };

    CHECK_STR(PLAY(&q, { "`na`", "failed\n" }, { "What happened?", "it sparked\n" }),
              "failed it sparked|");
    CHECK_STR(PLAY(&q, { "`na`", "na no plug\n" }), "na no plug|");
}

TEST(an_item_of_the_checklist_is_attested)
{
    struct question q = { .kind = QUESTION_CHECKLIST,
                          .id = STR("checklist_1"),
                          .message = STR("The team knows") };

    CHECK_STR(PLAY(&q, { "`no`:", "sure\n" }, { "`no`:", "yes told them\n" }), "yes told them|");
    CHECK_STR(PLAY(&q, { "`no`:", "no\n" }), "no |");
}

TEST(a_prompt_takes_one_of_its_choices)
{
    struct str choices[] = { STR("blue"), STR("green") };
    struct question q = { .kind = QUESTION_PROMPT,
                          .id = STR("which"),
                          .message = STR("Which?"),
                          .choices = choices,
                          .choice_count = 2 };

    CHECK_STR(PLAY(&q, { "Answer:", "red\n" }, { "Answer:", "2\n" }), "value green|");
    CHECK_STR(PLAY(&q, { "Answer:", "blue\n" }), "value blue|");
}

TEST(a_prompt_takes_a_value_of_its_type)
{
    struct question q = { .kind = QUESTION_PROMPT,
                          .id = STR("n"),
                          .message = STR("How many?"),
                          .input_type = INPUT_INT,
                          .fallback = STR("3"),
                          .has_fallback = true };

    CHECK_STR(PLAY(&q, { "Enter for `3`", "many\n" }, { "Enter for `3`", "7\n" }), "value 7|");
    CHECK_STR(PLAY(&q, { "Enter for `3`", "\n" }), "value 3|");
}

TEST(a_skip_needs_a_reason)
{
    struct question q = { .kind = QUESTION_FAILURE,
                          .id = STR("restore"),
                          .may_skip = true,
                          .may_retry = true,
                          .output = STR("last words") };

    CHECK_STR(PLAY(&q, { "What now?", "s\n" }, { "Why", "\n" }, { "What now?", "skip\n" },
                   { "Why", "done by hand\n" }),
              "skip done by hand|");
    CHECK(shown("last words"));
}

TEST(what_is_not_offered_cannot_be_chosen)
{
    struct question q = { .kind = QUESTION_FAILURE, .id = STR("restore"), .may_retry = true };

    CHECK_STR(PLAY(&q, { "[r/h/q]", "u\n" }, { "[r/h/q]", "x\n" }, { "[r/h/q]", "r\n" }),
              "retry |");
}

TEST(undoing_everything_is_asked_twice)
{
    struct question q = { .kind = QUESTION_FAILURE, .id = STR("restore"), .may_undo = true };

    CHECK_STR(PLAY(&q, { "What now?", "u\n" }, { "Undo everything", "\n" }, { "What now?", "u\n" },
                   { "Undo everything", "yes\n" }),
              "undo |");
}

TEST(a_walk_shows_looks_and_runs)
{
    struct question q = { .kind = QUESTION_WALK,
                          .id = STR("restore"),
                          .details = STR("psql app"),
                          .output = STR("of the step before"),
                          .check_now = check_now };

    CHECK_STR(PLAY(&q, { "What now?", "o\n" }, { "of the step before", "" }, { "What now?", "c\n" },
                   { "HTTP status 200", "" }, { "What now?", "a\n" }),
              "all |");
}

TEST(a_shell_comes_back_to_the_question)
{
    struct question q = { .kind = QUESTION_WALK, .id = STR("restore"), .details = STR("psql app") };

    setenv("SHELL", "/bin/sh", 1);
    CHECK_STR(PLAY(&q, { "What now?", "h\n" }, { "comes back", "echo in-$((40 + 2))\n" },
                   { "in-42", "exit\n" }, { "Back in the runbook", "" }, { "What now?", "r\n" }),
              "run |");
}

TEST(a_raw_terminal_is_made_to_give_lines)
{
    struct question q = confirm(DANGER_MILD);

    CHECK_STR(PLAY(&q, { "decline:", "y\r" }), "yes y|");
}
