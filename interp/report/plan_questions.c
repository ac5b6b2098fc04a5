// What a plan says will be asked of people, each with the flag that answers it in advance.

#include "action/manual.h"
#include "action/prompt.h"
#include "base/arena.h"
#include "base/shell_word.h"
#include "report/plan_inside.h"

void plan_question(struct planning *g, const char *indent, const char *what, struct str text,
                   struct str flag)
{
    struct page *p = g->page;
    struct str lead = str_format(p->arena, "%s%s ", indent, what);

    g->questions++;
    page_lead(p, lead.s, INK_ASK,
              flag.n ? str_format(p->arena, "%.*s  (%.*s)", STR_ARG(text), STR_ARG(flag)) : text);
}

// Ready to paste into a shell.
static struct str answer_flag(struct arena *a, const char *flag, struct str id, struct str answer)
{
    return str_format(a, "%s %.*s=%.*s", flag, STR_ARG(id), STR_ARG(shell_word(a, answer)));
}

void plan_confirm(struct planning *g, const char *indent, const struct confirm *c, struct str id)
{
    struct arena *a = g->page->arena;
    struct str yes = c->danger == DANGER_MILD     ? STR("y")
                     : c->danger == DANGER_SEVERE ? plan_words(g, c->phrase)
                                                  : STR("yes");

    plan_question(g, indent, c->danger == DANGER_SEVERE ? "asks (severe):" : "asks:",
                  plan_words(g, c->message), answer_flag(a, "--confirm", id, yes));
}

// What manual work or a prompt says, and how it is answered in advance.
void plan_work(struct planning *g, const char *indent, const struct step *s, struct str id)
{
    struct arena *a = g->page->arena;
    const struct manual_params *manual = s->action == &action_manual ? s->params : NULL;
    const struct prompt_params *prompt = s->action == &action_prompt ? s->params : NULL;

    plan_question(
        g, indent, "asks a person:",
        plan_words(g, manual   ? manual->instructions
                      : prompt ? prompt->message
                               : NULL),
        answer_flag(a, "--answer", id, manual ? str_from(manual_done_words(s)) : STR("VALUE")));
    if (manual)
        LIST_EACH(const struct template *, t, manual->checklist)
    page_lead(g->page, str_format(a, "%s  [ ] ", indent).s, INK_PLAIN, plan_words(g, *t));
}

static void add_item(struct planning *g, const struct check_item *item, struct str prefix, size_t n)
{
    struct arena *a = g->page->arena;

    if (item->check)  // the machine answers
        page_lead(g->page, "  checks: ", INK_ASK, plan_words(g, item->item));
    else
        plan_question(g, "  ", "checklist:", plan_words(g, item->item),
                      str_format(a, "--attest %.*schecklist_%zu=NOTE", STR_ARG(prefix), n));
}

void plan_checklist(struct planning *g, const struct runbook *rb, struct str prefix)
{
    size_t n = 0;

    LIST_EACH(const struct check_item, item, rb->checklist)
    add_item(g, item, prefix, ++n);
}
