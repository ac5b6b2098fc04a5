#include "load/place.h"

// clang-format off
static const struct place_rule step_rules[] = {
    { NULL, "name",           false, BECOMES_TEXT,      "`name`" },
    { NULL, "description",    false, BECOMES_TEXT,      "`description`" },
    { NULL, "if",             true,  BECOMES_CONDITION, "`if`" },
    { NULL, "for_each",       false, BECOMES_VALUE,     "`for_each`" },
    { NULL, "for_each.key",   false, BECOMES_TEXT,      "`key`" },
    { NULL, "done_if",        true,  BECOMES_CONDITION, "`done_if`" },
    { NULL, "confirm",        false, BECOMES_TEXT,      "`confirm`" },
    { NULL, "confirm.show",   false, BECOMES_VALUE,     "`show`" },
    { NULL, "approve",        false, BECOMES_TEXT,      "`approve`" },
    { NULL, "before",         false, BECOMES_VALUE,     "`before`" },
    { NULL, "env",            true,  BECOMES_TEXT,      "`env`" },
    { NULL, "with",           true,  BECOMES_VALUE,     "`with`" },
    { NULL, "dir",            false, BECOMES_TEXT,      "`dir`" },
    { NULL, "as",             false, BECOMES_TEXT,      "`as`" },
    { NULL, "expect",         true,  BECOMES_CONDITION, "`expect`" },
    { NULL, "retry.if",       true,  BECOMES_CONDITION, "`retry.if`" },
    { NULL, "outputs",        false, BECOMES_VALUE,     "an output without `secret: true`" },
    { NULL, "outputs.secret", true,  BECOMES_VALUE,     "`outputs`" },
    { NULL, "irreversible",   false, BECOMES_TEXT,      "`irreversible`" },
    { NULL, "leaves",         false, BECOMES_TEXT,      "`leaves`" },
    { NULL, NULL,             false, BECOMES_VALUE,     "this place" },
};

// In a mapping that an action takes; the key "" is the text or list written right behind it.
static const struct place_rule action_rules[] = {
    { "shell", "",        true,  BECOMES_WORDS,     "a script" },
    { "shell", "run",     true,  BECOMES_WORDS,     "a script" },
    { "shell", "stdin",   true,  BECOMES_BYTES,     "`stdin`" },
    { "exec",  "stdin",   true,  BECOMES_BYTES,     "`stdin`" },
    { "exec",  NULL,      false, BECOMES_VALUE,     "the arguments of a program" },
    { "http",  "url",     true,  BECOMES_TEXT,      "a `url` that is more than the secret" },
    { "http",  "",        false, BECOMES_TEXT,      "a URL" },
    { "http",  "query",   false, BECOMES_VALUE,     "a `query`" },
    { "http",  "headers", true,  BECOMES_TEXT,      "`headers`" },
    { "http",  "auth",    true,  BECOMES_TEXT,      "`auth`" },
    { "http",  "body",    true,  BECOMES_BYTES,     "`body`" },
    { "http",  "form",    true,  BECOMES_VALUE,     "`form`" },
    { "http",  "json",    true,  BECOMES_VALUE,     "`json`" },
    { "sql",   "",        true,  BECOMES_PARAMETER, "SQL" },
    { "sql",   "query",   true,  BECOMES_PARAMETER, "SQL" },
    { "sql",   "params",  true,  BECOMES_VALUE,     "`params`" },
    { "file",  "write",   true,  BECOMES_BYTES,     "a path" },
    { "file",  NULL,      false, BECOMES_VALUE,     "a path" },
    { "manual", NULL,     false, BECOMES_VALUE,     "what a person is shown" },
    { "prompt", NULL,     false, BECOMES_VALUE,     "what a person is shown" },
    { "git",   NULL,      false, BECOMES_VALUE,     "the arguments of a program" },
    { NULL,    NULL,      false, BECOMES_VALUE,     "this place" },
};

// Two places that depend on more than their key.
static const struct place_rule file_path = { "file", "write", false, BECOMES_TEXT, "a path" };
static const struct place_rule whole_url = { "http", "", true, BECOMES_TEXT, "a URL" };
static const struct place_rule mixed_url = { "http", "url", false, BECOMES_TEXT,
                                             "a `url` that is more than the secret" };
// clang-format on

static const struct place_rule *action_rule(const struct step *s, const struct site *site)
{
    const struct place_rule *r = action_rules;

    while (r->action &&
           !(str_is(step_action_name(s), r->action) && (!r->key || str_is(site->part, r->key))))
        r++;
    return r;
}

// "POST ${{ url }}": nothing but the method stands beside the expression.
static bool is_whole_url(const struct template *t)
{
    struct str method = t->count == 2 && !t->parts[0].expr ? t->parts[0].literal : STR("");

    for (size_t i = 0; i + 1 < method.n; i++)
        if (method.s[i] < 'A' || method.s[i] > 'Z')
            return false;
    return t->count == 1 || (method.n > 1 && method.s[method.n - 1] == ' ');
}

const struct place_rule *place_rule_of(const struct step *s, const struct site *site)
{
    const struct place_rule *r = step_rules;

    if (!str_is(str_from(site->key), "action")) {
        while (r->key && !str_is(str_from(site->key), r->key))
            r++;
        return r;
    }
    r = action_rule(s, site);
    if (r->action && str_is(str_from(r->action), "http") && site->part.n == 0 &&
        is_whole_url(site->words))
        return &whole_url;
    if (r->secret && r->action && str_is(site->part, "url") && !template_whole(site->words))
        return &mixed_url;
    if (r->action && str_is(str_from(r->action), "file") && str_is(site->part, "write") &&
        !(site->node->key && str_is(site->node->key->text.str, "content")))
        return &file_path;
    return r;
}
