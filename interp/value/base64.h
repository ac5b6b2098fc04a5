// Base64 (RFC 4648, the standard alphabet).

#pragma once

#include "base/str.h"

struct buf;

void base64_write(struct str bytes, struct buf *out);
// False if it is not base64. The padding may be missing.
bool base64_read(struct str text, struct arena *a, struct str *out);
