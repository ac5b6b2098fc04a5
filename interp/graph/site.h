// Every place of a step in which an expression may stand.
//
// The own places of a step are those it evaluates itself: not those of its children,
// its checks and its undo, which are steps and have places of their own. What stands
// behind the action's key is found in the YAML: whatever an action takes, `${{ }}` is
// the only way to write an expression there, so this floor need not know actions.

#pragma once

#include "model/runbook.h"

enum site_kind { SITE_WORDS, SITE_CONDITION, SITE_FORM };

struct site {
    enum site_kind kind;
    const char *key;          // of the step: "if", "retry.if"; "action" for what it does
    const struct node *node;  // of an action's words: where they are written
    struct str part;          // of an action: the key below its own ("json"), or empty
    const struct template *words;
    const struct expr *cond;
    const struct form *form;
};

// Calls [see] for every own place of [s], its for_each first. What an action's site holds
// lives only as long as the call.
typedef void site_seen(const struct site *site, void *ctx);
void step_each_site(const struct step *s, site_seen *see, void *ctx);

// Calls [see] for every expression of a site.
void site_each_expr(const struct site *site, void (*see)(const struct expr *e, void *ctx),
                    void *ctx);
