// A thread beside the loop's.

#pragma once

#include <pthread.h>

// Runs fn(arg) with all signals blocked: they are the loop's. 0, or an error as of errno; who
// started it joins it.
int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);
