#include "action/shell/carry.h"

#include <string.h>
#include <unistd.h>

#include "action/shell/plain.h"
#include "base/arena.h"
#include "base/shell_word.h"

enum {
    ARG_ROOM = 120 * 1024,       // Linux takes 128 KiB an argument or variable
    PIECE = 100 * 1024,          // of a value, in one variable
    ENVIRONMENT_ROOM = 1 << 20,  // of all values together
};

// ---- lists of words

struct words {
    struct arena *arena;
    struct buf *list;  // of struct str
};

static struct words words_new(struct arena *a)
{
    return (struct words){ a, buf_in(a) };
}

static void add(struct words *w, struct str word)
{
    buf_add(w->list, (struct str){ (const char *)&word, sizeof(word) });
}

static void add_all(struct words *w, const struct str *words)
{
    for (; words->s; words++)
        add(w, *words);
}

static const struct str *finish(struct words *w)
{
    add(w, (struct str){ 0 });
    return (const struct str *)(const void *)w->list->s;
}

// ---- the environment

static bool is_ours(struct str entry)
{
    for (char **e = environ; *e; e++)
        if (str_is(entry, *e))
            return true;
    return false;
}

static bool is_of_step(const struct attempt *at, struct str name)
{
    const struct words_entry *e = at->step->more->env.items;

    for (size_t i = 0; i < at->step->more->env.count; i++)
        if (str_equal(e[i].entry.key.str, name))
            return true;
    return false;
}

static bool is_shell_name(struct str s)
{
    static const char letters[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < s.n; i++)
        if (!s.s[i] || !strchr(letters, s.s[i]))
            return false;
    return s.n && (s.s[0] < '0' || s.s[0] > '9');
}

void carry_exports(const struct attempt *at, struct buf *out)
{
    for (const struct str *e = at->env; e && e->s; e++) {
        size_t equals = str_find(*e, '=');
        struct str name = str_slice(*e, 0, equals);

        if (equals == SIZE_MAX || !is_shell_name(name) || (is_ours(*e) && !is_of_step(at, name)))
            continue;
        buf_format(out, "export %.*s=", STR_ARG(name));
        shell_quote(out, str_slice(*e, equals + 1, e->n));
        buf_add_c(out, '\n');
    }
}

// ---- values

void carry_values(const struct script_run *run, struct buf *out)
{
    for (size_t i = 0; i < run->value_count; i++) {
        buf_add(out, run->values[i].name);
        buf_add_c(out, '=');
        shell_quote(out, run->values[i].value);
        buf_add_c(out, '\n');
    }
}

static size_t size_of(const struct script_run *run)
{
    size_t size = 0;

    for (size_t i = 0; i < run->value_count; i++)
        size += run->values[i].value.n + 100;
    return size;
}

// One value as variables of the environment, and what the first line does with them.
static void in_environment(const struct script_value *v, struct words *env, struct buf *take,
                           struct buf *forget)
{
    buf_format(take, "%.*s=", STR_ARG(v->name));
    for (size_t at = 0, piece = 0; piece == 0 || at < v->value.n; at += PIECE, piece++) {
        struct str name = str_format(env->arena, "%.*s_e%zu", STR_ARG(v->name), piece);
        struct str part = str_slice(v->value, at,
                                    at + PIECE < v->value.n ? at + PIECE : v->value.n);

        add(env, str_format(env->arena, "%.*s=%.*s", STR_ARG(name), STR_ARG(part)));
        buf_format(take, "${%.*s}", STR_ARG(name));
        buf_format(forget, " %.*s", STR_ARG(name));
    }
    buf_add_c(take, ' ');
}

// The script with a first line that takes the values out of the environment. It does not
// add a line, so that the lines of the script keep their numbers.
static struct str with_taking(struct arena *a, const struct script_run *run, struct words *env)
{
    struct buf take = BUF_EMPTY, forget = BUF_EMPTY;

    for (size_t i = 0; i < run->value_count; i++)
        in_environment(&run->values[i], env, &take, &forget);
    struct str script = run->text;
    if (run->value_count)
        script = str_format(a, "%s; unset%s; %.*s", take.s, forget.s, STR_ARG(run->text));
    buf_free(&take);
    buf_free(&forget);
    return script;
}

// ---- users

bool carry_user(struct str user, struct arena *a, struct expr_error *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_.-@$\\";
    bool fine = user.n && user.s[0] != '-';

    for (size_t i = 0; i < user.n && fine; i++)
        fine = user.s[i] && (strchr(letters, user.s[i]) || (i == 0 && user.s[i] == '#'));
    if (!fine)
        *err = (struct expr_error){
            .message = str_format(a, "`as: %.*s`: that cannot be the name of a user", STR_ARG(user))
        };
    return fine;
}

// ---- scripts

static void add_shell(struct words *argv, bool bash)
{
    add(argv, bash ? STR("bash") : STR("sh"));
    add(argv, bash ? STR("-euo") : STR("-eu"));
    if (bash)
        add(argv, STR("pipefail"));
    add(argv, STR("-c"));
}

static void add_sudo(struct words *argv, const struct attempt *at)
{
    static const struct str before[] = { { "sudo", 4 }, { "-n", 2 }, { "-u", 2 }, { 0 } };

    if (!at->as.n)
        return;
    add_all(argv, before);
    add(argv, at->as);
    add(argv, STR("--"));
}

// A script must not look like an option.
static struct str script_word(struct arena *a, struct str script)
{
    return script.n && (script.s[0] == '-' || script.s[0] == '+')
               ? str_format(a, " %.*s", STR_ARG(script))
               : script;
}

// [head] is what the shell runs first, from standard input; the rest stays there.
static bool on_input(struct buf *head, struct process *p, struct arena *a, struct str *loader,
                     struct expr_error *err)
{
    if (p->tty) {
        *err = (struct expr_error){
            .message = STR("with `tty: true` there is no way to pass values and environment on"),
            .help = STR("take `as` or the values out of this step"),
        };
        return false;
    }
    *loader = str_format(a, "eval \"$(head -c %zu)\"", head->n);
    buf_add(head, p->input);
    p->input = buf_str(head);
    return true;
}

static bool script_on_input(const struct attempt *at, const struct script_run *run, bool bash,
                            struct buf *exports, struct process *p, struct expr_error *err)
{
    struct words argv = words_new(at->arena);
    struct str loader;

    carry_values(run, exports);
    buf_add(exports, run->text);
    if (!on_input(exports, p, at->arena, &loader, err))
        return false;
    add_sudo(&argv, at);
    add_shell(&argv, bash);
    add(&argv, loader);
    p->argv = finish(&argv);
    p->env = at->env;
    return true;
}

static void script_in_environment(const struct attempt *at, const struct script_run *run, bool bash,
                                  struct process *p)
{
    struct words argv = words_new(at->arena), env = words_new(at->arena);

    add_sudo(&argv, at);
    add_shell(&argv, bash);
    if (run->value_count)
        add_all(&env, at->env);
    add(&argv, script_word(at->arena, with_taking(at->arena, run, &env)));
    p->argv = finish(&argv);
    p->env = run->value_count ? finish(&env) : at->env;
}

// Without the shell, which comes in only where the program cannot be started.
static void without_shell(const struct attempt *at, const struct script_run *run, struct process *p)
{
    const struct str *words = plain_words(run, at->arena), *env = NULL;

    if (words)
        env = plain_environment(at->env, at->dir, words[0], at->arena);
    if (!env)
        return;
    p->other_argv = p->argv;
    p->other_env = p->env;
    p->argv = words;
    p->env = env;
}

bool carry_script(const struct attempt *at, const struct script_run *run, bool bash,
                  struct process *p, struct expr_error *err)
{
    struct buf *exports = buf_in(at->arena);
    if (at->as.n && !carry_user(at->as, at->arena, err))
        return false;
    bool is_large = run->text.n + run->value_count * 40 > ARG_ROOM ||
                    size_of(run) > ENVIRONMENT_ROOM;

    if (at->as.n)
        carry_exports(at, exports);
    if (is_large || exports->n || (at->as.n && run->value_count))
        return script_on_input(at, run, bash, exports, p, err);
    script_in_environment(at, run, bash, p);
    if (bash && !at->as.n)  // sh does not become its last program; it waits for it
        without_shell(at, run, p);
    return true;
}

// ---- programs

bool carry_program(const struct attempt *at, struct process *p, struct expr_error *err)
{
    struct words argv = words_new(at->arena);
    struct buf *exports = buf_in(at->arena);
    struct str loader;

    p->env = at->env;
    if (!at->as.n)
        return true;
    if (!carry_user(at->as, at->arena, err))
        return false;
    carry_exports(at, exports);
    add_sudo(&argv, at);
    if (exports->n) {
        if (!on_input(exports, p, at->arena, &loader, err))
            return false;
        add_shell(&argv, false);
        add(&argv, str_format(at->arena, "%.*s; exec \"$@\"", STR_ARG(loader)));
        add(&argv, STR("sh"));
    }
    add_all(&argv, p->argv);
    p->argv = finish(&argv);
    return true;
}
