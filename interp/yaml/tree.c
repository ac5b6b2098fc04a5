// From events to nodes.

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "yaml/building.h"
#include "yaml/collide.h"

enum { INDEX_FROM = 8, REPEATED_SHOWN = 100 };

static struct node *read_node(struct reading *r, yaml_event_t *event, struct context c);

struct node *node_new(struct reading *r, enum node_kind kind, struct span span)
{
    struct node *n = NEW(r->tree, struct node);

    n->kind = kind;
    n->span = span;
    for (size_t i = 0; i < r->collision_count; i++) {
        uint32_t start = r->collisions[i].start, end = r->collisions[i].end;
        n->refused |= span.start >= start && span.start < end;
        n->refused |= kind == NODE_SCALAR && span.start < end && span.end > start;
    }
    return n;
}

struct node *node_refused(struct reading *r, struct span span)
{
    struct node *n = node_new(r, NODE_SCALAR, span);

    n->text = (struct text){ .span = span };
    n->refused = true;
    return n;
}

struct node_extra *node_more(struct reading *r, struct node *n)
{
    if (!n->more)
        n->more = NEW(r->tree, struct node_extra);
    return (struct node_extra *)n->more;
}

void node_append(struct reading *r, struct family *f, struct node *child)
{
    *(f->last ? &f->last->next : &f->parent->first) = child;
    f->last = child;
    f->count++;
    if (f->parent->kind != NODE_MAP || f->count < INDEX_FROM)
        return;
    if (f->index) {
        map_put(f->index, child->key->text.str, child);
        return;
    }
    node_more(r, f->parent)->index = f->index = map_new(r->tree);
    for (struct node *n = f->parent->first; n; n = n->next)
        map_put(f->index, n->key->text.str, n);
}

static bool next_event(struct reading *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    uint32_t problem = byte_offset(r, r->parser.problem_mark);
    uint32_t context = r->parser.context ? byte_offset(r, r->parser.context_mark) : problem;
    if (!collide_problem(r, problem, context))
        problem_report(r);
    return false;
}

static struct node *read_scalar(struct reading *r, const yaml_event_t *event, uint32_t start)
{
    struct text text = scalar_text(r, event, start);
    struct node *n = node_new(r, NODE_SCALAR, text.span);

    n->text = text;
    return n;
}

static bool is_repeated(struct reading *r, const struct node *parent, const struct node *key)
{
    const struct node *first = node_find(parent, key->text.str);

    if (!first)
        return false;
    if (++r->repeated <= REPEATED_SHOWN) {
        struct diag *d = diag_error(r->diags, DIAG_DUPLICATE_KEY, key->span,
                                    "the key `%.*s` is written twice", STR_ARG(key->text.str));
        diag_note(r->diags, d, first->key->span, "the first is here");
        diag_help(r->diags, d, "keep one of the two");
    }
    return true;
}

// Whether [key] may be the key of something; what is wrong with it is reported.
static bool check_key(struct reading *r, const struct node *key)
{
    if (key->refused)
        return false;
    if (key->kind != NODE_SCALAR) {
        diag_error(r->diags, DIAG_WRONG_TYPE, key->span, "a key is text, not %s",
                   node_kind_name(key->kind));
        return false;
    }
    if (!key->text.quoted && str_is(key->text.str, "<<")) {
        diag_help(r->diags,
                  diag_error(r->diags, DIAG_YAML_FEATURE, key->span, "merge keys are not used"),
                  "write the keys out");
        return false;
    }
    if (key->text.str.n > KEY_LIMIT && utf8_length(key->text.str) > KEY_LIMIT) {
        diag_error(r->diags, DIAG_OVER_LIMIT, key->span, "the key is longer than 1,024 characters");
        return false;
    }
    return true;
}

static bool too_deep(struct reading *r, struct span span, int depth)
{
    if (depth <= DEPTH_LIMIT)
        return false;
    diag_error(r->diags, DIAG_OVER_LIMIT, (struct span){ span.source, span.start, span.start + 1 },
               "nested more than 64 deep");
    return true;
}

// What stands behind [key], or for a list behind nothing.
static struct context context_of(const struct node *parent, const struct node *key,
                                 struct context outer)
{
    outer.item = parent->kind == NODE_LIST;
    if (key)
        outer.condition = key->kind == NODE_SCALAR && key_is_condition(key->text.str);
    return outer;
}

// Reads up to [end]. In a map, elements come in pairs and the first of each
// pair becomes the second one's key.
static bool read_children(struct reading *r, struct node *parent, yaml_event_type_t end,
                          struct context c)
{
    const bool is_map = parent->kind == NODE_MAP;
    struct family family = { .parent = parent };
    struct node *key = NULL;
    yaml_event_t event;

    while (next_event(r, &event)) {
        if (event.type == end) {
            const struct node *last = family.last;
            if (c.flow)
                parent->span.end = byte_offset(r, event.end_mark);
            else if (last && last->span.end > parent->span.end && !node_alias(last).source)
                parent->span.end = last->span.end;
            yaml_event_delete(&event);
            return true;
        }
        struct context inner = context_of(parent, key, c);
        struct node *child = read_node(r, &event, inner);
        yaml_event_delete(&event);
        if (!child)
            return false;
        if (is_map && !key) {
            key = child;
            if (!c.flow && collide_scalar(r, key, &c, true))
                return false;
            continue;
        }
        bool kept = !is_map || check_key(r, key);
        parent->partial |= !kept;
        if (kept && (!is_map || !is_repeated(r, parent, key))) {
            child->key = key;
            node_append(r, &family, child);
        }
        key = NULL;
    }
    return false;
}

static struct node *read_collection(struct reading *r, yaml_event_t *event, uint32_t start,
                                    struct context c)
{
    bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
    struct node *n = node_new(r, is_list ? NODE_LIST : NODE_MAP, span_at(r, start, start + 1));
    // In a list of conditions each item is one; in a mapping the keys decide.
    struct context inner = { .flow = r->bytes[start] == (is_list ? '[' : '{') || c.flow,
                             .condition = is_list && c.condition && !c.item,
                             .depth = c.depth + 1 };

    if (too_deep(r, n->span, inner.depth))
        return NULL;
    uint32_t outer = r->open;
    if (inner.flow)
        r->open = start;
    yaml_event_type_t end = is_list ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
    if (!read_children(r, n, end, inner))
        return NULL;
    r->open = outer;
    return n;
}

static struct node *read_node(struct reading *r, yaml_event_t *event, struct context c)
{
    uint32_t start = byte_offset(r, event->start_mark);
    uint32_t end = (uint32_t)r->source->text.n;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event);
    if (collide_event(r, event, &c, start))
        return NULL;
    struct anchor *anchor = open_anchor(r, anchor_of(event));
    if (event->type == YAML_SCALAR_EVENT)
        end = byte_offset(r, event->end_mark);
    if (anchor || has_tag(event))
        start = behind_properties(r, start, end);
    struct node *n = event->type == YAML_SCALAR_EVENT ? read_scalar(r, event, start)
                                                      : read_collection(r, event, start, c);
    if (n && event->type == YAML_SCALAR_EVENT && collide_scalar(r, n, &c, false))
        return NULL;
    if (anchor)
        anchor->node = n;
    return n;
}

static void refuse_empty(struct reading *r, struct span span)
{
    diag_help(r->diags,
              diag_error(r->diags, DIAG_EMPTY_RUNBOOK, span, "there is nothing in this file"),
              "a runbook begins with `runbook: 1`");
}

// What follows the first document must be the end of the file.
static bool read_end(struct reading *r, struct node *root)
{
    yaml_event_t event;
    bool more = false;

    while (!more && next_event(r, &event)) {
        uint32_t at = byte_offset(r, event.start_mark);
        bool over = event.type == YAML_STREAM_END_EVENT;
        more = event.type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
        if (over) {
            if (node_is_null(root) && !root->refused)
                refuse_empty(r, root->span);
            return true;
        }
        if (more)
            diag_error(r->diags, DIAG_MULTIPLE_DOCUMENTS, span_at(r, at, at + 3),
                       "a second document begins here; a file holds one");
    }
    return more;
}

static struct node *read_document(struct reading *r)
{
    yaml_event_t event;
    struct node *root = NULL;
    bool over = false;

    while (!root && !over && next_event(r, &event)) {
        bool skip = event.type == YAML_STREAM_START_EVENT ||
                    event.type == YAML_DOCUMENT_START_EVENT;
        if (event.type == YAML_STREAM_END_EVENT)
            refuse_empty(r, span_at(r, 0, 0));
        else if (!skip)
            root = read_node(r, &event, (struct context){ 0 });
        over = !skip && !root;
        yaml_event_delete(&event);
    }
    if (!root || !read_end(r, root) || (node_is_null(root) && !root->refused))
        return NULL;
    if (r->repeated > REPEATED_SHOWN)
        diag_error(r->diags, DIAG_DUPLICATE_KEY, root->span, "%zu more keys are written twice",
                   r->repeated - REPEATED_SHOWN);
    return root;
}

// One pass over the file; its mistakes are kept unless there must be another.
static struct node *read_pass(struct reading *r)
{
    struct diags pass = { .arena = r->final->arena };
    size_t n = r->source->text.n, skipped = str_starts(r->source->text, "\xEF\xBB\xBF") ? 3 : 0;

    r->diags = &pass;
    r->anchors = map_new(r->scratch);
    r->copied = r->repeated = 0;
    r->again = false;
    r->open = UINT32_MAX;
    r->char_starts = NULL;
    r->work += n;
    find_characters(r, (uint32_t)skipped);
    if (!yaml_parser_initialize(&r->parser))
        abort();
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->bytes + skipped,
                                 n - skipped);
    struct node *root = read_document(r);
    yaml_parser_delete(&r->parser);
    if (!r->again)
        diags_append(r->final, &pass);
    return r->again ? NULL : root;
}

struct node *node_read(struct arena *a, const struct source *src, struct diags *ds)
{
    return node_read_apart(a, a, src, ds);
}

struct node *node_read_apart(struct arena *a, struct arena *tree, const struct source *src,
                             struct diags *ds)
{
    struct reading r = { .arena = a, .tree = tree, .source = src, .final = ds };
    struct node *root = NULL;

    if (!bytes_check(src, ds))
        return NULL;
    r.scratch = arena_new(NULL);
    r.marks = buf_in(r.scratch);
    r.bytes = memcpy(arena_alloc(r.scratch, src->text.n + 1, 1), src->text.s, src->text.n);
    do
        root = read_pass(&r);
    while (r.again && r.work < SIZE_LIMIT * 2);
    arena_free(r.scratch);
    return root;
}
