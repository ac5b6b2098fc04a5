#include "report/document.h"

#include <string.h>

#include "base/arena.h"
#include "report/document_inside.h"

struct document *document_new(struct arena *a)
{
    struct document *d = NEW(a, struct document);

    d->arena = a;
    d->end = &d->first;
    return d;
}

static struct block *add(struct document *d, enum block_kind kind, struct str text)
{
    struct block *b = NEW(d->arena, struct block);

    *b = (struct block){ .kind = kind, .text = text };
    *d->end = b;
    d->end = &b->next;
    d->last = b;
    return b;
}

void document_head(struct document *d, int level, struct str text)
{
    add(d, BLOCK_HEAD, text)->level = level;
}

void document_para(struct document *d, struct str text)
{
    if (text.n)
        add(d, BLOCK_PARA, text);
}

void document_field(struct document *d, const char *label, struct str text)
{
    if (text.n)
        add(d, BLOCK_FIELD, text)->label = label;
}

void document_blank(struct document *d, const char *label)
{
    struct block *b = add(d, BLOCK_FIELD, STR(""));

    b->label = label;
    b->blank = true;
}

void document_item(struct document *d, bool box, struct str text)
{
    add(d, BLOCK_ITEM, text)->box = box;
}

void document_code(struct document *d, struct str text)
{
    if (text.n)
        add(d, BLOCK_CODE, text);
}

void document_table(struct document *d, const char *heads)
{
    struct block *b = add(d, BLOCK_TABLE, STR(""));

    b->label = heads;
    b->columns = 1;
    for (const char *c = heads; *c; c++)
        b->columns += *c == '|';
    b->cell_end = &b->cells;
}

static struct cell *add_cell(struct document *d, struct str text)
{
    struct cell *c = NEW(d->arena, struct cell);
    struct block *b = d->last;

    c->text = text;
    *b->cell_end = c;
    b->cell_end = &c->next;
    return c;
}

void document_cell(struct document *d, struct str text)
{
    add_cell(d, text);
}

void document_cell_code(struct document *d, struct str text)
{
    add_cell(d, text)->code = true;
}

void document_cell_box(struct document *d)
{
    add_cell(d, STR(""))->box = true;
}

void document_lines(struct str text, void (*see)(struct str line, bool last, void *arg), void *arg)
{
    if (text.n && text.s[text.n - 1] == '\n')
        text.n--;
    for (;;) {
        size_t end = str_find(text, '\n');
        struct str line = end == SIZE_MAX ? text : str_slice(text, 0, end);
        if (line.n && line.s[line.n - 1] == '\r')
            line.n--;
        see(line, end == SIZE_MAX, arg);
        if (end == SIZE_MAX)
            return;
        text = str_slice(text, end + 1, text.n);
    }
}
