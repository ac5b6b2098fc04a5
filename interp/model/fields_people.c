// Questions to people: confirm, approve, the checklist, contacts.

#include "model/reader.h"

static const char *const dangers[] = { "mild", "moderate", "severe", NULL };
static const struct type type_danger = {
    .kind = TYPE_CHOICE, .name = "degree of danger", .size = sizeof(int), .choices = dangers
};
static const char *const noes[] = { "stop", "skip", NULL };
static const struct type type_on_no = {
    .kind = TYPE_CHOICE, .name = "reaction to a no", .size = sizeof(int), .choices = noes
};
static const char *const reasons[] = { "required", "optional", NULL };
static const struct type type_reason = {
    .kind = TYPE_CHOICE, .name = "rule for the reason", .size = sizeof(int), .choices = reasons
};

static const struct field confirm_fields[] = {
    { "message", &type_said, AT(struct confirm, message), .flags = FIELD_REQUIRED,
      .doc = "The question." },
    { "danger", &type_danger, AT(struct confirm, danger), .fallback = "moderate",
      .doc = "`mild` takes `y`, `moderate` the word `yes`, `severe` the exact phrase." },
    { "phrase", &type_said, AT(struct confirm, phrase),
      .doc = "What has to be typed when the danger is severe." },
    { "show", &type_words_list, AT(struct confirm, show),
      .doc = "Values shown with the question." },
    { "timeout", &type_amount_time, AT(struct confirm, timeout),
      .doc = "How long to wait for an answer; then it is a no." },
    { "on_no", &type_on_no, AT(struct confirm, on_no), .fallback = "stop",
      .doc = "`skip`: a no skips the step, as `if` does." },
    { 0 },
};

// The exact phrase is what makes `severe` severe.
static bool check_phrase(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    const struct confirm *c = to;
    const struct node *danger = node_get(n, "danger");
    (void)type;

    if (c->danger != DANGER_SEVERE || node_get(n, "phrase"))
        return true;
    diag_help(r->diags,
              refuse(r, DIAG_MISSING_FIELD, danger->span, "`danger: severe` needs a `phrase`"),
              "add the words that must be typed: `phrase: the name of what is lost`");
    return false;
}

static const struct type confirm_object = { .kind = TYPE_OBJECT,
                                            .name = "confirm",
                                            .size = sizeof(struct confirm),
                                            .fields = confirm_fields,
                                            .check = check_phrase };

static bool read_confirm(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct confirm *c = to;
    (void)type;

    if (n->kind == NODE_MAP)
        return type_read(&confirm_object, n, to, r);
    c->node = n;
    return type_read(&type_said, n, &c->message, r);
}
static const struct type *const confirm_forms[] = { &type_said, &confirm_object, NULL };
static const struct type confirm_either = { .kind = TYPE_OWN,
                                            .name = "confirm",
                                            .size = sizeof(struct confirm),
                                            .read = read_confirm,
                                            .forms = confirm_forms };
const struct type type_confirm = { .kind = TYPE_OPTIONAL,
                                   .name = "confirm",
                                   .size = sizeof(struct confirm *),
                                   .element = &confirm_either };

static const struct field approve_fields[] = {
    { "message", &type_said, AT(struct approve, message), .flags = FIELD_REQUIRED,
      .doc = "What is to be approved." },
    { "from", &type_some_words, AT(struct approve, from),
      .doc = "Who may vote: users, or groups of `policy: {approvers: ...}` in the `.runbook.yaml`." },
    { "min", &type_amount_count, AT(struct approve, min), .fallback = "1",
      .doc = "How many votes are needed." },
    { "not_requester", &type_amount_bool, AT(struct approve, not_requester), .fallback = "false",
      .doc = "The user who started the run may not vote." },
    { "timeout", &type_amount_time, AT(struct approve, timeout),
      .doc = "How long to wait for votes; then it is a no." },
    { "reason", &type_reason, AT(struct approve, reason), .fallback = "optional",
      .doc = "Whether a vote must give a reason." },
    { 0 },
};
static const struct type approve_object = {
    .kind = TYPE_OBJECT, .name = "approve", .size = sizeof(struct approve), .fields = approve_fields
};

static bool read_approve(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct approve *v = to;
    (void)type;

    if (n->kind == NODE_MAP)
        return type_read(&approve_object, n, to, r);
    v->node = n;
    return type_read(&type_said, n, &v->message, r);
}
static const struct type *const approve_forms[] = { &type_said, &approve_object, NULL };
static const struct type approve_either = { .kind = TYPE_OWN,
                                            .name = "approve",
                                            .size = sizeof(struct approve),
                                            .read = read_approve,
                                            .forms = approve_forms };
const struct type type_approve = { .kind = TYPE_OPTIONAL,
                                   .name = "approve",
                                   .size = sizeof(struct approve *),
                                   .element = &approve_either };

// ---- the checklist ----

static const struct type type_item_check = { .kind = TYPE_OPTIONAL,
                                             .name = "check",
                                             .size = sizeof(struct step *),
                                             .element = &type_bare_check };
static const struct field item_fields[] = {
    { "item", &type_said, AT(struct check_item, item), .flags = FIELD_REQUIRED,
      .doc = "What is attested." },
    { "check", &type_item_check, AT(struct check_item, check),
      .doc = "Lets the machine answer; when it does not hold, nothing is started." },
    { 0 },
};
static const struct type item_object = { .kind = TYPE_OBJECT,
                                         .name = "checklist item",
                                         .size = sizeof(struct check_item),
                                         .fields = item_fields };

static bool read_item(const struct type *type, const struct node *n, void *to, struct reader *r)
{
    struct check_item *item = to;
    (void)type;

    if (n->kind == NODE_MAP)
        return type_read(&item_object, n, to, r);
    item->node = n;
    return type_read(&type_said, n, &item->item, r);
}
static const struct type *const item_forms[] = { &type_said, &item_object, NULL };
static const struct type item_either = { .kind = TYPE_OWN,
                                         .name = "checklist item",
                                         .size = sizeof(struct check_item),
                                         .read = read_item,
                                         .forms = item_forms };
const struct type type_checklist = { .kind = TYPE_LIST,
                                     .name = "list of checklist items",
                                     .size = sizeof(struct list),
                                     .element = &item_either };

// ---- contacts ----

static const struct field contact_fields[] = {
    { "role", &type_text, AT(struct contact, role), .flags = FIELD_REQUIRED,
      .doc = "What this person is called for." },
    { "name", &type_text, AT(struct contact, name), .doc = "Who it is." },
    { "phone", &type_text, AT(struct contact, phone), .doc = "A phone number, as written." },
    { "email", &type_text, AT(struct contact, email), .doc = "An e-mail address." },
    { "link", &type_text, AT(struct contact, link), .doc = "A page or chat to reach them." },
    { "after", &type_duration, AT(struct contact, after),
      .doc = "How long after the start of the run, or of an open question, they are called." },
    { 0 },
};
static const struct type contact_type = {
    .kind = TYPE_OBJECT, .name = "contact", .size = sizeof(struct contact), .fields = contact_fields
};
const struct type type_contacts = { .kind = TYPE_LIST,
                                    .name = "list of contacts",
                                    .size = sizeof(struct list),
                                    .element = &contact_type };

const char *danger_word(int danger)
{
    return danger ? dangers[danger - 1] : "";
}
