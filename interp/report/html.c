#include <string.h>

#include "base/arena.h"
#include "report/document_inside.h"
#include "report/harmless.h"

struct writing {
    struct arena *arena;
    struct buf *out;
    const char *between;
};

void markup_escape(struct str text, struct buf *out)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" },
    };

    for (size_t i = 0; i < text.n; i++) {
        const char *entity = NULL;
        for (size_t k = 0; k < sizeof entities / sizeof *entities; k++)
            if (text.s[i] == entities[k].c)
                entity = entities[k].entity;
        if (entity)
            buf_add_s(out, entity);
        else
            buf_add_c(out, text.s[i]);
    }
}

static void escaped(struct str line, bool last, void *arg)
{
    struct writing *w = arg;

    markup_escape(harmless_text(line, w->arena), w->out);
    if (!last)
        buf_add_s(w->out, w->between);
}

static void text(struct writing *w, struct str s, const char *between)
{
    w->between = between;
    document_lines(s, escaped, w);
}

static void tagged(struct writing *w, const char *tag, struct str s, const char *between)
{
    buf_format(w->out, "<%s>", tag);
    text(w, s, between);
    buf_format(w->out, "</%s>", tag);
}

static void table(struct writing *w, const struct block *b)
{
    size_t column = 0;

    buf_format(w->out, "<table class=c%zu>\n<tr>", b->columns);
    for (const char *c = b->label; *c; c += *c == '|') {
        size_t n = strcspn(c, "|");
        tagged(w, "th", (struct str){ c, n }, " ");
        c += n;
    }
    buf_add_s(w->out, "</tr>\n");
    for (const struct cell *c = b->cells; c; c = c->next) {
        buf_add_s(w->out, column ? "<td>" : "<tr><td>");
        if (c->box)
            buf_add_s(w->out, "&#9744;");
        else if (c->code)
            tagged(w, "code", c->text, "<br>");
        else
            text(w, c->text, "<br>");
        column = (column + 1) % b->columns;
        buf_add_s(w->out, column ? "</td>" : "</td></tr>\n");
    }
    buf_add_s(w->out, "</table>\n");
}

static void block(struct writing *w, const struct block *b)
{
    char tag[8] = "h1";

    switch (b->kind) {
    case BLOCK_HEAD:
        tag[1] = (char)('0' + b->level);
        tagged(w, tag, b->text, " ");
        break;
    case BLOCK_PARA:
        tagged(w, "p", b->text, "<br>");
        break;
    case BLOCK_FIELD:
        buf_format(w->out, "<dt>%s</dt>", b->label);
        if (b->blank)
            buf_add_s(w->out, "<dd>" FILL_IN "</dd>");
        else
            tagged(w, "dd", b->text, "<br>");
        break;
    case BLOCK_ITEM:
        buf_add_s(w->out, b->box ? "<li class=box>&#9744; " : "<li>");
        text(w, b->text, "<br>");
        buf_add_s(w->out, "</li>");
        break;
    case BLOCK_CODE:
        tagged(w, "pre", b->text, "\n");
        break;
    case BLOCK_TABLE:
        table(w, b);
        break;
    }
    buf_add_c(w->out, '\n');
}

static const char *list_of(const struct block *b)
{
    return !b ? NULL : b->kind == BLOCK_FIELD ? "dl" : b->kind == BLOCK_ITEM ? "ul" : NULL;
}

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.6em}h2{font-size:1.2em;border-bottom:1px solid #bbb;margin-top:1.6em}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #bbb;padding:.25em .5em;text-align:left;vertical-align:top}"
    "td,th{overflow-wrap:anywhere}.c6{table-layout:fixed}"
    ".c6 th:nth-child(1){width:1.2em}.c6 th:nth-child(2){width:1.6em}"
    ".c6 th:nth-child(3){width:15%}.c6 th:nth-child(4){width:24%}.c6 th:nth-child(6){width:18%}"
    "pre,code{font:13px/1.35 ui-monospace,monospace}code{white-space:pre-wrap}"
    "pre{background:#f4f4f4;padding:.6em;white-space:pre-wrap;overflow-wrap:anywhere}"
    "dt{font-weight:600;float:left;clear:left;margin-right:.5em}dt::after{content:':'}"
    "dd{margin:0 0 .2em 9em}.box{list-style:none;margin-left:-1.2em}"
    "@page{margin:14mm 12mm}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:12px}pre,code{font-size:10px}"
    "h2{page-break-after:avoid}tr,pre{page-break-inside:avoid}}";

void document_html(const struct document *d, struct str title, struct buf *out)
{
    struct arena *a = arena_new(NULL);
    struct writing w = { .arena = a, .out = out };
    const char *open = NULL;

    buf_add_s(out, "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n");
    tagged(&w, "title", title, " ");
    buf_format(out, "\n<style>%s</style>\n</head>\n<body>\n", style);
    for (const struct block *b = d->first; b; b = b->next) {
        const char *list = list_of(b);
        if (list && list != open)
            buf_format(out, "<%s>\n", list);
        block(&w, b);
        open = list;
        if (list && list_of(b->next) != list)
            buf_format(out, "</%s>\n", list);
    }
    buf_add_s(out, "</body>\n</html>\n");
    arena_free(a);
}
