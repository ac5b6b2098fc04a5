// Which connection a step means. connection_find() itself is declared in action.h.

#pragma once

#include "action/action.h"

// Whether [url] begins with one of [schemes]: "postgresql:,sqlite:".
bool connection_is(struct str url, const char *schemes);

// Whether [url] is of any kind that there is.
bool connection_is_known(struct str url);

// At load: what is declared makes sense for what it is, as far as that is known.
bool connections_check(const struct list *connections, const struct bind *b);

// The connection that a runbook or its project declares under this name, or NULL.
const struct connection *connection_declared(struct str name, const struct bind *b);
// At load: [name] (which may be empty) is declared, and is no URL of another scheme.
bool connection_check(const struct text *name, const char *schemes, const char *what,
                      const struct bind *b);
// At load, where a step names none: exactly one that is declared can be meant, as far as
// URLs are known. [span]: of what needs it; [help]: what to declare when there is none.
bool connection_check_only(struct span span, const char *schemes, const char *what,
                           const char *help, const struct bind *b);
