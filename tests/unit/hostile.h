// Values that would be code if they were ever read as such: `touch pwned`, in all dresses.

#pragma once

#include "base/buf.h"
#include "tests/unit/test.h"
#include "value/value.h"

static const char *const hostile[] = {
    "",
    " ",
    "x",
    "a b",
    "  lead and trail  ",
    "tab\there",
    "new\nline",
    "\n",
    "ends with newline\n",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "| touch pwned",
    "& touch pwned &",
    "&& touch pwned",
    "> pwned",
    "< /etc/passwd",
    "$HOME",
    "${HOME}",
    "${x:=$(touch pwned)}",
    "$((1+1))",
    "a[$(touch pwned)]",
    "'",
    "\"",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "\\",
    "\\\\",
    "\\'; touch pwned",
    "*",
    "?",
    "[a-z]*",
    "{a,b}",
    "~",
    "~root",
    "-n",
    "--help",
    "-e \\n",
    "!!",
    "# comment",
    "EOF",
    "a&b",
    "%s%n",
    "() { :; }; touch pwned",
    "}}",
    "${{ v }}",
    "__rb_1=x",
    "\x01\x02\x7f",
    "\x81\x82\x83\x84\x88",
    "\xc3\xa9 \xe2\x82\xac \xff\xfe",
    "\r\n",
    "\x1b[31mred",
    "1=2",
    "a=b touch pwned",
    ")",
    "(",
    "esac",
    ";;",
    "<<EOF",
};
enum { HOSTILE = sizeof(hostile) / sizeof(*hostile) };

// All of them as a list, and as a text.
__attribute__((unused)) static struct value all_hostile(void)
{
    struct value_builder *b = value_list_start(scratch);

    for (size_t i = 0; i < HOSTILE; i++)
        value_add(b, value_text(hostile[i]));
    return value_finish(b);
}

__attribute__((unused)) static struct str all_in(const char *before, const char *after)
{
    struct buf *b = buf_in(scratch);

    for (size_t i = 0; i < HOSTILE; i++)
        buf_format(b, "%s%s%s", before, hostile[i], after);
    return buf_str(b);
}
