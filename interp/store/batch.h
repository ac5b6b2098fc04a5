// What is written together, and why it could not be.

#pragma once

#include "store/store.h"

struct new_event {
    int64_t seq;
    struct str type, json;
    struct new_event *next;
};

struct batch {
    struct arena *arena;  // of the batch and all in it
    struct new_event *first, *last;
    const struct run_row *row;  // NULL: as it was
    void (*then)(void *arg, bool ok);
    void *arg;
    bool ok;  // it is durable
    struct batch *next;
};

// Batches in the order in which they are written.
struct batches {
    struct batch *first, *last;
};

struct batch *batch_new(void);
// A chain of them, or NULL for none.
void batches_append(struct batches *q, struct batch *chain);
struct batch *batches_take(struct batches *q);        // all, as a chain
struct batch *batches_take_first(struct batches *q);  // there is one
void batches_free(struct batch *chain);

// Why a write failed: whole words, no names of ours.
struct failure {
    char text[600];
};
void failure_set(struct failure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
