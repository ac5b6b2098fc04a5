#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/open.h"
#include "report/github.h"
#include "report/incident.h"

// In a file it is a document; in the log of a job its lines would be obeyed.
static bool is_for_log(void)
{
    struct stat st;

    return github_is_here() && (fstat(STDOUT_FILENO, &st) < 0 || !S_ISREG(st.st_mode));
}

static void print_to_log(struct str text)
{
    while (text.n) {
        size_t end = str_find(text, '\n');
        size_t n = end == SIZE_MAX ? text.n : end + 1;
        struct str line = str_slice(text, 0, n);
        printf("%s%.*s", github_obeys(line) ? "| " : "", STR_ARG(line));
        text = str_slice(text, n, text.n);
    }
}

int command_report(struct invocation *v)
{
    struct opened o = { 0 };
    int code = open_history(v, &o);
    struct str format = flag_text(v, "format");
    struct buf b = BUF_EMPTY;

    if (code != CODE_OK)
        return code;
    incident_write(o.history, format.n ? report_format_of(format) : REPORT_MD, v->arena, &b);
    if (is_for_log())
        print_to_log(buf_str(&b));
    else
        fwrite(b.s, 1, b.n, stdout);
    buf_free(&b);
    return CODE_OK;
}
