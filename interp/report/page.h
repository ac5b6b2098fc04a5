// Several lines for people, made to fit.
//
// Texts that others wrote are made harmless, cut at their line ends and at the width of the
// page, and every row of them stands behind the prefix, so that no text can look like the
// beginning of a line of ours; nor, in the log of a job, for a command to who reads that.

#pragma once

#include "report/look.h"

struct page {
    struct arena *arena;
    const struct look *look;
    size_t columns;           // 0: lines are as long as they are
    struct buf *out;          // rows with line ends between them, none behind the last
    const struct mask *mask;  // that texts go through; NULL: they did already
    bool obeyed;              // what reads the rows takes some for commands (report/github.h)
};

// [columns] as of the screen; a narrow page still has 20.
struct page page_new(struct arena *a, const struct look *look, size_t columns);
struct str page_str(const struct page *p);

void page_blank(struct page *p);  // an empty row, but not two and not the first
// [text], each row of it behind [prefix] (ours, no colour in it).
void page_text(struct page *p, const char *prefix, enum ink color, struct str text);
// [text] behind [lead] ("help: "), its further rows under each other.
void page_lead(struct page *p, const char *lead, enum ink color, struct str text);
// "  label   text": rows of the text stand under each other. [label] is made harmless too,
// and gets [width] columns or its own, if that is more.
void page_item(struct page *p, struct str label, size_t width, enum ink color, struct str text);
// A heading of ours.
void page_head(struct page *p, enum ink color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same of a command that a person pastes: a row that is not cut, however narrow the page.
void page_command(struct page *p, enum ink color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// What stands before the lines of others: a bar.
const char *page_bar(const struct page *p);
