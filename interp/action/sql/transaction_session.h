// What the sql action sees of a transaction group.

#pragma once

#include "action/sql/engine.h"
#include "action/sql/transaction.h"

struct sql_session *transaction_session(const struct transaction *t);
const struct resolved_connection *transaction_connection(const struct transaction *t);
