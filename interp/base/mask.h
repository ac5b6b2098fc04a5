// Secrets in a stream of bytes become ***.
//
// A mask knows the secrets of a run: as they are, percent-encoded (upper and lower
// case), base64 (in its three alignments, and its URL alphabet) and hexadecimal (both also
// over several lines), JSON-escaped, quoted for a shell, SQL or HTML, and each line of 6
// characters or more of one with several lines. It finds them also where they are
// coloured, or split over any number of reads. One stream a descriptor; the last bytes that
// may still become a secret are held back until more comes or it ends.
//
// Adding is cheap and may happen at any time; masking is linear in the input
// (Aho-Corasick), whatever the number of secrets.

#pragma once

#include "base/buf.h"

enum { MASK_SHORTEST = 6 };

struct mask;

struct mask *mask_new(struct arena *a);
// Texts shorter than MASK_SHORTEST are not added (nor lines of that length).
void mask_add(struct mask *m, struct str secret);
// The same for what was computed from a secret, which may be long: of more than 64 KiB only
// as it is, and by its lines.
void mask_made(struct mask *m, struct str text);
bool mask_is_empty(const struct mask *m);
// All added secrets, as given; for handing them on.
size_t mask_count(const struct mask *m);
struct str mask_secret(const struct mask *m, size_t i);

// Bytes of the longest form of a secret; 0 when there are none.
size_t mask_longest(const struct mask *m);

// A whole text at once; [in] itself when nothing in it is secret. [found] may be NULL.
struct str mask_text(const struct mask *m, struct str in, struct arena *a, bool *found);

// A stream.
struct masking;
struct masking *masking_new(struct mask *m, struct arena *a);
void masking_feed(struct masking *s, struct str in, struct buf *out);
void masking_end(struct masking *s, struct buf *out);
// The first [n] bytes to come are not given out, nor what is secret and begins in them:
// for a text whose beginning was cut off, [n] = mask_longest() - 1.
void masking_hide(struct masking *s, size_t n);
// How many bytes are held back now: the longest end of the stream that begins a secret.
size_t masking_held(const struct masking *s);
