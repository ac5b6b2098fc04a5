// Arrays that grow in an arena, small ones and such as have a chunk of their own.

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
