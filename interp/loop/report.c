// What is told of a task's end, and to whom.

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/keeping.h"
#include "loop/marks.h"
#include "loop/results.h"
#include "loop/wire.h"

static struct left_process *find_left(struct task *t, int64_t pid)
{
    for (size_t i = 0; i < t->left_count; i++)
        if (t->left[i].pid == pid)
            return &t->left[i];
    return NULL;
}

static struct left_process *add_left(struct task *t, int64_t pid)
{
    struct left_process *old = t->left, *added;
    struct str command = process_command(pid, t->arena);

    if (t->left_count % 8 == 0) {
        t->left = NEW_ARRAY(t->arena, struct left_process, t->left_count + 8);
        if (old)
            memcpy(t->left, old, t->left_count * sizeof *old);
    }
    added = &t->left[t->left_count++];
    *added = (struct left_process){ .pid = pid,
                                    .command = mask_text(t->spec.mask, command, t->arena, NULL) };
    return added;
}

void task_note_left(struct task *t)
{
    struct arena *a = arena_new(NULL);
    struct processes now = task_processes(t, true, a);

    for (size_t i = 0; i < t->left_count; i++)
        t->left[i].alive = false;
    for (size_t i = 0; i < now.count; i++) {
        struct left_process *left = find_left(t, now.items[i].pid);
        if (!left)
            left = add_left(t, now.items[i].pid);
        left->alive = true;
    }
    arena_free(a);
}

static void set_end(struct task *t)
{
    struct child_result *r = &t->result;

    if (!t->pid) {
        r->end = CHILD_NOT_STARTED;
    } else if (!t->ended) {
        r->end = CHILD_LOST;
    } else if (WIFEXITED(t->status)) {
        r->end = CHILD_EXITED;
        r->status = WEXITSTATUS(t->status);
    } else {
        r->end = CHILD_SIGNALLED;
        r->status = WTERMSIG(t->status);
    }
}

static bool any_lives(const struct task *t)
{
    for (size_t i = 0; i < t->left_count; i++)
        if (t->left[i].alive)
            return true;
    return false;
}

static void tell(struct task *t)
{
    struct buf body = BUF_EMPTY;

    task_tell_started(t);
    put_result(&body, &t->result);
    keeping_tell(t->keeping, (struct frame){ .type = TELL_END, .id = t->id }, buf_str(&body));
    buf_free(&body);
}

void task_over(struct task *t)
{
    struct keeping *k = t->keeping;

    if (t->strays != BELONGS_NOT || t->kill == KILL_GAVE_UP || t->left_count)
        task_note_left(t);
    set_end(t);
    t->result.left = t->left;
    t->result.left_count = t->left_count;
    t->result.cannot_kill = t->kill == KILL_GAVE_UP && any_lives(t);
    t->state = TASK_OVER;
    k->unsettled++;
    k->unsettled_bytes += kept_size(&t->out[0].kept) + kept_size(&t->out[1].kept);
    tell(t);
}

// Not over any more.
void task_reopen(struct task *t)
{
    struct keeping *k = t->keeping;

    t->state = TASK_RUNNING;
    k->unsettled--;
    k->unsettled_bytes -= kept_size(&t->out[0].kept) + kept_size(&t->out[1].kept);
}

void task_free(struct task *t)
{
    struct keeping *k = t->keeping;
    struct task **link = &k->tasks;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    if (!t->next)
        k->tasks_end = link;
    if (t->state == TASK_OVER)
        task_reopen(t);
    if (t->box)
        box_give(t->box);
    for (int i = 0; i < 2; i++) {
        outlet_close(&t->out[i]);
        kept_free(&t->out[i].kept);
    }
    arena_free(t->arena);
}

// On a full disk a result without its output may still have room; and where there is no
// room for any file, there is some reserved for the marks.
void task_save(struct task *t)
{
    struct keeping *k = t->keeping;
    const struct kept output[2] = { t->out[0].kept, t->out[1].kept };
    struct mask *mask = (struct mask *)(uintptr_t)t->spec.mask;
    struct buf small = BUF_EMPTY;

    if (!result_save(k->folder, t->spec.name, &t->result, output, mask)) {
        t->result.output_lost = true;
        put_result(&small, &t->result);
        if (!result_save(k->folder, t->spec.name, &t->result, output, mask))
            marks_ended(k->marks, t->spec.name, buf_str(&small));
        buf_free(&small);
    }
    task_free(t);
}
