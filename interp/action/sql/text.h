// SQL that was written with ${{ }} in it.
//
// A value becomes a bind parameter; ident() becomes a quoted name. Neither can change what
// the SQL does: an expression inside quotes or a comment, or right against a word, is an
// error, and so is a value in a statement that takes none (DDL).

#pragma once

#include "action/sql/engine.h"
#include "action/sql/shape.h"

// At load: all expressions that stand where none may, into [ds].
bool sql_text_check(const struct template *t, enum sql_dialect dialect, struct arena *a,
                    struct diags *ds);

// When the step is reached: the statement, its values at [from] and behind; the first are
// bound already.
bool sql_text_fill(const struct template *t, enum sql_dialect dialect, const struct scope *s,
                   struct arena *a, struct sql_command *out, struct expr_error *err);

// What the statement is by its words, whatever its values.
struct sql_shape sql_text_shape(const struct template *t, enum sql_dialect dialect,
                                struct arena *a);
