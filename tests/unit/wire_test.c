#include <stdlib.h>

#include "base/arena.h"
#include "loop/wire.h"
#include "tests/unit/test.h"

TEST(numbers_are_written_in_decimal)
{
    struct buf *b = buf_in(scratch);
    static const int64_t numbers[] = { 0, 7, -7, 10, 1234567890123, INT64_MAX, INT64_MIN };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_add_number(b, numbers[i]);
        buf_add_c(b, ' ');
    }
    CHECK_STR(buf_str(b), "0 7 -7 10 1234567890123 9223372036854775807 -9223372036854775808 ");
}

static const struct str words[] = {
    { "two words", 9 }, { "", 0 }, { "12:a\nb\n", 7 }, { NULL, 0 }
};

static struct child_spec full_spec(void)
{
    static const int ok_exit[] = { 0, 255, -1 };
    struct mask *mask = mask_new(scratch);

    mask_add(mask, STR("first-secret"));
    return (struct child_spec){ .name = STR("a1"),
                                .argv = words,
                                .env = words + 1,
                                .dir = STR("/tmp"),
                                .input = STR("line\n\0line"),
                                .timeout_ms = 900000,
                                .grace_ms = -1,
                                .tty = true,
                                .left = LEFT_KILL,
                                .ok_exit = ok_exit,
                                .mask = mask };
}

static bool same(const struct str *a, const struct str *b)
{
    while (a->s && b->s && str_equal(*a, *b) && b->s[b->n] == '\0')
        a++, b++;
    return !a->s && !b->s;
}

// In bytes of its own, so that the sanitizers see where it ends.
static struct taking own_copy(const struct buf *b, size_t n)
{
    return (struct taking){ .rest = str_copy(scratch, str_slice(buf_str(b), 0, n)) };
}

TEST(a_request_is_read_as_it_was_written)
{
    struct child_spec spec = full_spec(), read = { 0 };
    struct buf *b = buf_in(scratch);

    put_spec(b, &spec);
    struct taking t = own_copy(b, b->n);
    CHECK(take_spec(&t, &read, scratch) && t.rest.n == 0);
    CHECK(same(spec.argv, read.argv) && same(spec.env, read.env));
    CHECK_STR(read.name, "a1");
    CHECK_STR(read.dir, "/tmp");
    CHECK(str_equal(read.input, spec.input));
    CHECK(read.timeout_ms == 900000 && read.grace_ms == -1 && read.tty && read.left == LEFT_KILL);
    CHECK(read.ok_exit[0] == 0 && read.ok_exit[1] == 255 && read.ok_exit[2] == -1);
    CHECK(mask_count(read.mask) == 1);
}

TEST(a_request_that_is_cut_off_anywhere_is_none)
{
    struct child_spec spec = full_spec(), read;
    struct buf *b = buf_in(scratch);

    put_spec(b, &spec);
    for (size_t n = 0; n < b->n; n++) {
        struct taking t = own_copy(b, n);
        CHECK(!take_spec(&t, &read, scratch));
    }
}
