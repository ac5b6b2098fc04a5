#include "cli/command.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "exec/driver.h"

// What is being taken apart.
struct parser {
    struct invocation *v;
    char *const *args;
    size_t at, count;
    struct flag *flags;
    struct str *words;
    struct str *unknown;  // flags that no command has, to be complained about at the end
    size_t unknown_count;
    bool only_words;   // after --
    bool bad_command;  // what should be the command is none
};

static void refuse(struct invocation *v, enum diag_code code, const char *help, const char *format,
                   va_list args) __attribute__((format(printf, 4, 0)));
static void refuse(struct invocation *v, enum diag_code code, const char *help, const char *format,
                   va_list args)
{
    struct buf b = BUF_EMPTY;

    buf_vformat(&b, format, args);
    struct diag *d = diag_error(v->diags, code, (struct span){ 0 }, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
    if (help)
        diag_help(v->diags, d, "%s", help);
}

int usage_error(struct invocation *v, const char *help, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    refuse(v, DIAG_USAGE, help, format, args);
    va_end(args);
    return CODE_USAGE;
}

int declined(struct invocation *v, const char *help, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    refuse(v, DIAG_DECLINED, help, format, args);
    va_end(args);
    return CODE_DECLINED;
}

static bool complain(struct parser *p, struct str help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool complain(struct parser *p, struct str help, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct str message = buf_take(&b, p->v->arena);
    usage_error(p->v, help.n ? help.s : NULL, "%.*s", STR_ARG(message));
    return false;
}

// The only word that begins so: abbreviations are not taken, but told.
static const char *completed(struct str written, const char *const *words)
{
    const char *found = NULL;

    for (; *words && written.n > 2; words++) {
        if (strncmp(*words, written.s, written.n) != 0)
            continue;
        if (found)
            return NULL;
        found = *words;
    }
    return found;
}

static struct str did_you_mean(struct parser *p, struct str written, const char *const *words)
{
    const char *near = diag_nearest(written, words);

    if (!near)
        near = completed(written, words);
    if (!near)
        return (struct str){ 0 };
    return str_format(p->v->arena, "did you mean `%s`?", near);
}

// The names of the flags that [c] takes (NULL: that any command takes), ended by NULL.
static const char *const *flag_names(struct arena *a, const struct command *c)
{
    size_t n = 0;

    for (const struct option *o = options; *o->name || o->letter; o++)
        n++;
    const char **names = NEW_ARRAY(a, const char *, n + 1);
    n = 0;
    for (const struct option *o = options; *o->name || o->letter; o++)
        if (!c || option_is_of(o, c))
            names[n++] = option_shown(o, a).s;
    return names;
}

// A row by what stands before any `=`. Rows of one name take the same (a test sees to it),
// so which of them is meant may wait until the command is known.
static const struct option *option_named(struct str shown)
{
    for (const struct option *o = options; *o->name || o->letter; o++) {
        bool is_long = shown.n > 2 && str_starts(shown, "--") && *o->name &&
                       str_is(str_slice(shown, 2, shown.n), o->name);
        bool is_short = shown.n == 2 && shown.s[1] == o->letter;
        if (is_long || is_short)
            return o;
    }
    return NULL;
}

// What it may mean is known once the command is, which may stand behind it.
static bool unknown_flag(struct parser *p, struct str shown)
{
    p->unknown[p->unknown_count++] = shown;
    return false;
}

// What other programs call a flag.
static const char *called_elsewhere(struct str shown)
{
    static const char *const names[][2] = {
        { "--quiet", "-q" },        { "--silent", "-q" }, { "--verbose", "-v" },
        { "--directory", "-C" },    { "--chdir", "-C" },  { "--output", "-o" },
        { "--input", "-i" },        { "--var", "-i" },    { "--env", "-i" },
        { "--check", "--dry-run" }, { "-y", "--yes" },    { "-n", "--dry-run" },
        { "-V", "--version" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is(shown, names[i][0]))
            return names[i][1];
    return NULL;
}

static struct str meant_flag(struct parser *p, struct str shown)
{
    const char *const *names = flag_names(p->v->arena, p->v->command);
    const char *elsewhere = called_elsewhere(shown);

    for (; elsewhere && *names; names++)
        if (strcmp(*names, elsewhere) == 0)
            return str_format(p->v->arena, "did you mean `%s`?", elsewhere);
    return did_you_mean(p, shown, flag_names(p->v->arena, p->v->command));
}

static void complain_of_unknown(struct parser *p)
{
    for (size_t i = 0; i < p->unknown_count; i++) {
        struct str shown = p->unknown[i];
        bool bundled = shown.n > 2 && shown.s[1] != '-' && option_named(str_slice(shown, 0, 2));
        struct str help = bundled ? STR("short flags stand alone: -q -v") : meant_flag(p, shown);
        complain(p, help, "there is no flag `%.*s`", STR_ARG(shown));
    }
}

static void add_flag(struct parser *p, const struct option *o, struct str value)
{
    p->flags[p->v->flag_count++] = (struct flag){ o, value };
}

// The value in the next word. A word that is itself a flag is more likely a value that was
// forgotten.
static bool value_behind(struct parser *p, const struct option *o, struct str shown)
{
    if (p->at == p->count)
        return complain(p, str_format(p->v->arena, "%.*s %s", STR_ARG(shown), o->value),
                        "`%.*s` wants a value", STR_ARG(shown));
    struct str value = str_from(p->args[p->at]);
    if (str_starts(value, "--") && option_named(value))
        return complain(p,
                        str_format(p->v->arena, "if that is the value: %.*s=%.*s", STR_ARG(shown),
                                   STR_ARG(value)),
                        "`%.*s` wants a value, and `%.*s` is a flag", STR_ARG(shown),
                        STR_ARG(value));
    p->at++;
    add_flag(p, o, value);
    return true;
}

static bool long_flag(struct parser *p, struct str word)
{
    size_t equals = str_find(word, '=');
    struct str shown = equals == SIZE_MAX ? word : str_slice(word, 0, equals);
    const struct option *o = option_named(shown);

    if (!o)
        return unknown_flag(p, shown);
    if (equals == SIZE_MAX && o->takes == TAKES_VALUE)
        return value_behind(p, o, shown);
    if (equals != SIZE_MAX && o->takes == TAKES_NOTHING)
        return complain(p, (struct str){ 0 }, "`%.*s` takes no value", STR_ARG(shown));
    add_flag(p, o, equals == SIZE_MAX ? STR("") : str_slice(word, equals + 1, word.n));
    return true;
}

// -i NAME=VALUE or -iNAME=VALUE.
static bool short_flag(struct parser *p, struct str word)
{
    struct str shown = str_slice(word, 0, 2);
    const struct option *o = option_named(shown);

    if (!o || (word.n > 2 && o->takes != TAKES_VALUE))
        return unknown_flag(p, word);
    if (word.n == 2 && o->takes == TAKES_VALUE)
        return value_behind(p, o, shown);
    add_flag(p, o, str_slice(word, 2, word.n));
    return true;
}

static bool plain_word(struct parser *p, struct str word)
{
    struct invocation *v = p->v;

    if (v->command || p->bad_command) {
        p->words[v->word_count++] = word;
        return true;
    }
    v->command = command_find(word);
    if (v->command)
        return true;
    p->bad_command = true;
    struct str help = did_you_mean(p, word, command_names(v->arena));
    return complain(p, help.n ? help : STR("`runbook help` lists all"),
                    "there is no command `%.*s`", STR_ARG(word));
}

static bool take_word(struct parser *p)
{
    struct str word = str_from(p->args[p->at++]);

    if (p->only_words || word.n < 2 || word.s[0] != '-')
        return plain_word(p, word);
    if (str_is(word, "--")) {
        p->only_words = true;
        return true;
    }
    return word.s[1] == '-' ? long_flag(p, word) : short_flag(p, word);
}

// The row that is the command's own among those of one name.
static const struct option *option_for(const struct option *o, const struct command *c)
{
    for (const struct option *r = options; *r->name || r->letter; r++)
        if (strcmp(r->name, o->name) == 0 && r->letter == o->letter && option_is_of(r, c))
            return r;
    return NULL;
}

static bool foreign_flag(struct parser *p, const struct option *o)
{
    struct arena *a = p->v->arena;
    struct str shown = option_shown(o, a);
    struct str help = did_you_mean(p, shown, flag_names(a, p->v->command));

    if (!help.n)
        help = str_format(a, "it belongs to: %s", o->commands);
    return complain(p, help, "`%s` takes no flag `%.*s`", p->v->command->name, STR_ARG(shown));
}

// "text|ndjson" as words ended by NULL.
static const char *const *choices(struct arena *a, const char *between_bars)
{
    size_t n = 2;

    for (const char *c = between_bars; *c; c++)
        n += *c == '|';
    const char **words = NEW_ARRAY(a, const char *, n);
    n = 0;
    for (const char *c = between_bars; *c; c += *c == '|') {
        size_t length = strcspn(c, "|");
        words[n++] = str_copy(a, (struct str){ c, length }).s;
        c += length;
    }
    return words;
}

static bool check_choice(struct parser *p, const struct flag *f)
{
    const char *const *allowed = choices(p->v->arena, f->option->value);

    if (f->option->takes == TAKES_PERHAPS && !f->value.n)
        return true;
    for (const char *const *w = allowed; *w; w++)
        if (str_is(f->value, *w))
            return true;
    struct str shown = option_shown(f->option, p->v->arena);
    struct str help = did_you_mean(p, f->value, allowed);
    if (!help.n)
        help = str_format(p->v->arena, "one of: %s", f->option->value);
    return complain(p, help, "`%.*s` does not take `%.*s`", STR_ARG(shown), STR_ARG(f->value));
}

static bool said_before(const struct invocation *v, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (v->flags[j].option == v->flags[i].option)
            return true;
    return false;
}

static bool check_flags(struct parser *p)
{
    bool good = true;

    for (size_t i = 0; i < p->v->flag_count; i++) {
        struct flag *f = &p->flags[i];
        const struct option *own = option_for(f->option, p->v->command);
        if (!own) {
            good = foreign_flag(p, f->option);
            continue;
        }
        f->option = own;
        if (own->choice)
            good &= check_choice(p, f);
        if (!own->repeats && own->takes != TAKES_NOTHING && said_before(p->v, i)) {
            struct str shown = option_shown(own, p->v->arena);
            good = complain(p, (struct str){ 0 }, "`%.*s` is given twice", STR_ARG(shown));
        }
    }
    return good;
}

static bool check_words(struct parser *p)
{
    const struct command *c = p->v->command;
    struct str help = str_format(p->v->arena, "runbook %s %s", c->name, c->words);

    if (p->v->word_count < c->least)
        return complain(p, help, "`%s` wants %s", c->name, c->words);
    if (p->v->word_count > c->most)
        return complain(p, help, "`%s` has no use for `%.*s`", c->name, STR_ARG(p->words[c->most]));
    return true;
}

bool command_line_read(struct invocation *v, int argc, char *const *argv)
{
    size_t room = (size_t)argc + 1;
    struct parser p = { .v = v,
                        .args = argv + 1,
                        .count = argc > 0 ? (size_t)argc - 1 : 0,
                        .flags = NEW_ARRAY(v->arena, struct flag, room),
                        .words = NEW_ARRAY(v->arena, struct str, room),
                        .unknown = NEW_ARRAY(v->arena, struct str, room) };
    bool good = true;

    v->flags = p.flags;
    v->words = p.words;
    while (p.at < p.count)
        good &= take_word(&p);
    complain_of_unknown(&p);
    v->ndjson = str_is(flag_text(v, "o"), "ndjson");
    if (!good || flag_given(v, "version"))
        return good;
    good = check_flags(&p);
    return flag_given(v, "help") || !v->command ? good : check_words(&p) && good;
}

static bool is_named(const struct option *o, const char *name)
{
    return *o->name ? strcmp(o->name, name) == 0 : o->letter == name[0] && !name[1];
}

static const struct flag *flag_find(const struct invocation *v, const char *name)
{
    const struct option *o = options;

    while ((*o->name || o->letter) && !is_named(o, name))
        o++;
    assert(*o->name || o->letter);
    for (size_t i = 0; i < v->flag_count; i++)
        if (is_named(v->flags[i].option, name))
            return &v->flags[i];
    return NULL;
}

bool flag_given(const struct invocation *v, const char *name)
{
    return flag_find(v, name) != NULL;
}

struct str flag_text(const struct invocation *v, const char *name)
{
    const struct flag *f = flag_find(v, name);

    return f ? f->value : STR("");
}

const struct str *flag_texts(const struct invocation *v, const char *name, size_t *count)
{
    struct str *all = NEW_ARRAY(v->arena, struct str, v->flag_count + 1);

    *count = 0;
    for (size_t i = 0; i < v->flag_count; i++)
        if (is_named(v->flags[i].option, name))
            all[(*count)++] = v->flags[i].value;
    return all;
}
