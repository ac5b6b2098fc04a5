#include "action/shell/plain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "loop/program.h"

// ---- words

static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789_-./:,@%+=";

// Builtins of bash, and its reserved words (its manual, "Shell Builtin Commands").
static const char *const not_programs[] = {
    ".",       ":",       "[",      "alias",   "bg",       "bind",     "break",     "builtin",
    "caller",  "case",    "cd",     "command", "compgen",  "complete", "compopt",   "continue",
    "coproc",  "declare", "dirs",   "disown",  "do",       "done",     "echo",      "elif",
    "else",    "enable",  "esac",   "eval",    "exec",     "exit",     "export",    "false",
    "fc",      "fg",      "fi",     "for",     "function", "getopts",  "hash",      "help",
    "history", "if",      "in",     "jobs",    "kill",     "let",      "local",     "logout",
    "mapfile", "popd",    "printf", "pushd",   "pwd",      "read",     "readarray", "readonly",
    "return",  "select",  "set",    "shift",   "shopt",    "source",   "suspend",   "test",
    "then",    "time",    "times",  "trap",    "true",     "type",     "typeset",   "ulimit",
    "umask",   "unalias", "unset",  "until",   "wait",     "while",    NULL,
};

struct reading {
    const struct script_run *run;
    struct arena *arena;
    struct str rest;    // of the script
    struct buf *words;  // of struct str
    struct buf word;
    bool in_word;
};

static void end_word(struct reading *r)
{
    struct str word = str_copy(r->arena, buf_str(&r->word));

    if (r->in_word)
        buf_add(r->words, (struct str){ (const char *)&word, sizeof(word) });
    buf_clear(&r->word);
    r->in_word = false;
}

static bool eat(struct reading *r, const char *text)
{
    if (!str_starts(r->rest, text))
        return false;
    r->rest = str_slice(r->rest, strlen(text), r->rest.n);
    return true;
}

// Behind "${": one of our own variables, or nothing that is plain.
static bool value(struct reading *r)
{
    size_t end = str_find(r->rest, '}');
    struct str name = str_slice(r->rest, 0, end);

    for (size_t i = 0; end != SIZE_MAX && i < r->run->value_count; i++) {
        if (!str_equal(r->run->values[i].name, name))
            continue;
        buf_add(&r->word, r->run->values[i].value);
        r->rest = str_slice(r->rest, end + 1, r->rest.n);
        return true;
    }
    return false;
}

static void take(struct reading *r)
{
    buf_add_c(&r->word, r->rest.s[0]);
    r->rest = str_slice(r->rest, 1, r->rest.n);
}

static bool is_next(const struct reading *r, const char *set)
{
    return r->rest.n && r->rest.s[0] && strchr(set, r->rest.s[0]);
}

static bool double_quoted(struct reading *r)
{
    bool fine = true;

    r->in_word = true;
    while (fine && r->rest.n && !is_next(r, "\"")) {
        if (eat(r, "${")) {
            fine = value(r);
        } else if (!eat(r, "\\\n")) {
            fine = !is_next(r, "$`\\");
            take(r);
        }
    }
    return fine && eat(r, "\"");
}

static bool single_quoted(struct reading *r)
{
    size_t end = str_find(r->rest, '\'');

    r->in_word = true;
    if (end == SIZE_MAX)
        return false;
    buf_add(&r->word, str_slice(r->rest, 0, end));
    r->rest = str_slice(r->rest, end + 1, r->rest.n);
    return true;
}

static bool piece(struct reading *r)
{
    if (eat(r, "\\\n"))
        return true;
    if (eat(r, " ") || eat(r, "\t")) {
        end_word(r);
        return true;
    }
    if (eat(r, "'"))
        return single_quoted(r);
    if (eat(r, "\""))
        return double_quoted(r);
    if (!is_next(r, bare))
        return false;
    r->in_word = true;
    take(r);
    return true;
}

// What a shell would look up as a program.
static bool is_program_name(struct str s)
{
    if (!s.n || s.s[0] == '%' || str_find(s, '=') != SIZE_MAX)
        return false;
    if (str_find(s, '/') != SIZE_MAX)
        return true;
    for (const char *const *name = not_programs; *name; name++)
        if (str_is(s, *name))
            return false;
    return true;
}

// Not more than blanks and newlines are cut: a carriage return is part of a word.
static struct str one_line(struct str text)
{
    while (text.n && strchr(" \t\n", text.s[text.n - 1]))
        text.n--;
    while (text.n && strchr(" \t\n", text.s[0]))
        text = str_slice(text, 1, text.n);
    return text;
}

const struct str *plain_words(const struct script_run *run, struct arena *a)
{
    struct reading r = { run, a, one_line(run->text), buf_in(a), BUF_EMPTY, false };
    bool fine = !run->secret;

    while (fine && r.rest.n)
        fine = piece(&r);
    end_word(&r);
    buf_free(&r.word);
    if (!fine || !r.words->n)
        return NULL;
    buf_add(r.words, (struct str){ (const char *)&(struct str){ 0 }, sizeof(struct str) });
    const struct str *words = (const struct str *)(const void *)r.words->s;
    return is_program_name(words[0]) ? words : NULL;
}

// ---- the environment

// What a variable is to bash.
enum role { ROLE_NONE, OBEYED, OWN_PATH, LEVEL, FOLDER, FOLDER_BEFORE, LAST_PROGRAM, ROLES };

// Obeyed is what changes how bash works, beyond its options.
static enum role role_of(struct str entry)
{
    static const struct {
        const char *begin;
        enum role role;
    } rows[] = {
        { "BASH", OBEYED },        { "SHELLOPTS=", OBEYED },
        { "ENV=", OBEYED },        { "EXECIGNORE=", OBEYED },
        { "PATH=", OWN_PATH },     { "POSIXLY_CORRECT=", OBEYED },
        { "SHLVL=", LEVEL },       { "PWD=", FOLDER },
        { "_=", LAST_PROGRAM },    { "OLDPWD=", FOLDER_BEFORE },
    };

    for (size_t i = 0; entry.n && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].begin[0] == entry.s[0] && str_starts(entry, rows[i].begin))
            return rows[i].role;
    return ROLE_NONE;
}

static struct str value_of(struct str entry)
{
    return str_slice(entry, str_find(entry, '=') + 1, entry.n);
}

// The folder as it was called, if that is where it still is.
static struct str working_folder(struct str written, struct str dir, struct arena *a)
{
    struct stat here, there;

    if (str_equal(written, dir))
        return dir;
    if (written.n && written.s[0] == '/' && stat(str_copy(a, written).s, &there) == 0 &&
        stat(str_copy(a, dir).s, &here) == 0 && here.st_dev == there.st_dev &&
        here.st_ino == there.st_ino)
        return written;
    char *real = realpath(str_copy(a, dir).s, NULL);
    struct str out = real ? str_copy(a, str_from(real)) : dir;
    free(real);
    return out;
}

static bool is_folder(struct str path, struct arena *a)
{
    struct stat st;

    return path.n && stat(str_copy(a, path).s, &st) == 0 && S_ISDIR(st.st_mode);
}

// One that bash would leave as it is.
static bool is_level(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9' || (i == 0 && s.n > 1 && s.s[i] == '0'))
            return false;
    return s.n < 3;
}

static size_t count_of(const struct str *env)
{
    size_t count = 0;

    while (env[count].s)
        count++;
    return count;
}

const struct str *plain_environment(const struct str *env, struct str dir, struct str name,
                                    struct arena *a)
{
    struct str *all = NEW_ARRAY(a, struct str, count_of(env) + 4), value[ROLES] = { 0 };
    size_t n = 0;
    int error;
    const char *program = program_find(name, env, dir, a, &error);

    for (; env->s; env++) {
        enum role role = role_of(*env);
        if (role && !value[role].s)  // of several of one name the first counts
            value[role] = value_of(*env);
        bool keeps = role != FOLDER && role != LAST_PROGRAM &&
                     (role != FOLDER_BEFORE || is_folder(value[role], a));
        if (keeps)
            all[n++] = *env;
    }
    if (!program || value[OBEYED].s || !value[OWN_PATH].n || !is_level(value[LEVEL]))
        return NULL;
    struct str folder = working_folder(value[FOLDER], dir, a);
    all[n++] = str_format(a, "PWD=%.*s", STR_ARG(folder));
    all[n++] = str_format(a, "_=%s", program);
    if (!value[LEVEL].n)
        all[n++] = STR("SHLVL=0");
    return all;
}
