// The inside of a document, for the files that make it up: document.c, markdown.c, html.c.

#pragma once

#include "report/document.h"

enum block_kind { BLOCK_HEAD, BLOCK_PARA, BLOCK_FIELD, BLOCK_ITEM, BLOCK_CODE, BLOCK_TABLE };

struct cell {
    struct str text;
    bool code, box;
    struct cell *next;
};

struct block {
    enum block_kind kind;
    int level;          // of a heading
    const char *label;  // of a field; the heads of a table
    struct str text;
    bool box, blank;
    size_t columns;
    struct cell *cells, **cell_end;
    struct block *next;
};

struct document {
    struct arena *arena;
    struct block *first, **end, *last;
};

#define FILL_IN "________________"

// Calls [see] for each line of a text, without its end.
void document_lines(struct str text, void (*see)(struct str line, bool last, void *arg), void *arg);
