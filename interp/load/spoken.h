// An action as it stands in the file, in the words of a command: what a person who carries
// it out by hand would have to type, without the braces of YAML.
//
//     exec: {argv: [./app, stop], daemon: true}    ./app stop (daemon)
//     file: {copy: {from: a, to: b}}               file: copy from a to b
//     sql: {query: SELECT 1, connection: db}       SELECT 1 (connection db)

#pragma once

#include "load/known.h"

// [k]: what is known of its expressions; NULL: nothing, they stand as they are written.
// A script keeps its lines. Empty for a step that does nothing itself.
struct str spoken(const struct step *s, const struct known *k, struct arena *a);
// The same of a group too: what its steps do, a line each.
struct str spoken_whole(const struct step *s, const struct known *k, struct arena *a);
