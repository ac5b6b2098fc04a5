// Which connection a step means. connection_find() itself is declared in action.h.

#pragma once

#include "action/action.h"

// Whether [url] begins with one of [schemes]: "postgresql:,sqlite:".
bool connection_is(struct str url, const char *schemes);
