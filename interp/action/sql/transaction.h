// A transaction group: nothing in it is done until COMMIT.
//
// The group is one attempt. Its sql steps run on the connection that the transaction
// holds. Every function is asynchronous and calls [then] once. After transaction_commit()
// ended with VERDICT_UNKNOWN, transaction_settle() asks the server by the transaction id
// (PostgreSQL 10 and later: pg_xact_status); for SQLite the file itself answers.

#pragma once

#include "action/action.h"

struct transaction;

typedef void transaction_then(struct attempt *group, const struct outcome *o);

// [group] is the attempt of the group: session, connections, timeout. [isolation] may be
// empty. NULL in [group->transaction] until it has begun.
void transaction_begin(struct attempt *group, struct str connection, struct str isolation,
                       transaction_then *then);
// Journals the transaction id through group->note, then commits.
void transaction_commit(struct attempt *group, transaction_then *then);
void transaction_rollback(struct attempt *group, transaction_then *then);
// After a crash, from the journalled notes: committed (VERDICT_DONE), aborted
// (VERDICT_FAILED) or VERDICT_UNKNOWN.
void transaction_settle(struct attempt *group, struct str connection, struct value notes,
                        transaction_then *then);
