// The inside of the keeper: what it knows while it lives.
//
// One thread, one epoll set, no library but libc: it has to be small, and to outlive what
// happens to the interpreter. Every signal is blocked, for ever, and none is ignored, since
// that would go on to the children; SIGCHLD comes through a descriptor.

#pragma once

#include <sys/resource.h>
#include <termios.h>

#include "loop/cgroup.h"
#include "loop/child.h"
#include "loop/kept.h"
#include "loop/process.h"
#include "loop/wire.h"

enum {
    DRAIN_MS = 200,        // what holds the pipe after the process has ended gets this long
    LINGER_MS = 50,        // what else it left gets this long, after that, to end by itself
    TELL_MS = 10,          // before the pid is told, unless there is something else to tell
    WATCH_MS = 10,         // before a child's pipes are watched: most end sooner
    RETRY_MS = 20,         // between tries to fork when there is no room for it
    RETRY_FOR_MS = 30000,  // how long, of a child without a timeout
    HELD_MS = 500,         // after which that is told
    TURN_MS = 100,         // between looks at a terminal that somebody else has
    KILL_EVERY_MS = 20,    // between rounds of killing
    KILL_FOR_MS = 5000,    // after which what still lives cannot be killed
    OUT_MAX = 256 * 1024,  // not yet sent to the interpreter; then pipes are not read
    UNSETTLED_MAX = 32,    // results kept in memory
    UNSETTLED_BYTES = 64 << 20,
    ROOM_MAX = 1 << 20,  // a buffer that is empty keeps no more memory than that
    NEAR_MS = 500,       // what is due within that is waited for without the alarm
    ABSENT_MS = 2000,    // so late we are only when we were stopped, or the machine slept
    AWAKE_MS = 10000,    // what was running then has that long at least, if it ever had
    NULL_DEVICE = 0,     // /dev/null is what we were started with on 0 to 2
};

enum belongs { BELONGS_NOT, BELONGS_PERHAPS, BELONGS };

struct outlet {
    struct task *task;
    enum stream stream;
    int fd;  // -1: closed
    struct kept kept;
};

// One child, from being asked for until the interpreter has recorded its result.
struct task {
    struct task *next;
    struct keeping *keeping;
    struct arena *arena;
    uint32_t id;
    struct child_spec spec;
    struct str variable;  // RUNBOOK_STEP in the environment of its processes
    struct str marker;    // what that says
    struct box *box;      // in which it lives; NULL: there are none, or it has not started
    enum { TASK_ASKED, TASK_RUNNING, TASK_OVER } state;
    int64_t asked_ms, retry_ms, started_ms, ended_ms;
    int64_t due_ms;      // when its time is up; 0: never
    int64_t drained_ms;  // 0: there is output to come, or nothing was left

    pid_t pid;
    int64_t from, to;  // ticks between which it was born
    bool told;         // the pid, to the interpreter
    bool watched;      // its pipes are in the epoll set
    bool ended;        // reaped
    int status;        // of waitpid()
    struct outlet out[2];

    enum { KILL_NOT, KILL_ASKED, KILL_FORCED, KILL_GAVE_UP } kill;
    int64_t kill_ms;  // when the next thing of that is due
    int64_t give_up_ms;
    bool kill_left;             // what a success left running is to be killed after all
    enum belongs strays;        // as of the last look
    bool look;                  // something ended since
    struct left_process *left;  // found running after its end
    size_t left_count;
    struct child_result result;
};

// Whose an orphan is, once that was found out.
struct known {
    int64_t pid, start;
    uint32_t task;  // 0: it cannot be said
};

struct terminal {
    int fd;       // -1: none given away
    pid_t group;  // that had the foreground
    struct termios modes;
};

struct keeping {
    struct arena *arena;
    struct arena *brief;  // emptied by who has used it, in the same function
    struct str folder, marks_path;
    struct str variable;  // RUNBOOK_STEP of any task, up to the task's name
    int socket, marks, signals, clock, children;
    int marks_head;  // to the same file as [marks]
    int epoll, pipes;  // [pipes], an epoll set of its own, is in [epoll] unless choked
    bool choked, writing;
    int unsynced;       // errno, if the first line of the marks could not be made durable
    bool held;          // it was told that nothing can be started; since then nothing was
    bool gone;          // the interpreter is
    bool stopping;      // nothing more will be asked
    bool broken;        // what was asked made no sense
    struct buf in, out;
    struct task *tasks, **tasks_end;
    size_t unsettled;        // tasks that are over
    size_t unsettled_bytes;  // of their output
    struct known *known;     // malloc
    size_t known_count, known_room;
    struct rlimit files;  // limit of open files that children get
    bool raised;          // ours is higher
    struct terminal terminal;
    struct cgroup *cgroup;  // NULL: none is delegated to us
    int64_t now_ms;
    int64_t due_ms;    // when something is to be done, if nothing happens before
    int64_t alarm_ms;  // what [clock] is set for; INT64_MAX: nothing
    bool childless;    // nothing at all lives below us
    char *stack;       // for spawn()
};

// ---- keeper.c: the loop

void keeping_tell(struct keeping *k, struct frame head, struct str body);
// Does all that is due. False: nothing is left to do.
bool keeping_tick(struct keeping *k);
// Until something happens or is due.
void keeping_wait(struct keeping *k);

// ---- task.c: the life of a task

void task_ask(struct keeping *k, uint32_t id, struct str body);
void task_cancel(struct task *t, bool at_once);
void task_kill_left(struct task *t, int64_t grace_ms);
void task_tell_started(struct task *t);
void task_reaped(struct task *t, int status);
// We are back from where we could not keep an eye on it, and perhaps so is it.
void task_awake(struct task *t);
// Does what is due now. INT64_MAX, or when something is due next.
int64_t task_tick(struct task *t);

// ---- outlet.c: what it writes

void outlet_read(struct outlet *o);
// To be called when a child has run for a while, or has ended and left its pipes open. Until
// then what it writes waits in the pipes: to be woken for each of them would cost more than
// most children do themselves.
void task_watch(struct task *t);
void outlet_close(struct outlet *o);
// Its process has ended. True when all that it wrote was read.
bool task_drain(struct task *t);

// ---- report.c: what is told of a task's end

void task_over(struct task *t);
void task_reopen(struct task *t);
// Looks which processes of it live, and remembers those that did before.
void task_note_left(struct task *t);
// Leaves the result for a later interpreter; the task is gone then.
void task_save(struct task *t);
void task_free(struct task *t);

// ---- stray.c: the processes of a task

// Whether something of [t], whose own process has ended, still lives. Looks at orphans
// only, which is cheap and, then, enough: what is left is one or is below one.
enum belongs task_strays(struct task *t);
// All processes of [t], wherever they have gone. With [perhaps], also orphans that may be
// of another task that ran at the same time.
struct processes task_processes(struct task *t, bool perhaps, struct arena *a);
// Sends [signo] to all of them. How many there are, and how many we may not signal.
size_t task_signal(struct task *t, int signo, size_t *denied);
// One round of killing, such that what forks meanwhile is found too.
size_t task_kill(struct task *t, size_t *denied);
void known_forget(struct keeping *k, int64_t pid);

// ---- terminal.c

// Whether it can be taken: no other child has it, and the interpreter is in front.
bool terminal_is_free(const struct task *t);
// Descriptor of the terminal for a child that is to have it, or -1 with errno.
int terminal_take(struct task *t);
// As it was, whatever the child did to it.
void terminal_give_back(struct task *t);
// The interpreter is dead and a shell has the terminal that [t] was given.
bool terminal_is_lost(const struct task *t);
