#include "load/destroys.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

// ---- words ----

struct words {
    const char **items;
    size_t count;
};

static void add(struct words *w, struct str word, struct arena *a)
{
    const char **more = NEW_ARRAY(a, const char *, w->count + 1);

    if (w->count)
        memcpy(more, w->items, w->count * sizeof *more);
    more[w->count++] = str_copy(a, word).s;
    w->items = more;
}

// One word at [*at] of a script, without its quotes. What is expanded in it stays as it is
// written: it is the name of the program and its options that count.
static struct str shell_word(struct str s, size_t *at, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    char quote = 0;

    for (; *at < s.n; ++*at) {
        char c = s.s[*at];
        if (c == '\\' && quote != '\'' && *at + 1 < s.n) {
            c = s.s[++*at];
            if (c != '\n')
                buf_add_c(&b, c);
        } else if (quote ? c == quote : c == '"' || c == '\'') {
            quote = quote ? 0 : c;
        } else if (!quote && strchr(" \t\n;&|()<>`", c)) {
            break;
        } else {
            buf_add_c(&b, c);
        }
    }
    return buf_take(&b, a);
}

// ---- the table ----

// Words that stand in this order; "-x" is an option anywhere, alternatives between bars, "*"
// at the end is any ending.
static const char *const commands[] = {
    "rm -r|-R|--recursive",
    "find -delete",
    "rsync --delete*",
    "shred",
    "dd of=*",
    "mkfs*",
    "wipefs",
    "lvremove",
    "zfs destroy",
    "git reset --hard",
    "git clean -f|--force",
    "git branch -D",
    "git stash drop",
    "git push --force*|-f",
    "docker volume rm",
    "docker system prune",
    "docker compose down -v|--volumes",
    "docker-compose down -v|--volumes",
    "kubectl delete",
    "kubectl replace --force",
    "helm uninstall",
    "terraform destroy",
    "terraform apply -auto-approve|--auto-approve",
    "terraform state rm",
    "dropdb",
    "pg_restore --clean|-c",
    "redis-cli FLUSHALL|FLUSHDB",
    "mongorestore --drop",
    "restic forget",
    "aws s3 rm|rb",
    NULL,
};

// -rf has -r in it; single letters only.
static bool is_option(const char *word, struct str option)
{
    if (option.n == 2 && option.s[1] != '-' && word[0] == '-' && word[1] != '-')
        return strchr(word + 1, option.s[1]) != NULL;
    return str_is(option, word);
}

static bool is_one(const char *word, struct str pattern, bool is_program)
{
    const char *slash = is_program ? strrchr(word, '/') : NULL;

    word = slash ? slash + 1 : word;
    if (str_ends(pattern, "*"))
        return strncmp(word, pattern.s, pattern.n - 1) == 0;
    if (pattern.s[0] == '-')
        return is_option(word, pattern);
    return strlen(word) == pattern.n && strncasecmp(word, pattern.s, pattern.n) == 0;
}

static bool is_any(const char *word, struct str patterns, bool is_program)
{
    while (patterns.n) {
        size_t bar = str_find(patterns, '|');
        struct str one = str_slice(patterns, 0, bar == SIZE_MAX ? patterns.n : bar);
        if (is_one(word, one, is_program))
            return true;
        patterns = bar == SIZE_MAX ? STR("") : str_slice(patterns, bar + 1, patterns.n);
    }
    return false;
}

static bool has_option(const struct words *w, struct str patterns)
{
    for (size_t i = 1; i < w->count; i++)
        if (is_any(w->items[i], patterns, false))
            return true;
    return false;
}

static bool is_command(const struct words *w, struct str row)
{
    size_t at = 0;

    for (bool program = true; row.n; program = false) {
        size_t end = str_find(row, ' ');
        struct str want = str_slice(row, 0, end == SIZE_MAX ? row.n : end);
        row = end == SIZE_MAX ? STR("") : str_slice(row, end + 1, row.n);
        if (want.s[0] == '-') {
            if (!has_option(w, want))
                return false;
            continue;
        }
        while (!program && at < w->count && !is_any(w->items[at], want, false))
            at++;
        if (at >= w->count || !is_any(w->items[at++], want, program))
            return false;
    }
    return true;
}

// A rehearsal of the command itself: nothing is done.
static bool only_shows(const struct words *w)
{
    for (size_t i = 1; i < w->count; i++)
        if (strncmp(w->items[i], "--dry-run", 9) == 0)
            return true;
    return w->count > 1 && strcmp(w->items[1], "clean") == 0 && has_option(w, STR("-n"));
}

// What stands before a program and is none of it.
static bool is_prefix(const char *word)
{
    static const char *const words[] = { "sudo",    "env",  "nohup", "time",  "exec",
                                         "command", "then", "do",    "else",  "if",
                                         "!",       "{",    "while", "until", NULL };

    for (size_t i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    const char *equals = strchr(word, '=');
    return equals && equals > word && !strpbrk(word, "/-") && strncmp(word, "of=", 3) != 0;
}

static struct str judge(const struct words *all, struct arena *a)
{
    struct words w = *all;

    while (w.count && is_prefix(w.items[0])) {
        w.items++;
        w.count--;
    }
    for (size_t i = 0; w.count && !only_shows(&w) && commands[i]; i++)
        if (is_command(&w, str_from(commands[i])))
            return str_format(a, "%s", w.items[0]);
    return STR("");
}

// ---- scripts ----

// Behind the operator of a here-document: its end word. Of `<<<` and `<` empty.
static struct str here_word(struct str s, size_t *at, struct arena *a)
{
    bool here = *at + 2 < s.n && s.s[*at] == '<' && s.s[*at + 1] == '<' && s.s[*at + 2] != '<';

    while (*at < s.n && (s.s[*at] == '<' || s.s[*at] == '>'))
        ++*at;
    if (!here)
        return STR("");
    while (*at < s.n && (s.s[*at] == '-' || s.s[*at] == ' '))
        ++*at;
    return shell_word(s, at, a);
}

// From the end of a line to behind the line that is [word].
static size_t behind_here(struct str s, size_t at, struct str word)
{
    while (at < s.n) {
        size_t end = str_find(str_slice(s, at, s.n), '\n');
        struct str line = str_slice(s, at, end == SIZE_MAX ? s.n : at + end);
        at += line.n + 1;
        if (str_equal(str_trim(line), word))
            break;
    }
    return at < s.n ? at : s.n;
}

// Commands end at newlines and operators; `$(` and backquotes begin others.
struct str script_destroys(struct str s, struct arena *a)
{
    struct words w = { 0 };
    struct str found = STR(""), here = STR("");

    for (size_t at = 0; at < s.n && !found.n;) {
        char c = s.s[at];
        if (c == ' ' || c == '\t') {
            at++;
        } else if (c == '#') {
            while (at < s.n && s.s[at] != '\n')
                at++;
        } else if (strchr("\n;&|()`", c)) {
            found = judge(&w, a);
            w = (struct words){ 0 };
            at = c == '\n' && here.n ? behind_here(s, at + 1, here) : at + 1;
            here = c == '\n' ? STR("") : here;
        } else if (c == '<' || c == '>') {
            struct str word = here_word(s, &at, a);
            here = word.n ? word : here;
        } else {
            add(&w, shell_word(s, &at, a), a);
        }
    }
    return found.n ? found : judge(&w, a);
}

static struct str argv_destroys(const struct node *list, struct arena *a)
{
    struct words w = { 0 };

    for (const struct node *n = list->first; n; n = n->next)
        if (n->kind == NODE_SCALAR)
            add(&w, n->text.str, a);
    return judge(&w, a);
}

// ---- SQL ----

// The words of one statement, without comments and what stands in quotes; [*at] goes behind
// its semicolon.
static struct words statement(struct str s, size_t *at, struct arena *a)
{
    struct words w = { 0 };

    while (*at < s.n && s.s[*at] != ';') {
        char c = s.s[*at];
        size_t start = *at;
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (c == '\'' || c == '"') {
            for (++*at; *at < s.n && s.s[*at] != c;)
                ++*at;
        } else if (str_starts(str_slice(s, *at, s.n), "--")) {
            while (*at < s.n && s.s[*at] != '\n')
                ++*at;
        } else if (str_starts(str_slice(s, *at, s.n), "/*")) {
            size_t end = str_search(str_slice(s, *at, s.n), STR("*/"));
            *at = end == SIZE_MAX ? s.n : *at + end + 1;
        } else if (letter) {
            while (*at + 1 < s.n && strchr(" \t\r\n;,()'\"", s.s[*at + 1]) == NULL)
                ++*at;
            add(&w, str_slice(s, start, *at + 1), a);
        }
        *at += *at < s.n;
    }
    *at += *at < s.n;
    return w;
}

static bool has_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcasecmp(w->items[i], word) == 0)
            return true;
    return false;
}

static struct str statement_destroys(const struct words *w)
{
    if (!w->count)
        return STR("");
    const char *verb = w->items[0];
    bool whole = !has_word(w, "where");
    if (strcasecmp(verb, "drop") == 0 || strcasecmp(verb, "truncate") == 0 ||
        (strcasecmp(verb, "alter") == 0 && has_word(w, "drop")) ||
        (strcasecmp(verb, "delete") == 0 && whole) || (strcasecmp(verb, "update") == 0 && whole))
        return str_from(verb);
    return STR("");
}

struct str sql_destroys(struct str text, struct arena *a)
{
    struct str found = STR("");

    for (size_t at = 0; at < text.n && !found.n;) {
        struct words w = statement(text, &at, a);
        found = statement_destroys(&w);
    }
    return found;
}

// ---- steps ----

// The text of an action, written right behind its name or behind [key].
static const struct node *text_of(const struct step *s, const char *key)
{
    const struct node *n = s->action_node;

    if (n->kind == NODE_MAP)
        n = node_get(n, key);
    return n && n->kind == NODE_SCALAR ? n : NULL;
}

static struct str http_destroys(const struct step *s)
{
    const struct node *method = s->action_node->kind == NODE_MAP
                                    ? node_get(s->action_node, "method")
                                    : s->action_node;
    struct str word = method && method->kind == NODE_SCALAR ? method->text.str : STR("");

    return str_is(word, "DELETE") || str_starts(word, "DELETE ") ? STR("DELETE") : STR("");
}

static struct str git_destroys(const struct step *s)
{
    const struct node *reset = s->action_node->kind == NODE_MAP ? node_get(s->action_node, "reset")
                                                                : NULL;
    const struct node *mode = reset && reset->kind == NODE_MAP ? node_get(reset, "mode") : NULL;

    return mode && str_is(mode->text.str, "hard") ? STR("git reset --hard") : STR("");
}

static struct str action_destroys(const struct step *s, struct arena *a)
{
    struct str name = step_action_name(s);
    const struct node *text;

    if (str_is(name, "shell"))
        return (text = text_of(s, "run")) ? script_destroys(text->text.str, a) : STR("");
    if (str_is(name, "sql"))
        return (text = text_of(s, "query")) ? sql_destroys(text->text.str, a) : STR("");
    if (str_is(name, "exec")) {
        const struct node *argv = s->action_node->kind == NODE_MAP
                                      ? node_get(s->action_node, "argv")
                                      : s->action_node;
        return argv && argv->kind == NODE_LIST ? argv_destroys(argv, a) : STR("");
    }
    if (str_is(name, "http"))
        return http_destroys(s);
    return str_is(name, "git") ? git_destroys(s) : STR("");
}

bool step_destroys(const struct program *p, const struct step *s, struct str *what)
{
    *what = STR("");
    if (s->more->effects != EFFECTS_UNWRITTEN || s->kind != STEP_ACTION || !s->action_node)
        return step_effects(p, s) == EFFECTS_DESTROY;
    *what = action_destroys(s, p->arena);
    return what->n > 0 || step_effects(p, s) == EFFECTS_DESTROY;
}
