// What the parts of a frame share. Inside of exec/frame*.

#pragma once

#include "exec/frame.h"

// In a plan that is kept, the default of a secret input is this, its name and "__".
#define PLACEHOLDER_DEFAULT "__runbook_default_"

// What is missing is not there (exit 4); all else is wrong (exit 3). Returns false.
bool frame_complain(const struct expr_error *err, const char *what, struct str name,
                    struct diags *ds);
// [path] below [dir]; an absolute one as it is.
struct str frame_path(struct str dir, struct str path, struct arena *a);
// What `dir` says to those who come before `vars`, inputs and secrets; one that waits for more
// counts only behind them.
struct str frame_early_dir(const struct frame *f, struct value now, struct arena *a);
// The text of [words], without NUL. [what] and [name] say what it is for: "env `PATH`".
bool frame_text(const struct template *words, const struct scope *s, const char *what,
                struct str name, struct arena *a, struct str *out, bool *secret, struct diags *ds);

// One entry of frame_with().
bool frame_with_one(const struct form_entry *e, const struct module *m, const struct scope *s,
                    struct arena *a, struct value *out, struct expr_error *err);

// The interpreter's environment without the variables that secrets of [f], of those around
// it and of those it uses are read from.
void frame_begin(struct frame *f, struct arena *a);
bool frame_connections(struct frame *f, const struct project *p, const struct scope *s,
                       struct arena *a, struct diags *ds);
