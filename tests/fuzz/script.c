// Any bytes as a script: reading it ends, and every ${{ }} in it is either refused or has
// a place, in which its value is nowhere in the text that the shell gets.

#include <stdlib.h>
#include <string.h>

#include "action/shell/script.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE "\x02value'\"\\$(`\x02"

static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    struct value_builder *list = value_list_start(a);

    (void)s;
    value_add(list, value_text(VALUE));
    value_add(list, value_text(""));
    *out = str_is(name, "l") ? value_finish(list) : value_text(VALUE);
    *why = STR("");
    return true;
}

static void check(const struct script *s, struct arena *a)
{
    const struct scope scope = { .get = get };
    struct expr_error error;
    struct script_run run;

    for (size_t i = 0; i < s->site_count; i++)
        if (s->sites[i].place == PLACE_NOWHERE)
            abort();
    if (!script_fill(s, &scope, NULL, a, &run, &error))
        return;
    bool written = str_search(s->text, STR(VALUE)) != SIZE_MAX;  // by the fuzzer itself
    if (!written && str_search(run.text, STR(VALUE)) != SIZE_MAX)
        abort();
    if (str_find(run.text, '\0') != SIZE_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct text text = text_bare(str_copy(a, (struct str){ (const char *)data, size }));
    const struct template *t = template_parse(a, &text, &ds);

    for (int bash = 0; t && bash < 2; bash++) {
        const struct script *s = script_read(a, t, bash, &ds);
        if (!s && !ds.errors)
            abort();
        if (s)
            check(s, a);
    }
    arena_free(a);
    return 0;
}
