// How long expressions take, one line for each workload: name and nanoseconds.
//
//     expr-bench [MILLISECONDS]
//
// Each workload runs for that long (default 500) after as much warming up; the best of
// five is told, because what disturbs a run only ever makes it slower.

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/expr.h"
#include "value/value.h"

struct world {
    struct value error_rate, window, m, xs;
};

static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    const struct world *w = s->ctx;

    (void)a, (void)why;
    if (str_is(name, "error_rate"))
        *out = w->error_rate;
    else if (str_is(name, "window"))
        *out = w->window;
    else if (str_is(name, "m"))
        *out = w->m;
    else if (str_is(name, "xs"))
        *out = w->xs;
    else
        return false;
    return true;
}

static struct value map_of(struct arena *a, const char *key, struct value v)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, key, v);
    return value_finish(b);
}

static struct world make_world(struct arena *a)
{
    struct value_builder *xs = value_list_start(a);

    for (int i = 0; i < 1000; i++)
        value_add(xs, value_int(i));
    return (struct world){
        .error_rate = value_double(7.5),
        .window = value_duration_ms(600 * 1000),
        .m = map_of(a, "a", map_of(a, "b", map_of(a, "c", value_text("x")))),
        .xs = value_finish(xs),
    };
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const char condition[] = "error_rate > 5.0 && window >= duration(\"5m\")";
static const char path[] = "m.a.b.c == \"x\"";
static const char loop[] = "xs.map(x, x * 2)";

static struct expr *parse(struct arena *a, struct text *text, const char *source)
{
    struct diags ds = { .arena = a };

    *text = text_bare(str_from(source));
    struct expr *e = expr_parse(a, text, &ds);
    if (!e)
        abort();
    return e;
}

// Evaluates [count] times. An arena is emptied by freeing it, as a check that polls does;
// what allocates nothing needs that only now and then.
static void evaluate(const struct expr *e, const struct scope *s, size_t count, bool allocates)
{
    struct arena *a = arena_new(NULL);

    for (size_t i = 0; i < count; i++) {
        struct expr_error error;
        struct value v;
        if (!expr_eval(e, s, a, &v, &error))
            abort();
        if (allocates) {
            arena_free(a);
            a = arena_new(NULL);
        }
    }
    arena_free(a);
}

static void parse_often(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *a = arena_new(NULL);
        struct text text;
        parse(a, &text, condition);
        arena_free(a);
    }
}

struct workload {
    const char *name, *source;
    bool allocates;
};

static void run(const struct workload *w, const struct scope *s, size_t count)
{
    struct arena *a = arena_new(NULL);
    struct text text;

    if (w->source)
        evaluate(parse(a, &text, w->source), s, count, w->allocates);
    else
        parse_often(count);
    arena_free(a);
}

// How many of it take about [ms], found by doubling; that also warms up.
static size_t calibrate(const struct workload *w, const struct scope *s, double ms)
{
    for (size_t count = 16;; count *= 2) {
        double start = now_ns();
        run(w, s, count);
        if (now_ns() - start >= ms * 1e6)
            return count;
    }
}

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {
        { "condition", condition, false },
        { "path", path, false },
        { "map", loop, true },
        { "parse", NULL, true },
    };
    double ms = argc > 1 ? atof(argv[1]) : 500;
    struct arena *a = arena_new(NULL);
    struct world world = make_world(a);
    struct scope scope = { .get = get, .ctx = &world };

    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        size_t count = calibrate(&workloads[i], &scope, ms / 2);
        double best = 1e300;
        for (int turn = 0; turn < 5; turn++) {
            double start = now_ns();
            run(&workloads[i], &scope, count);
            double took = (now_ns() - start) / (double)count;
            best = took < best ? took : best;
        }
        printf("%s %.1f\n", workloads[i].name, best);
    }
    arena_free(a);
    return 0;
}
