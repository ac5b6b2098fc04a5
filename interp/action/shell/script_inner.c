#include "action/shell/script_inner.h"

#include <string.h>

#include "base/arena.h"

static const struct inner_row {
    const char *name;
    enum inner_kind kind;
    const char *code;   // letters of options before code
    const char *takes;  // letters of options with something else behind them
} rows[] = {
    { "bash", INNER_SHELL, "c", "oO" },      { "sh", INNER_SHELL, "c", "o" },
    { "dash", INNER_SHELL, "c", "o" },       { "ash", INNER_SHELL, "c", "o" },
    { "ksh", INNER_SHELL, "c", "o" },        { "zsh", INNER_SHELL, "c", "o" },
    { "fish", INNER_SHELL, "c", "" },        { "perl", INNER_PROGRAM, "eE", "IMm" },
    { "python", INNER_PROGRAM, "c", "mWX" }, { "ruby", INNER_PROGRAM, "e", "ICr" },
    { "node", INNER_PROGRAM, "ep", "r" },    { "php", INNER_PROGRAM, "rBRE", "dcz" },
    { "lua", INNER_PROGRAM, "e", "l" },      { "awk", INNER_AWK, "e", "vF" },
    { "gawk", INNER_AWK, "e", "vF" },        { "mawk", INNER_AWK, "", "vFW" },
    { "nawk", INNER_AWK, "", "vF" },         { "ssh", INNER_SSH, "", "BbcDEeFIiJLlmOopQRSWw" },
    { "su", INNER_SU, "c", "gGsTw" },        { "runuser", INNER_SU, "c", "gGsTuw" },
    { "watch", INNER_WATCH, "", "nq" },      { NULL },
};

// Commands that start the one that follows, wherever in their arguments.
static const char *const starters[] = {
    "sudo",   "doas",           "env",     "nice",    "ionice",  "nohup",  "timeout", "setsid",
    "stdbuf", "xargs",          "find",    "exec",    "command", "chroot", "flock",   "docker",
    "podman", "docker-compose", "kubectl", "nsenter", "unshare", "strace", "busybox", NULL,
};

static struct str base_name(struct str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.s[i - 1] == '/')
            return str_slice(path, i, path.n);
    return path;
}

// python3, python3.11 and the like count, too.
static bool is_called(struct str name, const char *program)
{
    size_t n = strlen(program);

    if (!str_starts(name, program))
        return false;
    for (size_t i = n; i < name.n; i++)
        if (!strchr("0123456789.", name.s[i]))
            return false;
    return true;
}

static const struct inner_row *find_row(const struct word *w)
{
    struct str name = base_name(w->text);

    for (const struct inner_row *row = rows; w->plain && row->name; row++)
        if (is_called(name, row->name))
            return row;
    return NULL;
}

struct inner *inner_new(struct scan *sc, const struct word *name)
{
    const struct inner_row *row = find_row(name);
    bool looks = name->plain && str_any(base_name(name->text), starters);

    if (!row && !looks)
        return NULL;
    struct inner *in = NEW(sc->arena, struct inner);
    *in = (struct inner){ .row = row, .looks = looks };
    return in;
}

static enum refusal refusal_of(const struct inner *in)
{
    static const enum refusal by_kind[] = {
        [INNER_SHELL] = TO_SHELL, [INNER_PROGRAM] = TO_PROGRAM, [INNER_AWK] = TO_AWK,
        [INNER_SSH] = TO_SSH,     [INNER_SU] = TO_SHELL,        [INNER_WATCH] = TO_SHELL,
    };
    return by_kind[in->row->kind];
}

static void code(struct scan *sc, struct inner *in, const struct word *w)
{
    in->code_next = false;
    in->has_code = true;
    refuse_sites(sc, w->first, w->end, refusal_of(in), str_from(in->row->name));
}

// -c, -euc, --command; what an option takes may also stand in the same word.
static void option(struct inner *in, struct str w)
{
    if (str_is(w, "--command") || str_is(w, "--eval") || str_is(w, "--print"))
        in->code_next = true;
    if (str_starts(w, "--"))
        return;
    for (size_t i = 1; i < w.n; i++) {
        if (strchr(in->row->code, w.s[i])) {
            in->code_next = true;
        } else if (in->row->kind == INNER_AWK && w.s[i] == 'f') {
            in->has_code = true;  // the program is in a file
            in->skips = i + 1 == w.n;
            return;
        } else if (strchr(in->row->takes, w.s[i])) {
            in->skips = i + 1 == w.n;
            in->operands += in->row->kind == INNER_PROGRAM && w.s[i] == 'm';  // of Python
            return;
        }
        in->reads_input |= in->row->kind == INNER_SHELL && w.s[i] == 's';
    }
}

static void operand(struct scan *sc, struct inner *in, const struct word *w)
{
    size_t n = in->operands++;

    switch (in->row->kind) {
    case INNER_AWK:
        if (n == 0 && !in->has_code)
            code(sc, in, w);
        break;
    case INNER_SSH:
        if (n > 0)
            code(sc, in, w);
        in->reads_input |= n > 0 && find_row(w);
        break;
    case INNER_WATCH:
        code(sc, in, w);
        break;
    case INNER_SHELL:
    case INNER_PROGRAM:
    case INNER_SU:
        break;
    }
}

static void known_word(struct scan *sc, struct inner *in, const struct word *w)
{
    bool options = in->operands == 0 || in->row->kind == INNER_SU;

    if (in->code_next)
        code(sc, in, w);
    else if (in->skips)
        in->skips = false;
    else if (w->plain && str_is(w->text, "-"))
        return;  // standard input
    else if (options && w->plain && str_starts(w->text, "-"))
        option(in, w->text);
    else
        operand(sc, in, w);
}

void inner_word(struct scan *sc, struct inner *in, const struct word *w)
{
    if (in->row)
        known_word(sc, in, w);
    else
        in->row = find_row(w);
}

static bool takes_code(const struct inner *in)
{
    switch (in->row->kind) {
    case INNER_SHELL:
    case INNER_PROGRAM:
        return !in->has_code && (!in->operands || in->reads_input);
    case INNER_SU:
        return !in->has_code && in->operands < 2;
    case INNER_SSH:
        return !in->has_code || in->reads_input;
    case INNER_AWK:
    case INNER_WATCH:
        break;
    }
    return false;
}

enum refusal inner_input(const struct inner *in, struct str *name)
{
    if (!in || !in->row || !takes_code(in))
        return NOT_REFUSED;
    *name = str_from(in->row->name);
    return refusal_of(in);
}
