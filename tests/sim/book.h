// Random runbooks, as the text that a person would write.

#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "tests/sim/dice.h"

struct writer {
    struct dice *dice;
    struct buf out;
    int steps;        // ids given so far
    bool idempotent;  // a group around it is tried again as a whole
    bool callee;      // it is the callee that is written: it uses nothing
};

enum { DEEPEST = 3, MOST_STEPS = 24 };

// No step of the callee has the name of one that stands beside it: of a rescue.
static char letter(const struct writer *w)
{
    return w->callee ? 'c' : 's';
}

static void indent(struct writer *w, int depth)
{
    for (int i = 0; i < depth; i++)
        buf_add_s(&w->out, "    ");
}

static void line(struct writer *w, int depth, const char *text)
{
    indent(w, depth);
    buf_format(&w->out, "%s\n", text);
}

static void write_steps(struct writer *w, int depth, const char *key, int count, bool plain);

static void write_needs(struct writer *w, int depth, const int *before, int count)
{
    const char *between = "";

    if (!percent(w->dice, 20))
        return;
    indent(w, depth);
    buf_add_s(&w->out, "needs: [");
    for (int i = 0; i < count; i++)
        if (percent(w->dice, 40)) {
            buf_format(&w->out, "%s%c%d", between, letter(w), before[i]);
            between = ", ";
        }
    buf_add_s(&w->out, "]\n");
}

static void write_undo(struct writer *w, int depth)
{
    switch (below(w->dice, 6)) {
    case 0: line(w, depth, "undo: none"); break;
    case 1: line(w, depth, "undo: [{shell: one}, {shell: two}, {shell: three}]"); break;
    case 2: line(w, depth, "irreversible: it is gone"); break;
    case 3: line(w, depth, "undo: {shell: back, retry: {attempts: 2}}"); break;
    case 4: line(w, depth, "undo: {shell: back}"); break;
    }
}

static void write_common(struct writer *w, int depth, bool plain)
{
    static const char *const policies[] = { "on_failure: continue", "on_failure: stop",
                                            "on_failure: undo" };

    if (percent(w->dice, 10))
        line(w, depth, "if: inputs.wanted");
    if (percent(w->dice, 8))
        line(w, depth, "done_if: inputs.wanted");
    if (percent(w->dice, 8))
        line(w, depth, "confirm: Shall it be?");
    if (percent(w->dice, 20))
        line(w, depth, policies[below(w->dice, 3)]);
    if (!plain && percent(w->dice, 10))
        write_steps(w, depth, "rescue", 1 + (int)below(w->dice, 2), true);
}

static void write_action(struct writer *w, int depth, bool plain)
{
    line(w, depth, "shell: work");
    if (w->idempotent || percent(w->dice, 25))
        line(w, depth, "idempotent: true");
    if (percent(w->dice, 20))
        line(w, depth, "retry: {attempts: 3, delay: 2s}");
    if (!plain)
        write_undo(w, depth);
}

static void write_group(struct writer *w, int depth)
{
    bool outer = w->idempotent;

    if (percent(w->dice, 15)) {
        line(w, depth, "retry: {attempts: 2}");
        w->idempotent = true;
    }
    if (percent(w->dice, 50))
        line(w, depth, percent(w->dice, 50) ? "parallel: true" : "parallel: 2");
    write_steps(w, depth, "steps", 1 + (int)below(w->dice, 4), false);
    if (percent(w->dice, 25))
        write_steps(w, depth, "always", 1 + (int)below(w->dice, 2), true);
    if (percent(w->dice, 15))
        write_undo(w, depth);
    w->idempotent = outer;
}

// More than may run at once, and little to say about each: the next ones are intended ahead.
static void write_wide(struct writer *w, int depth)
{
    int count = 3 + (int)below(w->dice, 6);

    line(w, depth, percent(w->dice, 70) ? "parallel: 2" : "parallel: 3");
    line(w, depth, "steps:");
    for (int i = 0; i < count; i++) {
        indent(w, depth);
        buf_format(&w->out, "  - id: %c%d\n", letter(w), ++w->steps);
        write_action(w, depth + 1, false);
    }
}

// What is done in it is done at COMMIT or never; a person may look at it before.
static void write_transaction(struct writer *w, int depth)
{
    int count = 1 + (int)below(w->dice, 3);

    line(w, depth, "transaction: db");
    if (percent(w->dice, 25))
        line(w, depth, "retry: {attempts: 2}");
    if (percent(w->dice, 60))
        line(w, depth, percent(w->dice, 50) ? "undo: {shell: back}" : "undo: none");
    line(w, depth, "steps:");
    for (int i = 0; i < count; i++) {
        indent(w, depth);
        buf_format(&w->out, "  - id: %c%d\n", letter(w), ++w->steps);
        if (percent(w->dice, 20))
            line(w, depth + 1, "for_each: [x, y, z]");
        if (percent(w->dice, 20))
            line(w, depth + 1, "if: inputs.wanted");
        if (percent(w->dice, 25))
            line(w, depth + 1, "confirm: Shall it be?");
        line(w, depth + 1, "sql: INSERT INTO t VALUES (1)");
    }
}

static void write_use(struct writer *w, int depth)
{
    line(w, depth, "use: callee");
    if (w->idempotent || percent(w->dice, 40))
        write_undo(w, depth);
}

static void write_body(struct writer *w, int depth, bool plain)
{
    bool room = !plain && depth < DEEPEST * 2 && w->steps < MOST_STEPS;

    if (room && percent(w->dice, 30))
        write_group(w, depth);
    else if (room && percent(w->dice, 12))
        write_wide(w, depth);
    else if (room && !w->idempotent && !w->callee && percent(w->dice, 12))
        write_use(w, depth);
    else if (room && !w->idempotent && percent(w->dice, 12))
        write_transaction(w, depth);
    else
        write_action(w, depth, plain);
}

static void write_step(struct writer *w, int depth, const int *before, int count, bool plain,
                       bool prepares)
{
    write_needs(w, depth, before, count);
    if (!plain && percent(w->dice, 12))
        line(w, depth, percent(w->dice, 50) ? "for_each: [x, y, z]"
                                            : "for_each: {in: [p, q, r], parallel: 2}");
    if (prepares && percent(w->dice, 20)) {
        line(w, depth, "on_resume: again");
        write_action(w, depth, plain);
        return;
    }
    write_common(w, depth, plain);
    write_body(w, depth, plain);
}

static void write_steps(struct writer *w, int depth, const char *key, int count, bool plain)
{
    int before[16];

    indent(w, depth);
    buf_format(&w->out, "%s:\n", key);
    for (int i = 0; i < count; i++) {
        before[i] = ++w->steps;
        indent(w, depth);
        buf_format(&w->out, "  - id: %c%d\n", letter(w), before[i]);
        write_step(w, depth + 1, before, i, plain, depth == 0 && str_is(str_from(key), "prepare"));
    }
}

static struct str write_book(struct dice *dice, struct arena *a)
{
    static const char *const policies[] = { "", "on_failure: stop\n", "on_failure: undo\n" };
    struct writer w = { .dice = dice, .out = BUF_EMPTY };

    buf_add_s(&w.out, "runbook: 1\nname: sim\ntitle: A run\ntype: database\nowners: [x]\n"
                      "inputs: {wanted: {type: bool, default: true}}\n"
                      "connections: {db: \"sqlite:t.db\"}\n");
    buf_add_s(&w.out, policies[below(dice, 3)]);
    if (percent(dice, 40))
        write_steps(&w, 0, "prepare", 1 + (int)below(dice, 2), false);
    write_steps(&w, 0, "steps", 1 + (int)below(dice, 5), false);
    if (percent(dice, 40))
        write_steps(&w, 0, "always", 1 + (int)below(dice, 2), true);
    if (percent(dice, 40))
        buf_add_s(&w.out, "verify: [{name: it works, shell: look}]\n");
    if (percent(dice, 30))
        buf_add_s(&w.out, "undone: [{name: it is as before, shell: look}]\n");
    return buf_take(&w.out, a);
}

// What `use: callee` runs.
static struct str write_callee(struct dice *dice, struct arena *a)
{
    struct writer w = { .dice = dice, .out = BUF_EMPTY, .callee = true, .steps = MOST_STEPS / 2 };

    buf_add_s(&w.out, "runbook: 1\nname: callee\ntitle: Used\ntype: action\n"
                      "inputs: {wanted: {type: bool, default: true}}\n"
                      "connections: {db: \"sqlite:t.db\"}\n");
    if (percent(dice, 40))
        write_steps(&w, 0, "prepare", 1 + (int)below(dice, 2), false);
    write_steps(&w, 0, "steps", 1 + (int)below(dice, 3), false);
    if (percent(dice, 40))
        write_steps(&w, 0, "always", 1 + (int)below(dice, 2), true);
    return buf_take(&w.out, a);
}
