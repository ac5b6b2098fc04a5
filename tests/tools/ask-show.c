// Shows one question as a person sees it, and does not wait for the answer.
//
//     ask-show confirm|mild|manual|prompt|walk|failure|checklist|approve COLUMNS [ascii]

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "base/arena.h"
#include "model/runbook.h"
#include "report/person.h"

enum { SCREEN = 9 };  // our standard output, where the terminal takes its place

static struct str choices[] = { STR("blue"), STR("green") };
static struct str items[] = { STR("The plug is out"), STR("The lamp is dark") };
static struct str show[] = { STR("12 orders were written in the last minute") };

#define RESTORE                                                                                \
    .id = STR("restore"), .title = STR("Replace the database"),                                \
    .details = STR("gunzip -c /backups/app_20260920.sql.gz | psql --set ON_ERROR_STOP=1 app"), \
    .destroys = STR("all tables of app"),                                                      \
    .undo = STR("restored from pre_7kq2f.dump, which step `safety` made"),                     \
    .on_no = STR("the step is not run and the run stops")

static void no_look(struct question *q, void (*then)(void *arg, struct str lines), void *arg)
{
    (void)q, (void)then, (void)arg;
}

static const struct {
    const char *name;
    struct question q;
} questions[] = {
    { "confirm",
      { .kind = QUESTION_CONFIRM,
        RESTORE,
        .danger = DANGER_SEVERE,
        .phrase = STR("app"),
        .message = STR("Replace everything in app?"),
        .show = show,
        .show_count = 1,
        .so_far = STR("warm_cache skipped by ops: not needed today"),
        .timeout_ms = 900000 } },
    { "mild",
      { .kind = QUESTION_CONFIRM,
        .id = STR("start_app"),
        .title = STR("Start the application"),
        .danger = DANGER_MILD,
        .message = STR("Start it again?"),
        .details = STR("docker-compose start app"),
        .on_no = STR("the step is skipped and the run goes on") } },
    { "checklist",
      { .kind = QUESTION_CHECKLIST,
        .id = STR("checklist_1"),
        .message = STR("The team knows that the shop will be closed"),
        .on_no = STR("the run ends and nothing was changed") } },
    { "approve",
      { .kind = QUESTION_APPROVE,
        RESTORE,
        .message = STR("May the database be replaced?"),
        .votes = 1,
        .votes_needed = 2 } },
    { "manual",
      { .kind = QUESTION_MANUAL,
        .id = STR("unplug"),
        .title = STR("Unplug the old server"),
        .message = STR("Go to rack 7 and pull the plug of db1."),
        .items = items,
        .item_count = 2 } },
    { "prompt",
      { .kind = QUESTION_PROMPT,
        .id = STR("which"),
        .message = STR("Which one stays?"),
        .choices = choices,
        .choice_count = 2,
        .fallback = STR("blue"),
        .has_fallback = true } },
    { "walk",
      { .kind = QUESTION_WALK,
        RESTORE,
        .output = STR("COPY 1200000"),
        .check_now = no_look,
        .may_skip = true,
        .may_undo = true } },
    { "failure",
      { .kind = QUESTION_FAILURE,
        .id = STR("restore"),
        .title = STR("Replace the database"),
        .message = STR("exit status 3"),
        .may_retry = true,
        .may_skip = true,
        .may_undo = true,
        .leaves = STR("the database is half replaced"),
        .undo = STR("restored from pre_7kq2f.dump, which step `safety` made"),
        .output = STR("COPY 1200000\nERROR:  No space left on device\n") } },
};

static void ask(const struct question *q, struct look look)
{
    struct arena *a = arena_new(NULL);
    struct loop *l = loop_new(a);
    struct history *h = history_new(a);
    struct question asked = *q;

    h->run = STR("7kq2f");
    struct screen *s = screen_new(a, SCREEN, look);
    struct asker *k = person_new(a, l, tty_open(a, l), s, h);
    asked.asked_ms = loop_now_ms(l);
    k->ask(k, &asked);
    (void)!write(SCREEN, "\n", 1);
    exit(0);
}

int main(int argc, char **argv)
{
    struct look look = { .utf8 = argc<4, .columns = argc> 2 ? (size_t)atoi(argv[2]) : 80 };
    int master, slave;

    signal(SIGHUP, SIG_IGN);
    if (argc < 2 || openpty(&master, &slave, NULL, NULL, NULL) < 0 ||
        dup2(STDOUT_FILENO, SCREEN) < 0)
        return 2;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (strcmp(argv[1], questions[i].name) != 0)
            continue;
        pid_t pid = fork();
        if (pid == 0) {
            login_tty(slave);
            ask(&questions[i].q, look);
        }
        waitpid(pid, NULL, 0);
    }
    return 0;
}
