#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/inputs.h"
#include "cli/open.h"
#include "cli/rehearsal.h"
#include "load/input.h"
#include "load/program.h"
#include "report/view.h"
#include "value/fields.h"

// SOURCE_DATE_EPOCH makes the same document come out the same.
static int64_t printing_time(void)
{
    const char *seconds = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long n = seconds ? strtoll(seconds, &end, 10) : 0;

    return seconds && *seconds && !*end ? n * 1000000000 : clock_wall_ns();
}

// ---- inputs, where not all are given

static const struct given *given_for(const struct input *in, const struct given *given,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(given[i].name, in->entry.key.str))
            return &given[i];
    return NULL;
}

// What is wrong with it is said elsewhere.
static bool value_for(const struct input *in, const struct given *g, struct arena *a,
                      struct value *out)
{
    struct scope none = { 0 };
    struct refusal ignored;

    if (g)
        return g->has_value ? input_from_value(in, g->value, a, out, &ignored)
                            : input_from_text(in, g->text, a, out, &ignored);
    return in->fallback && in->fallback->kind == FORM_CONSTANT &&
           input_from_form(in, in->fallback, &none, a, out, &ignored);
}

// The inputs that are known; [*missing] is how many have to be given and are not.
static struct value known_inputs(struct invocation *v, const struct runbook *rb, size_t *missing)
{
    struct value_builder *b = value_map_start(v->arena);
    const struct given *given;
    size_t count;

    *missing = 0;
    if (inputs_given(v, &given, &count) != CODE_OK)
        count = 0;
    LIST_EACH(const struct input, in, rb->inputs)
    {
        const struct given *g = given_for(in, given, count);
        struct value value;
        *missing += !g && input_is_required(in);
        if (in->secret != YES && value_for(in, g, v->arena, &value))
            value_put(b, value_string(in->entry.key.str), value);
    }
    return value_finish(b);
}

// A document can be printed also where the run could not begin: the machine at hand is
// not always the one it is for.
int command_view(struct invocation *v)
{
    struct history *h = history_new(v->arena);
    struct diags rehearsed = { .arena = v->arena }, *said = v->diags;
    struct project *project = open_project_of(v, v->words[0]);
    struct str path = project_locate(project, v->arena, v->words[0], true, v->diags);
    struct buf b = BUF_EMPTY;

    if (!path.n)
        return CODE_USAGE;
    struct program *program = program_load(v->arena, project, path, v->diags);
    if (!program || v->diags->errors)
        return CODE_INVALID;
    v->diags = &rehearsed;
    int code = rehearse(v, h);
    size_t missing;
    struct value inputs = known_inputs(v, program->root->rb, &missing);
    v->diags = said;
    // What is not given is a line to fill in; what is given and wrong is a mistake. Where the
    // run could not even begin, the inputs are known all the same.
    bool only_missing = code == CODE_INVALID && missing && rehearsed.errors == missing;
    if (code == CODE_USAGE || (code == CODE_INVALID && !only_missing)) {
        diags_append(v->diags, &rehearsed);
        return code;
    }
    if (value_of(h->start, "inputs").kind == VALUE_MAP)
        inputs = value_of(h->start, "inputs");
    struct document *d = view_document(program, h, inputs, printing_time(), v->arena);
    if (str_is(flag_text(v, "format"), "html"))
        document_html(d, h->title.n ? h->title : program->root->rb->name.str, &b);
    else
        document_markdown(d, &b);
    struct str text = mask_text(v->mask, buf_str(&b), v->arena, NULL);
    fwrite(text.s, 1, text.n, stdout);
    buf_free(&b);
    return CODE_OK;
}
