#include "tests/unit/test.h"

#include "base/sha256.h"
#include "base/sha256_blocks.h"

static struct str hex_of(struct str bytes)
{
    uint8_t digest[SHA256_SIZE];

    sha256_of(bytes, digest);
    return sha256_hex(scratch, digest);
}

TEST(digests_are_those_of_the_standard)
{
    CHECK_STR(hex_of(STR("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_STR(hex_of(STR("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STR(hex_of(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *a = arena_alloc(scratch, 1000000, 1);
    memset(a, 'a', 1000000);
    CHECK_STR(hex_of((struct str){ a, 1000000 }),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(parts_of_any_length_give_the_same_as_the_whole)
{
    char text[200];
    uint8_t whole[SHA256_SIZE], parts[SHA256_SIZE];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    for (size_t n = 0; n <= sizeof text; n++)
        for (size_t cut = 0; cut <= n; cut += 13) {
            struct sha256 h;
            sha256_of((struct str){ text, n }, whole);
            sha256_start(&h);
            sha256_add(&h, (struct str){ text, cut });
            sha256_add(&h, (struct str){ text + cut, n - cut });
            sha256_end(&h, parts);
            CHECK(memcmp(whole, parts, SHA256_SIZE) == 0);
        }
}

// Without the instructions there is nothing to compare.
TEST(plain_and_by_instructions_are_the_same)
{
    uint32_t plain[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, quick[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint8_t blocks[1 + 4 * 64];

    for (size_t i = 0; i < sizeof blocks; i++)
        blocks[i] = (uint8_t)(i * i * 31 + i);
    for (size_t round = 0; sha256_has_instructions() && round < 100; round++) {
        sha256_blocks_plain(plain, blocks + round % 2, round % 5);
        sha256_blocks_by_instructions(quick, blocks + round % 2, round % 5);
        blocks[round] = (uint8_t)plain[round % 8];
        CHECK(memcmp(plain, quick, sizeof plain) == 0);
    }
}
