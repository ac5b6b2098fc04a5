// The functions and macros as a chapter of a manual, in Markdown.

#pragma once

struct arena;
struct buf;

// The same text stands in docs/expressions.md.
void manual_write_functions(struct arena *a, struct buf *out);
