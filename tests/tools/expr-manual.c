// Prints the list of functions that docs/expressions.md ends with.

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/manual.h"

int main(void)
{
    struct arena *a = arena_new(NULL);
    struct buf out = BUF_EMPTY;

    manual_write_functions(a, &out);
    fwrite(out.s, 1, out.n, stdout);
    buf_free(&out);
    arena_free(a);
    return 0;
}
