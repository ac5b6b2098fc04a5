// Mermaid and dot: two languages for the same drawing.

#include "graph/draw_inside.h"

struct marks {
    void (*begin)(struct buf *out, struct str title);
    void (*end)(struct buf *out);
    void (*open)(struct buf *out, int indent, const char *id, size_t number, struct str label);
    void (*close)(struct buf *out, int indent);
    void (*leaf)(struct buf *out, int indent, size_t number, struct str label);
    void (*edge)(struct buf *out, size_t from, size_t to, bool need);
};

struct drawing {
    const struct graph *g;
    const struct marks *marks;
    struct buf *out;
    struct buf label;
};

// ---- mermaid ----

// Inside quotes; every character that means something to mermaid or HTML is a number.
static void mermaid_text(struct buf *out, struct str s)
{
    uint32_t code;

    for (size_t at = 0; safe_next(s, &at, &code);) {
        bool plain = code >= 0x80 || code == ' ' || (code >= '0' && code <= '9') ||
                     ((code | 0x20) >= 'a' && (code | 0x20) <= 'z') || code == '_' || code == '-' ||
                     code == '.' || code == ',' || code == '(' || code == ')' || code == '/' ||
                     code == ':';
        if (code == '\n' || plain)
            buf_add_utf8(out, code);
        else
            buf_format(out, "#%u;", code);
    }
}

static void mermaid_begin(struct buf *out, struct str title)
{
    (void)title;
    buf_add_s(out, "flowchart TD\n");
}

static void mermaid_end(struct buf *out)
{
    (void)out;
}

static void mermaid_open(struct buf *out, int indent, const char *id, size_t number,
                         struct str label)
{
    buf_format(out, "%*ssubgraph %s%zu[\"", indent, "", id, number);
    mermaid_text(out, label);
    buf_add_s(out, "\"]\n");
}

static void mermaid_close(struct buf *out, int indent)
{
    buf_format(out, "%*send\n", indent, "");
}

static void mermaid_leaf(struct buf *out, int indent, size_t number, struct str label)
{
    buf_format(out, "%*ss%zu[\"", indent, "", number);
    mermaid_text(out, label);
    buf_add_s(out, "\"]\n");
}

static void mermaid_edge(struct buf *out, size_t from, size_t to, bool need)
{
    buf_format(out, "  s%zu %s s%zu\n", from, need ? "==>" : "-->", to);
}

static const struct marks mermaid = { mermaid_begin, mermaid_end,  mermaid_open,
                                      mermaid_close, mermaid_leaf, mermaid_edge };

// ---- dot ----

static void dot_text(struct buf *out, struct str s)
{
    uint32_t code;

    buf_add_c(out, '"');
    for (size_t at = 0; safe_next(s, &at, &code);) {
        if (code == '"' || code == '\\')
            buf_add_c(out, '\\');
        buf_add_utf8(out, code);
    }
    buf_add_c(out, '"');
}

static void dot_begin(struct buf *out, struct str title)
{
    buf_add_s(out, "digraph ");
    dot_text(out, title);
    buf_add_s(out, " {\n  compound=true; node [shape=box, style=rounded];\n");
}

static void dot_end(struct buf *out)
{
    buf_add_s(out, "}\n");
}

// A cluster cannot be an end of an edge: a point inside it stands for it.
static void dot_open(struct buf *out, int indent, const char *id, size_t number, struct str label)
{
    buf_format(out, "%*ssubgraph cluster_%s%zu {\n%*slabel=", indent, "", id, number, indent + 2,
               "");
    dot_text(out, label);
    buf_add_s(out, ";\n");
    if (id[0] == 's')
        buf_format(out, "%*ss%zu [shape=point];\n", indent + 2, "", number);
}

static void dot_close(struct buf *out, int indent)
{
    buf_format(out, "%*s}\n", indent, "");
}

static void dot_leaf(struct buf *out, int indent, size_t number, struct str label)
{
    buf_format(out, "%*ss%zu [label=", indent, "", number);
    dot_text(out, label);
    buf_add_s(out, "];\n");
}

static void dot_edge(struct buf *out, size_t from, size_t to, bool need)
{
    buf_format(out, "  s%zu -> s%zu%s;\n", from, to, need ? " [penwidth=2]" : "");
}

static const struct marks dot = { dot_begin, dot_end, dot_open, dot_close, dot_leaf, dot_edge };

// ---- both ----

static struct str label_of(struct drawing *d, const struct vertex *v)
{
    struct str name = vertex_name(v);

    buf_clear(&d->label);
    add_safe(&d->label, v->step->id.str);
    if (name.n) {
        buf_add_s(&d->label, ": ");
        add_safe(&d->label, name);
    }
    buf_add_s(&d->label, " (");
    vertex_kind(v, &d->label);
    buf_add_c(&d->label, ')');
    return buf_str(&d->label);
}

static void draw_list(struct drawing *d, const struct vertex *v, int indent)
{
    for (; v; v = v->next_sibling) {
        size_t number = vertex_number(d->g, v);
        struct str label = label_of(d, v);
        if (!v->first_child) {
            d->marks->leaf(d->out, indent, number, label);
            continue;
        }
        d->marks->open(d->out, indent, "s", number, label);
        draw_list(d, v->first_child, indent + 2);
        d->marks->close(d->out, indent);
    }
}

static void draw_edges(struct drawing *d)
{
    for (size_t i = 0; i < d->g->count; i++) {
        const struct vertex *v = &d->g->vertices[i];
        if (v->before)
            d->marks->edge(d->out, vertex_number(d->g, v->before), i, false);
        for (size_t j = 0; j < v->need_count; j++)
            if (v->needs[j] != v->before)
                d->marks->edge(d->out, vertex_number(d->g, v->needs[j]), i, true);
    }
}

// Numbered behind the steps.
static size_t draw_checks(struct drawing *d, const struct list *checks, size_t number)
{
    LIST_EACH(const struct step, c, *checks)
    d->marks->leaf(d->out, 4, number++, label_of(d, &(struct vertex){ .step = c }));
    return number;
}

static void draw(const struct graph *g, const struct marks *marks, struct buf *out)
{
    struct drawing d = { .g = g, .marks = marks, .out = out };
    size_t number = g->count;

    marks->begin(out, g->rb->name.str);
    for (size_t i = 0; i < drawn_phase_count; i++) {
        const struct vertex *first = first_of_phase(g, drawn_phases[i]);
        const struct list *checks = checks_of_phase(g, drawn_phases[i]);
        if (!first && !checks->count)
            continue;
        marks->open(out, 2, "phase", i, str_from(phase_word(drawn_phases[i])));
        draw_list(&d, first, 4);
        number = draw_checks(&d, checks, number);
        marks->close(out, 2);
    }
    draw_edges(&d);
    marks->end(out);
    buf_free(&d.label);
}

void draw_mermaid(const struct graph *g, struct buf *out)
{
    draw(g, &mermaid, out);
}

void draw_dot(const struct graph *g, struct buf *out)
{
    draw(g, &dot, out);
}
