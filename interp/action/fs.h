// Files and folders, all or nothing.
//
// What is new is made beside its place under a name of its own and renamed into it, after
// its bytes are on the disk. No symbolic link below the named path is followed.

#pragma once

#include <sys/stat.h>

#include "action/work.h"

enum {
    FS_EXACT = 1,         // times too
    FS_SKIP_SPECIAL = 2,  // leaves out sockets and devices instead of failing
};

// Access control lists and other extended attributes, as far as we may.
void fs_copy_attributes(int from, int to);
// Copies a file, link or folder to [to], where nothing is. Modes and, if possible, owners
// are kept.
bool fs_copy(struct work *w, const char *from, const char *to, unsigned flags);
// Removes whatever is there; nothing there is fine.
bool fs_remove(struct work *w, const char *path);
// The same, out of sight in one step: all of it is there, or nothing.
bool fs_take(struct work *w, const char *path);
// A name beside [path] that is not taken.
char *fs_beside(struct work *w, const char *path);
// [staged], which stands beside it, takes the place of [path].
bool fs_put(struct work *w, const char *staged, const char *path);
// Renames, also to another file system (by a copy).
bool fs_move(struct work *w, const char *from, const char *to);
// Writes [bytes] to a new file at [path] and to the disk.
bool fs_write(struct work *w, const char *path, struct str bytes, mode_t mode);
// All of a file, at most [limit] bytes.
bool fs_read(struct work *w, const char *path, size_t limit, struct str *out, struct stat *st);
// The SHA-256 of a file, in hexadecimal.
bool fs_digest(struct work *w, const char *path, struct str *out, struct stat *st);
// What is at [path], also a folder with all that is in it, in one digest of names, bytes and
// links. False (failed) when it cannot be read.
bool fs_print(struct work *w, const char *path, struct str *out);
bool fs_same(struct work *w, const char *a, const char *b);  // two files: the same bytes
void fs_sync_folder(const char *path);                       // the one that [path] is in
bool fs_make_folders(struct work *w, const char *path, mode_t mode);
// The folder of [path], resolved, and its last part; NULL (failed) where there is none.
char *fs_absolute(struct work *w, const char *path);
bool fs_exists(const char *path, struct stat *st);  // not following a link at the end
const char *fs_join(struct work *w, const char *folder, const char *name);
