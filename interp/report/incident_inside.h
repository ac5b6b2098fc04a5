// The inside of a report, for the files that make it up: incident.c (what happened),
// incident_head.c, incident_people.c.

#pragma once

#include "report/incident.h"

struct str incident_title(const struct history *h, struct arena *a);
// Which run it was, when, by whom, and what became of it.
void incident_head(const struct history *h, struct arena *a, struct document *d);
// Who was asked what, and what they said.
void incident_decisions(const struct history *h, struct arena *a, struct document *d);
// What is still to be done, and whom to call.
void incident_afterwards(const struct history *h, struct arena *a, struct document *d);
