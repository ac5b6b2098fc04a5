#include "graph/draw_inside.h"

bool graph_format_of(struct str word, enum graph_format *out)
{
    static const char *const words[] = { "text", "mermaid", "dot", "svg" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_is(word, words[i])) {
            *out = (enum graph_format)i;
            return true;
        }
    return false;
}

// ---- shared ----

// Directions and what has no width: they hide text or let it run backwards (UAX #9).
static bool misleads(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0x00AD || c == 0xFEFF;
}

bool safe_next(struct str s, size_t *at, uint32_t *code)
{
    if (*at >= s.n)
        return false;
    if (!utf8_next(s, at, code)) {
        ++*at;
        *code = 0xFFFD;
    }
    if (*code < 0x20 || (*code >= 0x7F && *code < 0xA0) || *code == 0x2028 || *code == 0x2029)
        *code = ' ';
    else if (misleads(*code))
        *code = 0xFFFD;
    return true;
}

void add_safe(struct buf *out, struct str s)
{
    uint32_t code;

    for (size_t at = 0; safe_next(s, &at, &code);)
        buf_add_utf8(out, code);
}

struct str vertex_name(const struct vertex *v)
{
    return v->step->name ? str_trim(v->step->name->text.str) : STR("");
}

void vertex_kind(const struct vertex *v, struct buf *out)
{
    const struct step *s = v->step;
    bool parallel = s->more->parallel && (s->more->parallel->template || s->more->parallel->n != 1);

    if (s->kind == STEP_ACTION)
        add_safe(out, step_action_name(s));
    else if (s->kind == STEP_USE)
        buf_add_s(out, "use "), add_safe(out, s->more->use->str);
    else if (s->kind == STEP_GROUP)
        buf_add_s(out, s->more->transaction ? "transaction"
                       : parallel           ? "parallel group"
                                            : "group");
    else
        buf_add_s(out, "gate");
    if (s->more->for_each)
        buf_add_s(out, ", for each");
    if (s->more->approve)
        buf_add_s(out, ", approve");
    else if (s->more->confirm)
        buf_add_s(out, ", confirm");
}

size_t vertex_number(const struct graph *g, const struct vertex *v)
{
    return (size_t)(v - g->vertices);
}

const struct vertex *first_of_phase(const struct graph *g, enum phase phase)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->vertices[i].phase == phase)
            return &g->vertices[i];
    return NULL;
}

const enum phase drawn_phases[] = { PHASE_PREPARE, PHASE_STEPS, PHASE_VERIFY, PHASE_ALWAYS,
                                    PHASE_UNDONE };
const size_t drawn_phase_count = sizeof drawn_phases / sizeof *drawn_phases;

const struct list *checks_of_phase(const struct graph *g, enum phase phase)
{
    static const struct list none = { 0 };

    return phase == PHASE_VERIFY ? &g->rb->verify : phase == PHASE_UNDONE ? &g->rb->undone : &none;
}

// ---- text ----

static bool needs(const struct vertex *v, const struct vertex *other)
{
    for (size_t i = 0; i < v->need_count; i++)
        if (v->needs[i] == other)
            return true;
    return false;
}

static void text_order(const struct vertex *v, struct buf *out)
{
    if (v->step->has_needs && v->need_count == 0)
        buf_add_s(out, "  at once");
    if (!v->before || needs(v, v->before))
        return;
    buf_add_s(out, "  after ");
    add_safe(out, v->before->step->id.str);
}

static void text_needs(const struct vertex *v, struct buf *out)
{
    for (size_t i = 0; i < v->need_count; i++) {
        buf_add_s(out, i ? ", " : "  needs ");
        add_safe(out, v->needs[i]->step->id.str);
    }
}

static void text_vertex(const struct vertex *v, int indent, struct buf *out)
{
    struct str name = vertex_name(v);

    buf_format(out, "%*s%.*s", indent, "", STR_ARG(v->step->id.str));
    buf_add_s(out, " (");
    vertex_kind(v, out);
    buf_add_s(out, ")");
    if (name.n) {
        buf_add_s(out, "  ");
        add_safe(out, name);
    }
    text_order(v, out);
    text_needs(v, out);
    buf_add_c(out, '\n');
}

static void text_list(const struct vertex *v, int indent, struct buf *out)
{
    static const char *const words[] = {
        [ROLE_STEPS] = "", [ROLE_RESCUE] = "rescue", [ROLE_ALWAYS] = "always"
    };
    enum role role = ROLE_STEPS;

    for (; v; v = v->next_sibling) {
        if (v->parent && v->role != role)
            buf_format(out, "%*s%s:\n", indent - 2, "", words[v->role]);
        role = v->role;
        text_vertex(v, indent, out);
        text_list(v->first_child, indent + 4, out);
    }
}

static void draw_text(const struct graph *g, struct buf *out)
{
    for (size_t i = 0; i < drawn_phase_count; i++) {
        const struct vertex *first = first_of_phase(g, drawn_phases[i]);
        const struct list *checks = checks_of_phase(g, drawn_phases[i]);
        if (!first && !checks->count)
            continue;
        buf_format(out, "%s\n", phase_word(drawn_phases[i]));
        text_list(first, 2, out);
        LIST_EACH(const struct step, c, *checks)
        text_vertex(&(struct vertex){ .step = c }, 2, out);
    }
}

void graph_draw(const struct graph *g, enum graph_format format, struct buf *out)
{
    static void (*const formats[])(const struct graph *g, struct buf *out) = {
        [GRAPH_TEXT] = draw_text,
        [GRAPH_MERMAID] = draw_mermaid,
        [GRAPH_DOT] = draw_dot,
        [GRAPH_SVG] = draw_svg,
    };

    formats[format](g, out);
}
