#include "action/file/shown.h"

#include "base/arena.h"
#include "base/sha256.h"

enum { MOST_LINES = 20, MOST_BYTES = 2000, DIGITS = 16 };

static bool is_text(struct str s)
{
    return utf8_invalid(s) == SIZE_MAX && str_find(s, '\0') == SIZE_MAX;
}

static void add_checksum(struct str content, bool has_secret, struct arena *a, struct buf *out)
{
    uint8_t digest[SHA256_SIZE];

    if (has_secret)
        return;
    sha256_of(content, digest);
    buf_format(out, ", sha256 %.*s of all", DIGITS, sha256_hex(a, digest).s);
}

// As many bytes of [line] as there is room for, and no half of a character.
static struct str start_of(struct str line, size_t room)
{
    if (line.n <= room)
        return line;
    while (room && ((unsigned char)line.s[room] & 0xc0) == 0x80)
        room--;
    return str_slice(line, 0, room);
}

// The rest of [s] that is not shown any more.
static struct str show_lines(struct str s, struct buf *out)
{
    size_t room = MOST_BYTES;

    for (size_t lines = 0; s.n && room && lines < MOST_LINES; lines++) {
        size_t end = str_find(s, '\n');
        struct str line = end == SIZE_MAX ? s : str_slice(s, 0, end);
        struct str shown = start_of(line, room);
        buf_format(out, "\n  %.*s", STR_ARG(shown));
        room -= shown.n;
        bool whole = shown.n == line.n;
        s = str_slice(s, shown.n + (whole && end != SIZE_MAX), s.n);
        if (!whole)
            break;
    }
    return s;
}

// Before it is cut into lines: of a secret of several lines no short one is left over.
void show_content(struct str content, const struct mask *m, struct arena *a, struct buf *out)
{
    bool has_secret = false;
    struct str masked = mask_text(m, content, a, &has_secret);

    if (!is_text(masked)) {
        buf_add_s(out, "\n  (no text");
        add_checksum(content, has_secret, a, out);
        buf_add_c(out, ')');
        return;
    }
    struct str rest = show_lines(masked, out);
    if (!rest.n)
        return;
    buf_format(out, "\n  (%zu more bytes", rest.n);
    add_checksum(content, has_secret, a, out);
    buf_add_c(out, ')');
}
