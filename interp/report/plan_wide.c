// How wide the ids of a plan are.

#include "report/plan_inside.h"

struct measuring {
    const struct program *program;
    size_t most, wide;
};

static void measure_list(struct measuring *m, const struct list *steps, size_t prefix,
                         size_t indent);

static void measure_module(struct measuring *m, const struct step *use, size_t prefix,
                           size_t indent)
{
    const struct module *used = program_use(m->program, use);

    if (!used)
        return;
    measure_list(m, &used->rb->prepare, prefix, indent);
    measure_list(m, &used->rb->steps, prefix, indent);
    measure_list(m, &used->rb->always, prefix, indent);
}

static void measure_list(struct measuring *m, const struct list *steps, size_t prefix,
                         size_t indent)
{
    LIST_EACH(const struct step, s, *steps)
    {
        size_t id = prefix + s->id.str.n, wide = indent + id;
        if (wide > m->wide && wide <= m->most)
            m->wide = wide;
        if (s->kind == STEP_USE)
            measure_module(m, s, id + 1, indent + 2);
        measure_list(m, &s->more->steps, prefix, indent + 2);
        measure_list(m, &s->more->rescue, prefix, indent + 2);
        measure_list(m, &s->more->always, prefix, indent + 2);
    }
}

size_t plan_widest(const struct program *p, size_t columns)
{
    enum { LEAST = 8, MOST = 32 };
    struct measuring m = { .program = p, .most = MOST, .wide = LEAST };
    const struct runbook *rb = p->root->rb;

    if (columns && columns / 3 < MOST)
        m.most = columns / 3;
    measure_list(&m, &rb->prepare, 0, 0);
    measure_list(&m, &rb->steps, 0, 0);
    measure_list(&m, &rb->always, 0, 0);
    return m.wide;
}
