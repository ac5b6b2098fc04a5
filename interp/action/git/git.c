#include "action/git/git.h"

#include <string.h>

#include "action/git/job.h"
#include "action/git/ref.h"
#include "action/params.h"
#include "base/arena.h"
#include "base/shell_word.h"

// ---- what a verb takes

enum arg_kind { ARG_REF, ARG_NAME, ARG_REMOTE, ARG_PLAIN, ARG_TEXT };

struct arg {
    const char *key;  // of the job
    const struct template *words;
    enum arg_kind kind;
};

enum { ARGS_MAX = 4 };

struct said {  // what a step says
    const char *verb;
    struct arg args[ARGS_MAX];  // those without words are not written
    const struct list *paths;
};

static struct said said_tree(const struct git_params *p)
{
    if (p->checkout)
        return (struct said){ "checkout", { { "ref", p->checkout, ARG_REF } }, NULL };
    if (p->restore)
        return (struct said){ "restore",
                              { { "from", p->restore->from, ARG_REF } },
                              &p->restore->paths };
    if (p->reset)
        return (struct said){ "reset", { { "to", p->reset->to, ARG_REF } }, NULL };
    if (p->revert)
        return (struct said){ "revert", { { "ref", p->revert, ARG_REF } }, NULL };
    if (p->stash)
        return (struct said){ "stash", { { "message", p->stash->message, ARG_TEXT } }, NULL };
    return (struct said){ "commit",
                          { { "message", p->commit->message, ARG_TEXT } },
                          &p->commit->paths };
}

static struct said said(const struct git_params *p)
{
    if (p->tag)
        return (struct said){ "tag",
                              { { "name", p->tag->name, ARG_NAME },
                                { "message", p->tag->message, ARG_TEXT } },
                              NULL };
    if (p->fetch)
        return (struct said){ "fetch", { { "remote", p->fetch->remote, ARG_REMOTE } }, NULL };
    if (p->push)
        return (struct said){ "push",
                              { { "remote", p->push->remote, ARG_REMOTE },
                                { "ref", p->push->ref, ARG_NAME } },
                              NULL };
    if (p->tags)
        return (struct said){ "tags", { { "match", p->tags->match, ARG_PLAIN } }, NULL };
    if (p->log)
        return (struct said){
            "log", { { "path", p->log->path, ARG_PLAIN }, { "ref", p->log->ref, ARG_REF } }, NULL
        };
    if (p->show)
        return (struct said){
            "show", { { "ref", p->show->ref, ARG_REF }, { "path", p->show->path, ARG_PLAIN } }, NULL
        };
    if (p->status || p->describe)
        return (struct said){ p->status ? "status" : "describe", { { 0 } }, NULL };
    return said_tree(p);
}

static bool fits(enum arg_kind kind, struct str s, const char **why)
{
    switch (kind) {
    case ARG_REF:
        return git_is_ref(s, true, why);
    case ARG_NAME:
        return git_is_ref(s, false, why);
    case ARG_REMOTE:
        return git_is_remote(s, why);
    case ARG_PLAIN:
        return git_is_plain(s, why);
    case ARG_TEXT:
        *why = "is empty";
        return s.n > 0;
    }
    return false;
}

static const char *kind_word(enum arg_kind kind)
{
    static const char *const words[] = { "ref", "ref", "remote", "text", "text" };

    return words[kind];
}

// ---- at load

static bool check_args(const struct said *what, const struct bind *b)
{
    bool ok = true;

    for (size_t i = 0; i < ARGS_MAX && what->args[i].key; i++) {
        const struct arg *arg = &what->args[i];
        const char *why;

        if (!arg->words || !template_is_literal(arg->words) ||
            fits(arg->kind, arg->words->text.str, &why))
            continue;
        diag_error(b->diags, DIAG_BAD_LITERAL, arg->words->text.span, "the %s '%.*s' %s",
                   kind_word(arg->kind), STR_ARG(arg->words->text.str), why);
        ok = false;
    }
    return ok;
}

static bool check_undo(const struct step *s, const struct bind *b)
{
    const struct git_params *p = s->params;

    if (s->more->undo.kind != UNDO_AUTO || p->checkout || p->restore || p->reset || p->stash ||
        p->tag || p->commit)
        return true;
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, s->more->undo.node->span,
               "`undo: auto` knows checkout, restore, reset, stash, tag and commit only");
    return false;
}

static bool check(const struct step *s, const struct bind *b)
{
    const struct git_params *p = s->params;
    const struct verb verbs[] = {
        { "checkout", p->checkout }, { "restore", p->restore }, { "reset", p->reset },
        { "revert", p->revert },     { "stash", p->stash },     { "tag", p->tag },
        { "fetch", p->fetch },       { "commit", p->commit },   { "push", p->push },
        { "tags", p->tags },         { "log", p->log },         { "status", p->status },
        { "describe", p->describe }, { "show", p->show },       { 0 },
    };

    if (!one_verb(verbs, p->node, "git", b->diags))
        return false;
    struct said what = said(p);
    if (what.paths && !what.paths->count) {
        diag_error(b->diags, DIAG_EMPTY_VALUE, param_span(p->node, what.verb),
                   "`paths` names no path");
        return false;
    }
    return check_args(&what, b) && check_undo(s, b);
}

static enum effects effects(const void *params_)
{
    const struct git_params *p = params_;

    return p->tags || p->log || p->status || p->describe || p->show ? EFFECTS_READ : EFFECTS_WRITE;
}

// ---- running

struct filling {
    struct attempt *at;
    struct value_builder *job;
    struct buf shown;
    struct expr_error *err;
};

static bool put_arg(struct filling *f, const struct arg *arg)
{
    struct str text;
    const char *why;

    if (!arg->words)
        return true;
    if (!words_open(arg->words, f->at, &text, f->err) || !work_put(f->job, arg->key, text, f->err))
        return false;
    if (!fits(arg->kind, text, &why))
        return words_refuse(
            arg->words, f->err,
            str_format(f->at->arena, "the %s '%.*s' %s", kind_word(arg->kind), STR_ARG(text), why));
    buf_add_c(&f->shown, ' ');
    shell_quote(&f->shown, text);
    return true;
}

static bool put_paths(struct filling *f, const struct list *paths)
{
    struct value_builder *list = value_list_start(f->at->arena);
    const struct str *texts;
    size_t count;

    if (!paths)
        return true;
    if (!words_list(paths, f->at, &texts, &count, f->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!texts[i].n || utf8_invalid(texts[i]) != SIZE_MAX) {
            *f->err = (struct expr_error){ .message = STR("a path is empty or not UTF-8") };
            return false;
        }
        value_add(list, value_string(texts[i]));
        buf_add_c(&f->shown, ' ');
        shell_quote(&f->shown, texts[i]);
    }
    value_put_s(f->job, "paths", value_finish(list));
    if (count)
        return true;
    *f->err = (struct expr_error){ .message = STR("`paths` names no path") };
    return false;
}

static bool put_limit(struct filling *f, const struct amount *limit, int64_t fallback)
{
    int64_t n;

    if (!amount_get(limit, f->at->scope, f->at->arena, fallback, &n, f->err))
        return false;
    value_put_s(f->job, "limit", value_int(n));
    return true;
}

// What is no text.
static bool put_options(struct filling *f, const struct git_params *p)
{
    if (p->reset) {
        const char *mode = git_reset_modes[p->reset->mode ? p->reset->mode - 1 : 1];
        value_put_s(f->job, "mode", value_text(mode));
        buf_format(&f->shown, " --%s", mode);
    }
    if (p->stash && p->stash->untracked == YES) {
        value_put_s(f->job, "untracked", value_bool(true));
        buf_add_s(&f->shown, " --include-untracked");
    }
    if (p->fetch)
        value_put_s(f->job, "tags", value_bool(p->fetch->tags == YES));
    if ((p->fetch && !p->fetch->remote) || (p->push && !p->push->remote)) {
        value_put_s(f->job, "remote", value_text("origin"));
        buf_add_s(&f->shown, " origin");
    }
    if (p->tags) {
        value_put_s(f->job, "sort", value_int(p->tags->sort));
        return put_limit(f, p->tags->limit, 0);
    }
    return !p->log || put_limit(f, p->log->limit, 10);
}

static bool put_verb(struct filling *f, const struct git_params *p)
{
    struct said what = said(p);

    value_put_s(f->job, "verb", value_text(p->push ? "push_look" : what.verb));
    buf_format(&f->shown, " %s", what.verb);
    if (!put_options(f, p))
        return false;
    for (size_t i = 0; i < ARGS_MAX && what.args[i].key; i++)
        if (!put_arg(f, &what.args[i]))
            return false;
    return put_paths(f, what.paths);
}

static bool put_repo(struct filling *f, const struct git_params *p, struct str *repo)
{
    if (!words_open(p->repo, f->at, repo, f->err))
        return false;
    if (str_starts(*repo, "-"))
        return words_refuse(p->repo, f->err, STR("the path of a repository cannot begin with -"));
    value_put_s(f->job, "repo", value_string(*repo));
    value_put_s(f->job, "hooks", value_bool(p->hooks == YES));
    if (repo->n) {
        buf_add_s(&f->shown, " -C ");
        shell_quote(&f->shown, *repo);
    }
    return true;
}

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct git_params *p = at->params;
    struct git_job *job = at->job = NEW(at->arena, struct git_job);
    struct filling f = { .at = at, .job = value_map_start(at->arena), .err = err };

    value_put_s(f.job, "keep", value_string(at->keep));
    value_put_s(f.job, "auto", value_bool(at->step->more->undo.kind == UNDO_AUTO));
    job->hooks = p->hooks == YES;
    bool ok = put_repo(&f, p, &job->repo);
    if (ok && at->undo_auto) {
        value_put_s(f.job, "verb", value_text("undo"));
        buf_add_s(&f.shown, ": bring back what was there before");
    } else if (ok) {
        ok = put_verb(&f, p);
    }
    job->shown = buf_take(&f.shown, at->arena);
    struct value all = value_finish(f.job), remote;
    if (value_field(all, "remote", at->arena, &remote))
        job->remote = remote.s;
    if (!ok || !work_prepare(at, &job->process, "@git", all, err))
        return false;
    job->pushes = p->push && !at->undo_auto;
    if (job->pushes) {
        job->process.name = str_format(at->arena, "%.*s.look", STR_ARG(at->name));
        job->process.next = git_push_next;
    }
    return true;
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct git_job *job = at->job;

    buf_format(out, "git%.*s\n", STR_ARG(job->shown));
}

static void ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    static const int only_0[] = { 0, -1 };
    const struct git_params *p = at->params;

    process_adopted(at, r, only_0, false, o);
    work_ended(at, r, o);
    if (p->push && (o->timed_out || o->killed)) {
        o->verdict = VERDICT_UNKNOWN;
        o->message = STR("it is not known whether the remote took the push");
    }
}

const struct action action_git = {
    .name = "git",
    .doc = "Does one thing with a git repository. Nothing is forced and nothing asks.",
    .example = "- name: Go back to the last good version\n"
               "  git: {checkout: v1.4.2}\n"
               "  undo: auto\n",
    .params = &git_params_type,
    .results = git_results,
    .timeout_ms = 15 * 60 * 1000,
    .needs_process = true,
    .takes = TAKES_ENV | TAKES_DIR | TAKES_GRACE,
    .check = check,
    .effects = effects,
    .resolve = resolve,
    .describe = describe,
    .start = process_start,
    .cancel = process_cancel,
    .settle = git_settle,
    .ended = ended,
};
