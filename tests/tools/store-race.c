// Processes that want the same thing of one store at the same moment.
//
//     store-race lock|run|fire STORE ROUNDS PROCESSES
//
// Every round all start together. Who gets it makes a file that must not be there yet, does
// a little, and takes it away again: were two to have it, one of them would find the file.
// A fire is for one of them alone. Prints how often it was had and how often it was not.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "store/store.h"
#include "tests/unit/store_opens.h"

enum result { HAD, HAD_NOT, WRONG };

struct racer {
    struct arena *arena;
    struct diags ds;
    struct store *store;
    struct journal *own;  // a run of its own
    const char *mark;     // a folder
};

static enum result complain(struct racer *r, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, r->ds.last ? r->ds.last->message.s : strerror(errno));
    return WRONG;
}

// What only one may do at a time.
static enum result alone(struct racer *r)
{
    int fd = open(str_format(r->arena, "%s/mark", r->mark).s, O_CREAT | O_EXCL | O_WRONLY, 0600);

    if (fd < 0)
        return complain(r, "two have it");
    usleep(500);
    close(fd);
    unlink(str_format(r->arena, "%s/mark", r->mark).s);
    return HAD;
}

static enum result lock(struct racer *r)
{
    static const struct str names[] = { { "prod", 4 }, { "db", 2 } };
    struct lock_row holder;
    struct str run = journal_id(r->own);
    enum store_error e = store_lock(r->store, run, names, 2, r->arena, &holder, &r->ds);

    if (e == STORE_LOCKED)
        return holder.stale ? complain(r, "a stale holder") : HAD_NOT;
    if (e)
        return complain(r, "lock");
    enum result result = alone(r);
    return store_unlock(r->store, run, &r->ds) ? complain(r, "unlock") : result;
}

static enum result run(struct racer *r)
{
    struct journal *j;
    enum store_error e = journal_open(r->store, STR("shared"), r->arena, &j, &r->ds);

    if (e == STORE_HELD)
        return HAD_NOT;
    if (e)
        return complain(r, "open");
    journal_add(j, STR("x"), STR("{}"));
    enum result result = alone(r);
    if (!journal_commit_now(j, &r->ds))
        result = complain(r, "commit");
    journal_close(j);
    return result;
}

static enum result fire(struct racer *r, int round)
{
    struct str id, key = str_format(r->arena, "round %d", round);
    bool ours;

    if (store_claim_fire(r->store, key, r->arena, &id, &ours, &r->ds))
        return complain(r, "claim");
    if (!ours)
        return HAD_NOT;
    return HAD;  // that it was nobody else is counted
}

// A line a round and racer: what became of it.
static int race(const char *what, const char *url, int rounds, int start, int out, const char *mark)
{
    struct arena *a = arena_new(NULL);
    struct racer r = { .arena = a, .ds = { .arena = a }, .mark = mark };
    char go;

    r.store = store_open(a, NULL, str_from(url), true, &r.ds);
    if (!r.store || journal_create(r.store, a, STR(""), &r.own, &r.ds))
        return complain(&r, "start");
    for (int i = 0; i < rounds && read(start, &go, 1) == 1; i++) {
        char result = (char)(*what == 'l' ? lock(&r) : *what == 'r' ? run(&r) : fire(&r, i));
        if (write(out, &result, 1) != 1)
            return WRONG;
    }
    journal_close(r.own);
    arena_free(a);
    return 0;
}

static void make_shared(const char *url)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct store *s = store_open(a, NULL, str_from(url), true, &ds);
    struct journal *j = NULL;

    enum store_error e = s ? journal_create(s, a, STR("shared"), &j, &ds) : STORE_CANNOT_OPEN;
    if (e && e != STORE_HELD) {  // it may be there from another race
        fprintf(stderr, "%s\n", ds.last->message.s);
        exit(2);
    }
    if (j)
        journal_close(j);
    arena_free(a);
}

enum { MOST = 16 };

static int starts[MOST][2];  // a pipe each, so that none runs ahead

static void start_racers(char **argv, int rounds, int racers, const int out[2], const char *mark)
{
    for (int i = 0; i < racers; i++) {
        if (pipe(starts[i]) < 0)
            exit(2);
        if (fork() == 0) {
            close(out[0]);
            _exit(race(argv[1], argv[2], rounds, starts[i][0], out[1], mark));
        }
    }
    close(out[1]);
}

// One round; false if a racer is no longer there.
static bool play(int racers, int out, int counts[3])
{
    char result;

    for (int i = 0; i < racers; i++)
        if (write(starts[i][1], "g", 1) != 1)
            return false;
    for (int i = 0; i < racers; i++) {
        if (read(out, &result, 1) != 1)
            return false;
        counts[(int)result]++;
    }
    return true;
}

int main(int argc, char **argv)
{
    int rounds = argc > 4 ? atoi(argv[3]) : 0, racers = argc > 4 ? atoi(argv[4]) : 0;
    int out[2], counts[3] = { 0 }, none = 0, status;
    char mark[] = "/tmp/store-race-XXXXXX";

    if (!rounds || racers < 1 || racers > MOST || pipe(out) < 0 || !mkdtemp(mark))
        return 2;
    make_shared(argv[2]);
    start_racers(argv, rounds, racers, out, mark);
    for (int i = 0; i < rounds; i++) {
        int had = counts[HAD];
        if (!play(racers, out[0], counts))
            return 2;
        none += counts[HAD] == had;
    }
    for (int i = 0; i < racers; i++)
        counts[WRONG] += wait(&status) > 0 && status != 0;
    rmdir(mark);
    printf("%d had it, %d did not, %d rounds without anybody, %d wrong\n", counts[HAD],
           counts[HAD_NOT], none, counts[WRONG]);
    bool once = *argv[1] != 'f' || counts[HAD] == rounds;
    return counts[WRONG] > 0 || none > 0 || !once;
}
