// Folders that are ours alone.
//
// What stands in the state folder is believed at resume, so nobody else may be able to put
// anything there: it and the folders in it are 0700, files 0600; a folder that is somebody
// else's, can be written by others, is a symbolic link, or lies on a network file system
// (where locks and fsync promise little) is refused.

#pragma once

#include "base/str.h"
#include "store/writer.h"

// $XDG_STATE_HOME/runbook, else ~/.local/state/runbook. False if there is neither.
bool folder_default(struct arena *a, struct str *out);

enum folder_state { FOLDER_FINE, FOLDER_ABSENT, FOLDER_REFUSED };

// Opens the folder at [path] after looking at it, without following a link at its end. The
// real path goes into [real], the descriptor, which is the caller's, into [fd].
// [strict]: the folder that it stands in may not be somebody else's either.
enum folder_state folder_open(const char *path, bool strict, struct arena *a, struct str *real,
                              int *fd, struct failure *why);
// Makes it and what is missing above it, 0700.
bool folder_make(const char *path, bool strict, struct failure *why);

// A folder in one that was opened: opened and looked at.
enum folder_state folder_below(const char *path, int *fd, struct failure *why);

// Whether a file in it may be believed: a plain file of ours, not linked from elsewhere,
// not writable by others.
enum folder_state file_look(const char *path, struct failure *why);

// An empty file, 0600, unless there is one of that name.
bool file_make(const char *path, struct failure *why);

// A new file, 0600, written whole and durably, under its name all at once. [once]: false
// with EEXIST when the name is taken.
bool file_put(int at, const char *name, struct str bytes, bool once);
// All of a file; false with errno. At most [limit] bytes.
bool file_get(int at, const char *name, size_t limit, struct arena *a, struct str *out);

// Removes [name] in [at] and all below it; links are not followed.
bool tree_remove(int at, const char *name);
