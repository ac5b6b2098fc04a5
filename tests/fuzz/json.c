// Any bytes as JSON: what is read in one go is what the library reads, and is written the same;
// and so is what stood in a text before, whatever stands around it.

#include <assert.h>

#include "base/arena.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_memo(struct str text, struct value slow, struct arena *a)
{
    struct json_memo *m = json_memo_new(a);
    struct str inside = str_format(a, "{\"k\":%.*s}", STR_ARG(text));
    struct value v;

    for (int i = 0; i < 4; i++) {
        assert(json_read_again(m, text, a, &v) && value_equal(v, slow));
        assert(str_equal(json_text(v, a), json_text(slow, a)));
        if (json_read_again(m, inside, a, &v))  // not where it is as deep as it may be
            assert(value_equal(v.map->entries[0].value, slow));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct str text = { (const char *)data, size };
    struct value quick, slow;
    struct json_error ignored;

    if (json_read_plain(text, a, &quick)) {
        bool read = json_read(text, a, &slow, &ignored);
        assert(read && value_equal(quick, slow));
        assert(str_equal(json_text(quick, a), json_text(slow, a)));
        check_memo(text, slow, a);
    }
    arena_free(a);
    return 0;
}
