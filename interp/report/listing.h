// Runs as people look at them afterwards: the list, one run, its questions.

#pragma once

#include "report/history.h"
#include "report/page.h"
#include "store/store.h"

// [flags], everywhere: what has to stand in a command that is suggested (" --store URL"), or "".
// [waits]: the question at which each of them waits, NULL for none.
void listing_runs(const struct run_row *rows, const struct asked *const *waits, size_t count,
                  struct str flags, struct page *p);
void listing_locks(const struct lock_row *rows, size_t count, struct str flags, struct page *p);
// It goes on or crashed: what its row says of an end is that of an earlier session.
bool listing_is_open(const struct run_row *r);
// All of a run: where it comes from, its steps in order, questions, its end.
void listing_show(const struct history *h, const struct run_row *row, struct str flags,
                  struct page *p);
// What a run waits for, with the commands that answer.
void listing_waiting(const struct history *h, const struct run_row *row, struct str flags,
                     struct page *p);
