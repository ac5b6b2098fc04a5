// What the store in memory holds; shared by its two halves.

#pragma once

#include "store/backend.h"
#include "store/chain.h"
#include "store/memory.h"

struct kept_event {
    struct stored_event event;
    uint8_t hash[SHA256_SIZE];
};

struct memory_run {
    struct run_row row;
    struct kept_event *events;  // malloc
    size_t count, room;
    struct chain chain;
    struct map *kept;  // name -> struct str
    struct vote *votes;
    size_t vote_count;
    int64_t epoch;  // of who has it
    bool held, claimed;
    struct memory_run *next;
};

struct memory {
    struct store base;
    struct memory_run *runs;
    struct lock_row *locks;
    size_t lock_count, lock_room;
    struct map *notes, *fires;  // key -> struct str
    char folder[64];            // "": none yet
    int fail_in;                // 0: never
    bool failing;
    int writes;
};

extern const struct lock_ops memory_lock_ops;
extern const struct note_ops memory_note_ops;

// NULL if there is none.
struct memory_run *memory_run(struct memory *m, struct str id);
void memory_unlock(struct memory *m, struct str run);
// Counts a write; false if it is to fail.
bool memory_may_write(struct memory *m);
enum store_error memory_cannot_write(struct diags *ds);
// A copy of a text, to be the value of a map.
struct str *memory_text(struct arena *a, struct str s);
