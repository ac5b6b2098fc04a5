// A script comes apart into statements.

#pragma once

#include "action/sql/scan.h"

// Where a statement ends: at a semicolon that stands neither in parentheses nor in the
// body of a routine (BEGIN ... END). Begins as all zeros with each statement.
struct sql_ending {
    int parentheses, blocks;
    size_t words;
    bool creates, routine;
};
// Whether [t] is the semicolon that ends it; to be asked about every token but comments.
bool sql_ends(struct sql_ending *e, const struct sql_scan *s, const struct sql_token *t);

struct sql_script {
    struct sql_scan scan;
    uint32_t line;   // of what was looked at last, from 1
    size_t counted;  // up to where lines were counted
};
struct sql_statement {
    struct str text;  // without its semicolon and the comments before it
    uint32_t line;    // where it begins
    struct str data;  // what follows COPY ... FROM stdin, without the line \.
    bool has_data;
    struct str psql;  // a backslash command stands at [line]; nothing else is set
};

struct sql_script sql_script_of(struct str text, enum sql_dialect dialect);
// The next statement that is not empty; false at the end.
bool sql_script_next(struct sql_script *s, struct sql_statement *out);
