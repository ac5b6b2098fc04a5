#include "value/base64.h"

#include "base/arena.h"
#include "base/buf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct str bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < bytes.n ? (unsigned char)bytes.s[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buf_add_c(out, i + j > bytes.n ? '=' : alphabet[bits >> (18 - 6 * j) & 63]);
    }
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_read(struct str text, struct arena *a, struct str *out)
{
    size_t padding = 0;

    while (padding < 2 && text.n && text.s[text.n - 1] == '=')
        text.n--, padding++;
    if (text.n % 4 == 1 || (padding && (text.n + padding) % 4 != 0))
        return false;
    char *bytes = NEW_ARRAY(a, char, text.n / 4 * 3 + 4);
    size_t n = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        int six = sextet(text.s[i]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 > 0)
            bytes[n++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    bytes[n] = '\0';
    *out = (struct str){ bytes, n };
    return true;
}
