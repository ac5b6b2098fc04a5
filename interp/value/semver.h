// Versions: 1.2.3, v1.2, 1.2.3-rc.1+build.

#pragma once

#include "value/value.h"

// False if it is not a version. [out] points into [s].
bool semver_parse(struct str s, struct semver *out);
// -1, 0 or 1, by semver.org: a pre-release comes before its release.
int semver_compare(const struct semver *a, const struct semver *b);
