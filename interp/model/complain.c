#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/near.h"
#include "model/reader.h"

enum { ERRORS_SHOWN = 1000 };

bool reader_is_full(const struct reader *r)
{
    return r->diags->errors >= ERRORS_SHOWN;
}

struct diag *refuse(struct reader *r, enum diag_code code, struct span span, const char *format,
                    ...)
{
    char *message;
    va_list args;

    if (r->unsure && code == DIAG_MISSING_FIELD)
        return &r->scrap;
    if (reader_is_full(r)) {
        r->unsaid++;
        return &r->scrap;
    }
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        abort();
    va_end(args);
    struct diag *d = diag_error(r->diags, code, span, "%s", message);
    free(message);
    return d;
}

struct span key_span(const struct node *n)
{
    return node_alias(n).source ? node_alias(n) : n->key ? n->key->span : n->span;
}

static bool is_shown(const struct node *n)
{
    return n && n->kind == NODE_SCALAR && n->text.str.n;
}

struct span lack_span(const struct node *n)
{
    static const char *const names[] = { "id", "name" };

    for (size_t i = 0; n->kind == NODE_MAP && i < 2; i++)
        if (is_shown(node_get(n, names[i])))
            return node_get(n, names[i])->span;
    if (n->key)
        return n->key->span;
    return (struct span){ n->span.source, n->span.start,
                          n->span.start + (n->span.end > n->span.start) };
}

struct span key_span_in(const struct node *n, const char *key)
{
    return key_span(node_get(n, key));
}

const char *found_words(const struct node *n)
{
    static const char *const words[] = { "text", "a list", "a map" };

    if (node_is_null(n))
        return "nothing";
    if (n->kind == NODE_SCALAR && !n->text.quoted && n->text.str.n &&
        strspn(n->text.str.s, "0123456789.") >= n->text.str.n)
        return "a number";
    return words[n->kind];
}

struct str with_article(struct arena *a, const char *name)
{
    static const char *const bare[] = { "text", "anything", "true or false", "params" };

    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        if (str_starts(str_from(name), bare[i]))
            return str_from(name);
    return str_format(a, "%s %s", strchr("aeiou", name[0]) ? "an" : "a", name);
}

struct str element_words(const struct type *type, const struct node *n, struct arena *a)
{
    if (n->key && str_is(n->key->text.str, type->name))
        return str_format(a, "`%s`", type->name);
    return with_article(a, type->name);
}

// A lone value where a list of values belongs, or one behind a key of its own.
static void help_list(const struct type *type, const struct node *n, struct diag *d,
                      struct reader *r)
{
    if (n->kind == NODE_MAP) {
        diag_help(r->diags, d, "begin it with `- `, one for each");
        return;
    }
    if (n->kind != NODE_SCALAR || type->element->kind == TYPE_OBJECT || n->text.block ||
        str_search(n->text.str, STR("\n")) != SIZE_MAX)
        return;
    struct str written = str_slice(n->span.source->text, n->span.start, n->span.end);
    struct str list = str_format(r->arena, "[%.*s]", STR_ARG(written));
    diag_help(r->diags, d, "write %.*s", STR_ARG(list));
    if (str_search(written, STR(", ")) == SIZE_MAX)
        diag_edit(r->diags, d, n->span, list);
}

// A lone value where keys are wanted: the one that it needs, else all it knows.
static void help_keys(const struct type *type, const struct node *n, struct diag *d,
                      struct reader *r)
{
    const char *words[16] = { 0 }, *required = NULL;
    size_t count = 0, needed = 0;

    for (const struct field *f = type->fields; f->name && count + 1 < 16; f++) {
        words[count++] = f->name;
        needed += f->flags & FIELD_REQUIRED;
        required = f->flags & FIELD_REQUIRED ? f->name : required;
    }
    bool plain = n->kind == NODE_SCALAR && n->text.str.n < 60 && !n->text.block;
    if (needed == 1 && plain)
        diag_help(r->diags, d, "write {%s: %.*s}", required, STR_ARG(n->text.str));
    else if (type->size != step_type.size)
        diag_help(r->diags, d, "its keys are %.*s", STR_ARG(words_listed(r->arena, words, "and")));
}

static bool is_named_as(const struct node *n, const struct type *type)
{
    return n->key && str_is(n->key->text.str, type->name);
}

bool wrong_type(const struct type *type, const struct node *n, struct reader *r)
{
    struct str wanted = is_named_as(n, type) ? STR("a map")  // not "`retry` takes a retry"
                                             : with_article(r->arena, type->name);
    struct span span = n->kind == NODE_SCALAR
                           ? n->span
                           : (struct span){ n->span.source, n->span.start, n->span.start + 1 };
    struct diag *d;

    if (n->key)
        d = refuse(r, DIAG_WRONG_TYPE, span, "`%.*s` takes %.*s, not %s", STR_ARG(n->key->text.str),
                   STR_ARG(wanted), found_words(n));
    else
        d = refuse(r, DIAG_WRONG_TYPE, span, "expected %.*s here, found %s", STR_ARG(wanted),
                   found_words(n));
    if (type->kind == TYPE_LIST)
        help_list(type, n, d, r);
    if (type->kind == TYPE_OBJECT)
        help_keys(type, n, d, r);
    return false;
}

static struct diag *nothing_in(const struct node *n, const char *what, struct reader *r)
{
    if (n->key)
        return refuse(r, DIAG_EMPTY_VALUE, n->span, "`%.*s` is an empty %s",
                      STR_ARG(n->key->text.str), what);
    return refuse(r, DIAG_EMPTY_VALUE, n->span, "this is an empty %s", what);
}

bool empty_list(const struct node *n, struct reader *r)
{
    diag_help(r->diags, nothing_in(n, "list", r), "write at least one item");
    return false;
}

bool empty_text(const struct node *n, struct reader *r)
{
    nothing_in(n, "text", r);
    return false;
}

bool empty_value(const struct node *n, struct reader *r)
{
    if (n->key)
        refuse(r, DIAG_EMPTY_VALUE, n->key->span, "nothing stands behind `%.*s`",
               STR_ARG(n->key->text.str));
    else
        refuse(r, DIAG_EMPTY_VALUE, n->span, "an item with nothing in it");
    return false;
}

struct str words_listed(struct arena *a, const char *const *words, const char *conjunction)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; words[i]; i++) {
        if (i && words[i + 1])
            buf_add_s(&b, ", ");
        else if (i)
            buf_format(&b, " %s ", conjunction);
        buf_format(&b, "`%s`", words[i]);
    }
    return buf_take(&b, a);
}
