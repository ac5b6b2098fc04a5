// Where values come from: inputs, secrets, connections.

#include "base/arena.h"
#include "model/reader.h"

// ---- inputs ----

static const char *const input_types[] = { "string",   "int",  "number", "bool",
                                           "duration", "path", "list",   NULL };
static const struct type type_input_type = {
    .kind = TYPE_CHOICE, .name = "type of an input", .size = sizeof(int), .choices = input_types
};

// Values of an input are read by its type (input_check), once that is known.
static bool leave(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type, (void)n, (void)to, (void)r;
    return true;
}
static const struct type *const value_forms[] = { &type_value, NULL };
static const struct type type_by_type = { .kind = TYPE_OWN,
                                          .name = "value of its type",
                                          .size = sizeof(const struct form *),
                                          .read = leave,
                                          .forms = value_forms };
static const struct type type_values = { .kind = TYPE_LIST,
                                         .name = "list of values",
                                         .size = sizeof(struct list),
                                         .element = &type_by_type,
                                         .filled = true };

static const struct field input_fields[] = {
    { "type", &type_input_type, AT(struct input, type), .fallback = "string",
      .doc = "What kind of value it is. A `path` must exist unless `exists` is false." },
    { "required", &type_bool, AT(struct input, required),
      .doc = "Whether it must be given; what has no `default` must be, unless this is `false`." },
    { "default", &type_by_type, AT(struct input, fallback),
      .doc = "Its value when none is given." },
    { "enum", &type_values, AT(struct input, allowed), .doc = "The only values it may have." },
    { "pattern", &type_text, AT(struct input, pattern),
      .doc = "A regular expression that matches the whole value." },
    { "min", &type_by_type, AT(struct input, min), .doc = "The least value." },
    { "max", &type_by_type, AT(struct input, max), .doc = "The greatest value." },
    { "exists", &type_bool, AT(struct input, exists), .fallback = "true",
      .doc = "`false`: a path need not exist." },
    { "prompt", &type_text, AT(struct input, prompt),
      .doc = "The question with which it is asked for on a terminal. Without it, it is never asked "
             "for." },
    { "description", &type_text, AT(struct input, description), .doc = "What it is for." },
    { "secret", &type_bool, AT(struct input, secret), .fallback = "false",
      .doc = "`true`: it is masked, and cannot be given by a flag." },
    { 0 },
};

static struct form *text_form(const struct node *n, struct reader *r)
{
    struct form *f = NEW(r->arena, struct form);

    *f = (struct form){ .kind = FORM_CONSTANT,
                        .text = n->text,
                        .constant = value_string(n->text.str) };
    if (str_search(n->text.str, STR("${{")) == SIZE_MAX)
        return f;
    f->kind = FORM_TEMPLATE;
    f->template = template_parse(r->arena, &n->text, r->diags);
    return f->template ? f : NULL;
}

static bool misfit(const struct node *n, int type, struct reader *r)
{
    struct str wanted = with_article(r->arena, input_types[type - 1]);

    refuse(r, DIAG_WRONG_TYPE, n->span, "this is no value of %.*s input", STR_ARG(wanted));
    return false;
}

static bool duration_form(const struct node *n, struct form *f, struct reader *r)
{
    int64_t ns;

    if (f->kind != FORM_CONSTANT)
        return true;
    if (!duration_of(&n->text, &ns, r))
        return false;
    f->constant = value_duration(ns);
    return true;
}

static bool kind_fits(int type, const struct form *f)
{
    static const enum value_kind kinds[] = { [INPUT_INT] = VALUE_INT, [INPUT_BOOL] = VALUE_BOOL };

    if (f->kind == FORM_TEMPLATE)
        return true;
    if (type == INPUT_LIST)
        return f->kind == FORM_LIST;
    if (f->kind != FORM_CONSTANT)
        return false;
    enum value_kind kind = f->constant.kind;
    return type == INPUT_NUMBER ? kind == VALUE_INT || kind == VALUE_DOUBLE : kind == kinds[type];
}

// Text, paths and durations are what was written; the rest is read by the core schema.
static bool read_by_type(const struct node *n, int type, const struct form **out, struct reader *r)
{
    bool is_text = type == INPUT_UNWRITTEN || type == INPUT_STRING || type == INPUT_PATH ||
                   type == INPUT_DURATION;
    struct form *f;

    if (n->refused)
        return false;
    if (n->kind == NODE_SCALAR && !n->text.quoted && !n->text.str.n)
        return empty_value(n, r);
    if (is_text && n->kind != NODE_SCALAR)
        return misfit(n, type ? type : INPUT_STRING, r);
    *out = f = is_text ? text_form(n, r) : form_read(r->arena, n, r->diags);
    if (!f)
        return false;
    if (type == INPUT_DURATION)
        return duration_form(n, f, r);
    return is_text || kind_fits(type, f) || misfit(n, type, r);
}

static bool read_allowed(const struct node *n, int type, struct list *out, struct reader *r)
{
    const struct form **forms = NEW_ARRAY(r->arena, const struct form *, node_count(n) + 1);
    bool ok = true;

    *out = (struct list){ forms, 0 };
    for (const struct node *child = n->first; child; child = child->next)
        ok &= read_by_type(child, type, &forms[out->count++], r);
    return ok;
}

// A key that only means something for other types.
static bool only_for(const struct node *n, const char *key, bool means, const char *types,
                     struct reader *r)
{
    const struct node *value = node_get(n, key);

    if (!value || means)
        return true;
    refuse(r, DIAG_CONFLICTING_FIELDS, key_span(value), "`%s` is for inputs of type %s", key,
           types);
    return false;
}

static bool check_keys(const struct node *n, const struct input *i, struct reader *r)
{
    bool is_text = i->type == INPUT_UNWRITTEN || i->type == INPUT_STRING || i->type == INPUT_PATH;
    bool ordered = i->type == INPUT_INT || i->type == INPUT_NUMBER || i->type == INPUT_DURATION;
    bool ok = only_for(n, "pattern", is_text, "`string` and `path`", r);

    ok &= only_for(n, "exists", i->type == INPUT_PATH, "`path`", r);
    ok &= only_for(n, "min", ordered, "`int`, `number` and `duration`", r);
    return only_for(n, "max", ordered, "`int`, `number` and `duration`", r) && ok;
}

static bool input_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct input *i = to;
    const struct node *fallback = node_get(n, "default"), *allowed = node_get(n, "enum");
    const struct node *min = node_get(n, "min"), *max = node_get(n, "max");
    bool ok = true;
    (void)type;

    i->node = n;
    if (node_get(n, "type") && !i->type)
        return false;  // a bad type silences what is read by it
    ok &= !fallback || read_by_type(fallback, i->type, &i->fallback, r);
    ok &= !allowed || allowed->kind != NODE_LIST || read_allowed(allowed, i->type, &i->allowed, r);
    ok &= check_keys(n, i, r);
    ok &= !min || !ok || read_by_type(min, i->type, &i->min, r);
    ok &= !max || !ok || read_by_type(max, i->type, &i->max, r);
    return ok;
}

static const struct type input_type = { .kind = TYPE_OBJECT,
                                        .name = "input",
                                        .size = sizeof(struct input),
                                        .fields = input_fields,
                                        .check = input_check };
const struct type type_inputs = {
    .kind = TYPE_MAP, .name = "map of inputs", .size = sizeof(struct list), .element = &input_type
};

// ---- secrets ----

static const struct field secret_fields[] = {
    { "env", &type_said_here, AT(struct secret, env),
      .doc = "The environment variable that holds it." },
    { "file", &type_said, AT(struct secret, file), .doc = "The file that holds it." },
    { "exec", &type_some_words, AT(struct secret, exec),
      .doc = "The program and arguments that print it." },
    { "stdin", &type_bool, AT(struct secret, from_stdin),
      .doc = "`true`: what stands on standard input is it." },
    { 0 },
};

static bool secret_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct secret *s = to;
    const struct node *first = n->first;
    (void)type;

    s->node = n;
    if (!first || s->from_stdin == NO) {
        struct diag *d = refuse(r, DIAG_MISSING_FIELD, lack_span(n),
                                "a secret must say where it comes from");
        diag_help(r->diags, d, "write one of `env`, `file`, `exec` or `stdin`");
        return false;
    }
    if (!first->next)
        return true;
    refuse(r, DIAG_CONFLICTING_FIELDS, first->next->key->span, "a secret has one source");
    return false;
}
static const struct type secret_type = { .kind = TYPE_OBJECT,
                                         .name = "secret",
                                         .size = sizeof(struct secret),
                                         .fields = secret_fields,
                                         .check = secret_check };
const struct type type_secrets = {
    .kind = TYPE_MAP, .name = "map of secrets", .size = sizeof(struct list), .element = &secret_type
};

// ---- connections ----

static const struct field auth_fields[] = {
    { "user", &type_words, AT(struct auth, user), .doc = "The user of basic authentication." },
    { "password", &type_words, AT(struct auth, password), .doc = "Its password." },
    { "bearer", &type_words, AT(struct auth, bearer), .doc = "A bearer token, instead of both." },
    { 0 },
};

// { user, password } or { bearer }
static bool auth_check(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    const struct node *user = node_get(n, "user"), *password = node_get(n, "password");
    (void)type, (void)to;

    if (node_get(n, "bearer")) {
        if (!user && !password)
            return true;
        refuse(r, DIAG_CONFLICTING_FIELDS, key_span(user ? user : password),
               "`bearer` stands instead of a user and a password");
        return false;
    }
    if (user && password)
        return true;
    refuse(r, DIAG_MISSING_FIELD, lack_span(n), "`auth` needs `user` and `password`, or `bearer`");
    return false;
}
static const struct type auth_type = { .kind = TYPE_OBJECT,
                                       .name = "auth",
                                       .size = sizeof(struct auth),
                                       .fields = auth_fields,
                                       .check = auth_check };
const struct type type_auth = {
    .kind = TYPE_OPTIONAL, .name = "auth", .size = sizeof(struct auth *), .element = &auth_type
};

static const struct field tls_fields[] = {
    { "verify", &type_amount_bool, AT(struct tls, verify), .fallback = "true",
      .doc = "Whether the certificate of the other side is verified." },
    { "ca", &type_words, AT(struct tls, ca), .doc = "A file of certificates to trust." },
    { "cert", &type_words, AT(struct tls, cert), .doc = "The file of our own certificate." },
    { "key", &type_words, AT(struct tls, key), .doc = "The file of its key." },
    { 0 },
};
static const struct type tls_type = {
    .kind = TYPE_OBJECT, .name = "tls", .size = sizeof(struct tls), .fields = tls_fields
};
const struct type type_tls = {
    .kind = TYPE_OPTIONAL, .name = "tls", .size = sizeof(struct tls *), .element = &tls_type
};

static const struct field connection_fields[] = {
    { "url", &type_words, AT(struct connection, url), .flags = FIELD_REQUIRED,
      .doc = "`postgresql://`, `sqlite:PATH`, `http(s)://` or `http+unix://`." },
    { "headers", &type_words_map, AT(struct connection, headers),
      .doc = "Headers of every request." },
    { "auth", &type_auth, AT(struct connection, auth), .doc = "How to log in." },
    { "tls", &type_tls, AT(struct connection, tls), .doc = "How to encrypt." },
    { "proxy", &type_words, AT(struct connection, proxy), .doc = "The proxy to go through." },
    { "timeout", &type_amount_time, AT(struct connection, timeout),
      .doc = "How long connecting may take." },
    { 0 },
};
static const struct type connection_object = { .kind = TYPE_OBJECT,
                                               .name = "connection",
                                               .size = sizeof(struct connection),
                                               .fields = connection_fields };

static bool read_connection(const struct type *type, const struct node *n, void *to,
                            struct reader *r)
{
    struct connection *c = to;
    (void)type;

    c->node = n;
    if (n->kind == NODE_MAP)
        return type_read(&connection_object, n, to, r);
    return type_read(&type_words, n, &c->url, r);
}
static const struct type *const connection_forms[] = { &type_words, &connection_object, NULL };
static const struct type connection_either = { .kind = TYPE_OWN,
                                               .name = "URL or connection",
                                               .size = sizeof(struct connection),
                                               .read = read_connection,
                                               .forms = connection_forms };
const struct type type_connections = { .kind = TYPE_MAP,
                                       .name = "map of connections",
                                       .size = sizeof(struct list),
                                       .element = &connection_either };
