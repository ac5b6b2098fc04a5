#include "tests/unit/keeping.h"

TEST(an_end_and_its_output_are_told)
{
    struct setting *s = new_setting();
    struct ran *ran = run(s, "echo out; echo err >&2; exit 3");

    CHECK(exited(ran, 3));
    CHECK_STR(buf_str(ran->out), "out\n");
    CHECK_STR(buf_str(ran->err), "err\n");
    CHECK(child_pid(ran->child) > 0);
}
