// A document of headings, paragraphs, fields, tables, lists and code, written as Markdown
// or as HTML.
//
// All text in it is data: it is made harmless (report/harmless.h) and escaped for the
// format when it is written, so that no output of a step and no word of a file can become
// markup. Texts are not copied.

#pragma once

#include "base/buf.h"

struct document;

struct document *document_new(struct arena *a);

void document_head(struct document *d, int level, struct str text);
void document_para(struct document *d, struct str text);
// "label: text"; several in a row stand together.
void document_field(struct document *d, const char *label, struct str text);
void document_blank(struct document *d, const char *label);  // a field to fill in
// A list item; [box]: with a box to tick.
void document_item(struct document *d, bool box, struct str text);
void document_code(struct document *d, struct str text);  // as it is, several lines
// A table: its heads between bars ("step|state|took"), then its cells row by row.
void document_table(struct document *d, const char *heads);
void document_cell(struct document *d, struct str text);
void document_cell_code(struct document *d, struct str text);  // an id, a command
void document_cell_box(struct document *d);                    // a box to tick

void document_markdown(const struct document *d, struct buf *out);
// A whole page, without anything that is loaded from elsewhere.
void document_html(const struct document *d, struct str title, struct buf *out);

// Text for XML and HTML, between tags and in attributes.
void markup_escape(struct str text, struct buf *out);
