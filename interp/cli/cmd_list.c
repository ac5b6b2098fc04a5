#include "base/arena.h"
#include "cli/open.h"
#include "cli/print.h"

struct listed {
    struct found_runbook found;
    const struct runbook *rb;  // NULL: it cannot be read
    bool good;                 // nothing is wrong with it, as far as reading it shows
};

static struct value row_value(const struct listed *l, struct arena *a)
{
    struct value_builder *b = value_map_start(a), *types = value_list_start(a);

    value_put_s(b, "address", value_string(l->found.address));
    value_put_s(b, "path", value_string(l->found.path));
    value_put_s(b, "library", value_bool(l->found.library));
    value_put_s(b, "readable", value_bool(l->good));
    if (l->rb) {
        const int *all = l->rb->types.items;
        for (size_t i = 0; i < l->rb->types.count; i++)
            if (all[i])
                value_add(types, value_text(runbook_type_word(all[i])));
        value_put_s(b, "types", value_finish(types));
        if (l->rb->title)
            value_put_s(b, "title", value_string(l->rb->title->text.str));
    }
    return value_finish(b);
}

static bool is_of_type(const struct listed *l, int type)
{
    const int *all = l->rb ? l->rb->types.items : NULL;

    if (!l->rb || !l->rb->types.count)
        return type == 0;
    for (size_t i = 0; i < l->rb->types.count; i++)
        if (all[i] == type)  // 0: one that there is not
            return true;
    return false;
}

static void add_row(const struct listed *l, struct page *p)
{
    struct str title = l->rb && l->rb->title ? l->rb->title->text.str : STR("");

    page_item(p, l->found.address, 28, l->good ? INK_PLAIN : INK_WARN,
              l->good ? title : STR("cannot be read; `runbook plan` says why"));
}

// Under the first of its types.
static void add_type(const struct listed *all, size_t count, int type, struct page *p)
{
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        if (!is_of_type(&all[i], type))
            continue;
        if (first) {
            page_blank(p);
            page_head(p, INK_BOLD, "%s", type ? runbook_type_word(type) : "cannot be read");
        }
        first = false;
        add_row(&all[i], p);
    }
}

static int wanted_type(struct invocation *v, int *type)
{
    struct str word = flag_text(v, "type");
    const char *words[RUNBOOK_ACTION + 1] = { 0 };

    *type = 0;
    for (int t = RUNBOOK_APPLICATION; t <= RUNBOOK_ACTION; t++) {
        words[t - 1] = runbook_type_word(t);
        if (str_is(word, words[t - 1]))
            *type = t;
    }
    if (!word.n || *type)
        return CODE_OK;
    const char *near = diag_nearest(word, words);
    struct str help = str_format(v->arena, "did you mean `%s`?", near ? near : "");
    return usage_error(v, near ? help.s : NULL, "there is no type `%.*s`", STR_ARG(word));
}

int command_list(struct invocation *v)
{
    struct diags quiet = { .arena = v->arena };
    struct project *project = open_project(v);
    int type, code = wanted_type(v, &type);

    if (code != CODE_OK)
        return code;
    if (v->diags->errors)
        return CODE_INVALID;
    struct library *library = library_new(v->arena, project, action_names(), &quiet);
    struct list found = project_runbooks(project, v->arena);
    struct listed *all = NEW_ARRAY(v->arena, struct listed, found.count + 1);
    struct page *p = stdout_page(v);
    for (size_t i = 0; i < found.count; i++) {
        all[i].found = ((struct found_runbook *)found.items)[i];
        unsigned errors = quiet.errors;
        all[i].rb = library_read(library, all[i].found.path);
        all[i].good = all[i].rb && quiet.errors == errors;
        if (v->ndjson && (!type || is_of_type(&all[i], type)))
            print_json(row_value(&all[i], v->arena), v->arena);
    }
    for (int t = RUNBOOK_APPLICATION; t <= RUNBOOK_ACTION && !v->ndjson; t++)
        if (!type || t == type)
            add_type(all, found.count, t, p);
    if (!v->ndjson && !type)
        add_type(all, found.count, 0, p);
    if (!v->ndjson && !found.count)
        page_head(p, INK_DIM, "%s", "There are no runbooks here.");
    print_page(p);
    return CODE_OK;
}
