// A store that is gone with its arena, for tests.
//
// It behaves like the others, with one addition: any write can be made to fail.

#pragma once

#include "store/store.h"

// The [n]-th write from now on (1: the next) fails, and every later one. A write is a
// commit, a kept file, a lock, an unlock, a vote, something remembered. 0: none fails.
void memory_fail(struct store *s, int n);
// As if the interpreter that has the run had been killed: what it did not commit is lost,
// what it still tries to write fails.
void memory_crash(struct store *s, struct str run);
