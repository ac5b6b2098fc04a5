#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/help.h"
#include "exec/driver.h"

// What the words behind a command are, so that a shell can complete them.
static bool takes_file(const struct command *c)
{
    return strstr(c->words, "FILE") || strstr(c->words, "PATH");
}

static bool takes_run(const struct command *c)
{
    return strncmp(c->words, "RUN", 3) == 0;
}

// " --confirm -i ...", all flags of a command.
static void add_flag(const struct option *o, void *arg)
{
    if (o->letter)
        buf_format(arg, " -%c", o->letter);
    if (*o->name)
        buf_format(arg, " --%s", o->name);
}

static void each_choice(const struct option *o, void (*see)(struct str word, void *arg), void *arg)
{
    for (const char *c = o->value; o->choice && *c; c += *c == '|') {
        size_t n = strcspn(c, "|");
        see((struct str){ c, n }, arg);
        c += n;
    }
}

static void print_word(struct str word, void *arg)
{
    (void)arg;
    printf(" %.*s", STR_ARG(word));
}

// -------- bash

static void bash_value(const struct option *o, void *arg)
{
    const struct command *c = arg;

    if (o->takes != TAKES_VALUE)
        return;
    printf("        %s:%s%s) ", c->name, *o->name ? "--" : "-",
           *o->name ? o->name : (char[]){ o->letter, 0 });
    if (o->choice) {
        fputs("words=\"", stdout);
        each_choice(o, print_word, NULL);
        puts("\" ;;");
    } else {
        puts("return ;;");
    }
}

static void bash_command(const struct command *c)
{
    struct buf flags = BUF_EMPTY;

    option_each(c, add_flag, &flags);
    printf("        %s) flags=\"%.*s\" words=%s ;;\n", c->name, STR_ARG(buf_str(&flags)),
           takes_run(c)    ? "\"$(runbook runs -o ndjson 2>/dev/null | "
                             "sed -n 's/.*\"id\":\"\\([0-9a-z]*\\)\".*/\\1/p')\""
           : takes_file(c) ? "\"$(runbook list -q 2>/dev/null)\""
                           : "''");
    buf_free(&flags);
}

static void print_bash(void)
{
    puts("# bash completion for runbook; made by `runbook completion bash`\n"
         "_runbook() {\n"
         "    local command='' flags='' words='' i\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in\n"
         "        -C|-o|--store|--progress) ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) command=${COMP_WORDS[i]}; break ;;\n"
         "        esac\n"
         "    done\n"
         "    if [[ -z $command ]]; then");
    fputs("        words=\"", stdout);
    for (const struct command *c = commands; c->name; c++)
        printf(" %s", c->name);
    puts("\"\n    fi\n    case $command in");
    for (const struct command *c = commands; c->name; c++)
        bash_command(c);
    puts("    esac\n    case $command:$before in");
    for (const struct command *c = commands; c->name; c++)
        option_each(c, bash_value, (void *)c);
    puts("    esac\n"
         "    [[ $word == -* ]] && words=$flags\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _runbook runbook");
}

// -------- zsh

// Text inside '...' of an _arguments row, where brackets and colons mean something.
static void print_row(const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void zsh_form(const struct option *o, const char *shown)
{
    printf("        '%s%s[", o->repeats ? "*" : "", shown);
    print_row(o->doc);
    fputc(']', stdout);
    if (o->takes == TAKES_VALUE) {
        fputc(':', stdout);
        print_row(o->choice ? "value" : o->value);
        fputs(o->choice ? ":(" : strstr(o->value, "FILE") ? ":_files" : ":", stdout);
        each_choice(o, print_word, NULL);
        fputs(o->choice ? ")" : "", stdout);
    }
    puts("' \\");
}

static void zsh_flag(const struct option *o, void *arg)
{
    char shown[60];

    (void)arg;
    if (o->letter) {
        snprintf(shown, sizeof shown, "-%c", o->letter);
        zsh_form(o, shown);
    }
    if (*o->name) {
        snprintf(shown, sizeof shown, "--%s", o->name);
        zsh_form(o, shown);
    }
}

static void print_zsh(void)
{
    puts("#compdef runbook\n# made by `runbook completion zsh`\n_runbook() {\n"
         "    local -a commands\n    commands=(");
    for (const struct command *c = commands; c->name; c++) {
        printf("        '%s:", c->name);
        print_row(c->doc);
        puts("'");
    }
    puts("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n"
         "        return\n    fi\n    case $words[2] in");
    for (const struct command *c = commands; c->name; c++) {
        printf("    %s) _arguments \\\n", c->name);
        option_each(c, zsh_flag, NULL);
        printf("        '*:%s:%s' ;;\n", takes_run(c) ? "run" : "word",
               takes_file(c) ? "_files" : "");
    }
    puts("    esac\n}\ncompdef _runbook runbook");
}

// -------- fish

static void fish_words(const char *text)
{
    putchar('\'');
    for (; *text; text++)
        printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    putchar('\'');
}

static void fish_flag(const struct option *o, const struct command *c)
{
    fputs("complete -c runbook", stdout);
    if (c)
        printf(" -n '__fish_seen_subcommand_from %s'", c->name);
    if (o->letter)
        printf(" -s %c", o->letter);
    if (*o->name)
        printf(" -l %s", o->name);
    if (o->takes == TAKES_VALUE)
        fputs(strstr(o->value, "FILE") ? " -r" : " -x", stdout);
    if (o->choice) {
        fputs(" -a '", stdout);
        each_choice(o, print_word, NULL);
        putchar('\'');
    }
    fputs(" -d ", stdout);
    fish_words(o->doc);
    putchar('\n');
}

static void print_fish(void)
{
    puts("# made by `runbook completion fish`");
    for (const struct command *c = commands; c->name; c++) {
        printf("complete -c runbook %s-n __fish_use_subcommand -a %s -d ",
               takes_file(c) ? "" : "-f ", c->name);
        fish_words(c->doc);
        putchar('\n');
    }
    for (const struct option *o = options; *o->name || o->letter; o++)
        if (option_is_global(o))
            fish_flag(o, NULL);
    for (const struct command *c = commands; c->name; c++)
        for (const struct option *o = options; *o->name || o->letter; o++)
            if (!option_is_global(o) && option_is_of(o, c))
                fish_flag(o, c);
}

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

int command_completion(struct invocation *v)
{
    static const char *const names[] = { "bash", "zsh", "fish", NULL };

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (str_is(v->words[0], shells[i].name)) {
            shells[i].print();
            return CODE_OK;
        }
    const char *near = diag_nearest(v->words[0], names);
    struct str help = near ? str_format(v->arena, "did you mean `%s`?", near)
                           : STR("one of: bash, zsh, fish");
    return usage_error(v, help.s, "no completion is known for `%.*s`", STR_ARG(v->words[0]));
}
