#include "load/spoken.h"

#include "base/arena.h"
#include "base/shell_word.h"

struct speaker {
    const struct known *known;
    struct arena *arena;
    struct buf *out;
    const char *also;  // what is said is code, and values of these characters may stand in it
};

static struct str said(const struct speaker *p, const struct node *n)
{
    struct diags unheard = { .arena = p->arena };
    const struct template *t = template_parse(p->arena, &n->text, &unheard);

    if (!t)
        return n->text.str;
    // A URL that is one value is nobody's part.
    return p->also && !template_whole(t) ? known_plain(p->known, t, p->also, p->arena)
                                         : known_words(p->known, t, p->arena);
}

// "copy from a to b": a verb and its words. "daemon" for what is just true.
static void speak(const struct speaker *p, const struct node *n)
{
    if (n->kind == NODE_SCALAR)
        buf_add(p->out, str_trim(said(p, n)));
    for (const struct node *child = n->first; child; child = child->next) {
        bool flag = child->key && child->kind == NODE_SCALAR && str_is(child->text.str, "true");
        if (child != n->first)
            buf_add_s(p->out, n->kind == NODE_LIST ? ", " : " ");
        if (child->key)
            buf_format(p->out, "%.*s%s", STR_ARG(child->key->text.str), flag ? "" : " ");
        if (!flag)
            speak(p, child);
    }
}

// "{a: 1, b: [x, y]}": what is data keeps its shape.
static void speak_data(const struct speaker *p, const struct node *n)
{
    bool map = n->kind == NODE_MAP;

    if (n->kind == NODE_SCALAR) {
        speak(p, n);
        return;
    }
    buf_add_c(p->out, map ? '{' : '[');
    for (const struct node *child = n->first; child; child = child->next) {
        buf_add_s(p->out, child == n->first ? "" : ", ");
        if (map)
            buf_format(p->out, "%.*s: ", STR_ARG(child->key->text.str));
        speak_data(p, child);
    }
    buf_add_c(p->out, map ? '}' : ']');
}

// The words of a program, as a shell takes them. One with an expression that is not known is
// no text for a shell yet.
static void speak_words(const struct speaker *p, const struct node *n)
{
    for (const struct node *word = n->first; word; word = word->next) {
        struct str text = said(p, word);
        if (word != n->first)
            buf_add_c(p->out, ' ');
        if (str_search(text, STR("${{")) == SIZE_MAX)
            shell_quote(p->out, text);
        else
            buf_add(p->out, text);
    }
}

// What stands in front says what it is; its key would be a word too many. A value in a script
// or a URL is shown only where it needs no quotes, one in SQL never: it is bound, not pasted.
static const struct lead {
    const char *action, *opening, *keys[2];
    const char *also;
    bool bound;
} leads[] = {
    { "shell", "", { "run" }, .also = "/" },
    { "exec", "", { "argv" } },
    { "http", "", { "method", "url" }, .also = "" },
    { "sql", "", { "query" }, .bound = true },
    { "manual", "a person: ", { "instructions" } },
    { "prompt", "ask: ", { "message" } },
};

static const struct lead *lead_of(struct str action)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (str_is(action, leads[i].action))
            return &leads[i];
    return NULL;
}

static bool is_lead(const struct lead *l, const struct node *n)
{
    for (size_t i = 0; i < 2 && l->keys[i]; i++)
        if (str_is(n->key->text.str, l->keys[i]))
            return true;
    return false;
}

static void speak_one(const struct speaker *p, const struct lead *l, const struct node *n)
{
    struct speaker in = *p;

    in.also = l->also;
    in.known = l->bound ? NULL : p->known;
    if (n->kind == NODE_LIST)
        speak_words(&in, n);
    else
        speak(&in, n);
}

// In the order of the table, however the file has them.
static void speak_leads(const struct speaker *p, const struct lead *l, const struct node *n)
{
    bool any = false;

    for (size_t i = 0; i < 2 && l->keys[i]; i++) {
        const struct node *value = node_get(n, l->keys[i]);
        if (!value)
            continue;
        if (any)
            buf_add_c(p->out, ' ');
        speak_one(p, l, value);
        any = true;
    }
}

static bool is_checklist(const struct node *n)
{
    return str_is(n->key->text.str, "checklist");
}

// The other keys, in brackets behind it; below a script of several lines.
static void speak_rest(const struct speaker *p, const struct lead *l, const struct node *n)
{
    bool script = str_find(buf_str(p->out), '\n') != SIZE_MAX;
    size_t count = 0;

    for (const struct node *child = n->first; child; child = child->next) {
        bool flag = child->kind == NODE_SCALAR && str_is(child->text.str, "true");
        if (is_lead(l, child) || is_checklist(child))
            continue;
        buf_add_s(p->out, count++ ? ", " : script ? "\n(" : " (");
        buf_format(p->out, "%.*s%s", STR_ARG(child->key->text.str), flag ? "" : " ");
        if (!flag)
            speak_data(p, child);
    }
    if (count)
        buf_add_c(p->out, ')');
}

static void speak_checklist(const struct speaker *p, const struct node *n)
{
    const struct node *list = node_get(n, "checklist");

    for (const struct node *item = list ? list->first : NULL; item; item = item->next)
        buf_format(p->out, "\n  [ ] %.*s", STR_ARG(said(p, item)));
}

static void speak_action(const struct speaker *p, const struct step *s)
{
    const struct lead *l = lead_of(step_action_name(s));
    const struct node *n = s->action_node;
    bool map = n->kind == NODE_MAP;

    if (l && (!map || node_get(n, l->keys[0]) || (l->keys[1] && node_get(n, l->keys[1])))) {
        buf_add_s(p->out, l->opening);
        if (!map) {
            speak_one(p, l, n);
            return;
        }
        speak_leads(p, l, n);
        speak_rest(p, l, n);
        speak_checklist(p, n);
        return;
    }
    buf_format(p->out, "%.*s: ", STR_ARG(step_action_name(s)));
    speak(p, n);
}

struct str spoken(const struct step *s, const struct known *k, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    const struct speaker p = { k, a, &b, NULL };

    if (s->kind == STEP_USE)
        return str_format(a, "use %.*s", STR_ARG(s->more->use->str));
    if (s->kind == STEP_ACTION && s->action_node)
        speak_action(&p, s);
    return buf_take(&b, a);
}

struct str spoken_whole(const struct step *s, const struct known *k, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    if (s->kind != STEP_GROUP)
        return spoken(s, k, a);
    LIST_EACH(const struct step, child, s->more->steps)
        buf_format(&b, "%s%.*s", b.n ? "\n" : "", STR_ARG(spoken_whole(child, k, a)));
    return buf_take(&b, a);
}
