// Numbers that are compared across kinds, and written so that they read back the same.
//
// The rules are those of the Common Expression Language: int, uint and double stand on
// one line of numbers; a double beside an int is compared after the int was rounded to
// a double, so that 2^63 - 1 equals 2^63 as a double.

#pragma once

#include "value/value.h"

struct buf;

bool value_is_number(struct value v);
double value_as_double(struct value number);

// -1, 0 or 1 into [order]; false when one of the two is NaN.
bool number_compare(struct value a, struct value b, int *order);

// True when [number] is a whole number that an int can hold, exactly.
bool number_as_int(struct value number, int64_t *out);

// The fewest digits that read back the same; plain notation from 1e-6 to below 1e21;
// NaN, +Inf and -Inf by name as CEL writes them.
void double_write(double d, struct buf *out);
