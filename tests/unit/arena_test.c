// Arenas that are emptied; arrays that grow in one, small and large ones.

#include "tests/unit/test.h"

#include "base/map.h"

TEST(what_grows_keeps_what_it_had_and_the_rest_is_zero)
{
    size_t room = 3;
    int *numbers = arena_grow(scratch, NULL, 0, room, sizeof *numbers);

    numbers[0] = 1, numbers[2] = 3;
    for (; room < 100000; room *= 3) {
        int last = numbers[room - 1];
        memset(NEW_ARRAY(scratch, char, 50), 0xff, 50);  // a neighbour
        numbers = arena_grow(scratch, numbers, room, room * 3, sizeof *numbers);
        CHECK(numbers[0] == 1 && numbers[2] == 3 && numbers[room - 1] == last);
        CHECK(numbers[room] == 0 && numbers[room * 3 - 1] == 0);
        numbers[room * 3 - 1] = 7;
    }
}

TEST(a_map_finds_all_that_was_put_in_however_many)
{
    struct map *m = map_new(scratch);
    static int values[5000];

    for (int i = 0; i < 5000; i++)
        map_put(m, str_format(scratch, "key %d", i), &values[i]);
    CHECK(map_count(m) == 5000 && !map_get(m, STR("key 5000")));
    for (int i = 0; i < 5000; i++)
        CHECK(map_get(m, str_format(scratch, "key %d", i)) == &values[i] &&
              map_value(m, (size_t)i) == &values[i]);
}

TEST(a_map_with_room_made_beforehand_finds_all_and_takes_more)
{
    static int values[6000];

    for (size_t n = 1; n <= 3000; n = n * 3 / 2 + 1) {
        struct map *m = map_new(scratch);
        map_reserve(m, n);
        for (size_t i = 0; i < 2 * n; i++) {
            if (i == n)
                map_reserve(m, 1);
            CHECK(!map_get(m, str_format(scratch, "key %zu", i)));
            map_put(m, str_format(scratch, "key %zu", i), &values[i]);
        }
        for (size_t i = 0; i < 2 * n; i++)
            CHECK(map_get(m, str_format(scratch, "key %zu", i)) == &values[i]);
    }
}

static void count_end(void *arg)
{
    ++*(int *)arg;
}

TEST(an_emptied_arena_is_as_new)
{
    struct arena *a = arena_new(scratch);
    int ended = 0;

    arena_empty(a);
    for (size_t size = 1; size < 100000; size = size * 3 / 2 + 1)
        for (int again = 0; again < 3; again++) {
            char *p = NEW_ARRAY(a, char, size);
            CHECK(!memchr(p, 'x', size));
            memset(p, 'x', size);
            memset(NEW_ARRAY(a, char, 100), 'x', 100);
            if (again)
                arena_empty(a);
        }
    arena_defer(a, count_end, &ended);
    arena_defer(arena_new(a), count_end, &ended);
    arena_empty(a);
    CHECK(ended == 2);
    arena_empty(a);
    CHECK(ended == 2);
}

TEST(one_with_room_is_as_clean_each_time)
{
    struct arena *a = arena_with_room(scratch, 10000);
    const char *first = NEW_ARRAY(a, char, 100);

    for (int again = 0; again < 4; again++) {
        // Within its room the first three times, then not.
        for (int i = 0; i < (again < 3 ? 90 : 200); i++) {
            char *p = NEW_ARRAY(a, char, 100);
            CHECK(!memchr(p, 'x', 100));
            memset(p, 'x', 100);
        }
        arena_empty(a);
        if (again < 2) {
            char *p = NEW_ARRAY(a, char, 100);
            CHECK(!memchr(p, 'x', 100));
#ifndef ARENA_EACH
            CHECK(p == first);
#endif
        }
    }
    (void)first;
}
