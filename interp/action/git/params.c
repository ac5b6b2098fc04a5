// What a git step may say, and what its result has.

#include "action/git/job.h"

static const struct field restore_fields[] = {
    { "paths", &type_words_list, AT(struct git_restore, paths), .flags = FIELD_REQUIRED,
      .doc = "What to restore." },
    { "from", &type_words, AT(struct git_restore, from), .flags = FIELD_REQUIRED,
      .doc = "The commit, tag or branch to take it from." },
    { 0 },
};
const char *const git_reset_modes[] = { "soft", "mixed", "hard", NULL };
static const struct type type_mode = {
    .kind = TYPE_CHOICE, .name = "reset mode", .size = sizeof(int), .choices = git_reset_modes
};
static const struct field reset_fields[] = {
    { "to", &type_words, AT(struct git_reset, to), .flags = FIELD_REQUIRED,
      .doc = "The commit, tag or branch that the current branch is moved to." },
    { "mode", &type_mode, AT(struct git_reset, mode), .fallback = "mixed",
      .doc = "`soft` moves the branch alone, `mixed` the index too, `hard` the files too." },
    { 0 },
};
static const struct field stash_fields[] = {
    { "message", &type_words, AT(struct git_stash, message), .doc = "What the entry is called." },
    { "untracked", &type_bool, AT(struct git_stash, untracked), .fallback = "false",
      .doc = "Takes untracked files along." },
    { 0 },
};
static const struct field tag_fields[] = {
    { "name", &type_words, AT(struct git_tag, name), .flags = FIELD_REQUIRED,
      .doc = "The new tag." },
    { "message", &type_words, AT(struct git_tag, message), .doc = "Makes it an annotated tag." },
    { 0 },
};
static const struct field fetch_fields[] = {
    { "remote", &type_words, AT(struct git_fetch, remote), .fallback = "origin",
      .doc = "The remote, by name." },
    { "tags", &type_bool, AT(struct git_fetch, tags), .fallback = "false",
      .doc = "Fetches all tags." },
    { 0 },
};
static const struct field commit_fields[] = {
    { "message", &type_words, AT(struct git_commit, message), .flags = FIELD_REQUIRED,
      .doc = "The commit message." },
    { "paths", &type_words_list, AT(struct git_commit, paths), .flags = FIELD_REQUIRED,
      .doc = "What to commit: exactly these paths, as they are in the working tree." },
    { 0 },
};
static const struct field push_fields[] = {
    { "remote", &type_words, AT(struct git_push, remote), .fallback = "origin",
      .doc = "The remote, by name." },
    { "ref", &type_words, AT(struct git_push, ref), .flags = FIELD_REQUIRED,
      .doc = "The branch or tag to push, to the same name. Never forced." },
    { 0 },
};
static const char *const sorts[] = { "version", "-version", "date", "-date", NULL };
static const struct type type_sort = {
    .kind = TYPE_CHOICE, .name = "order of tags", .size = sizeof(int), .choices = sorts
};
static const struct field tags_fields[] = {
    { "match", &type_words, AT(struct git_tags, match), .doc = "A pattern: `v1.*`." },
    { "sort", &type_sort, AT(struct git_tags, sort), .fallback = "-version",
      .doc = "Which comes first; `-` is newest or highest first." },
    { "limit", &type_amount_count, AT(struct git_tags, limit), .doc = "At most so many." },
    { 0 },
};
static const struct field log_fields[] = {
    { "limit", &type_amount_count, AT(struct git_log, limit), .fallback = "10",
      .doc = "At most so many." },
    { "path", &type_words, AT(struct git_log, path), .doc = "Only commits that touch it." },
    { "ref", &type_words, AT(struct git_log, ref), .fallback = "HEAD", .doc = "Where to begin." },
    { 0 },
};
static const struct field no_fields[] = { { 0 } };
static const struct field show_fields[] = {
    { "ref", &type_words, AT(struct git_show, ref), .flags = FIELD_REQUIRED,
      .doc = "The commit, tag or branch." },
    { "path", &type_words, AT(struct git_show, path), .flags = FIELD_REQUIRED,
      .doc = "The file in it." },
    { 0 },
};

// A verb: its object, and that it may be absent.
#define VERB(id, record)                                                                         \
    static const struct type type_##id = { .kind = TYPE_OBJECT,                                  \
                                           .name = "git " #id,                                   \
                                           .size = sizeof(struct record),                        \
                                           .fields = id##_fields };                              \
    static const struct type optional_##id = {                                                   \
        .kind = TYPE_OPTIONAL, .name = "git " #id, .size = sizeof(void *), .element = &type_##id \
    }

#define status_fields   no_fields
#define describe_fields no_fields

VERB(restore, git_restore);
VERB(reset, git_reset);
VERB(stash, git_stash);
VERB(tag, git_tag);
VERB(fetch, git_fetch);
VERB(commit, git_commit);
VERB(push, git_push);
VERB(tags, git_tags);
VERB(log, git_log);
VERB(status, git_nothing);
VERB(describe, git_nothing);
VERB(show, git_show);

static const struct field fields[] = {
    { "checkout", &type_words, AT(struct git_params, checkout),
      .doc = "Switches to a branch, tag or commit." },
    { "restore", &optional_restore, AT(struct git_params, restore),
      .doc = "Brings files back as they were in a commit." },
    { "reset", &optional_reset, AT(struct git_params, reset),
      .doc = "Moves the current branch to a commit." },
    { "revert", &type_words, AT(struct git_params, revert),
      .doc = "Commits the opposite of a commit. All or nothing: a conflict changes nothing." },
    { "stash", &optional_stash, AT(struct git_params, stash),
      .doc = "Puts uncommitted work away." },
    { "tag", &optional_tag, AT(struct git_params, tag), .doc = "Makes a tag at HEAD." },
    { "fetch", &optional_fetch, AT(struct git_params, fetch), .doc = "Fetches from a remote." },
    { "commit", &optional_commit, AT(struct git_params, commit), .doc = "Commits paths." },
    { "push", &optional_push, AT(struct git_params, push),
      .doc = "Pushes a branch or tag, if nobody else has moved it." },
    { "tags", &optional_tags, AT(struct git_params, tags), .doc = "Lists tags." },
    { "log", &optional_log, AT(struct git_params, log), .doc = "Lists commits." },
    { "status", &optional_status, AT(struct git_params, status),
      .doc = "Says what is not committed." },
    { "describe", &optional_describe, AT(struct git_params, describe),
      .doc = "Names HEAD by the nearest tag." },
    { "show", &optional_show, AT(struct git_params, show), .doc = "Reads a file of a commit." },
    { "repo", &type_words, AT(struct git_params, repo), .fallback = "the step's `dir`",
      .doc = "The repository's folder." },
    { "hooks", &type_bool, AT(struct git_params, hooks), .fallback = "false",
      .doc = "Lets the repository's own hooks run." },
    { 0 },
};
const struct type git_params_type = {
    .kind = TYPE_OBJECT,
    .name = "git",
    .size = sizeof(struct git_params),
    .fields = fields,
};

const struct expr_field git_results[] = {
    { "sha", &expr_string, "The object id of HEAD, or of what the verb made or moved." },
    { "previous", &expr_string, "What was there before: the branch, else the object id." },
    { "ref", &expr_string, "The full name of the ref that was moved, made or pushed." },
    { "branch", &expr_string, "The current branch; empty when HEAD is detached." },
    { "tags", &expr_dyn, "Names of tags." },
    { "commits", &expr_dyn, "Commits: `sha`, `author`, `date`, `subject`." },
    { "clean", &expr_bool, "Whether everything is committed." },
    { "files", &expr_dyn, "Paths that were changed, or are not committed." },
    { "content", &expr_string, "What the file holds." },
    { 0 },
};
