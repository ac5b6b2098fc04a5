#include "cli/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "report/harmless.h"
#include "report/history_read.h"
#include "report/look.h"
#include "value/fields.h"

struct project *open_project(struct invocation *v)
{
    return project_find(v->arena, v->dir, action_names(), v->diags);
}

struct project *open_project_of(struct invocation *v, struct str word)
{
    return project_for(v->arena, v->dir, word, action_names(), v->diags);
}

struct str store_url(struct invocation *v)
{
    if (flag_given(v, "store"))
        return flag_text(v, "store");
    return project_store(open_project(v), v->arena);
}

int store_code(enum store_error e)
{
    static const int codes[] = {
        [STORE_OK] = CODE_OK,
        [STORE_CANNOT_OPEN] = CODE_PREFLIGHT,
        [STORE_NO_SUCH_RUN] = CODE_USAGE,
        [STORE_HELD] = CODE_LOCKED,
        [STORE_LOCKED] = CODE_LOCKED,
        [STORE_FAILED] = CODE_STORE,
    };
    return codes[e];
}

int open_store(struct invocation *v, struct loop *l, bool create, struct store **out)
{
    struct str url = store_url(v);

    if (v->diags->errors)
        return CODE_INVALID;
    *out = store_open(v->arena, l, url, create, v->diags);
    return *out ? CODE_OK : CODE_PREFLIGHT;
}

int open_run(struct invocation *v, struct store *s, struct str word, struct run_row *out)
{
    return store_code(store_find(s, word, v->arena, out, v->diags));
}

int open_history(struct invocation *v, struct opened *out)
{
    int code = open_store(v, NULL, false, &out->store);

    if (code == CODE_OK)
        code = open_run(v, out->store, v->words[0], &out->row);
    if (code != CODE_OK)
        return code;
    out->history = history_new(v->arena);
    out->history->keep_moments = true;
    out->history->crashed = str_is(out->row.state, "crashed");
    return store_code(history_read(out->history, out->store, out->row.id, v->diags));
}

// -------- diags

static void print_one(struct invocation *v, const struct diag *d)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);

    diag_print_wide(d, look_columns(STDERR_FILENO), memory);
    fclose(memory);
    struct str rest = mask_text(v->mask, (struct str){ text, n }, v->arena, NULL);
    while (rest.n) {
        size_t end = str_find(rest, '\n');
        struct str line = end == SIZE_MAX ? rest : str_slice(rest, 0, end);
        struct str safe = harmless_text(line, v->arena);
        fprintf(stderr, "%.*s\n", STR_ARG(safe));
        rest = end == SIZE_MAX ? STR("") : str_slice(rest, end + 1, rest.n);
    }
    free(text);
}

static struct value diag_data(const struct diag *d, struct arena *a)
{
    static const char *const levels[] = { "info", "warning", "error" };
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "level", value_text(levels[d->severity]));
    value_put_s(b, "code", value_text(diag_slug(d->code)));
    value_put_s(b, "message", value_string(d->message));
    if (d->span.source) {
        struct place at = source_place(d->span.source, d->span.start);
        value_put_s(b, "file", value_string(d->span.source->name));
        value_put_s(b, "line", value_int(at.line));
        value_put_s(b, "column", value_int(at.column));
    }
    if (d->help.n)
        value_put_s(b, "help", value_string(d->help));
    return value_finish(b);
}

void print_diags(struct invocation *v, bool events_began)
{
    int64_t seq = 0;

    diags_sort(v->diags);
    for (const struct diag *d = v->diags->first; d; d = d->next) {
        print_one(v, d);
        if (!v->ndjson || events_began)
            continue;
        struct event e = { .type = EVENT_DIAGNOSTIC,
                           .seq = ++seq,
                           .wall_ns = clock_wall_ns(),
                           .data = event_masked(diag_data(d, v->arena), v->mask, v->arena) };
        struct str line = event_line(&e, STR(""), v->arena);
        printf("%.*s\n", STR_ARG(line));
    }
}
