// Amounts when the step is reached.

#include <math.h>

#include "base/arena.h"
#include "model/reader.h"

static bool refuse_value(const struct amount *m, struct arena *a, struct value v,
                         struct expr_error *err)
{
    struct str shown = value_show(v, a, 80), wanted = with_article(a, m->type->name);

    *err = (struct expr_error){
        .message = str_format(a, "%.*s is not %.*s", STR_ARG(shown), STR_ARG(wanted)),
        .span = m->text.span,
    };
    return false;
}

static bool number_of(struct value v, double *out)
{
    if (v.kind == VALUE_INT)
        *out = (double)v.i;
    else if (v.kind == VALUE_UINT)
        *out = (double)v.u;
    else if (v.kind == VALUE_DOUBLE)
        *out = v.d;
    else
        return false;
    return isfinite(*out);
}

static bool whole_of(struct value v, int64_t *out)
{
    if (v.kind == VALUE_INT)
        *out = v.i;
    else if (v.kind == VALUE_UINT && v.u <= INT64_MAX)
        *out = (int64_t)v.u;
    else
        return false;
    return true;
}

static bool duration_value(struct value v, int64_t *out)
{
    if (v.kind == VALUE_STRING)
        return duration_parse(v.s, out);
    *out = v.i;
    return v.kind == VALUE_DURATION && v.i >= 0;
}

static bool number_value(struct value v, int64_t *out)
{
    double number;

    if (!number_of(v, &number) || fabs(number) > 9e18)
        return false;
    *out = (int64_t)number;
    return true;
}

static bool count_value(struct value v, int64_t *out)
{
    *out = !v.b;
    return v.kind == VALUE_BOOL || (whole_of(v, out) && *out >= 1);
}

static bool is_of_unit(enum unit unit, struct value v, int64_t *out)
{
    switch (unit) {
    case UNIT_DURATION:
        return duration_value(v, out);
    case UNIT_SIZE:
        return v.kind == VALUE_STRING && size_parse(v.s, out);
    case UNIT_NUMBER:
        return number_value(v, out);
    case UNIT_BOOL:
        *out = v.b;
        return v.kind == VALUE_BOOL;
    case UNIT_COUNT_OR_BOOL:
        return count_value(v, out);
    case UNIT_INT:
        break;
    }
    return whole_of(v, out);
}

bool is_in_range(const struct type *type, double n)
{
    return !type->range || (n >= type->range->least && n <= type->range->most);
}

bool amount_is_literal(const struct amount *m)
{
    return !m || !m->template;
}

bool amount_get(const struct amount *m, const struct scope *s, struct arena *a, int64_t fallback,
                int64_t *out, struct expr_error *err)
{
    struct value v;

    *out = m ? m->n : fallback;
    if (amount_is_literal(m))
        return true;
    if (!template_eval(m->template, s, a, &v, err))
        return false;
    return (is_of_unit(m->unit, v, out) && is_in_range(m->type, (double)*out)) ||
           refuse_value(m, a, v, err);
}

bool amount_number(const struct amount *m, const struct scope *s, struct arena *a, double fallback,
                   double *out, struct expr_error *err)
{
    struct value v;

    *out = !m ? fallback : m->unit == UNIT_NUMBER ? m->number : (double)m->n;
    if (amount_is_literal(m))
        return true;
    if (!template_eval(m->template, s, a, &v, err))
        return false;
    return (number_of(v, out) && is_in_range(m->type, *out)) || refuse_value(m, a, v, err);
}
