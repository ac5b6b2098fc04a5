#include <stdio.h>

#include "cli/open.h"
#include "graph/draw.h"
#include "load/program.h"

int command_graph(struct invocation *v)
{
    struct str word = flag_text(v, "format");
    enum graph_format format = GRAPH_TEXT;
    struct project *project = open_project_of(v, v->words[0]);
    struct str path = project_locate(project, v->arena, v->words[0], true, v->diags);
    struct buf b = BUF_EMPTY;

    if (word.n)
        graph_format_of(word, &format);
    if (!path.n)
        return CODE_USAGE;
    struct program *program = program_load(v->arena, project, path, v->diags);
    if (!program || v->diags->errors)
        return CODE_INVALID;
    graph_draw(program->root->graph, format, &b);
    fwrite(b.s, 1, b.n, stdout);
    buf_free(&b);
    return CODE_OK;
}
