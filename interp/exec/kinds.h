// What JSON does not know of a value: points in time, durations, bytes, versions, unsigned numbers,
// doubles that are not finite, and keys that are no text. It is kept beside the value, so that an
// expression sees the same after a resume.
//
//   {"made": "timestamp", "rows": {"*": {"at": "timestamp"}}}
//
// A map has the kinds of what stands at its keys, a list those of its places; "*" stands for all of
// them. A map with keys that are no text has two things in a list: the kinds of its keys, each under
// the key as text, and of what stands there (null where JSON knows all of that).
//
//   [{"1": "int", "true": "bool"}, {"1": "duration"}]
//
// An optional has the kinds of what is in it in a list of one: [null] where JSON knows all of that,
// ["none"] where nothing is.

#pragma once

#include "value/value.h"

// VALUE_NONE when JSON knows all of [v].
struct value kinds_of(struct value v, struct arena *a);
// [v] as it came back from JSON. What cannot be read as its kind stays as it is.
struct value kinds_give(struct value v, struct value kinds, struct arena *a);
