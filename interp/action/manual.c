#include "action/manual.h"

#include "action/params.h"
#include "base/arena.h"
#include "base/buf.h"

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct manual_params *p = at->params;
    struct manual_job *job = at->job = NEW(at->arena, struct manual_job);

    job->evidence = p->evidence;
    return words_open(p->instructions, at, &job->instructions, err) &&
           words_list(&p->checklist, at, &job->items, &job->item_count, err);
}

static void describe(const struct attempt *at, struct buf *out)
{
    const struct manual_job *job = at->job;

    buf_format(out, "a person: %.*s\n", STR_ARG(job->instructions));
    for (size_t i = 0; i < job->item_count; i++)
        buf_format(out, "  [ ] %.*s\n", STR_ARG(job->items[i]));
}

struct value manual_result(struct arena *a, const char *answer, struct str note,
                           struct str evidence)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "answer", value_text(answer));
    value_put_s(b, "note", value_string(note));
    value_put_s(b, "evidence", value_string(evidence));
    return value_finish(b);
}

static enum effects effects(const void *params)
{
    (void)params;
    return EFFECTS_READ;
}

static const char *const evidences[] = { "text", "file", NULL };
static const struct type type_evidence = {
    .kind = TYPE_CHOICE,
    .name = "kind of evidence",
    .size = sizeof(int),
    .choices = evidences,
};

static const struct field fields[] = {
    { "instructions", &type_said, AT(struct manual_params, instructions), .flags = FIELD_REQUIRED,
      .doc = "What to do." },
    { "checklist", &type_words_list, AT(struct manual_params, checklist),
      .doc = "What to tick off on the way." },
    { "evidence", &type_evidence, AT(struct manual_params, evidence),
      .doc = "What the person hands in: a text, or the path of a file." },
    { 0 },
};
static const struct type whole = {
    .kind = TYPE_OBJECT,
    .name = "manual",
    .size = sizeof(struct manual_params),
    .fields = fields,
};
static const struct type *const forms[] = { &type_said, &whole, NULL };

static bool read(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct manual_params *p = to;

    p->node = n;
    return short_read(type, n, &p->instructions, p, r);
}

static const struct type params = {
    .kind = TYPE_OWN,
    .name = "manual",
    .size = sizeof(struct manual_params),
    .read = read,
    .forms = forms,
};

static const struct expr_field results[] = {
    { "answer", &expr_string, "`done`, `failed` or `na`." },
    { "note", &expr_string, "What the person wrote to it." },
    { "evidence", &expr_string, "The text or the path that was handed in." },
    { 0 },
};

const struct action action_manual = {
    .name = "manual",
    .doc = "A person does something and says how it went: done, failed, or not applicable.",
    .example = "- name: Move the network cable\n"
               "  manual: {instructions: Move cable 7 to port 12, evidence: text}\n",
    .params = &params,
    .results = results,
    .asks = true,
    .effects = effects,
    .resolve = resolve,
    .describe = describe,
};

const char *manual_done_words(const struct step *s)
{
    static const char *const words[] = { [EVIDENCE_NONE] = "done",
                                         [EVIDENCE_TEXT] = "done:TEXT",
                                         [EVIDENCE_FILE] = "done:PATH" };
    const struct manual_params *p = s->params;

    return words[p->evidence];
}
