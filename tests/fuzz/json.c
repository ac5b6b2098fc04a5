// Any bytes as JSON: what is read in one go is what the library reads, and is written the same.

#include <assert.h>

#include "base/arena.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    }
    arena_free(a);
    return 0;
}
