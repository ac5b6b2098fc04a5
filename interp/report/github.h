// GitHub Actions reads the log of a job for commands ("::group::", "::add-mask::").
//
// Steps become groups, and failures annotations. What others wrote stands between
// "::stop-commands::TOKEN" and "::TOKEN::", with a token that nobody can guess, so that it
// cannot give commands.

#pragma once

#include "report/screen.h"

struct github;

// Whether what is printed goes into such a log (GITHUB_ACTIONS).
bool github_is_here(void);
// Whether the runner would take [line] for a command: white space before it is passed over.
bool github_obeys(struct str line);

struct github *github_new(struct arena *a, struct screen *screen);
// A group for what follows; one at a time, a second is not opened.
void github_group(struct github *g, struct str id, struct str title);
void github_group_end(struct github *g, struct str id);
// To be called before anything goes out that may hold words of others.
void github_guard(struct github *g);
// What comes next in the log is not ours, and its commands count again.
void github_release(struct github *g);
void github_error(struct github *g, struct str title, struct str message);
