#include <stdio.h>

#include "cli/explain.h"
#include "expr/function.h"

bool explain_function(struct str word, struct arena *a)
{
    bool found = false;

    for (int member = 0; member < 2; member++) {
        const struct function *const *rows = function_find(word, member);
        for (; rows && *rows; rows++) {
            if ((*rows)->flags & FUNCTION_OPERATOR)
                continue;
            struct str signature = function_signature(*rows, a);
            printf("%s%.*s\n  %s\n  %s\n", found ? "\n" : "", STR_ARG(signature),
                   (*rows)->doc ? (*rows)->doc : "", (*rows)->example ? (*rows)->example : "");
            found = true;
        }
    }
    for (const struct macro_doc *m = macro_docs; m->name; m++)
        if (str_is(word, m->name)) {
            printf("%s%s\n  %s\n  %s\n", found ? "\n" : "", m->form, m->doc, m->example);
            found = true;
        }
    return found;
}

void function_words(struct map *words)
{
    for (const struct function *const *f = function_all(); *f; f++)
        if (!((*f)->flags & FUNCTION_OPERATOR))
            map_put(words, str_from((*f)->name), words);
    for (const struct macro_doc *m = macro_docs; m->name; m++)
        map_put(words, str_from(m->name), words);
}
