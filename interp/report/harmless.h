// Bytes that others wrote, made harmless for a terminal and for the eye.
//
// Whatever a step prints or a file holds can move the cursor, set the title, hide text or
// let it run backwards. Control characters, what is not UTF-8, directions and characters
// without width are written out as escapes (\x1b, \u202e, \xff). The text never holds a
// line end after that; who shows several lines cuts them first and puts something of his
// own before each.
//
// Sources: ECMA-48 (C0, C1), UAX #9 (directions), Unicode 15 (default ignorables).

#pragma once

#include "base/buf.h"

// Appends [in]. A tab becomes spaces up to the next eighth column, counted from [column],
// at which the text will stand.
void harmless(struct str in, size_t column, struct buf *out);
struct str harmless_text(struct str in, struct arena *a);

// Whether [code] has to be written out.
bool harmless_hides(uint32_t code);

// How many columns a terminal gives to [s], which is harmless.
size_t columns(struct str s);
// The longest beginning of [s] that fits into [room] columns, in bytes.
size_t columns_fit(struct str s, size_t room);
// [s] in at most [room] columns; an ellipsis ("...", in UTF-8 one character) says that
// something is missing.
struct str columns_cut(struct str s, size_t room, bool utf8, struct arena *a);
