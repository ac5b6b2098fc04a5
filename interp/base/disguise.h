// The ways in which one secret can stand in a text.
//
// As it is; percent-encoded (what programs leave alone differs, so do the letters of
// the digits); base64 in its three alignments and both alphabets, without the
// characters that also depend on what stands beside it; in hexadecimal digits, two a byte
// with nothing between them; as the inside of a JSON string, with more or less escaped;
// quoted for a shell (as we show scripts, and as bash traces them), for SQL and for HTML.
// Sources: RFC 3986, RFC 4648, RFC 8259, the URL standard's form encoding.

#pragma once

#include "base/str.h"

// Calls [see] with each; the bytes are only valid during the call. The same one may come
// more than once. One that wraps (base64, hexadecimal) may also stand over several lines.
void disguise_each(struct str secret, void (*see)(void *arg, struct str form, bool wraps),
                   void *arg);
