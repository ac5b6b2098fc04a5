#include <stdio.h>

#include "cli/open.h"
#include "report/incident.h"

int command_report(struct invocation *v)
{
    struct opened o = { 0 };
    int code = open_history(v, &o);
    struct str format = flag_text(v, "format");
    struct buf b = BUF_EMPTY;

    if (code != CODE_OK)
        return code;
    incident_write(o.history, format.n ? report_format_of(format) : REPORT_MD, v->arena, &b);
    fwrite(b.s, 1, b.n, stdout);
    buf_free(&b);
    return CODE_OK;
}
