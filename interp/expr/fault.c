// What went wrong in an evaluation, and how it is told.

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"

struct str term_source(const struct eval *ev, const struct term *t)
{
    return str_slice(ev->expr->text.str, t->start, t->end);
}

__attribute__((format(printf, 4, 0))) static bool
fail(struct eval *ev, uint32_t start, uint32_t end, const char *format, va_list args)
{
    enum { COST = 20 };  // || and all() absorb errors by the million: they are not free
    struct fault *f = &ev->fault;

    ev->cost -= COST;
    f->start = start;
    f->end = end;
    f->missing = f->limit = false;
    f->wanted = f->help = STR("");
    int n = vsnprintf(f->message, sizeof f->message, format, args);
    if (n >= (int)sizeof f->message)
        memcpy(f->message + sizeof f->message - 4, "...", 4);
    return false;
}

bool eval_fail(struct eval *ev, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(ev, ev->at->at, ev->at->at_end, format, args);
    va_end(args);
    return false;
}

bool eval_fail_at(struct eval *ev, const struct term *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(ev, t->at, t->at_end, format, args);
    va_end(args);
    return false;
}

bool eval_missing(struct eval *ev, const struct term *t, struct value among, struct str wanted,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(ev, t->at, t->at_end, format, args);
    va_end(args);
    ev->fault.missing = true;
    ev->fault.among = among;
    ev->fault.wanted = wanted;
    return false;
}

// The keys of [among], for "did you mean".
static const char *nearest_key(struct fault *f, struct arena *a)
{
    if (f->among.kind == VALUE_OBJECT)
        f->among = value_object_map(f->among, a);
    if (f->among.kind != VALUE_MAP)
        return NULL;
    const struct value_map *map = f->among.map;
    const char **words = NEW_ARRAY(a, const char *, map->count + 1);
    size_t n = 0;
    for (size_t i = 0; i < map->count; i++)
        if (map->entries[i].key.kind == VALUE_STRING)
            words[n++] = str_copy(a, map->entries[i].key.s).s;
    return diag_nearest(f->wanted, words);
}

void eval_report(struct eval *ev, struct expr_error *err)
{
    struct fault *f = &ev->fault;

    *err = (struct expr_error){ .missing = f->missing, .limit = f->limit, .help = f->help };
    err->message = str_copy(ev->arena, str_from(f->message));
    err->span = text_span(&ev->expr->text, f->start, f->end);
    err->start = f->start;
    err->end = f->end;
    const char *meant = f->wanted.n && !f->help.n ? nearest_key(f, ev->arena) : NULL;
    if (meant)
        err->help = str_format(ev->arena, "did you mean `%s`?", meant);
}
