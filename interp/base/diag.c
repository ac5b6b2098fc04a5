#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/near.h"

static const struct {
    const char *slug, *sentence;
} codes[] = {
#define DIAG(name, slug, sentence) [DIAG_##name] = { slug, sentence },
#include "grammar/diagnostics.def"
#undef DIAG
};

const char *diag_slug(enum diag_code code)
{
    return codes[code].slug;
}

const char *diag_sentence(enum diag_code code)
{
    return codes[code].sentence;
}

static struct str vtext(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static struct str vtext(struct arena *a, const char *format, va_list args)
{
    struct buf b = BUF_EMPTY;

    buf_vformat(&b, format, args);
    return buf_take(&b, a);
}

static struct diag *add(struct diags *ds, enum severity severity, enum diag_code code,
                        struct span span, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));
static struct diag *add(struct diags *ds, enum severity severity, enum diag_code code,
                        struct span span, const char *format, va_list args)
{
    struct diag *d = NEW(ds->arena, struct diag);

    *d = (struct diag){
        .severity = severity, .code = code, .span = span, .message = vtext(ds->arena, format, args)
    };
    if (ds->last)
        ds->last->next = d;
    else
        ds->first = d;
    ds->last = d;
    ds->errors += severity == SEVERITY_ERROR;
    return d;
}

struct diag *diag_error(struct diags *ds, enum diag_code code, struct span span, const char *format,
                        ...)
{
    va_list args;

    va_start(args, format);
    struct diag *d = add(ds, SEVERITY_ERROR, code, span, format, args);
    va_end(args);
    return d;
}

struct diag *diag_warn(struct diags *ds, enum diag_code code, struct span span, const char *format,
                       ...)
{
    va_list args;

    va_start(args, format);
    struct diag *d = add(ds, SEVERITY_WARNING, code, span, format, args);
    va_end(args);
    return d;
}

struct diag *diag_help(struct diags *ds, struct diag *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    d->help = vtext(ds->arena, format, args);
    va_end(args);
    return d;
}

struct diag *diag_note(struct diags *ds, struct diag *d, struct span other, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    d->note = vtext(ds->arena, format, args);
    va_end(args);
    d->other = other;
    return d;
}

struct diag *diag_edit(struct diags *ds, struct diag *d, struct span where, struct str text)
{
    d->edit = where;
    d->edit_text = str_copy(ds->arena, text);
    return d;
}

void diags_append(struct diags *ds, struct diags *more)
{
    if (!more->first)
        return;
    if (ds->last)
        ds->last->next = more->first;
    else
        ds->first = more->first;
    ds->last = more->last;
    ds->errors += more->errors;
    *more = (struct diags){ .arena = more->arena };
}

// Diags without a place stand where they were added, before those with one.
static int compare(const void *x, const void *y)
{
    const struct diag *a = *(const struct diag *const *)x, *b = *(const struct diag *const *)y;

    if (a->span.source != b->span.source)
        return 0;
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    return (a->code > b->code) - (a->code < b->code);
}

// Insertion sort: stable, and a file rarely has more than a few dozen mistakes.
static void insertion_sort(struct diag **all, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && compare(&all[j - 1], &all[j]) > 0; j--) {
            struct diag *d = all[j];
            all[j] = all[j - 1];
            all[j - 1] = d;
        }
}

// A file that was read twice has the same mistake twice.
static bool is_same(const struct diag *x, const struct diag *y)
{
    const struct source *a = x->span.source, *b = y->span.source;

    return x->code == y->code && x->span.start == y->span.start && a && b &&
           str_equal(a->name, b->name) && str_equal(x->message, y->message);
}

void diags_sort(struct diags *ds)
{
    size_t n = 0;

    for (struct diag *d = ds->first; d; d = d->next)
        n++;
    if (n < 2)
        return;
    struct diag **all = NEW_ARRAY(ds->arena, struct diag *, n);
    n = 0;
    for (struct diag *d = ds->first; d; d = d->next)
        all[n++] = d;
    insertion_sort(all, n);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (!is_same(all[kept - 1], all[i]))
            all[kept++] = all[i];
    n = kept;
    for (size_t i = 0; i < n; i++)
        all[i]->next = i + 1 < n ? all[i + 1] : NULL;
    ds->first = all[0];
    ds->last = all[n - 1];
}

const char *diag_nearest(struct str written, const char *const *words)
{
    struct near near = near_words(written, words);

    return near.count ? near.words[0] : NULL;
}
