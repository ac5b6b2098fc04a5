// What `.runbook.yaml` can say.

#include <stddef.h>

#include "model/project.h"
#include "model/reader.h"

// ---- policy ----

static const char *const needs[] = { "confirm", "backup", "verify", NULL };
static const struct type type_need = {
    .kind = TYPE_CHOICE, .name = "thing to need", .size = sizeof(int), .choices = needs
};
static const struct type type_needs = { .kind = TYPE_LIST,
                                        .name = "list of things to need",
                                        .size = sizeof(struct list),
                                        .element = &type_need };

static bool read_group(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type;
    return type_read(&type_texts, n, &((struct approver_group *)to)->names, r);
}
static const struct type *const group_forms[] = { &type_texts, NULL };
static const struct type group_type = { .kind = TYPE_OWN,
                                        .name = "list of names",
                                        .size = sizeof(struct approver_group),
                                        .read = read_group,
                                        .forms = group_forms };
static const struct type type_groups = { .kind = TYPE_MAP,
                                         .name = "map of groups",
                                         .size = sizeof(struct list),
                                         .element = &group_type,
                                         .any_key = true };

struct policy {
    const struct node *node;
    struct list destroy_needs, approvers;
};
static const struct field policy_fields[] = {
    { "destroy_needs", &type_needs, AT(struct policy, destroy_needs),
      .doc = "What must stand beside every step that destroys; asked for when a file is read." },
    { "approvers", &type_groups, AT(struct policy, approvers),
      .doc = "Groups of people that `from` of an `approve` may name." },
    { 0 },
};
static const struct type policy_object = {
    .kind = TYPE_OBJECT, .name = "policy", .size = sizeof(struct policy), .fields = policy_fields
};

static struct destroy_policy destroy_policy(const struct node *n, const struct policy *policy)
{
    const struct node *written = node_get(n, "destroy_needs");
    struct destroy_policy d = { 0 };

    if (written)
        d.span = written->key->span;
    LIST_EACH(const int, need, policy->destroy_needs)
    {
        d.confirm |= *need == 1;
        d.backup |= *need == 2;
        d.verify |= *need == 3;
    }
    return d;
}

static bool read_policy(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct project *p = to;
    struct policy policy = { 0 };
    (void)type;

    if (!type_read(&policy_object, n, &policy, r))
        return false;
    p->destroy_needs = destroy_policy(n, &policy);
    p->approvers = policy.approvers;
    return true;
}
static const struct type *const policy_forms[] = { &policy_object, NULL };
static const struct type type_policy = {
    .kind = TYPE_OWN, .name = "policy", .size = 0, .read = read_policy, .forms = policy_forms
};

// ---- lint ----

static const char *const levels[] = { "off", "info", "warning", "error", NULL };
static const struct type type_level = {
    .kind = TYPE_CHOICE, .name = "level", .size = sizeof(int), .choices = levels
};

static bool read_rule(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    (void)type;
    return type_read(&type_level, n, &((struct rule_level *)to)->level, r);
}
static const struct type *const rule_forms[] = { &type_level, NULL };
static const struct type rule_type = { .kind = TYPE_OWN,
                                       .name = "level",
                                       .size = sizeof(struct rule_level),
                                       .read = read_rule,
                                       .forms = rule_forms };
static const struct type type_rules = { .kind = TYPE_MAP,
                                        .name = "map of levels",
                                        .size = sizeof(struct list),
                                        .element = &rule_type,
                                        .any_key = true };

struct lint {
    const struct node *node;
    struct list rules;
};
static const struct field lint_fields[] = {
    { "rules", &type_rules, AT(struct lint, rules),
      .doc = "The level of each rule: `off`, `info`, `warning` or `error`." },
    { 0 },
};
static const struct type lint_object = {
    .kind = TYPE_OBJECT, .name = "lint", .size = sizeof(struct lint), .fields = lint_fields
};

static bool read_lint(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct lint lint = { 0 };
    (void)type;

    bool ok = type_read(&lint_object, n, &lint, r);
    ((struct project *)to)->rules = lint.rules;
    return ok;
}
static const struct type *const lint_forms[] = { &lint_object, NULL };
static const struct type type_lint = {
    .kind = TYPE_OWN, .name = "lint", .size = 0, .read = read_lint, .forms = lint_forms
};

// ---- the project ----

static const struct field project_fields[] = {
    { "runbooks", &type_text, AT(struct project, runbooks), .fallback = "runbooks",
      .doc = "The folder of the project's runbooks." },
    { "library", &type_texts, AT(struct project, library),
      .doc = "Folders with more runbooks, for `use`." },
    { "store", &type_text, AT(struct project, store),
      .doc = "Where runs are kept: a folder, or the URL of a PostgreSQL database." },
    { "types", &type_runbook_types, AT(struct project, types),
      .doc = "The types of rollback that the project promises to have a runbook for." },
    { "env", &type_words_map, AT(struct project, env), .doc = "Environment of every runbook." },
    { "connections", &type_connections, AT(struct project, connections),
      .doc = "Connections of every runbook." },
    { "contacts", &type_contacts, AT(struct project, contacts),
      .doc = "Whom to call when a runbook names nobody." },
    { "hooks", &type_hooks, AT(struct project, hooks),
      .doc = "Notifications of every runbook, before its own." },
    // What these two hold is spread over struct project.
    { "policy", &type_policy, .offset = 0, .doc = "Rules for what destroys, and who approves." },
    { "lint", &type_lint, .offset = 0, .doc = "Levels of lint rules." },
    { 0 },
};
const struct type project_type = {
    .kind = TYPE_OBJECT, .name = "project", .size = sizeof(struct project), .fields = project_fields
};
