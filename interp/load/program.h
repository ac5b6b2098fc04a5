// Everything that a run of a file needs to have been read and found right.
//
// One front end for run, lint, plan and resume: the runbook, all it uses, their graphs,
// their actions bound, their expressions checked. What is refused here is refused by all
// of them, before anything runs (exit code 3).

#pragma once

#include "action/action.h"
#include "graph/graph.h"

struct module_types;

struct module {  // one runbook of a program
    struct runbook *rb;
    struct graph *graph;
    struct module_types *types;  // of its names (load/types.h); NULL once all is loaded
    struct str folder;           // where its relative paths begin unless `dir:` says otherwise
    struct module **uses;        // what its `use` steps run, each once
    size_t use_count;
    const struct module *user;  // while it is being read: who asked for it first
    bool bound;                 // every action of it has its params
    bool of_project;            // the hooks of the project, and nothing else
    bool open;                  // its own uses are being read
};

struct program {
    struct arena *arena;
    const struct project *project;
    struct library *library;  // NULL when it was made from what was kept
    struct module *root;
    struct str folder;             // of the project, else of the file that was asked for
    struct map *by_path;           // struct module, those that are used first
    struct map *by_use;            // struct module; the key is the address of a `use` step
    struct map *vouched;           // steps whose shell or exec counts as read; by address
    struct module *project_hooks;  // the project's hooks as a runbook of their own, or NULL
};

// Reads [path] and all it uses. NULL when there were errors, all of them in [ds].
struct program *program_load(struct arena *a, const struct project *p, struct str path,
                             struct diags *ds);
// The unit that a `use` step of [from] runs. Never NULL after program_load().
const struct module *program_use(const struct program *p, const struct step *use);

// The files of a program and their texts, for keeping with a run; and a program from what
// was kept, without looking at the disk.
struct program_file {
    struct str path, text;
};
const struct program_file *program_files(const struct program *p, struct arena *a, size_t *count);
struct program *program_from(struct arena *a, const struct project *p,
                             const struct program_file *files, size_t count, struct str path,
                             struct diags *ds);

// What a step does to the world: as written, else by its action; of a group or use the
// worst inside. Never EFFECTS_UNWRITTEN.
enum effects step_effects(const struct program *p, const struct step *s);
bool step_is_idempotent(const struct program *p, const struct step *s);
// The worst effect of the steps inside a used runbook.
enum effects module_effects(const struct program *p, const struct module *m);
// How a step is taken back, for plan and report: its own undo; a group's or use's children.
enum undo_cover {
    COVER_NOTHING,  // no effects: nothing to take back
    COVER_UNDO,     // undo: steps, or auto
    COVER_INSIDE,   // by what is inside, all of it covered
    COVER_NONE,     // undo: none, harmless to leave
    COVER_IRREVERSIBLE,
    COVER_MISSING,  // has effects, and nothing is said
    COVER_OUTSIDE,  // by the undo of a step around it, whatever it says itself
};
// The step alone: never COVER_OUTSIDE.
enum undo_cover step_cover(const struct program *p, const struct step *s);
// `undo` (also `none`) or `irreversible` of a step counts instead of what the steps inside say.
bool step_speaks_for_itself(const struct step *s);
// A group or a `use` that says neither: its cover is the worst of what is inside, where each says its
// own, with its reason.
bool step_is_undone_inside(const struct step *s);
// Inside [outer], the outermost step around it that speaks for itself; NULL: there is none. What is
// irreversible stays so.
enum undo_cover step_cover_inside(const struct program *p, const struct step *s,
                                  const struct step *outer);
