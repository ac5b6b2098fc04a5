#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/near.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "describe/describe.h"
#include "exec/driver.h"

static bool explain_code(struct str word)
{
    char *end;
    long code = strtol(word.s, &end, 10);

    if (!word.n || *end || code < 0 || code > 255 || !*code_sentence((int)code))
        return false;
    printf("exit code %ld (%s)\n\n  %s\n", code, code_word((int)code), code_sentence((int)code));
    return true;
}

// "step.timeout" gives "timeout".
static void add_keys(struct map *words, struct arena *a)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);

    describe_words(memory);
    fclose(memory);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        const char *dot = strrchr(line, '.');
        map_put(words, str_copy(a, str_from(dot ? dot + 1 : line)), words);
    }
    free(text);
}

// All that can be explained, each once.
static const char *const *all_words(struct arena *a)
{
    struct map *words = map_new(a);

    add_keys(words, a);
    for (int code = 0; code < DIAG_COUNT; code++)
        map_put(words, str_from(diag_slug((enum diag_code)code)), words);
    function_words(words);
    const char **all = NEW_ARRAY(a, const char *, map_count(words) + 1);
    for (size_t i = 0; i < map_count(words); i++)
        all[i] = map_key(words, i).s;
    return all;
}

int command_explain(struct invocation *v)
{
    struct str word = v->words[0];
    bool known = describe_word(word, stdout);

    known |= explain_rule(word);
    known |= explain_function(word, v->arena);
    known |= explain_code(word);
    if (known)
        return CODE_OK;
    struct near near = near_words(word, all_words(v->arena));
    struct str help = near_question(&near, v->arena);
    return usage_error(v, help.n ? help.s : "a key, an action, a function, a rule or an exit code",
                       "there is nothing called `%.*s`", STR_ARG(word));
}
