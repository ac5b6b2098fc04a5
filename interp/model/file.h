// Files and folders, as the look-up of runbooks needs them.

#pragma once

#include "model/project.h"

// The first [most] bytes of a file; false with CANNOT_READ in [ds].
bool file_read_start(struct arena *a, struct str path, size_t most, struct str *out,
                     struct diags *ds);

bool is_file(struct str path);
bool is_folder(struct str path);

// With all links followed; as it is when there is no such file.
struct str path_absolute(struct arena *a, struct str path);
struct str path_join(struct arena *a, struct str folder, struct str path);
struct str path_folder(struct str path);  // what stands before the last slash
// The part of [path] below [folder], or empty.
struct str path_inside(struct str path, struct str folder);
// Short for people: relative to the working folder where it is below that.
struct str path_shown(struct arena *a, struct str path);
struct str path_without_suffix(struct str path);  // .yaml or .yml

// The names in a folder (struct str), sorted, without those that begin with a dot.
struct list folder_names(struct arena *a, struct str folder);
