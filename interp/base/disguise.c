#include "base/disguise.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

struct visitor {
    void (*see)(void *arg, struct str form, bool wraps);
    void *arg;
    struct buf form;
};

static void show(struct visitor *v)
{
    v->see(v->arg, buf_str(&v->form), false);
    buf_clear(&v->form);
}

static void show_wrapping(struct visitor *v)
{
    v->see(v->arg, buf_str(&v->form), true);
    buf_clear(&v->form);
}

// What a program leaves as it is when it percent-encodes, beside letters and digits.
static const struct percent {
    const char *kept;
    char space;  // what a space becomes; 0: %20
    const char *digits;
} percents[] = {
    { "-._~", 0, "0123456789ABCDEF" },  // RFC 3986; curl, Python's quote(safe='')
    { "-._~", 0, "0123456789abcdef" },
    { "-._", '+', "0123456789ABCDEF" },  // forms as PHP's urlencode() writes them
    { "-._", '+', "0123456789abcdef" },
    { "-._~", '+', "0123456789ABCDEF" },     // Python's quote_plus(), Go's QueryEscape
    { "-._*", '+', "0123456789ABCDEF" },     // forms as browsers write them
    { "-._~!*'()", 0, "0123456789ABCDEF" },  // JavaScript's encodeURIComponent()
    { "-._~/", 0, "0123456789ABCDEF" },      // Python's quote()
    { "-._", 0, "0123456789ABCDEF" },        // the same before 3.7
    { "", 0, "0123456789ABCDEF" },           // all that is neither letter nor digit
    { "", 0, "0123456789abcdef" },
    { "-._~!$&'()*+,;=:@", 0, "0123456789ABCDEF" },     // a path segment
    { "-._~!$&'()*+,;=:@/?#", 0, "0123456789ABCDEF" },  // JavaScript's encodeURI()
};

static void percent(struct visitor *v, struct str s, const struct percent *how)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        if (c < 0x80 && (isalnum(c) || (c && strchr(how->kept, c)))) {
            buf_add_c(&v->form, (char)c);
        } else if (c == ' ' && how->space) {
            buf_add_c(&v->form, how->space);
        } else {
            buf_add_c(&v->form, '%');
            buf_add_c(&v->form, how->digits[c >> 4]);
            buf_add_c(&v->form, how->digits[c & 15]);
        }
    }
    show(v);
}

static const char *const alphabets[] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

// The six bits from bit [at] on of [s] with [before] zero bytes in front of it; what is
// beyond its end is zero.
static unsigned sextet(struct str s, size_t before, size_t at)
{
    size_t byte = at / 8, shift = at % 8;
    unsigned pair = 0;

    for (size_t i = byte; i < byte + 2; i++) {
        pair <<= 8;
        if (i >= before && i - before < s.n)
            pair |= (unsigned char)s.s[i - before];
    }
    return pair >> (10 - shift) & 63;
}

// Only characters all of whose bits come from the secret: those at the edges depend on
// their neighbours, which we do not know.
static void base64(struct visitor *v, struct str s, size_t before, const char *alphabet)
{
    size_t first = (before * 8 + 5) / 6, end = (before + s.n) * 8 / 6;

    for (size_t i = first; i < end; i++)
        buf_add_c(&v->form, alphabet[sextet(s, before, i * 6)]);
    show_wrapping(v);
}

// All of it, as when nothing but the secret was encoded: its end is known then.
static void base64_alone(struct visitor *v, struct str s, const char *alphabet)
{
    size_t end = (s.n * 8 + 5) / 6;

    for (size_t i = 0; i < end; i++)
        buf_add_c(&v->form, alphabet[sextet(s, 0, i * 6)]);
    v->see(v->arg, buf_str(&v->form), true);
    for (size_t i = end; i % 4; i++)
        buf_add_c(&v->form, '=');
    show_wrapping(v);
}

// As `xxd -p` writes it, PostgreSQL a bytea, and `hex()` of many languages.
static void hexadecimal(struct visitor *v, struct str s, const char *digits)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        buf_add_c(&v->form, digits[c >> 4]);
        buf_add_c(&v->form, digits[c & 15]);
    }
    show_wrapping(v);
}

// What programs do differently when they write a JSON string.
static const struct json {
    const char *also;  // escaped too, with \u or, for the slash, a backslash
    bool ascii;        // nothing beyond ASCII
    bool capitals;     // hexadecimal digits as capital letters
} jsons[] = {
    { "", false, false },                              // as little as RFC 8259 asks for
    { "", false, true },                               // jansson
    { "\x7f", true, false },                           // jq --ascii-output
    { "", true, false },                               // Python
    { "", true, true },                                // jansson, JSON_ENSURE_ASCII
    { "/", true, false },                              // PHP
    { "/", false, false },   { "<>&", false, false },  // Go
};

static const char *short_escape(uint32_t c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '/':
        return "\\/";
    default:
        return NULL;
    }
}

// RFC 8259 section 7: beyond the basic plane, two of them.
static void escape_code(struct buf *out, uint32_t code, bool capitals)
{
    if (code >= 0x10000) {
        escape_code(out, 0xD800 + ((code - 0x10000) >> 10), capitals);
        code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    if (capitals)
        buf_format(out, "\\u%04X", code);
    else
        buf_format(out, "\\u%04x", code);
}

static void json_char(struct buf *out, struct str raw, uint32_t c, const struct json *how)
{
    bool also = c && c < 0x80 && strchr(how->also, (char)c);

    if (short_escape(c) && (c != '/' || also))
        buf_add_s(out, short_escape(c));
    else if (c < 0x20 || also || (how->ascii && c >= 0x80))
        escape_code(out, c, how->capitals);
    else
        buf_add(out, raw);
}

static void json(struct visitor *v, struct str s, const struct json *how)
{
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c;
        if (utf8_next(s, &at, &c))
            json_char(&v->form, str_slice(s, from, at), c, how);
        else
            buf_add_c(&v->form, s.s[at++]);
    }
    show(v);
}

// Characters that are written otherwise by who quotes a text.
static const struct quoting {
    const char *special;
    const char *as[6];  // by place in [special]; NULL: a backslash before it
} quotings[] = {
    { "'", { "'\\''" } },                                           // sh, between single quotes
    { "'", { "\\'" } },                                             // bash's $'...'
    { "\\'", { "\\\\", "\\'" } },                                   // the same, with backslashes
    { "\"$`\\", { NULL, NULL, NULL, NULL } },                       // sh, between double quotes
    { "$`\\", { NULL, NULL, NULL } },                               // sh, in a here-document
    { "'", { "''" } },                                              // SQL, YAML
    { "\"", { "\"\"" } },                                           // SQL, CSV
    { "&<>\"'", { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" } },   // HTML
    { "&<>\"'", { "&amp;", "&lt;", "&gt;", "&quot;", "&#x27;" } },  // Python's html.escape()
    { "&<>", { "&amp;", "&lt;", "&gt;" } },                         // XML
};

static void quote(struct visitor *v, struct str s, const struct quoting *how)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.s[i] ? strchr(how->special, s.s[i]) : NULL;
        if (at && how->as[at - how->special]) {
            buf_add_s(&v->form, how->as[at - how->special]);
            continue;
        }
        if (at)
            buf_add_c(&v->form, '\\');
        buf_add_c(&v->form, s.s[i]);
    }
    show(v);
}

// A backslash before everything that might mean something, as bash's printf %q writes it.
static void backslashes(struct visitor *v, struct str s)
{
    static const char plain[] = "%+-./:=@_";

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        if (c < 0x80 && !isalnum(c) && !(c && strchr(plain, c)))
            buf_add_c(&v->form, '\\');
        buf_add_c(&v->form, s.s[i]);
    }
    show(v);
}

#define EACH(row, table) for (size_t row = 0; row < sizeof(table) / sizeof *(table); row++)

void disguise_each(struct str secret, void (*see)(void *arg, struct str form, bool wraps),
                   void *arg)
{
    struct visitor v = { .see = see, .arg = arg };

    see(arg, secret, false);
    EACH(i, percents)
    percent(&v, secret, &percents[i]);
    EACH(i, alphabets)
    {
        for (size_t before = 0; before < 3; before++)
            base64(&v, secret, before, alphabets[i]);
        base64_alone(&v, secret, alphabets[i]);
    }
    hexadecimal(&v, secret, "0123456789abcdef");
    hexadecimal(&v, secret, "0123456789ABCDEF");
    EACH(i, jsons)
    json(&v, secret, &jsons[i]);
    EACH(i, quotings)
    quote(&v, secret, &quotings[i]);
    backslashes(&v, secret);
    buf_free(&v.form);
}
