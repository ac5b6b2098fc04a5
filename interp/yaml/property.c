// Anchors and tags in front of a value.

#include <ctype.h>
#include <string.h>

#include "yaml/building.h"

// The anchor and the tag of an event.
const char *anchor_of(const yaml_event_t *e)
{
    const yaml_char_t *name = e->type == YAML_SCALAR_EVENT           ? e->data.scalar.anchor
                              : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.anchor
                              : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.anchor
                                                                     : NULL;
    return (const char *)name;
}

bool has_tag(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag != NULL
           : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag != NULL
           : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.tag != NULL
                                                  : false;
}

static uint32_t end_of_tag(const struct reading *r, uint32_t at)
{
    uint32_t end = (uint32_t)r->source->text.n;

    while (at < end && !strchr(" \t,", r->bytes[at]) && !break_at(r->bytes, at, end))
        at++;
    return at;
}

static uint32_t end_of_anchor(const struct reading *r, uint32_t at)
{
    do
        at++;
    while (isalnum((unsigned char)r->bytes[at]) || r->bytes[at] == '_' || r->bytes[at] == '-');
    return at;
}

static void refuse_tag(struct reading *r, uint32_t start)
{
    struct span span = span_at(r, start, end_of_tag(r, start));
    struct str tag = str_slice(r->source->text, span.start, span.end);

    struct diag *d = diag_error(r->diags, DIAG_YAML_FEATURE, span, "the tag `%.*s` is not used",
                                STR_ARG(tag));
    diag_help(r->diags, d, "take it away, or quote the value if `!` belongs to it");
}

static uint32_t end_of_comment(const struct reading *r, uint32_t at, uint32_t end)
{
    while (at < end && !break_at(r->bytes, at, end))
        at++;
    return at;
}

// Behind anchors and tags, and the white space and comments that follow them.
uint32_t behind_properties(struct reading *r, uint32_t at, uint32_t end)
{
    while (at < end) {
        char c = r->bytes[at];
        if (c == '!')
            refuse_tag(r, at);
        if (c == '!')
            at = end_of_tag(r, at);
        else if (c == '&')
            at = end_of_anchor(r, at);
        else if (c == '#')
            at = end_of_comment(r, at, end);
        else if (c == ' ' || c == '\t')
            at++;
        else if (break_at(r->bytes, at, end))
            at += break_at(r->bytes, at, end);
        else
            break;
    }
    return at < end ? at : end;
}
