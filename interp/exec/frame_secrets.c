// Secrets: read once from where they are kept, known to the mask before anybody sees them.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "exec/capture.h"
#include "exec/environ.h"
#include "exec/frame_parts.h"
#include "load/input.h"

enum { MOST = 1024 * 1024, PATIENCE_MS = 30 * 1000 };

struct fetching {
    const struct frame *f;
    const struct secret *secret;
    struct scope scope;
    struct str dir;  // that a file is below
    struct arena *arena;
    struct diags *ds;
    struct str got;
};

// Says where it should have come from, and never what came.
static bool fail(struct fetching *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct fetching *g, const char *format, ...)
{
    struct buf why = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&why, format, args);
    va_end(args);
    diag_error(g->ds, DIAG_PREFLIGHT, g->secret->entry.key.span, "secret `%.*s`: %.*s",
               STR_ARG(g->secret->entry.key.str), STR_ARG(buf_str(&why)));
    buf_free(&why);
    return false;
}

// A FIFO may have nobody at its other end, or one who neither writes nor closes it.
static bool has_more(int fd, int64_t until_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    if (until_ms == INT64_MAX)
        return true;
    for (int64_t left; (left = until_ms - clock_boot_ms()) > 0;)
        if (poll(&p, 1, (int)left) > 0)
            return true;
    return false;
}

static bool read_all(struct fetching *g, int fd, int64_t until_ms, const char *what)
{
    struct buf b = BUF_EMPTY;
    ssize_t n = 0;
    bool in_time;

    while ((in_time = has_more(fd, until_ms)) &&
           ((n = read(fd, buf_reserve(&b, 4096), 4096)) > 0 ||
            (n < 0 && (errno == EINTR || errno == EAGAIN)))) {
        b.n += n > 0 ? (size_t)n : 0;
        if (b.n > MOST)
            break;
    }
    int error = errno;
    g->got = buf_take(&b, g->arena);
    if (!in_time)
        return fail(g, "%s does not end within %d s", what, PATIENCE_MS / 1000);
    if (n < 0)
        return fail(g, "%s cannot be read: %s", what, strerror(error));
    return g->got.n <= MOST || fail(g, "%s holds more than 1 MiB", what);
}

static bool from_env(struct fetching *g)
{
    const char *value = getenv(str_copy(g->arena, g->secret->env.str).s);

    if (!value) {
        fail(g, "the variable `%.*s` is not set", STR_ARG(g->secret->env.str));
        diag_help(g->ds, g->ds->last, "export %.*s=...", STR_ARG(g->secret->env.str));
        return false;
    }
    g->got = str_copy(g->arena, str_from(value));
    return true;
}

static bool from_file(struct fetching *g)
{
    struct str name, what;
    bool secret;

    if (!frame_text(g->secret->file, &g->scope, "secret", g->secret->entry.key.str, g->arena, &name,
                    &secret, g->ds))
        return false;
    what = str_format(g->arena, "file `%.*s`", STR_ARG(name));
    // Without waiting for somebody to open the other end of a FIFO.
    int fd = open(frame_path(g->dir, name, g->arena).s,
                  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return fail(g, "%.*s cannot be opened: %s", STR_ARG(what), strerror(errno));
    bool ok = read_all(g, fd, clock_boot_ms() + PATIENCE_MS, what.s);
    close(fd);
    return ok;
}

static bool from_exec(struct fetching *g)
{
    const struct template *const *words = g->secret->exec.items;
    size_t n = g->secret->exec.count;
    struct str *argv = NEW_ARRAY(g->arena, struct str, n);
    bool secret;

    for (size_t i = 0; i < n; i++)
        if (!frame_text(words[i], &g->scope, "secret", g->secret->entry.key.str, g->arena, &argv[i],
                        &secret, g->ds))
            return false;
    // Also with variables that hold other secrets: a token is often the key to the rest.
    struct captured c = capture(argv, n, g->f->dir, environment_strings(g->arena), PATIENCE_MS,
                                MOST, g->arena);
    g->got = c.out;
    if (!c.started)
        return fail(g, "the program `%.*s` cannot be started", STR_ARG(argv[0]));
    if (c.timed_out)
        return fail(g, "`%.*s` has not ended within %d s", STR_ARG(argv[0]),
                    PATIENCE_MS / 1000);
    if (c.too_long)
        return fail(g, "`%.*s` said more than 1 MiB", STR_ARG(argv[0]));
    return c.exit == 0 || fail(g, "`%.*s` ended with status %d", STR_ARG(argv[0]), c.exit);
}

static bool from_stdin(struct fetching *g)
{
    if (isatty(STDIN_FILENO))
        return fail(g, "it is read from standard input, which is a terminal");
    // Behind it may be a person who is asked for a passphrase first.
    return read_all(g, STDIN_FILENO, INT64_MAX, "standard input");
}

static bool fetch(struct fetching *g)
{
    const struct secret *s = g->secret;

    if (s->env.str.n)
        return from_env(g);
    if (s->file)
        return from_file(g);
    return s->exec.count ? from_exec(g) : from_stdin(g);
}

static struct str source_words(const struct fetching *g)
{
    const struct secret *s = g->secret;

    if (s->env.str.n)
        return str_format(g->arena, "the variable `%.*s`", STR_ARG(s->env.str));
    if (s->file)
        return str_format(g->arena, "file `%.*s`", STR_ARG(s->file->text.str));
    return s->exec.count ? STR("what the program said") : STR("standard input");
}

static bool is_good(struct fetching *g)
{
    struct str from = source_words(g);

    if (str_ends(g->got, "\n"))
        g->got.n--;
    if (str_ends(g->got, "\r"))
        g->got.n--;
    if (g->got.n == 0)
        return fail(g, "%.*s is empty", STR_ARG(from));
    if (utf8_invalid(g->got) != SIZE_MAX || str_find(g->got, '\0') != SIZE_MAX)
        return fail(g, "%.*s is not text", STR_ARG(from));
    if (utf8_length(g->got) < MASK_SHORTEST)
        return fail(g, "%.*s has fewer than %d characters", STR_ARG(from), MASK_SHORTEST);
    return true;
}

static void mask_part(struct mask *m, struct value v, bool wholly, struct arena *a)
{
    if (wholly)
        v.secret = true;
    if (v.secret)
        mask_value(m, v, a);
}

void mask_value(struct mask *m, struct value v, struct arena *a)
{
    bool wholly = value_wholly_secret(v);
    struct str text;

    for (size_t i = 0; v.kind == VALUE_LIST && i < value_size(v); i++)
        mask_part(m, value_item(v, i), wholly, a);
    for (size_t i = 0; v.kind == VALUE_MAP && i < value_size(v); i++)
        mask_part(m, v.map->entries[i].value, wholly, a);
    if (v.kind == VALUE_BYTES)
        mask_made(m, v.s);
    else if (v.kind != VALUE_BOOL && value_to_text(v, a, &text))
        mask_made(m, text);
}

static bool is_known(struct value v, const struct mask *m, struct arena *a)
{
    struct str text = v.kind == VALUE_STRING || v.kind == VALUE_BYTES ? str_trim(v.s) : STR("");

    return text.n && text.n <= mask_longest(m) && str_is(mask_text(m, text, a, NULL), "***") &&
           !str_is(text, "***");
}

static struct value known_items(struct value v, const struct mask *m, struct arena *a)
{
    struct value_builder *b = value_list_start(a);

    for (size_t i = 0; i < value_size(v); i++)
        value_add(b, known_secrets(value_item(v, i), m, a));
    return value_finish(b);
}

struct value known_secrets(struct value v, const struct mask *m, struct arena *a)
{
    if (mask_is_empty(m))
        return v;
    if (is_known(v, m, a))
        return value_secret(v);
    if (v.kind == VALUE_LIST)
        return known_items(v, m, a);
    if (v.kind != VALUE_MAP)
        return v;
    struct value_builder *b = value_map_start(a);
    for (size_t i = 0; i < value_size(v); i++)
        value_put(b, v.map->entries[i].key, known_secrets(v.map->entries[i].value, m, a));
    return value_finish(b);
}

static void mask_inputs(const struct frame *f, struct mask *m, struct arena *a)
{
    const struct input *inputs = f->module->rb->inputs.items;
    struct value v;

    for (size_t i = 0; i < f->module->rb->inputs.count; i++)
        if (value_get(f->inputs, value_string(inputs[i].entry.key.str), &v) && v.secret)
            mask_value(m, v, a);
}

void module_secrets_ahead(const struct module *m, struct mask *mask, struct arena *a)
{
    LIST_EACH(const struct secret, s, m->rb->secrets)
    if (s->env.str.n)
        mask_add(mask, str_from(getenv(str_copy(a, s->env.str).s)));
    LIST_EACH(const struct input, in, m->rb->inputs)
    {
        mask_add(mask, input_spelled(in, in->fallback));
        mask_add(mask, input_spelled(in, input_drilled(m->rb, in->entry.key.str)));
    }
    for (size_t i = 0; i < m->use_count; i++)
        module_secrets_ahead(m->uses[i], mask, a);
}

// Reading a pipe would take from it what is read for real later.
static bool is_plain_file(struct fetching *g)
{
    struct str name;
    struct stat st;
    bool secret;

    return g->secret->file &&
           frame_text(g->secret->file, &g->scope, "secret", g->secret->entry.key.str, g->arena,
                      &name, &secret, g->ds) &&
           stat(frame_path(g->dir, name, g->arena).s, &st) == 0 && S_ISREG(st.st_mode);
}

void frame_secrets_ahead(const struct frame *f, struct mask *mask, struct value now,
                         struct arena *a)
{
    struct diags unheard = { .arena = a };
    struct fetching g = { .f = f, .arena = a, .ds = &unheard };

    g.scope = frame_scope(f, now, a);
    g.dir = frame_early_dir(f, now, a);
    LIST_EACH(const struct secret, s, f->module->rb->secrets)
    {
        g.secret = s;
        if (is_plain_file(&g) && from_file(&g) && is_good(&g))
            mask_add(mask, g.got);
    }
}

bool frame_secrets(struct frame *f, struct mask *mask, struct value now, struct arena *a,
                   struct diags *ds)
{
    const struct list *list = &f->module->rb->secrets;
    const struct secret *secrets = list->items;
    struct fetching g = { .f = f, .arena = a, .ds = ds };
    struct value_builder *known = value_map_start(a);
    bool ok = true;

    f->mask = mask;
    frame_begin(f, a);
    f->secrets = value_finish(known);
    g.scope = frame_scope(f, now, a);
    g.dir = frame_early_dir(f, now, a);
    mask_inputs(f, mask, a);
    for (size_t i = 0; i < list->count && !lookout_called(f->lookout); i++) {
        g.secret = &secrets[i];
        if (!fetch(&g) || !is_good(&g)) {
            ok = false;
            continue;
        }
        mask_add(mask, g.got);
        value_put(known, value_string(secrets[i].entry.key.str),
                  value_secret(value_string(g.got)));
        f->secrets = value_finish(known);
    }
    return ok && !lookout_called(f->lookout);
}
