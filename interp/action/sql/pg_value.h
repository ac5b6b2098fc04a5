// Values as PostgreSQL takes and gives them, in its text format.
//
// Going out, a value is what the literal of it would be: an int the smallest of int4 and
// int8, a text of no type yet (so that the place decides), a map jsonb, a list an array.
// Coming in: int, double, bool, text, bytes, timestamp (without a zone: taken as UTC),
// json as what it holds, null, arrays; numeric is a double unless that would change it;
// the rest (date, interval, uuid, ...) is its text.

#pragma once

#include "value/value.h"

struct pg_parameter {
    unsigned type;     // an Oid; 0: the server decides
    const char *text;  // NULL: null
};

// False with the reason in [why] if it is nothing that can be bound.
bool pg_parameter_of(struct value v, struct arena *a, struct pg_parameter *out, struct str *why);

// What a column of [type] holds; [text] is not NULL (null has no text).
struct value pg_value_of(unsigned type, struct str text, struct arena *a);
