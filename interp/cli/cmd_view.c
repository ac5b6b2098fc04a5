#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/open.h"
#include "cli/rehearsal.h"
#include "load/program.h"
#include "report/view.h"

// SOURCE_DATE_EPOCH makes the same document come out the same.
static int64_t printing_time(void)
{
    const char *seconds = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long n = seconds ? strtoll(seconds, &end, 10) : 0;

    return seconds && *seconds && !*end ? n * 1000000000 : clock_wall_ns();
}

// A document can be printed also where the run could not begin: the machine at hand is
// not always the one it is for.
int command_view(struct invocation *v)
{
    struct history *h = history_new(v->arena);
    struct diags rehearsed = { .arena = v->arena }, *said = v->diags;
    struct project *project = open_project_of(v, v->words[0]);
    struct str path = project_locate(project, v->arena, v->words[0], true, v->diags);
    struct buf b = BUF_EMPTY;

    if (!path.n)
        return CODE_USAGE;
    struct program *program = program_load(v->arena, project, path, v->diags);
    if (!program || v->diags->errors)
        return CODE_INVALID;
    v->diags = &rehearsed;
    int code = rehearse(v, h);
    v->diags = said;
    if (code == CODE_USAGE || code == CODE_INVALID) {
        diags_append(v->diags, &rehearsed);
        return code;
    }
    struct document *d = view_document(program, h, printing_time(), v->arena);
    if (str_is(flag_text(v, "format"), "html"))
        document_html(d, h->title.n ? h->title : program->root->rb->name.str, &b);
    else
        document_markdown(d, &b);
    fwrite(b.s, 1, b.n, stdout);
    buf_free(&b);
    return CODE_OK;
}
