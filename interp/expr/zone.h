// Time zones: UTC, +02:00, Europe/Berlin.
//
// Names are read from the TZif files of the system (RFC 8536), with the rule at their
// end for the years behind the table.

#pragma once

#include "base/str.h"

// How many seconds east of UTC the zone is at [seconds] since 1970. False if there is
// no such zone.
bool zone_offset(struct str zone, int64_t seconds, int64_t *east);
