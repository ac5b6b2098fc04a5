// JSON, base64, digests, and what is shown to people.

#include "base/arena.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "expr/function.h"
#include "value/base64.h"
#include "value/json.h"
#include "value/number.h"

// What the value that JSON text describes takes at most: there is one more value behind
// each of these signs, and room for it is taken twice while a list grows.
static size_t json_weight(struct str text)
{
    size_t values = 1;

    for (size_t i = 0; i < text.n; i++)
        values += text.s[i] == ',' || text.s[i] == ':' || text.s[i] == '[' || text.s[i] == '{';
    return text.n + values * 2 * sizeof(struct value);
}

static bool json(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct json_error error;

    (void)count;
    if (!eval_charge_for(ev, args[0]) || !eval_take(ev, json_weight(args[0].s)))
        return false;
    if (json_read(args[0].s, ev->arena, out, &error))
        return true;
    return eval_fail(ev, "the text %s: %.*s (byte %zu)",
                     error.beyond ? "cannot be taken as JSON" : "is not JSON", STR_ARG(error.message),
                     error.offset);
}

static bool to_json(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct buf text = BUF_EMPTY;
    struct value v = args[0];

    (void)count;
    if (v.kind == VALUE_OPTIONAL && !v.optional)
        return eval_fail(ev, "an optional value that is not there has no JSON");
    if (!eval_charge_for(ev, v) || !eval_take(ev, value_weight(v)))
        return false;
    json_write(v, ev->arena, &text);
    bool ok = eval_text(ev, text.s, text.n, out);
    buf_free(&text);
    return ok;
}

static bool encode(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct buf text = BUF_EMPTY;

    (void)count;
    base64_write(args[0].s, &text);
    bool ok = eval_charge(ev, text.n / 10) && eval_text(ev, text.s, text.n, out);
    buf_free(&text);
    return ok;
}

static bool decode(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    struct str bytes;

    (void)count;
    if (!eval_take(ev, args[0].s.n) || !eval_charge(ev, args[0].s.n / 10))
        return false;
    if (!base64_read(args[0].s, ev->arena, &bytes))
        return eval_fail(ev, "the text is not base64");
    *out = value_bytes(bytes);
    return true;
}

static bool sha256(struct eval *ev, const struct value *args, size_t count, struct value *out)
{
    uint8_t digest[SHA256_SIZE];

    (void)count;
    sha256_of(args[0].s, digest);
    *out = value_string(sha256_hex(ev->arena, digest));
    return eval_charge(ev, args[0].s.n / 10);
}

static bool humanize_bytes(struct eval *ev, const struct value *args, size_t count,
                           struct value *out)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double d = value_as_double(args[0]);
    size_t unit = 0;

    (void)count;
    while ((d >= 1023.95 || d <= -1023.95) && unit + 1 < sizeof units / sizeof *units)
        d /= 1024, unit++;
    *out = value_string(unit ? str_format(ev->arena, "%.1f %s", d, units[unit])
                             : str_format(ev->arena, "%.0f %s", d, units[unit]));
    return true;
}

// The two largest units say enough: 3d4h, 1h30m, 2m5s, 4.2s, 350ms.
static bool humanize_duration(struct eval *ev, const struct value *args, size_t count,
                              struct value *out)
{
    static const int64_t steps[][2] = {
        // from, to the nearest; in milliseconds
        { 86400000, 3600000 }, { 3600000, 60000 }, { 60000, 1000 }, { 1000, 100 }, { 1, 1 },
    };
    int64_t ns = args[0].i, ms = ns / 1000000;
    int64_t size = ms < 0 ? -ms : ms;

    (void)count;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (size >= steps[i][0]) {
            size = (size + steps[i][1] / 2) / steps[i][1] * steps[i][1];
            ns = (ms < 0 ? -size : size) * 1000000;
            break;
        }
    *out = value_string(duration_text(ev->arena, ns));
    return true;
}

// clang-format off
const struct function functions_encode[] = {
    { "json", 0, T_DYN, { T_STRING }, json,
      "The value that JSON text describes.", "json('{\"a\": [1, 2]}').a[1] == 2" },
    { "toJson", 0, T_STRING, { T_A }, to_json,
      "A value as JSON text.", "toJson({'a': [1, true, null]}) == '{\"a\":[1,true,null]}'" },
    { "base64.encode", 0, T_STRING, { T_BYTES }, encode,
      "Bytes as base64 text.", "base64.encode(b'hello') == 'aGVsbG8='" },
    { "base64.encode", 0, T_STRING, { T_STRING }, encode,
      "Text in UTF-8 as base64 text.", "base64.encode('hello') == 'aGVsbG8='" },
    { "base64.decode", 0, T_BYTES, { T_STRING }, decode,
      "The bytes that base64 text stands for; its padding may be missing.", "string(base64.decode('aGVsbG8')) == 'hello'" },
    { "sha256", 0, T_STRING, { T_STRING }, sha256,
      "The SHA-256 digest of text in UTF-8, in hexadecimal digits.", "sha256('').startsWith('e3b0c442')" },
    { "sha256", 0, T_STRING, { T_BYTES }, sha256,
      "The SHA-256 digest of bytes, in hexadecimal digits.", "sha256(b'').startsWith('e3b0c442')" },
    { "humanize", 0, T_STRING, { T_DURATION }, humanize_duration,
      "A duration in its two largest units.", "humanize(duration('5400s')) == '1h30m'" },
    { "humanize", 0, T_STRING, { T_INT }, humanize_bytes,
      "A number of bytes in the largest unit that fits.", "humanize(1536) == '1.5 KiB'" },
    { "humanize", 0, T_STRING, { T_UINT }, humanize_bytes,
      "A number of bytes in the largest unit that fits.", "humanize(100u) == '100 B'" },
    { "humanize", 0, T_STRING, { T_DOUBLE }, humanize_bytes,
      "A number of bytes in the largest unit that fits.", "humanize(1048576.0) == '1.0 MiB'" },
    { 0 },
};
// clang-format on
