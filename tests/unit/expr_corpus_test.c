// What the fuzzers start from, and what they once broke, played again.

#include "tests/unit/test.h"

#include <glob.h>

#include "base/buf.h"

#define LLVMFuzzerTestOneInput fuzz_expr_parse
#include "tests/fuzz/expr_parse.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_expr_eval
#include "tests/fuzz/expr_eval.c"
#undef LLVMFuzzerTestOneInput

static void play(const char *path, int (*fuzz)(const uint8_t *, size_t))
{
    struct buf data = BUF_EMPTY;
    FILE *f = fopen(path, "re");
    int c;

    CHECK(f != NULL);
    while (f && (c = getc(f)) != EOF)
        buf_add_c(&data, (char)c);
    if (f)
        fclose(f);
    CHECK(fuzz((const uint8_t *)(data.s ? data.s : ""), data.n) == 0);
    buf_free(&data);
}

static void play_all(const char *pattern, int (*fuzz)(const uint8_t *, size_t))
{
    glob_t files;

    CHECK(glob(pattern, 0, NULL, &files) == 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        play(files.gl_pathv[i], fuzz);
    CHECK(files.gl_pathc >= 10);
    globfree(&files);
}

TEST(what_was_parsed_once_is_parsed_again)
{
    play_all("tests/fuzz/corpus/expr_parse/*", fuzz_expr_parse);
}

TEST(what_was_evaluated_once_is_evaluated_again)
{
    play_all("tests/fuzz/corpus/expr_eval/*", fuzz_expr_eval);
}
