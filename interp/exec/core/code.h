// How a process ends, in one number.

#pragma once

// Exit codes of cli.md.
enum code {
    CODE_OK = 0,
    CODE_FAILED = 1,
    CODE_USAGE = 2,
    CODE_INVALID = 3,
    CODE_PREFLIGHT = 4,
    CODE_DECLINED = 5,
    CODE_SUSPENDED = 6,
    CODE_LOCKED = 7,
    CODE_UNVERIFIED = 8,
    CODE_UNDONE = 9,
    CODE_UNDO_INCOMPLETE = 10,
    CODE_UNKNOWN = 11,
    CODE_STORE = 12,
    CODE_INTERNAL = 70,
    CODE_TIMEOUT = 124,
};
// "ok", "failed", ..., "signal"; the names of cli.md.
const char *code_word(int code);
const char *code_sentence(int code);
