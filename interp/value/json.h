// JSON to values and back (RFC 8259).
//
// Reading: integers become int, or text beyond its range, since a double would be another
// number; other numbers double; a repeated key is an error, as are depth over 200 and text
// behind the document.
// Writing: keys in their order; int, uint and double as numbers (NaN and
// infinities as text), bytes as base64, durations ("1.5s"), timestamps as
// RFC 3339 text, an absent optional as null.

#pragma once

#include "value/value.h"

// False, with the reason and where (a byte offset) if [text] is not JSON, or is, and a number in it
// is beyond all that a double holds.
struct json_error {
    struct str message;
    size_t offset;
    bool beyond;  // the latter
};
bool json_read(struct str text, struct arena *a, struct value *out, struct json_error *error);
// What this program wrote itself: around a value from outside stands more, so depth may be 400,
// and of a key that stands twice, as two secrets do that are masked, the last one counts.
bool json_read_own(struct str text, struct arena *a, struct value *out, struct json_error *error);
// The same, many times as fast, for what json_write() wrote: what stands in [text] without
// escapes is not copied. False: it is not as plain as that; json_read() says what it is.
bool json_read_plain(struct str text, struct arena *a, struct value *out);
// By whichever of json_read_plain() and json_read_own() can; [text] must stay as long as the value.
bool json_read_view(struct str text, struct arena *a, struct value *out);
// The same for one of many texts that have whole objects in common: what stood right in the outer
// one of another before is not read again (value/json_memo.c). It lives as long as the memo.
struct json_memo;
struct json_memo *json_memo_new(struct arena *a);
bool json_read_again(struct json_memo *m, struct str text, struct arena *a, struct value *out);

// Whether [v] can be written and read again: depth of 200 at most, no two keys with one name (1 and
// "1"). If not, why: "it is nested ...".
bool json_keeps(struct value v, struct arena *a, struct str *why);

struct buf;
void json_write(struct value v, struct arena *scratch, struct buf *out);
// With line breaks and two spaces of indentation.
void json_write_pretty(struct value v, struct arena *scratch, struct buf *out);
// A quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
void json_write_string(struct str s, struct buf *out);
struct str json_text(struct value v, struct arena *a);
