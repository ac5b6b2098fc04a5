// sql: a statement, or a script of them.

#pragma once

#include "action/action.h"
#include "action/sql/engine.h"

struct sql_params {  // "statement" is { query: statement }
    const struct node *node;
    const struct template *query, *script;
    struct text connection;
    const struct form *params;
    const struct amount *timeout;
    int isolation;    // 1 + index of its word
    int transaction;  // enum tristate
};

// What [at->job] is.
struct sql_work {
    struct sql_job job;
    struct attempt *at;
    const struct resolved_connection *connection;
    struct sql_session *session;  // while it runs
    void (*noted)(struct sql_job *job);
    bool over;
};

// sql_check.c
bool sql_check(const struct step *s, const struct bind *b);
// sql_request.c
bool sql_resolve(struct attempt *at, struct expr_error *err);
void sql_describe(const struct attempt *at, struct buf *out);
const char *sql_isolation_word(const struct sql_params *p);  // "serializable", or ""
// The connection of a step; its group's in a transaction.
const struct resolved_connection *sql_connection(struct attempt *at, struct str *why);

extern const struct action action_sql;
