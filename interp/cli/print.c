#include "cli/print.h"

#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "value/json.h"

struct page *stdout_page(struct invocation *v)
{
    struct look *look = NEW(v->arena, struct look);
    struct page *p = NEW(v->arena, struct page);
    struct str color = flag_given(v, "color") && !flag_text(v, "color").n ? STR("always")
                                                                          : flag_text(v, "color");

    *look = look_of(STDOUT_FILENO, color);
    *p = page_new(v->arena, look, look->columns);
    p->mask = v->mask;
    return p;
}

void print_page(const struct page *p)
{
    struct str rows = page_str(p);

    if (rows.n)
        printf("%.*s\n", STR_ARG(rows));
}

void print_json(struct value v, struct arena *a)
{
    struct str line = json_text(v, a);

    fwrite(line.s, 1, line.n, stdout);
    putchar('\n');
}
