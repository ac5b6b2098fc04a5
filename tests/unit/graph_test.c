// Who waits for whom, told in one line a step, and what is drawn of it.

#include "graph/draw.h"
#include "graph/read.h"

#include "action/action.h"
#include "base/arena.h"
#include "tests/unit/test.h"

static struct graph *graph_of(const char *steps)
{
    struct diags ds = { .arena = scratch };
    struct str text = str_format(scratch, "runbook: 1\nname: rb\ntype: application\n%s", steps);
    struct runbook *rb = runbook_read(scratch, source_new(scratch, STR("rb.yaml"), text),
                                      action_names(), &ds);
    struct graph *g = rb && !ds.errors ? graph_new(scratch, rb, &ds) : NULL;

    for (struct diag *d = ds.first; d; d = d->next)
        printf("# %.*s\n", STR_ARG(d->message));
    return g;
}

// "b>a" for order, "b:a,c" for needs; steps without edges by themselves.
static struct str edges(const char *steps)
{
    struct buf *b = buf_in(scratch);
    const struct graph *g = graph_of(steps);

    for (size_t i = 0; g && i < g->count; i++) {
        const struct vertex *v = &g->vertices[i];
        buf_format(b, "%s%.*s", i ? " " : "", STR_ARG(v->step->id.str));
        if (v->before)
            buf_format(b, ">%.*s", STR_ARG(v->before->step->id.str));
        for (size_t j = 0; j < v->need_count; j++)
            buf_format(b, "%s%.*s", j ? "," : ":", STR_ARG(v->needs[j]->step->id.str));
    }
    return buf_str(b);
}

TEST(a_list_is_in_order)
{
    CHECK_STR(edges("steps: [{id: a, shell: x}, {id: b, shell: x}, {id: c, shell: x}]"),
              "a b>a c>b");
}

TEST(each_phase_begins_anew)
{
    CHECK_STR(edges("prepare: [{id: p, shell: x}]\nsteps: [{id: a, shell: x}]\n"
                    "always: [{id: z, shell: x}]"),
              "p a z");
}

TEST(needs_replaces_the_order)
{
    CHECK_STR(edges("steps: [{id: a, shell: x}, {id: b, shell: x, needs: []}, {id: c, shell: x, "
                    "needs: [a, a]}, {id: d, shell: x}]"),
              "a b c:a d>c");
}

TEST(a_parallel_group_has_no_order)
{
    CHECK_STR(edges("steps: [{id: g, parallel: true, steps: [{id: a, shell: x}, {id: b, shell: "
                    "x}]}, {id: c, shell: x}]"),
              "g a b c>g");
    CHECK_STR(edges("steps: [{id: g, parallel: false, steps: [{id: a, shell: x}, {id: b, shell: "
                    "x}]}]"),
              "g a b>a");
}

TEST(reading_a_result_needs_it)
{
    CHECK_STR(edges("steps: [{id: a, shell: x}, {id: b, shell: x}, {id: c, shell: 'echo ${{ "
                    "steps.a.stdout + steps.a.stderr }}'}]"),
              "a b>a c>b:a");
}

TEST(state_has_and_optional_reading_need_nothing)
{
    CHECK_STR(edges("steps:\n- {id: a, shell: x}\n- {id: b, shell: x, if: steps.a.state == 'x'}\n"
                    "- {id: c, shell: x, if: has(steps.a.stdout)}\n"
                    "- {id: d, shell: x, if: \"steps.a.?stdout.orValue('') == ''\"}\n"
                    "- {id: e, shell: x, if: steps.a.undo_state == 'x'}"),
              "a b>a c>b d>c e>d");
}

TEST(what_checks_of_a_step_read_it_needs_and_what_its_undo_reads_not)
{
    CHECK_STR(edges("steps:\n- {id: a, shell: x}\n"
                    "- {id: b, shell: x, verify: [{name: v, shell: 'x ${{ steps.a.stdout }}'}]}\n"
                    "- {id: c, shell: x, done_if: {shell: 'x ${{ steps.a.stdout }}'}}\n"
                    "- {id: d, shell: x, undo: {shell: 'x ${{ steps.a.stdout }}'}}"),
              "a b>a:a c>b:a d>c");
}

TEST(what_children_read_they_need_themselves)
{
    CHECK_STR(edges("steps:\n- {id: a, shell: x}\n"
                    "- {id: g, steps: [{id: b, shell: 'x ${{ steps.a.stdout }}'}]}"),
              "a g>a b:a");
}

TEST(a_rescue_never_needs_what_failed)
{
    CHECK_STR(edges("steps:\n- {id: a, shell: x}\n- id: g\n  steps: [{id: b, shell: x}]\n"
                    "  rescue: [{id: r, shell: 'x ${{ steps.b.stdout }} ${{ steps.a.stdout }}'}]\n"
                    "  always: [{id: z, shell: x}]"),
              "a g>a b r:a z");
}

TEST(outputs_of_a_group_need_no_child)
{
    CHECK_STR(edges("steps: [{id: g, outputs: {o: '${{ steps.b.stdout }}'}, steps: [{id: b, "
                    "shell: x}]}]"),
              "g b");
}

// ---- order, answered ----

static bool waits(const struct graph *g, const char *v, const char *t)
{
    return graph_waits_for(g, graph_find(g, str_from(v)), graph_find(g, str_from(t)));
}

TEST(who_certainly_comes_after_whom)
{
    const struct graph *g = graph_of(
        "steps:\n- {id: a, shell: x}\n- {id: b, shell: x, needs: []}\n"
        "- id: g\n  parallel: true\n  steps: [{id: c, shell: x}, {id: d, shell: x}]\n"
        "- {id: e, shell: x}");

    CHECK(waits(g, "e", "c") && waits(g, "e", "d") && waits(g, "e", "b"));
    CHECK(!waits(g, "e", "a") && !waits(g, "b", "a"));
    CHECK(!waits(g, "c", "d") && !waits(g, "a", "e"));
    CHECK(waits(g, "c", "b"));
}

TEST(ten_thousand_steps_that_each_read_the_last)
{
    struct buf *b = buf_in(scratch);

    buf_add_s(b, "steps:\n- {id: s0, shell: x}\n");
    for (int i = 1; i < 10000; i++)
        buf_format(b, "- {id: s%d, needs: [s%d], if: has(steps.s%d.stdout), shell: x}\n", i, i - 1,
                   i / 2);
    const struct graph *g = graph_of(b->s);
    CHECK(g && g->count == 10000 && g->vertices[9999].chain == 0);
}

// ---- drawn ----

static struct str drawn(enum graph_format format, const char *steps)
{
    struct buf *b = buf_in(scratch);

    graph_draw(graph_of(steps), format, b);
    return buf_str(b);
}

static bool has(struct str s, const char *part)
{
    return str_search(s, str_from(part)) != SIZE_MAX;
}

TEST(the_text_says_what_each_step_needs)
{
    CHECK_STR(drawn(GRAPH_TEXT, "prepare: [{id: p, name: Look around, shell: x}]\nsteps:\n"
                                "- {id: a, confirm: Go on?, shell: 'x ${{ steps.p.stdout }}'}\n"
                                "- {id: b, needs: [], http: GET http://x/}\n"
                                "- id: g\n  parallel: 2\n  steps: [{id: c, shell: x}]\n"
                                "  rescue: [{id: r, shell: x}]\n- {id: z, shell: x}\n"
                                "verify: [{id: v, name: Is it well?, shell: x}]\n"
                                "always: [{id: w, shell: x}]\nundone: [{id: u, shell: x}]"),
              "prepare\n"
              "  p (shell)  Look around\n"
              "steps\n"
              "  a (shell, confirm)  needs p\n"
              "  b (http)  at once\n"
              "  g (parallel group)  after b\n"
              "      c (shell)\n"
              "    rescue:\n"
              "      r (shell)\n"
              "  z (shell)  after g\n"
              "verify\n"
              "  v (shell)  Is it well?\n"
              "always\n"
              "  w (shell)\n"
              "undone\n"
              "  u (shell)\n");
}

static const char hostile[] =
    "steps: [{id: a, name: \"\\\"]; click a \\\\ <b>&'`#\\n\\u001b[2J%%\\u2028\", shell: x}]";

TEST(a_name_stays_text_in_mermaid)
{
    struct str s = drawn(GRAPH_MERMAID, hostile);

    CHECK(has(s, "s0[\"a: #34;#93;#59; click a #92; #60;b#62;#38;#39;#96;#35; "));
    CHECK(!has(s, "\x1b") && !has(s, "\xe2\x80\xa8"));
}

TEST(a_name_stays_text_in_dot)
{
    struct str s = drawn(GRAPH_DOT, hostile);

    CHECK(has(s, "[label=\"a: \\\"]; click a \\\\ <b>&'`# "));
    CHECK(!has(s, "\x1b"));
}

TEST(a_name_stays_text_in_svg)
{
    struct str s = drawn(GRAPH_SVG, hostile);

    CHECK(has(s, ">&#34;]; click a \\ &#60;b&#62;&#38;'`# "));
    CHECK(!has(s, "\x1b"));
}

TEST(checks_stand_in_every_drawing_under_a_number_of_their_own)
{
    static const char yaml[] = "steps: [{id: a, shell: x}]\nverify: [{id: v, shell: x}, {id: w, shell: x}]";
    struct str s = drawn(GRAPH_SVG, yaml);

    CHECK(has(drawn(GRAPH_MERMAID, yaml), "s1[\"v (shell)\"]\n    s2[\"w (shell)\"]"));
    CHECK(has(drawn(GRAPH_DOT, yaml), "s1 [label=\"v (shell)\"];"));
    CHECK(has(s, ">verify</text>") && has(s, ">v</text>") && has(s, ">w</text>"));
}

TEST(boxes_of_an_svg_do_not_overlap)
{
    struct str s = drawn(GRAPH_SVG, "steps:\n- {id: a, shell: x}\n- id: g\n  parallel: true\n"
                                    "  steps: [{id: b, shell: x}, {id: c, shell: x}]\n"
                                    "- {id: d, shell: x}");
    int box[5][4];
    size_t n = 0;

    for (size_t at; n < 5 && (at = str_search(s, STR("<rect "))) != SIZE_MAX; n++) {
        s = str_slice(s, at + 1, s.n);
        CHECK(sscanf(s.s, "rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"", &box[n][0],
                     &box[n][1], &box[n][2], &box[n][3]) == 4);
    }
    CHECK(n == 5);  // the frame g, then a, b, c, d
    CHECK(box[0][1] >= box[1][1] + box[1][3]);
    CHECK(box[2][1] > box[0][1] && box[3][0] >= box[2][0] + box[2][2]);
    CHECK(box[3][0] + box[3][2] <= box[0][0] + box[0][2]);
    CHECK(box[4][1] >= box[0][1] + box[0][3]);
}

TEST(edges_of_an_svg_are_seen)
{
    struct str s = drawn(GRAPH_SVG, "steps:\n- id: g\n  parallel: true\n  steps:\n"
                                    "  - {id: a, shell: x}\n  - {id: b, shell: x, needs: [a]}\n"
                                    "- {id: c, shell: x}\n- {id: d, shell: x, needs: [g, c]}");
    size_t frame = str_search(s, STR("class=\"group\"")),
           box = str_search(s, STR("class=\"step\""));
    size_t edge = str_search(s, STR("class=\"need\""));
    int width = 0, lane = 0;

    CHECK(frame < edge && edge < box);
    // From g to d it goes around c, on the page.
    struct str around = str_slice(s, str_search(s, STR("</defs>")), s.n);
    around = str_slice(around, str_search(around, STR("H")), around.n);
    CHECK(sscanf(s.s, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d", &width) == 1);
    CHECK(sscanf(around.s, "H%d", &lane) == 1 && lane > 0 && lane < width);
}
