// Names of refs and remotes, as a step may write them: narrower than git's own grammar,
// so that none can be an option, a range, a reflog entry or a URL.

#pragma once

#include "base/str.h"

// A branch, tag or object id, with ~N and ^N behind it where [steps] says so. Otherwise
// *why says what is wrong ("begins with -").
bool git_is_ref(struct str s, bool steps, const char **why);
// The name of a remote: never a URL.
bool git_is_remote(struct str s, const char **why);
// A path in a repository, or a pattern of tags: anything but an option or a NUL.
bool git_is_plain(struct str s, const char **why);
