#include "action/file.h"

#include "action/params.h"

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

static bool check(const struct step *s, const struct bind *b)
{
    const struct file_params *p = s->params;
    const struct verb verbs[] = {
        { "copy", p->copy },         { "write", p->write },
        { "move", p->move },         { "remove", p->remove },
        { "newest", p->newest },     { "read", p->read },
        { "checksum", p->checksum }, { 0 },
    };

    return one_verb(verbs, p->node, "file", b->diags) && check_optional(p, b);
}

static enum effects effects(const void *params_)
{
    const struct file_params *p = params_;

    return p->newest || p->read || p->checksum ? EFFECTS_READ : EFFECTS_WRITE;
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
};
