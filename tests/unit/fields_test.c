// The tables are data, so they can be wrong. These tests read all of them.

#include <stdlib.h>

#include "base/buf.h"
#include "describe/describe.h"
#include "model/project.h"
#include "test.h"
#include "value/json.h"

static void check_doc(const char *where, const char *name, const char *doc)
{
    if (doc && doc[0] && strpbrk(doc, "\"\\\n") == NULL && doc[strlen(doc) - 1] == '.')
        return;
    printf("# %s.%s: '%s'\n", where, name, doc ? doc : "(none)");
    failures++;
}

static void check_object(const struct type *type)
{
    for (const struct field *f = type->fields; f->name; f++) {
        check_doc(type->name, f->name, f->doc);
        CHECK(f->type);
        bool more = f->flags & FIELD_MORE;
        CHECK(!more || type->more);
        CHECK(f->offset + f->type->size <= (more ? sizeof(struct step_more) : type->size));
        CHECK(!(f->fallback && (f->flags & FIELD_REQUIRED)));
        for (const struct field *g = f + 1; g->name; g++)
            CHECK(strcmp(f->name, g->name) != 0);
    }
}

TEST(every_field_fits_its_struct_and_is_documented)
{
    struct elements all = elements_all(scratch);

    CHECK(all.count > 30);
    for (size_t i = 0; i < all.count; i++)
        check_object(all.items[i].type);
    check_object(&project_type);
}

TEST(every_action_is_documented_and_has_an_example_that_reads)
{
    for (const struct action *const *a = actions; *a; a++) {
        check_doc("action", (*a)->name, (*a)->doc);
        struct str text = str_format(scratch, "runbook: 1\nname: t\ntype: action\nsteps:\n%s",
                                     (*a)->example);
        struct diags ds = { .arena = scratch };
        struct source *src = source_new(scratch, str_from((*a)->name), text);
        runbook_read(scratch, src, action_names(), &ds);
        CHECK(ds.errors == 0);
        for (const struct diag *d = ds.first; d; d = d->next)
            printf("# %s: %.*s\n", (*a)->name, STR_ARG(d->message));
    }
}

TEST(names_of_elements_are_unique)
{
    struct elements all = elements_all(scratch);

    for (size_t i = 0; i < all.count; i++)
        for (size_t j = i + 1; j < all.count; j++)
            CHECK(!str_equal(all.items[i].name, all.items[j].name));
}

static struct str printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    print(f);
    fclose(f);
    struct str copy = str_copy(scratch, (struct str){ text, n });
    free(text);
    return copy;
}

static struct value get(struct value map, const char *key)
{
    struct value v = VALUE_NONE;

    value_get(map, value_text(key), &v);
    return v;
}

// Every "$ref" below [v] names a definition.
static void check_references(struct value v, struct value definitions)
{
    if (v.kind == VALUE_LIST)
        for (size_t i = 0; i < v.list->count; i++)
            check_references(v.list->items[i], definitions);
    if (v.kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < v.map->count; i++) {
        const struct value_entry *e = &v.map->entries[i];
        if (e->key.kind == VALUE_STRING && str_is(e->key.s, "$ref"))
            CHECK(get(definitions, str_copy(scratch, str_slice(e->value.s, 14, e->value.s.n)).s)
                      .kind == VALUE_MAP);
        check_references(e->value, definitions);
    }
}

TEST(the_schema_is_json_and_names_only_what_it_defines)
{
    struct value schema;
    struct json_error error;

    CHECK(json_read(printed(describe_schema), scratch, &schema, &error));
    CHECK(get(schema, "additionalProperties").kind == VALUE_BOOL);
    struct value step = get(get(schema, "definitions"), "step");
    CHECK(get(get(step, "properties"), "shell").kind == VALUE_MAP);
    CHECK(get(step, "defaultSnippets").kind == VALUE_LIST);
    check_references(schema, get(schema, "definitions"));
}

TEST(the_reference_names_every_key)
{
    struct str text = printed(describe_reference);
    struct elements all = elements_all(scratch);

    for (size_t i = 0; i < all.count; i++)
        for (const struct field *f = all.items[i].type->fields; f->name; f++)
            CHECK(str_search(text, str_format(scratch, "| `%s` |", f->name)) != SIZE_MAX);
}

TEST(words_can_be_explained)
{
    FILE *nowhere = fopen("/dev/null", "w");

    CHECK(describe_word(STR("shell"), nowhere));
    CHECK(describe_word(STR("timeout"), nowhere));
    CHECK(describe_word(STR("retry.attempts"), nowhere));
    CHECK(describe_word(STR("http.status"), nowhere));
    CHECK(!describe_word(STR("http.stdout"), nowhere));
    CHECK(!describe_word(STR("retry.nothing"), nowhere));
    CHECK(!describe_word(STR("nothing"), nowhere));
    fclose(nowhere);
}
