// What the flags of the command line answer: --confirm, --yes, --answer, --attest.

#include <limits.h>
#include <stdlib.h>

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "exec/walk.h"
#include "model/file.h"

// ---- which question a flag means

// "deploy[eu].wait" is meant by "deploy.wait" too.
struct str id_without_keys(struct str id, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    int depth = 0;

    for (size_t i = 0; i < id.n; i++) {
        if (id.s[i] == '[')
            depth++;
        if (depth == 0)
            buf_add_c(&b, id.s[i]);
        if (id.s[i] == ']')
            depth--;
    }
    return buf_take(&b, a);
}

bool flag_means(struct str said, struct str id, struct arena *a)
{
    return str_equal(said, id) || str_equal(id_without_keys(said, a), id);
}

// As the step is called in the file: what is behind a `use` begins with the step that uses it.
struct str id_in_file(const struct task *t, struct arena *a)
{
    const struct task *caller = space_top(t->space)->caller;

    if (t->undoes)
        return str_format(a, "%.*s%.*s", STR_ARG(id_in_file(t->undoes, a)),
                          STR_ARG(str_slice(t->address, t->undoes->address.n, t->address.n)));
    if (!caller)
        return t->step->id.str;
    return str_format(a, "%.*s.%.*s", STR_ARG(id_in_file(caller, a)), STR_ARG(t->step->id.str));
}

// The same for a question that is none of a step itself: "caller.run", "caller.checklist_1".
static struct str question_in_file(const struct driver *d, struct str id, struct arena *a)
{
    const struct task *t = run_task(d->run, id);
    size_t dot = id.n;

    if (t)
        return id_in_file(t, a);
    while (dot > 0 && id.s[dot - 1] != '.')
        dot--;
    t = dot ? run_task(d->run, str_slice(id, 0, dot - 1)) : NULL;
    return t ? str_format(a, "%.*s.%.*s", STR_ARG(id_in_file(t, a)),
                          STR_ARG(str_slice(id, dot, id.n)))
             : id;
}

static const struct said *find(const struct said *all, size_t n, struct str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(all[i].id, id))
            return &all[i];
    return NULL;
}

// The nearest name wins: one instance, then all that stand in that place of the file.
static const struct said *said_for(const struct said *all, size_t n, const struct driver *d,
                                   struct str id)
{
    const struct said *s = n ? find(all, n, id) : NULL;

    if (n && !s)
        s = find(all, n, id_without_keys(id, d->arena));
    if (n && !s)
        s = find(all, n, question_in_file(d, id, d->arena));
    return s;
}

// ---- answers

bool confirm_is_right(const struct question *q, struct str text)
{
    switch (q->danger) {
    case DANGER_SEVERE: return str_equal(text, q->phrase);
    case DANGER_MILD: return str_is(text, "y") || str_is(text, "yes");
    default: return str_is(text, "yes");
    }
}

static bool from_confirm(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    const struct said *s = said_for(o->confirms, o->confirm_count, d, q->id);

    if (s)
        *a = (struct answer){ .kind = ANSWER_YES, .text = s->text };
    else if (o->yes && q->danger != DANGER_SEVERE)
        *a = (struct answer){ .kind = ANSWER_YES, .text = STR("yes") };
    return a->kind && (!s || confirm_is_right(q, s->text));
}

// The evidence behind `done:`; the path of a file is that of who gives the flag.
static bool read_evidence(const struct driver *d, struct str text, enum evidence wanted,
                          struct answer *a, struct str *why)
{
    struct str said = str_starts(text, "done:") ? str_trim(str_slice(text, 5, text.n)) : STR("");

    if (wanted == EVIDENCE_NONE) {
        *why = STR("no evidence is asked for: say `done`");
        return !said.n;
    }
    *why = str_format(d->arena, "evidence is asked for: say `done:%s`",
                      wanted == EVIDENCE_FILE ? "PATH" : "TEXT");
    if (!said.n || wanted == EVIDENCE_TEXT) {
        a->evidence = said;
        return said.n > 0;
    }
    char path[PATH_MAX];
    struct str there = path_join(d->arena, d->options->cwd, said);
    *why = str_format(d->arena, "there is no file `%.*s` that can be read", STR_ARG(said));
    if (!realpath(there.s, path))
        return false;
    a->evidence = str_copy(d->arena, str_from(path));
    return true;
}

bool work_answer(const struct driver *d, struct str text, int wanted, struct answer *a,
                 struct str *why)
{
    *a = (struct answer){ .kind = ANSWER_YES };
    if (str_is(text, "done") || str_starts(text, "done:"))
        return read_evidence(d, text, (enum evidence)wanted, a, why);
    *why = str_format(d->arena, "'%.*s' is neither `done` nor `failed:NOTE` nor `na:NOTE`",
                      STR_ARG(text));
    a->kind = str_starts(text, "failed:") ? ANSWER_FAILED : ANSWER_NA;
    if (!str_starts(text, "failed:") && !str_starts(text, "na:"))
        return false;
    a->text = str_trim(str_slice(text, str_find(text, ':') + 1, text.n));
    return a->text.n > 0;
}

static bool from_answer(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    const struct said *s = said_for(o->answers, o->answer_count, d, q->id);
    struct value ignored;
    struct str why;

    if (!s)
        return false;
    if (q->kind == QUESTION_MANUAL)
        return work_answer(d, s->text,
                           !q->evidence_wanted   ? EVIDENCE_NONE
                           : q->evidence_is_file ? EVIDENCE_FILE
                                                 : EVIDENCE_TEXT,
                           a, &why);
    struct prompt_job job = { .choices = q->choices, .choice_count = q->choice_count,
                              .type = (enum input_type)q->input_type };
    *a = (struct answer){ .kind = ANSWER_VALUE, .text = s->text };
    return prompt_read(&job, s->text, q->dir, d->arena, &ignored, &why);
}

static bool from_attest(const struct driver *d, const struct question *q, struct answer *a)
{
    const struct run_options *o = d->options;
    const struct said *s = said_for(o->attests, o->attest_count, d, q->id);

    if (s)
        *a = (struct answer){ .kind = ANSWER_YES, .text = s->text };
    return s != NULL;
}

bool answer_from_flags(const struct driver *d, const struct question *q, struct answer *a)
{
    bool found = false;

    *a = (struct answer){ 0 };
    switch (q->kind) {
    case QUESTION_CONFIRM: found = from_confirm(d, q, a); break;
    case QUESTION_MANUAL:
    case QUESTION_PROMPT: found = from_answer(d, q, a); break;
    case QUESTION_CHECKLIST: found = from_attest(d, q, a); break;
    default: break;
    }
    a->by = found ? person(d) : STR("");
    a->how = STR("flag");
    return found;
}

const struct said *flag_for(const struct driver *d, const struct question *q)
{
    const struct run_options *o = d->options;

    switch (q->kind) {
    case QUESTION_CONFIRM: return said_for(o->confirms, o->confirm_count, d, q->id);
    case QUESTION_MANUAL:
    case QUESTION_PROMPT: return said_for(o->answers, o->answer_count, d, q->id);
    case QUESTION_CHECKLIST: return said_for(o->attests, o->attest_count, d, q->id);
    default: return NULL;
    }
}
