#include "value/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

bool value_is_number(struct value v)
{
    return v.kind == VALUE_INT || v.kind == VALUE_UINT || v.kind == VALUE_DOUBLE;
}

double value_as_double(struct value number)
{
    switch (number.kind) {
    case VALUE_INT:
        return (double)number.i;
    case VALUE_UINT:
        return (double)number.u;
    default:
        return number.d;
    }
}

static int compare_int_uint(int64_t i, uint64_t u)
{
    if (i < 0)
        return -1;
    return ((uint64_t)i > u) - ((uint64_t)i < u);
}

static bool compare_doubles(double a, double b, int *order)
{
    *order = (a > b) - (a < b);
    return !isnan(a) && !isnan(b);
}

bool number_compare(struct value a, struct value b, int *order)
{
    if (a.kind == VALUE_DOUBLE || b.kind == VALUE_DOUBLE)
        return compare_doubles(value_as_double(a), value_as_double(b), order);
    if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        *order = (a.i > b.i) - (a.i < b.i);
    else if (a.kind == VALUE_UINT && b.kind == VALUE_UINT)
        *order = (a.u > b.u) - (a.u < b.u);
    else if (a.kind == VALUE_INT)
        *order = compare_int_uint(a.i, b.u);
    else
        *order = -compare_int_uint(b.i, a.u);
    return true;
}

bool number_as_int(struct value number, int64_t *out)
{
    switch (number.kind) {
    case VALUE_INT:
        *out = number.i;
        return true;
    case VALUE_UINT:
        *out = (int64_t)number.u;
        return number.u <= INT64_MAX;
    case VALUE_DOUBLE:
        if (!(number.d >= -0x1p63 && number.d < 0x1p63) || number.d != trunc(number.d))
            return false;
        *out = (int64_t)number.d;
        return true;
    default:
        return false;
    }
}

// Digits without a point, and the exponent of the first: 1.25e3 is "125" and 3.
struct digits {
    char text[24];
    int count, exponent;
};

static struct digits shortest_digits(double positive)
{
    struct digits out = { 0 };
    char text[40];
    int precision = 0;

    do
        snprintf(text, sizeof text, "%.*e", precision, positive);
    while (precision++ < 16 && strtod(text, NULL) != positive);

    const char *c = text;
    for (; *c && *c != 'e'; c++)
        if (*c != '.')
            out.text[out.count++] = *c;
    out.exponent = atoi(c + 1);
    while (out.count > 1 && out.text[out.count - 1] == '0')
        out.count--;
    return out;
}

static void write_plain(const struct digits *d, struct buf *out)
{
    if (d->exponent < 0)
        buf_add_s(out, "0.");
    for (int i = d->exponent + 1; i < 0; i++)
        buf_add_c(out, '0');
    for (int i = 0; i < d->count || i <= d->exponent; i++) {
        if (i > 0 && i == d->exponent + 1)
            buf_add_c(out, '.');
        buf_add_c(out, i < d->count ? d->text[i] : '0');
    }
}

static void write_scientific(const struct digits *d, struct buf *out)
{
    buf_add_c(out, d->text[0]);
    if (d->count > 1)
        buf_format(out, ".%.*s", d->count - 1, d->text + 1);
    buf_format(out, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

void double_write(double d, struct buf *out)
{
    if (isnan(d)) {
        buf_add_s(out, "NaN");
        return;
    }
    if (isinf(d)) {
        buf_add_s(out, d > 0 ? "+Inf" : "-Inf");
        return;
    }
    if (signbit(d))
        buf_add_c(out, '-');
    struct digits digits = shortest_digits(fabs(d));
    if (digits.exponent >= -6 && digits.exponent < 21)
        write_plain(&digits, out);
    else
        write_scientific(&digits, out);
}
