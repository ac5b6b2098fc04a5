// SVG, laid out by us: a list is rows from top to bottom, what has no order stands side by
// side, a group is a frame around its lists. Nothing overlaps, whatever the shape.

#include "base/arena.h"
#include "graph/draw_inside.h"

enum {
    CHAR = 7,
    PAD = 12,
    GAP = 24,
    LINE = 16,
    LEAF = 2 * LINE + PAD,
    HEAD = LINE + PAD,
    WIDEST = 48,
    LANE = 8,  // between edges that go around others
    MOST_LANES = 16
};

struct box {
    int x, y, w, h;  // x and y from the list around it, then from the page
    size_t row;
};

struct page {
    const struct graph *g;
    struct box *boxes;  // of each vertex
    struct buf *out;
    struct arena *arena;
    int right;   // of the boxes
    int *lanes;  // how many edges went around so far
};

static struct box *box_of(const struct page *p, const struct vertex *v)
{
    return &p->boxes[vertex_number(p->g, v)];
}

// ---- layout ----

static int text_width(struct str s)
{
    size_t n = utf8_length(s);

    return (int)(n > WIDEST ? WIDEST : n) * CHAR;
}

static bool in_same_list(const struct vertex *v, const struct vertex *t)
{
    return v->parent == t->parent && v->role == t->role && v->phase == t->phase;
}

// Behind everything of its list that it waits for. A need may stand later in the file; the
// graph has no rings, so asking again ends.
static size_t row_of(const struct page *p, const struct vertex *v)
{
    struct box *b = box_of(p, v);

    if (b->row)
        return b->row;
    b->row = 1;
    size_t row = v->before ? row_of(p, v->before) + 1 : 1;
    for (size_t i = 0; i < v->need_count; i++)
        if (in_same_list(v, v->needs[i])) {
            size_t behind = row_of(p, v->needs[i]) + 1;
            row = behind > row ? behind : row;
        }
    return b->row = row;
}

static struct box place_lists(const struct page *p, const struct vertex *first);

static void measure(const struct page *p, const struct vertex *v)
{
    struct box *b = box_of(p, v);
    int id = text_width(v->step->id.str), name = text_width(vertex_name(v));

    b->w = (id > name ? id : name) + 2 * PAD;
    b->h = LEAF;
    if (!v->first_child)
        return;
    struct box inside = place_lists(p, v->first_child);
    b->w = inside.w + 2 * PAD > b->w ? inside.w + 2 * PAD : b->w;
    b->h = HEAD + inside.h + PAD;
}

static size_t measure_list(const struct page *p, const struct vertex *first)
{
    size_t rows = 0;

    for (const struct vertex *v = first; v && v->role == first->role; v = v->next_sibling) {
        size_t row = row_of(p, v);
        measure(p, v);
        rows = row > rows ? row : rows;
    }
    return rows;
}

// One list that begins at [y]; gives where it ends, and widens [w].
static int place_list(const struct page *p, const struct vertex *first, int y, int *w)
{
    size_t rows = measure_list(p, first);
    int *height = NEW_ARRAY(p->arena, int, rows + 1), *x = NEW_ARRAY(p->arena, int, rows + 1);

    for (const struct vertex *v = first; v && v->role == first->role; v = v->next_sibling) {
        struct box *b = box_of(p, v);
        b->x = x[b->row];
        x[b->row] += b->w + GAP;
        height[b->row] = b->h > height[b->row] ? b->h : height[b->row];
        *w = x[b->row] - GAP > *w ? x[b->row] - GAP : *w;
    }
    for (size_t row = 1; row <= rows; row++) {  // heights become where each row begins
        int h = height[row];
        height[row] = y;
        y += h + GAP;
    }
    for (const struct vertex *v = first; v && v->role == first->role; v = v->next_sibling)
        box_of(p, v)->y = height[box_of(p, v)->row];
    return y;
}

// Steps, then rescue, then always; all from the same left edge.
static struct box place_lists(const struct page *p, const struct vertex *first)
{
    struct box size = { 0 };

    while (first) {
        enum role role = first->role;
        size.h = place_list(p, first, size.h, &size.w);
        while (first && first->role == role)
            first = first->next_sibling;
    }
    size.h -= GAP;
    return size;
}

static void move(const struct page *p, const struct vertex *first, int x, int y)
{
    for (const struct vertex *v = first; v; v = v->next_sibling) {
        struct box *b = box_of(p, v);
        b->x += x;
        b->y += y;
        move(p, v->first_child, b->x + PAD, b->y + HEAD);
    }
}

// ---- drawing ----

static void add_xml(struct buf *out, struct str s)
{
    uint32_t code;
    size_t n = 0;

    for (size_t at = 0; safe_next(s, &at, &code); n++) {
        if (n == WIDEST) {
            buf_add_s(out, "…");
            return;
        }
        if (code == '<' || code == '>' || code == '&' || code == '"')
            buf_format(out, "&#%u;", code);
        else
            buf_add_utf8(out, code == 0xFFFE || code == 0xFFFF ? 0xFFFD : code);
    }
}

static void add_text(const struct page *p, int x, int y, const char *class, struct str s)
{
    buf_format(p->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    add_xml(p->out, s);
    buf_add_s(p->out, "</text>\n");
}

static void draw_box(const struct page *p, const struct vertex *v, const struct box *b)
{
    buf_format(p->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>\n", b->x,
               b->y, b->w, b->h, v->first_child ? "group" : "step");
    add_text(p, b->x + PAD, b->y + LINE, "id", v->step->id.str);
    if (!v->first_child)
        add_text(p, b->x + PAD, b->y + 2 * LINE, "name", vertex_name(v));
}

// From side to side on the right of everything, so that it does not run behind other boxes.
static void draw_around(const struct page *p, const struct box *a, const struct box *b,
                        const char *class)
{
    int x1 = a->x + a->w, y1 = a->y + a->h / 2, x2 = b->x + b->w, y2 = b->y + b->h / 2;
    int lane = p->right + GAP / 2 + LANE * ((*p->lanes)++ % MOST_LANES);
    int turn = y2 > y1 ? PAD : -PAD;

    buf_format(p->out,
               "<path d=\"M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d\" class=\"%s\" "
               "marker-end=\"url(#to)\"/>\n",
               x1, y1, lane - PAD, lane, y1, lane, y1 + turn, y2 - turn, lane, y2, lane - PAD, y2,
               x2, class);
}

static void draw_edge(const struct page *p, const struct vertex *from, const struct vertex *to,
                      const char *class)
{
    const struct box *a = box_of(p, from), *b = box_of(p, to);
    int x1 = a->x + a->w / 2, y1 = a->y + a->h, x2 = b->x + b->w / 2, y2 = b->y;
    int bend = (y2 - y1) / 2;

    // Between two rows there is nothing; the next phase begins with its name.
    if (y2 < y1 || y2 - y1 > GAP + HEAD)
        draw_around(p, a, b, class);
    else
        buf_format(p->out,
                   "<path d=\"M%d %dC%d %d %d %d %d %d\" class=\"%s\" marker-end=\"url(#to)\"/>\n",
                   x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2, class);
}

static bool needs(const struct vertex *v, const struct vertex *t)
{
    for (size_t i = 0; i < v->need_count; i++)
        if (v->needs[i] == t)
            return true;
    return false;
}

static void draw_edges(const struct page *p)
{
    for (size_t i = 0; i < p->g->count; i++) {
        const struct vertex *v = &p->g->vertices[i];
        if (v->before && !needs(v, v->before))
            draw_edge(p, v->before, v, "order");
        for (size_t j = 0; j < v->need_count; j++)
            draw_edge(p, v->needs[j], v, "need");
    }
}

static void draw_vertex(const struct page *p, const struct vertex *v)
{
    draw_box(p, v, box_of(p, v));
}

// Checks, one below the other; widens [w], gives where they end.
static int draw_checks(const struct page *p, const struct list *checks, int y, int *w)
{
    LIST_EACH(const struct step, c, *checks)
    {
        const struct vertex v = { .step = c };
        int id = text_width(c->id.str), name = text_width(vertex_name(&v));
        struct box b = { PAD, y, (id > name ? id : name) + 2 * PAD, LEAF, 0 };
        draw_box(p, &v, &b);
        *w = b.w > *w ? b.w : *w;
        y += LEAF + GAP / 2;
    }
    return y;
}

static const char style[] =
    "<style>text{font:12px sans-serif;fill:#222}.id{font-weight:bold}.phase{font-size:14px}"
    "rect{fill:#fff;stroke:#555;rx:4}.group{fill:#f4f4f4}path{fill:none;stroke:#777}"
    ".need{stroke:#222;stroke-width:2}</style>\n"
    "<defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"9\" "
    "markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" "
    "style=\"fill:#555\"/></marker>"
    "</defs>\n";

// Places the steps of a phase; their boxes are drawn when all have a place.
static int draw_phase(const struct page *p, const struct vertex *first, int y, int *w)
{
    if (!first)
        return y;
    struct box size = place_lists(p, first);
    move(p, first, PAD, y);
    *w = size.w > *w ? size.w : *w;
    return y + size.h + GAP;
}

void draw_svg(const struct graph *g, struct buf *out)
{
    struct arena *a = arena_new(NULL);
    struct buf body = BUF_EMPTY;
    struct page p = {
        .g = g, .out = &body, .arena = a, .boxes = NEW_ARRAY(a, struct box, g->count)
    };
    int y = PAD, w = 0, lanes = 0;

    for (size_t i = 0; i < drawn_phase_count; i++) {
        const struct vertex *first = first_of_phase(g, drawn_phases[i]);
        const struct list *checks = checks_of_phase(g, drawn_phases[i]);
        if (!first && !checks->count)
            continue;
        add_text(&p, PAD, y + LINE, "phase", str_from(phase_word(drawn_phases[i])));
        y = draw_phase(&p, first, y + HEAD, &w);
        y = draw_checks(&p, checks, y, &w) + (checks->count ? GAP / 2 : 0);
    }
    p.right = PAD + w;
    p.lanes = &lanes;
    // Edges run over the frames of groups and under the boxes of steps.
    for (size_t i = 0; i < g->count; i++)
        if (g->vertices[i].first_child)
            draw_vertex(&p, &g->vertices[i]);
    draw_edges(&p);
    for (size_t i = 0; i < g->count; i++)
        if (!g->vertices[i].first_child)
            draw_vertex(&p, &g->vertices[i]);
    lanes = lanes < MOST_LANES ? lanes : MOST_LANES;
    buf_format(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n%s",
               w + 2 * PAD + (lanes ? GAP + LANE * lanes : 0), y, style);
    buf_add(out, buf_str(&body));
    buf_add_s(out, "</svg>\n");
    buf_free(&body);
    arena_free(a);
}
