// `runbook @file`: one verb of the file action.

#pragma once

#include "action/work.h"

// The job: verb ("copy", ..., "undo"), from, to, path, content (base64), mode (octal text),
// recursive, optional, pattern; auto (keep what was there), keep (its folder), root (the
// project's folder).
int file_worker(int argc, char **argv);
