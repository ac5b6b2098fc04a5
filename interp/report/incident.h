// The incident report of a run: what happened, when, who did what, what it came to, what
// is still to be done. Written from the journal; what nobody knew is a line to fill in.

#pragma once

#include "report/document.h"
#include "report/history.h"
#include "report/look.h"

enum report_format { REPORT_MD, REPORT_HTML, REPORT_JSON, REPORT_JUNIT, REPORT_COUNT };
// "md", "html", "json", "junit"; REPORT_COUNT if it is none of them.
enum report_format report_format_of(struct str word);
// By the end of a file name: .md, .html, .json, .xml. REPORT_MD for others.
enum report_format report_format_of_path(struct str path);

// [h] has its moments (keep_moments).
void incident_write(const struct history *h, enum report_format format, struct arena *a,
                    struct buf *out);

struct document *incident_document(const struct history *h, struct arena *a);
struct value incident_json(const struct history *h, struct arena *a);
void incident_junit(const struct history *h, struct arena *a, struct buf *out);
