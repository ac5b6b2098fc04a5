#include "action/file/file.h"

#include <string.h>

#include "action/file/shown.h"
#include "action/file/worker.h"
#include "action/params.h"
#include "action/work.h"
#include "base/arena.h"
#include "base/shell_word.h"
#include "value/base64.h"

struct job {
    struct process process;
    struct str shown;  // what describe() says
};

static const struct field pair_fields[] = {
    { "from", &type_words, AT(struct file_pair, from), .flags = FIELD_REQUIRED,
      .doc = "What is taken: a file or a folder." },
    { "to", &type_words, AT(struct file_pair, to), .flags = FIELD_REQUIRED,
      .doc = "Where it goes. What is there is replaced, all at once." },
    { 0 },
};
static const struct type type_pair = { .kind = TYPE_OBJECT,
                                       .name = "from and to",
                                       .size = sizeof(struct file_pair),
                                       .fields = pair_fields };
static const struct type optional_pair = {
    .kind = TYPE_OPTIONAL, .name = "from and to", .size = sizeof(void *), .element = &type_pair
};

static const struct field write_fields[] = {
    { "path", &type_words, AT(struct file_write, path), .flags = FIELD_REQUIRED,
      .doc = "The file." },
    { "content", &type_words, AT(struct file_write, content), .flags = FIELD_REQUIRED,
      .doc = "All that is in it afterwards." },
    { "mode", &type_words, AT(struct file_write, mode), .fallback = "as it was, else 0644",
      .doc = "Its permissions, octal: `0600`." },
    { 0 },
};
static const struct type type_write = { .kind = TYPE_OBJECT,
                                        .name = "file write",
                                        .size = sizeof(struct file_write),
                                        .fields = write_fields };
static const struct type optional_write = {
    .kind = TYPE_OPTIONAL, .name = "file write", .size = sizeof(void *), .element = &type_write
};

static const struct field remove_fields[] = {
    { "path", &type_words, AT(struct file_remove, path), .flags = FIELD_REQUIRED,
      .doc = "What is removed. It is fine when it is not there." },
    { "recursive", &type_bool, AT(struct file_remove, recursive), .fallback = "false",
      .doc = "Also a folder with all that is in it." },
    { 0 },
};
static const struct type remove_whole = { .kind = TYPE_OBJECT,
                                          .name = "file remove",
                                          .size = sizeof(struct file_remove),
                                          .fields = remove_fields };
static const struct type *const remove_forms[] = { &type_words, &remove_whole, NULL };

static bool read_remove(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct file_remove *p = to;

    p->node = n;
    return short_read(type, n, &p->path, p, r);
}

static const struct type type_remove = { .kind = TYPE_OWN,
                                         .name = "file remove",
                                         .size = sizeof(struct file_remove),
                                         .read = read_remove,
                                         .forms = remove_forms };
static const struct type optional_remove = {
    .kind = TYPE_OPTIONAL, .name = "file remove", .size = sizeof(void *), .element = &type_remove
};

static const struct field fields[] = {
    { "copy", &optional_pair, AT(struct file_params, copy),
      .doc = "Copies a file or a folder, with its permissions." },
    { "write", &optional_write, AT(struct file_params, write), .doc = "Writes a file." },
    { "move", &optional_pair, AT(struct file_params, move), .doc = "Moves a file or a folder." },
    { "remove", &optional_remove, AT(struct file_params, remove),
      .doc = "Removes a file, or a folder." },
    { "newest", &type_words, AT(struct file_params, newest),
      .doc = "Finds the newest of the files that match a pattern: `backups/app_*.gz`." },
    { "read", &type_words, AT(struct file_params, read), .doc = "Reads a file." },
    { "checksum", &type_words, AT(struct file_params, checksum),
      .doc = "Reads a file for its SHA-256." },
    { "optional", &type_bool, AT(struct file_params, optional), .fallback = "false",
      .doc = "With `newest`: it is fine when nothing matches." },
    { 0 },
};
static const struct type params = {
    .kind = TYPE_OBJECT,
    .name = "file",
    .size = sizeof(struct file_params),
    .fields = fields,
};

static bool check_optional(const struct file_params *p, const struct bind *b)
{
    if (p->newest || p->optional == UNWRITTEN)
        return true;
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, param_span(p->node, "optional"),
               "`optional` belongs to `newest` and means nothing here");
    return false;
}

static bool is_read(const struct file_params *p)
{
    return p->newest || p->read || p->checksum;
}

static bool check_undo(const struct step *s, const struct bind *b)
{
    const struct file_params *p = s->params;

    if (s->more->undo.kind != UNDO_AUTO || !is_read(p))
        return true;
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, s->more->undo.node->span,
               "it only reads; there is nothing to undo");
    return false;
}

static bool is_mode(struct str s)
{
    return (s.n == 3 || s.n == 4) && strspn(s.s, "01234567") >= s.n;
}

static bool check_mode(const struct file_params *p, const struct bind *b)
{
    const struct template *mode = p->write ? p->write->mode : NULL;

    if (!mode || !template_is_literal(mode) || is_mode(str_copy(b->arena, mode->text.str)))
        return true;
    diag_error(b->diags, DIAG_BAD_LITERAL, mode->text.span, "'%.*s' is no mode such as 0640",
               STR_ARG(mode->text.str));
    return false;
}

static bool check(const struct step *s, const struct bind *b)
{
    const struct file_params *p = s->params;
    const struct verb verbs[] = {
        { "copy", p->copy },         { "write", p->write },
        { "move", p->move },         { "remove", p->remove },
        { "newest", p->newest },     { "read", p->read },
        { "checksum", p->checksum }, { 0 },
    };

    return one_verb(verbs, p->node, "file", b->diags) && check_optional(p, b) && check_mode(p, b) &&
           check_undo(s, b);
}

static enum effects effects(const void *params_)
{
    const struct file_params *p = params_;

    return is_read(p) ? EFFECTS_READ : EFFECTS_WRITE;
}

// ---- running

struct filling {
    struct attempt *at;
    struct value_builder *job;
    struct buf shown;
    struct expr_error *err;
};

static bool put_text(struct filling *f, const char *key, const struct template *t)
{
    struct str text;

    if (!words_open(t, f->at, &text, f->err) || !work_put(f->job, key, text, f->err))
        return false;
    buf_add_c(&f->shown, ' ');
    shell_quote(&f->shown, text);
    return true;
}

static bool put_pair(struct filling *f, const char *verb, const struct file_pair *pair)
{
    value_put_s(f->job, "verb", value_text(verb));
    buf_add_s(&f->shown, verb);
    return put_text(f, "from", pair->from) && put_text(f, "to", pair->to);
}

static bool put_path(struct filling *f, const char *verb, const struct template *path)
{
    value_put_s(f->job, "verb", value_text(verb));
    buf_add_s(&f->shown, verb);
    return put_text(f, "path", path);
}

static bool put_mode(struct filling *f, const struct template *t)
{
    struct str mode;

    if (!words_open(t, f->at, &mode, f->err))
        return false;
    if (!is_mode(str_copy(f->at->arena, mode)))
        return words_refuse(
            t, f->err, str_format(f->at->arena, "'%.*s' is no mode such as 0640", STR_ARG(mode)));
    value_put_s(f->job, "mode", value_string(mode));
    buf_format(&f->shown, " mode %.*s", STR_ARG(mode));
    return true;
}

static bool put_write(struct filling *f, const struct file_write *p)
{
    struct str content;
    struct buf text = BUF_EMPTY;

    if (!put_path(f, "write", p->path) || !words_bytes(p->content, f->at, &content, f->err))
        return false;
    base64_write(content, &text);
    value_put_s(f->job, "content", value_string(buf_take(&text, f->at->arena)));
    buf_format(&f->shown, " (%zu bytes)", content.n);
    if (p->mode && !put_mode(f, p->mode))
        return false;
    show_content(content, f->at->session->mask, f->at->arena, &f->shown);
    return true;
}

static void add_escaped(struct buf *pattern, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (strchr("*?[]\\", text.s[i]))
            buf_add_c(pattern, '\\');
        buf_add_c(pattern, text.s[i]);
    }
}

// What is written out is a pattern; what comes from a value is text, unless the whole
// pattern is one.
static bool put_pattern(struct filling *f, const struct template *t)
{
    struct buf pattern = BUF_EMPTY;
    struct arena *a = f->at->arena;
    bool ok = words_open(t, f->at, &(struct str){ 0 }, f->err);

    for (size_t i = 0; ok && i < t->count; i++) {
        struct value v;
        struct str text = t->parts[i].literal;

        if (t->parts[i].expr)
            ok = expr_eval(t->parts[i].expr, f->at->scope, a, &v, f->err) &&
                 value_to_text(v, a, &text);
        if (t->parts[i].expr && !template_whole(t))
            add_escaped(&pattern, text);
        else
            buf_add(&pattern, text);
    }
    struct str all = buf_take(&pattern, a);
    value_put_s(f->job, "verb", value_text("newest"));
    buf_format(&f->shown, "newest %.*s", STR_ARG(all));
    return ok && work_put(f->job, "pattern", all, f->err);
}

static bool put_verb(struct filling *f, const struct file_params *p)
{
    if (p->copy)
        return put_pair(f, "copy", p->copy);
    if (p->move)
        return put_pair(f, "move", p->move);
    if (p->write)
        return put_write(f, p->write);
    if (p->newest)
        return put_pattern(f, p->newest);
    if (p->read)
        return put_path(f, "read", p->read);
    if (p->checksum)
        return put_path(f, "checksum", p->checksum);
    if (p->remove->recursive == YES)
        value_put_s(f->job, "recursive", value_bool(true));
    return put_path(f, "remove", p->remove->path);
}

static bool put_undo(struct filling *f)
{
    value_put_s(f->job, "verb", value_text("undo"));
    buf_add_s(&f->shown, "bring back what was there before");
    return true;
}

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct file_params *p = at->params;
    struct job *job = at->job = NEW(at->arena, struct job);
    struct filling f = { .at = at, .job = value_map_start(at->arena), .err = err };

    value_put_s(f.job, "keep", value_string(at->keep));
    value_put_s(f.job, "auto", value_bool(at->step->more->undo.kind == UNDO_AUTO));
    value_put_s(f.job, "optional", value_bool(p->optional == YES));
    bool ok = at->undo_auto ? put_undo(&f) : put_verb(&f, p);
    job->shown = buf_take(&f.shown, at->arena);
    return ok && work_prepare(at, &job->process, "@file", value_finish(f.job), err);
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct job *job = at->job;

    if (at->as.n)
        buf_format(out, "as %.*s: ", STR_ARG(at->as));
    buf_format(out, "file: %.*s\n", STR_ARG(job->shown));
}

static void ended(struct attempt *at, const struct child_result *r, struct outcome *o)
{
    static const int only_0[] = { 0, -1 };

    process_adopted(at, r, only_0, false, o);
    work_ended(at, r, o);
}

static const struct expr_field results[] = {
    { "path", &expr_string, "The file; of `newest` the newest." },
    { "paths", &expr_dyn, "All that match, newest first." },
    { "content", &expr_string, "What is in it." },
    { "sha256", &expr_string, "Its checksum." },
    { "size", &expr_int, "Its size in bytes." },
    { "modified", &expr_timestamp, "When it was last written." },
    { "changed", &expr_bool, "Whether anything was changed." },
    { "backup", &expr_string, "Where what was there is kept; empty if nothing was." },
    { 0 },
};

const struct action action_file = {
    .name = "file",
    .doc = "Copies, writes, moves, removes, finds or reads files, all or nothing.",
    .example = "- name: Point the proxy at the old version\n"
               "  file: {copy: {from: nginx.conf.good, to: /etc/nginx/nginx.conf}}\n"
               "  undo: auto\n",
    .params = &params,
    .results = results,
    .needs_process = true,
    .takes = TAKES_DIR | TAKES_AS | TAKES_GRACE,
    .check = check,
    .effects = effects,
    .resolve = resolve,
    .describe = describe,
    .start = process_start,
    .cancel = process_cancel,
    .ended = ended,
};
