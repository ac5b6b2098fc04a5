// What can be said about a file before it is read as YAML.

#include <string.h>

#include "yaml/reading.h"

static const char bom[] = "\xEF\xBB\xBF";

static bool refuse_byte(const struct source *src, size_t at, const char *what, struct diags *ds)
{
    struct span span = { src, (uint32_t)at, (uint32_t)at + 1 };
    struct diag *d = diag_error(ds, DIAG_INVALID_ENCODING, span, "%s", what);

    diag_help(ds, d, "save the file as UTF-8, without control characters");
    return false;
}

// Why the bytes at [at] are not UTF-8.
static const char *bad_utf8(struct str s, size_t at)
{
    unsigned char c = (unsigned char)s.s[at];
    unsigned char next = at + 1 < s.n ? (unsigned char)s.s[at + 1] : 0;

    if (c == 0xC0 || c == 0xC1 || (c == 0xE0 && next >= 0x80 && next < 0xA0) ||
        (c == 0xF0 && next >= 0x80 && next < 0x90))
        return "this byte begins an overlong form, which is not UTF-8";
    if (c == 0xED && next >= 0xA0 && next < 0xC0)
        return "a surrogate is not UTF-8";
    if (c >= 0xF4)
        return "this byte cannot stand in UTF-8";
    return "this byte is not UTF-8; the file may be in Latin-1 or another encoding";
}

// YAML's printable characters; a byte order mark only at the start.
static bool printable(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7F) || c == 0x85 ||
           (c >= 0xA0 && c <= 0xFFFD && c != 0xFEFF) || c >= 0x10000;
}

static bool check_characters(const struct source *src, struct diags *ds)
{
    struct str s = src->text;
    size_t at = str_starts(s, bom) ? 3 : 0;
    uint32_t code;

    while (at < s.n) {
        size_t here = at;
        unsigned char c = (unsigned char)s.s[at];
        if (c >= 0x20 && c < 0x7F) {
            at++;
            continue;
        }
        if (c == 0)
            return refuse_byte(src, here, "a NUL byte; the file may be binary or UTF-16", ds);
        if (!utf8_next(s, &at, &code))
            return refuse_byte(src, here, bad_utf8(s, here), ds);
        if (code == 0xFEFF)
            return refuse_byte(src, here, "a byte order mark inside the file", ds);
        if (!printable(code))
            return refuse_byte(src, here, "a control character", ds);
    }
    return true;
}

static bool check_utf16(const struct source *src, struct diags *ds)
{
    if (!str_starts(src->text, "\xFF\xFE") && !str_starts(src->text, "\xFE\xFF"))
        return true;
    return refuse_byte(src, 0, "the file is UTF-16", ds);
}

static bool check_size(const struct source *src, struct diags *ds)
{
    if (src->text.n <= SIZE_LIMIT)
        return true;
    struct span span = { src, SIZE_LIMIT, SIZE_LIMIT };
    diag_error(ds, DIAG_OVER_LIMIT, span, "the file is larger than 1 MiB");
    return false;
}

// A directive stands before the document: in front of it only comments and empty lines.
static bool check_directive(const struct source *src, struct diags *ds)
{
    for (uint32_t line = 1; line <= src->line_count; line++) {
        struct str s = source_line(src, line);
        if (line == 1 && str_starts(s, bom))
            s = str_slice(s, 3, s.n);
        if (str_starts(s, "%")) {
            uint32_t start = (uint32_t)(s.s - src->text.s);
            struct str word = str_slice(s, 0, str_find(s, ' '));
            struct span span = { src, start, start + (uint32_t)word.n };
            diag_help(ds,
                      diag_error(ds, DIAG_YAML_FEATURE, span, "the directive `%.*s` is not used",
                                 STR_ARG(word)),
                      "take the line away");
            return false;
        }
        struct str words = str_trim(s);
        if (words.n && words.s[0] != '#')
            return true;
    }
    return true;
}

bool bytes_check(const struct source *src, struct diags *ds)
{
    return check_size(src, ds) && check_utf16(src, ds) && check_characters(src, ds) &&
           check_directive(src, ds);
}
