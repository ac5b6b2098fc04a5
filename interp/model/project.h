// A project: the nearest folder above with a `.runbook.yaml`, and where runbooks
// are found by their address.
//
// FILE on the command line is a path, else an address in the project (its `runbooks:`
// folder), else in the project's `library:` folders, else in the standard library.
// `use:` looks in the project, then the libraries. No environment variable changes
// what an address means.

#pragma once

#include "model/runbook.h"

struct destroy_policy {
    bool confirm, backup, verify;
    struct span span;
};
struct approver_group {
    struct entry entry;
    struct list names;  // of struct text
};
struct rule_level {
    struct entry entry;
    int level;  // 1 off, 2 info, 3 warning, 4 error
};

struct project {
    const struct node *node;  // NULL when there is no project file
    struct str root;          // absolute path of the folder; empty without a project
    struct str file;          // path of .runbook.yaml
    struct text runbooks;     // folder; "runbooks" when not written
    struct list library;      // of struct text
    struct text store;
    struct list types;        // of int
    struct list env;          // of struct words_entry
    struct list connections;  // of struct connection
    struct list contacts;     // of struct contact
    struct hooks *hooks;
    struct destroy_policy destroy_needs;
    struct list approvers;  // of struct approver_group
    struct list rules;      // of struct rule_level
    struct str stdlib;      // folder of the standard library, absolute, or empty
};

// An empty file only marks the folder.
extern const struct type project_type;

// Looks for `.runbook.yaml` in [dir] and above it. Never NULL: without a file, an empty
// project. Mistakes in the file are in [ds]. The standard library is the `stdlib` folder
// beside the binary's own source tree (build/*/runbook), else STDLIB_DIR.
struct project *project_find(struct arena *a, struct str dir, const char *const *actions,
                             struct diags *ds);

// The project of what the command line names: that of the file where [word] is the path of
// one, else that of the caller's folder [dir].
struct project *project_for(struct arena *a, struct str dir, struct str word,
                            const char *const *actions, struct diags *ds);
// `store:`, a relative path made absolute below the project; empty when not written.
struct str project_store(const struct project *p, struct arena *a);

// The whole of a file: at most [limit] bytes; not a directory, device or FIFO.
// False with CANNOT_READ or OVER_LIMIT in [ds].
bool file_read(struct arena *a, struct str path, size_t limit, struct str *out, struct diags *ds);

// The file that an address names, or (with [allow_path]) a path; empty when there is
// none, with CANNOT_READ and where was looked in [ds].
struct str project_locate(const struct project *p, struct arena *a, struct str word,
                          bool allow_path, struct diags *ds);

// All runbooks of the project (its own first) and its libraries, sorted by address: a
// list of struct found_runbook.
struct found_runbook {
    struct str address, path;
    bool library;
};
struct list project_runbooks(const struct project *p, struct arena *a);

// Reads runbooks and everything they use, each file once.
struct library;
struct library *library_new(struct arena *a, const struct project *p, const char *const *actions,
                            struct diags *ds);
// The runbook in a file, or NULL with a reason in the diags (once a file).
struct runbook *library_read(struct library *l, struct str path);
// The runbook that `use: WORD` names, or NULL; UNKNOWN_RUNBOOK with a "did you mean" at
// the word, unless that is no address at all, which the reader has said.
struct runbook *library_use(struct library *l, const struct text *word);
