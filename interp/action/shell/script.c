#include "action/shell/script.h"

#include <string.h>

#include "action/shell/script_scan.h"
#include "base/arena.h"
#include "base/shell_word.h"

// ---- reading

// The literal parts and one NUL for each expression; a NUL of the author's own is refused.
static struct str text_of(struct script *s, struct arena *a, struct diags *ds)
{
    const struct template *t = s->source;
    struct buf text = BUF_EMPTY;

    if (t->count == 1 && !t->parts->expr && str_find(t->parts->literal, '\0') == SIZE_MAX)
        return t->parts->literal;
    for (size_t i = 0; i < t->count; i++) {
        const struct template_part *part = &t->parts[i];

        if (part->expr) {
            s->sites[s->site_count++] = (struct script_site){ .expr = part->expr,
                                                              .part = i,
                                                              .at = text.n };
            buf_add_c(&text, '\0');
        } else if (str_find(part->literal, '\0') != SIZE_MAX) {
            diag_error(ds, DIAG_BAD_LITERAL, t->text.span, "a script cannot hold a NUL byte");
        } else {
            buf_add(&text, part->literal);
        }
    }
    return buf_take(&text, a);
}

// What a site keeps of the scan.
static void keep_commands(struct script *s, struct arena *a)
{
    for (size_t i = 0; i < s->site_count; i++)
        s->sites[i].command = str_copy(a, s->sites[i].command);
}

// What could be told only when the whole script had been seen.
static void look_back(struct scan *sc)
{
    for (size_t i = 0; i < sc->script->site_count; i++) {
        const struct mark_site *m = &sc->marks[i];

        sc->depth = m->depth;
        if (map_get(sc->integers, m->variable))
            refuse_sites(sc, i, i + 1, TO_INTEGER, m->variable);
        if (m->declared && map_get(sc->arrays, m->variable))
            refuse_sites(sc, i, i + 1, TO_ARRAY, m->variable);
        if (!sc->script->sites[i].place)
            refuse_sites(sc, i, i + 1, UNCLEAR, STR(""));
    }
}

static void scan(struct script *s, struct arena *scratch, struct diags *ds)
{
    struct scan sc = { .arena = scratch,
                       .diags = ds,
                       .script = s,
                       .s = s->text.s,
                       .n = s->text.n,
                       .place = PLACE_WORDS,
                       .integers = map_new(scratch),
                       .arrays = map_new(scratch) };

    sc.marks = NEW_ARRAY(scratch, struct mark_site, s->site_count);
    sc.pending_end = &sc.pending;
    while (sc.at < sc.n)
        scan_commands(&sc);
    if (sc.too_deep)
        diag_error(ds, DIAG_OVER_LIMIT, s->source->text.span,
                   "this script is nested deeper than %d", NESTING_MAX);
    else
        look_back(&sc);
}

// A script without ${{ }} is the shell's own affair and not looked into.
struct script *script_read(struct arena *a, const struct template *t, bool bash, struct diags *ds)
{
    struct script *s = NEW(a, struct script);
    unsigned errors = ds->errors;

    s->source = t;
    s->bash = bash;
    if (!template_is_literal(t))
        s->sites = NEW_ARRAY(a, struct script_site, t->count);
    s->text = text_of(s, a, ds);
    if (ds->errors == errors && s->site_count) {
        struct arena *scratch = arena_new(NULL);
        scan(s, scratch, ds);
        keep_commands(s, a);
        arena_free(scratch);
    }
    return ds->errors == errors ? s : NULL;
}

// ---- filling in

struct filling {
    const struct script *script;
    const struct mask *mask;
    struct arena *arena;
    struct buf *text, *shown, *values;  // the last of struct script_value
    struct expr_error *err;
    const struct script_site *site;
    size_t number;  // of the site, from 1
    bool secret;
};

static bool fail(struct filling *f, const char *message, const char *help)
{
    *f->err = (struct expr_error){ .message = str_from(message), .help = str_from(help) };
    f->err->span = expr_text(f->site->expr)->span;
    return false;
}

static bool add_value(struct filling *f, struct str name, struct str value)
{
    struct script_value v = { name, value };

    if (str_find(value, '\0') != SIZE_MAX)
        return fail(f, "the value holds a NUL byte, which no script can take",
                    "pass it on `stdin:`");
    if (value.n > SCRIPT_VALUE_MAX)
        return fail(f, "the value is longer than 128 KiB, too long for a script",
                    "pass it on `stdin:`");
    buf_add(f->values, (struct str){ (const char *)&v, sizeof(v) });
    return true;
}

static bool text_value(struct filling *f, struct value v, struct str *out)
{
    if (value_to_text(v, f->arena, out))
        return true;
    struct str message = str_format(f->arena, "%s is no text for a script; say toJson()",
                                    value_kind_words(v.kind));
    return fail(f, message.s, "");
}

// As a person would write it there.
static void show(struct filling *f, struct str value)
{
    const char *special = f->site->here ? "\\$`" : "\\$`\"";

    if (f->mask)
        value = mask_text(f->mask, value, f->arena, NULL);
    if (f->site->place != PLACE_QUOTED) {
        shell_quote(f->shown, value);
        return;
    }
    for (size_t i = 0; i < value.n; i++) {
        if (value.s[i] && strchr(special, value.s[i]))
            buf_add_c(f->shown, '\\');
        buf_add_c(f->shown, value.s[i]);
    }
}

static bool one(struct filling *f, struct str value)
{
    struct str name = str_format(f->arena, "__rb_%zu", f->number);
    bool bare = f->site->place == PLACE_QUOTED;

    buf_format(f->text, bare ? "${%.*s}" : "\"${%.*s}\"", STR_ARG(name));
    show(f, value);
    return add_value(f, name, value);
}

// As many words as there are items; none leaves no word at all.
static bool many(struct filling *f, struct value list)
{
    size_t count = value_size(list);

    if (!count)
        buf_format(f->text, "${__rb_%zu+}", f->number);
    for (size_t i = 0; i < count; i++) {
        struct str name = str_format(f->arena, "__rb_%zu_%zu", f->number, i + 1);
        struct str text;

        buf_format(f->text, "%s\"${%.*s}\"", i ? " " : "", STR_ARG(name));
        if (!text_value(f, value_item(list, i), &text) || !add_value(f, name, text))
            return false;
        if (i)
            buf_add_c(f->shown, ' ');
        show(f, text);
    }
    return true;
}

static bool joined(struct filling *f, struct value list)
{
    struct buf text = BUF_EMPTY;
    bool ok = true;

    for (size_t i = 0; ok && i < value_size(list); i++) {
        struct str item;

        ok = text_value(f, value_item(list, i), &item);
        if (ok && i)
            buf_add_c(&text, ' ');
        if (ok)
            buf_add(&text, item);
    }
    struct str all = buf_take(&text, f->arena);
    return ok && one(f, all);
}

// An expression of several lines must not move the lines below it.
static void keep_lines(struct filling *f)
{
    const struct template *t = f->script->source;
    const struct template_part *part = &t->parts[f->site->part];

    for (size_t i = part->start; i < part->end; i++)
        if (t->text.str.s[i] == '\n')
            buf_add_s(f->text, "\\\n");
}

static bool fill_site(struct filling *f, const struct scope *scope)
{
    struct value v;
    struct str text;
    bool ok;

    if (!expr_eval(f->site->expr, scope, f->arena, &v, f->err))
        return false;
    f->secret |= v.secret;
    if (v.kind != VALUE_LIST)
        ok = text_value(f, v, &text) && one(f, text);
    else if (f->site->place == PLACE_WORDS)
        ok = many(f, v);
    else
        ok = joined(f, v);
    keep_lines(f);
    return ok;
}

bool script_fill(const struct script *s, const struct scope *scope, const struct mask *mask,
                 struct arena *a, struct script_run *out, struct expr_error *err)
{
    struct filling f = { .script = s,
                         .mask = mask,
                         .arena = a,
                         .text = buf_in(a),
                         .shown = buf_in(a),
                         .values = buf_in(a),
                         .err = err };
    size_t from = 0;

    for (size_t i = 0; i <= s->site_count; i++) {
        size_t to = i < s->site_count ? s->sites[i].at : s->text.n;
        struct str between = str_slice(s->text, from, to);

        buf_add(f.text, between);
        buf_add(f.shown, between);
        from = to + 1;
        f.site = &s->sites[i];
        f.number = i + 1;
        if (i < s->site_count && !fill_site(&f, scope))
            return false;
    }
    *out = (struct script_run){ .text = buf_str(f.text), .shown = buf_str(f.shown) };
    out->secret = f.secret;
    out->value_count = f.values->n / sizeof(struct script_value);
    struct script_value *values = NEW_ARRAY(a, struct script_value, out->value_count + 1);
    if (out->value_count)
        memcpy(values, f.values->s, f.values->n);
    out->values = values;
    return true;
}
