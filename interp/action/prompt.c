#include "action/prompt.h"

#include <unistd.h>

#include "action/params.h"
#include "base/arena.h"
#include "base/buf.h"
#include "value/json.h"

static bool resolve_fallback(struct attempt *at, struct prompt_job *job, struct expr_error *err)
{
    const struct prompt_params *p = at->params;
    struct value v;

    if (!p->fallback)
        return true;
    if (!form_fill(p->fallback, at->scope, at->arena, &v, err))
        return false;
    job->has_fallback = true;
    if (value_to_text(v, at->arena, &job->fallback))
        return true;
    if (v.kind == VALUE_LIST && job->type == INPUT_LIST) {
        job->fallback = json_text(v, at->arena);
        return true;
    }
    *err = (struct expr_error){ .span = p->fallback->text.span };
    err->message = str_format(at->arena, "%s cannot be a default here", value_kind_words(v.kind));
    return false;
}

// Nothing to choose from is no question that anything would be an answer to.
static bool resolve_choices(struct attempt *at, struct prompt_job *job, struct expr_error *err)
{
    const struct prompt_params *p = at->params;

    if (!words_list(&p->choices, at, &job->choices, &job->choice_count, err))
        return false;
    if (job->choice_count || !p->choices.count)
        return true;
    *err = (struct expr_error){ .message = STR("there is nothing to choose from: the list of "
                                               "`choices` is empty"),
                                .span = param_span(p->node, "choices") };
    return false;
}

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct prompt_params *p = at->params;
    struct prompt_job *job = at->job = NEW(at->arena, struct prompt_job);
    struct value ignored;
    struct str why;

    job->type = p->type;
    if (!words_open(p->message, at, &job->message, err) || !resolve_choices(at, job, err) ||
        !resolve_fallback(at, job, err))
        return false;
    if (!job->has_fallback || prompt_read(job, job->fallback, at->dir, at->arena, &ignored, &why))
        return true;
    *err = (struct expr_error){ .span = p->fallback->text.span };
    err->message = str_format(at->arena, "the default is none of the answers: %.*s", STR_ARG(why));
    return false;
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct prompt_job *job = at->job;

    buf_format(out, "ask: %.*s\n", STR_ARG(job->message));
    for (size_t i = 0; i < job->choice_count; i++)
        buf_format(out, "  - %.*s\n", STR_ARG(job->choices[i]));
}

static bool is_choice(const struct prompt_job *job, struct str typed)
{
    for (size_t i = 0; i < job->choice_count; i++)
        if (str_equal(job->choices[i], typed))
            return true;
    return false;
}

static bool read_bool(struct str typed, struct value *out)
{
    *out = value_bool(str_is(typed, "true"));
    return out->b || str_is(typed, "false");
}

static bool read_json(struct str typed, enum value_kind kind, struct arena *a, struct value *out)
{
    struct json_error ignored;

    if (!json_read(typed, a, out, &ignored))
        return false;
    if (kind == VALUE_DOUBLE && out->kind == VALUE_INT)
        *out = value_double((double)out->i);
    return out->kind == kind;
}

// "[a, b]", as YAML reads it: the same as for an input.
static bool read_list(struct str typed, struct arena *a, struct value *out)
{
    struct diags unheard = { .arena = a };
    const struct node *n = node_read(a, source_new(a, STR("answer"), typed), &unheard);
    struct value_builder *b = value_list_start(a);
    bool ok = n && n->kind == NODE_LIST;

    for (const struct node *item = ok ? n->first : NULL; item && ok; item = item->next) {
        struct value v = value_string(item->text.str);
        ok = item->kind == NODE_SCALAR &&
             (item->text.quoted || core_scalar(&item->text, &v, &unheard));
        value_add(b, v);
    }
    *out = value_finish(b);
    return ok && !unheard.errors;
}

static bool read_path(struct str typed, struct str dir, struct arena *a, struct value *out)
{
    struct str path = str_copy(a, path_below(a, dir, typed));

    *out = value_string(typed);
    return typed.n && str_find(path, '\0') == SIZE_MAX && access(path.s, F_OK) == 0;
}

static bool read_typed(enum input_type type, struct str typed, struct str dir, struct arena *a,
                       struct value *out)
{
    int64_t ns;

    switch (type) {
    case INPUT_INT:
        return read_json(typed, VALUE_INT, a, out);
    case INPUT_NUMBER:
        return read_json(typed, VALUE_DOUBLE, a, out);
    case INPUT_LIST:
        return read_json(typed, VALUE_LIST, a, out) || read_list(typed, a, out);
    case INPUT_BOOL:
        return read_bool(typed, out);
    case INPUT_PATH:
        return read_path(typed, dir, a, out);
    case INPUT_DURATION:
        if (!duration_parse(typed, &ns))
            return false;
        *out = value_duration(ns);
        return true;
    default:
        *out = value_string(typed);
        return true;
    }
}

static const char *wanted(enum input_type type)
{
    static const char *const words[] = {
        [INPUT_INT] = "a whole number",      [INPUT_NUMBER] = "a number",
        [INPUT_BOOL] = "true or false",      [INPUT_DURATION] = "a duration such as 30s",
        [INPUT_PATH] = "a path that exists", [INPUT_LIST] = "a list such as [a, b]",
    };
    return words[type];
}

bool prompt_read(const struct prompt_job *job, struct str typed, struct str dir, struct arena *a,
                 struct value *out, struct str *why)
{
    if (job->choice_count && !is_choice(job, typed)) {
        *why = str_format(a, "'%.*s' is not one of the choices", STR_ARG(typed));
        return false;
    }
    if (read_typed(job->type, str_copy(a, typed), dir, a, out))
        return true;
    *why = str_format(a, "'%.*s' is not %s", STR_ARG(typed), wanted(job->type));
    return false;
}

struct value prompt_result(struct arena *a, struct value value)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "value", value);
    return value_finish(b);
}

bool prompt_literal(const struct prompt_params *p, struct prompt_job *job, struct arena *a)
{
    struct str *choices = NEW_ARRAY(a, struct str, p->choices.count + 1);
    struct expr_error unheard;
    bool secret, ok = p->type != INPUT_PATH;  // a path may come to be only in the run

    *job = (struct prompt_job){ .type = (enum input_type)p->type, .choices = choices };
    LIST_EACH(const struct template *, t, p->choices)
    ok = ok && template_is_literal(*t) &&
         template_eval_text(*t, NULL, a, &choices[job->choice_count++], &secret, &unheard);
    return ok;
}

// What Enter gives, as far as the file alone says it.
static bool literal_fallback(const struct form *f, struct arena *a, struct str *out)
{
    struct expr_error unheard;
    bool secret;

    if (f->kind == FORM_CONSTANT)
        return value_to_text(f->constant, a, out);
    return f->kind == FORM_TEMPLATE && template_is_literal(f->template) &&
           template_eval_text(f->template, NULL, a, out, &secret, &unheard);
}

static bool check_fallback(const struct prompt_params *p, const struct bind *b)
{
    struct prompt_job job;
    struct value ignored;
    struct str typed, why;

    if (!p->fallback || !prompt_literal(p, &job, b->arena) ||
        !literal_fallback(p->fallback, b->arena, &typed) ||
        prompt_read(&job, typed, STR(""), b->arena, &ignored, &why))
        return true;
    diag_error(b->diags, DIAG_BAD_LITERAL, p->fallback->text.span,
               "the default is none of the answers: %.*s", STR_ARG(why));
    return false;
}

static bool check(const struct step *s, const struct bind *b)
{
    const struct prompt_params *p = s->params;

    if (!p->choices.count || !p->type)
        return check_fallback(p, b);
    diag_error(b->diags, DIAG_CONFLICTING_FIELDS, param_span(p->node, "type"),
               "a prompt has `choices` or a `type`, not both");
    return false;
}

static enum effects effects(const void *params)
{
    (void)params;
    return EFFECTS_READ;
}

// The order of enum input_type.
static const char *const types[] = { "string",   "int",  "number", "bool",
                                     "duration", "path", "list",   NULL };
static const struct type type_type = {
    .kind = TYPE_CHOICE,
    .name = "type of an input",
    .size = sizeof(int),
    .choices = types,
};

static const struct type some_answers = {
    .kind = TYPE_LIST,
    .name = "list of text",
    .size = sizeof(struct list),
    .element = &type_words,
    .filled = true,
    .computed = true,
};

static const struct field fields[] = {
    { "message", &type_said, AT(struct prompt_params, message), .flags = FIELD_REQUIRED,
      .doc = "The question." },
    { "choices", &some_answers, AT(struct prompt_params, choices),
      .doc = "The answers to choose from. An element that is a list becomes as many." },
    { "type", &type_type, AT(struct prompt_params, type), .fallback = "string",
      .doc = "What the answer must be." },
    { "default", &type_value, AT(struct prompt_params, fallback),
      .doc = "The answer when only Enter is pressed." },
    { 0 },
};
static const struct type params = {
    .kind = TYPE_OBJECT,
    .name = "prompt",
    .size = sizeof(struct prompt_params),
    .fields = fields,
};

static const struct expr_field results[] = {
    { "value", &expr_dyn, "The answer, of the type that was asked for." },
    { 0 },
};

const struct action action_prompt = {
    .name = "prompt",
    .doc = "Asks a person for a value.",
    .example = "- id: target\n  prompt: {message: Which version?, choices: [\"1.4\", \"1.5\"]}\n",
    .params = &params,
    .results = results,
    .asks = true,
    .check = check,
    .effects = effects,
    .resolve = resolve,
    .describe = describe,
};
