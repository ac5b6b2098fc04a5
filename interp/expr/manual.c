#include "expr/manual.h"

#include "base/arena.h"
#include "base/buf.h"
#include "expr/function.h"

static const struct {
    const char *title;
    const struct function *rows;
} chapters[] = {
    { "Size and type", functions_core },
    { "Conversions", functions_convert },
    { "Text", functions_strings },
    { "Regular expressions", functions_regex },
    { "Lists", functions_lists },
    { "Numbers", functions_math },
    { "Times", functions_times },
    { "Optional values", functions_optional },
    { "JSON, encodings, digests", functions_encode },
};

static void write_entry(const char *form, const char *doc, const char *example, struct buf *out)
{
    buf_format(out, "- `%s`  \n  %s `%s`\n", form, doc, example);
}

static void write_macros(struct buf *out)
{
    buf_add_s(out, "\n### Macros\n\n");
    for (const struct macro_doc *m = macro_docs; m->name; m++)
        write_entry(m->form, m->doc, m->example, out);
}

void manual_write_functions(struct arena *a, struct buf *out)
{
    write_macros(out);
    for (size_t i = 0; i < sizeof chapters / sizeof *chapters; i++) {
        buf_format(out, "\n### %s\n\n", chapters[i].title);
        for (const struct function *f = chapters[i].rows; f->name; f++)
            write_entry(function_signature(f, a).s, f->doc, f->example, out);
    }
}
