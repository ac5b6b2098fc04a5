// Any bytes as SQL for both engines, and as what a PostgreSQL server gives.

#include <assert.h>

#include "action/sql/pg_value.h"
#include "action/sql/script.h"
#include "action/sql/shape.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Tokens follow each other, and only white space stands between them.
static void scan(struct str text, enum sql_dialect dialect)
{
    struct sql_scan s = { text, dialect, 0 };
    struct sql_token t;
    size_t before = 0;

    while (sql_next(&s, &t)) {
        assert(t.start >= before && t.end > t.start && t.end <= text.n);
        for (size_t i = before; i < t.start; i++)
            assert(text.s[i] == ' ' || (text.s[i] >= '\t' && text.s[i] <= '\r'));
        before = t.end;
    }
}

static void split(struct str text, enum sql_dialect dialect)
{
    struct sql_script s = sql_script_of(text, dialect);
    struct sql_statement st;
    uint32_t line = 1;

    while (sql_script_next(&s, &st)) {
        assert(st.psql.n || sql_shape_of(st.text, dialect).statements == 1);
        assert(st.line >= line);
        line = st.line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned types[] = {
        16, 17, 20, 114, 701, 1000, 1007, 1009, 1114, 1184, 1700, 3807
    };
    struct arena *a = arena_new(NULL);
    struct str text = str_copy(a, (struct str){ (const char *)data, size });

    for (enum sql_dialect d = SQL_POSTGRES; d <= SQL_SQLITE; d++) {
        scan(text, d);
        split(text, d);
        sql_shape_of(text, d);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        pg_value_of(types[i], text, a);
    arena_free(a);
    return 0;
}
