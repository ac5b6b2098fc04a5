// One reading of a file, for the files of this folder only.
//
// libyaml does the grammar. What it cannot do is done here: it gives no place for
// encoding errors, accepts repeated keys and unknown aliases, counts characters where
// spans count bytes, and forgets how a scalar was written.
//
// An unquoted expression that YAML takes for something else (collide.h) is reported,
// painted over with letters, and the file is read again: so the rest of the file is
// still checked, and whatever YAML made of the expression is never complained about.

#pragma once

#include <yaml.h>

#include "base/buf.h"
#include "yaml/node.h"

enum {
    SIZE_LIMIT = 1024 * 1024,
    DEPTH_LIMIT = 64,
    ALIAS_LIMIT = 10000,
    KEY_LIMIT = 1024,
};

struct collision {
    uint32_t start, end;  // the whole value, source bytes
};

struct reading {
    struct arena *arena;    // of texts
    struct arena *tree;     // of nodes
    struct arena *scratch;  // of what is only needed to read
    const struct source *source;
    struct diags *diags;  // of this pass; dropped when there is another
    struct diags *final;  // what is kept of every pass
    yaml_parser_t parser;
    char *bytes;            // what libyaml reads: the source, with collisions painted over
    uint32_t *char_starts;  // byte offset of every 64th character; NULL: all ASCII
    struct map *anchors;    // name -> struct anchor
    struct buf *marks;      // scratch for scalar.c
    uint32_t open;          // where the innermost [ or { begins; UINT32_MAX: none is open
    size_t copied;          // nodes that aliases have added
    size_t repeated;        // keys that were written twice
    struct collision collisions[100];
    size_t collision_count;
    size_t work;  // bytes given to libyaml so far
    bool again;   // a collision was found in this pass
};

// Remembers where characters begin; [skipped] bytes of a byte order mark are none.
void find_characters(struct reading *r, uint32_t skipped);
// Where libyaml is, in bytes.
uint32_t byte_offset(const struct reading *r, yaml_mark_t mark);
struct span span_at(const struct reading *r, uint32_t start, uint32_t end);

// The length of the line break at [at] before [end], or 0. To libyaml NEL, LS and PS
// are breaks too.
uint32_t break_at(const char *s, uint32_t at, uint32_t end);

// Before libyaml sees the file: its size, its bytes, directives. False with the
// reason in [ds].
bool bytes_check(const struct source *src, struct diags *ds);

// What a scalar says, with marks. [start] is behind its anchor and tag.
struct text scalar_text(struct reading *r, const yaml_event_t *event, uint32_t start);

// Why libyaml gave up, in words, at the place where it can be mended.
void problem_report(struct reading *r);
