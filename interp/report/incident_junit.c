#include "base/arena.h"
#include "base/clock.h"
#include "report/aftermath.h"
#include "report/harmless.h"
#include "report/incident.h"

static void attribute(struct buf *out, const char *name, struct str value, struct arena *a)
{
    buf_format(out, " %s=\"", name);
    markup_escape(harmless_text(value, a), out);
    buf_add_c(out, '"');
}

static bool is_failure(const struct story *s)
{
    return sign_of(s->state)->bad && !str_is(s->state, "blocked");
}

static bool is_skipped(const struct story *s)
{
    return str_is(s->state, "skipped") || str_is(s->state, "blocked") ||
           str_is(s->state, "pending") || str_is(s->state, "satisfied");
}

static void seconds(struct buf *out, const char *name, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    buf_format(out, " %s=\"%lld.%03d\"", name, (long long)(ms / 1000), (int)(ms % 1000));
}

static void add_failure(const struct story *s, struct arena *a, struct buf *out)
{
    struct str lines[TAIL_LINES];
    size_t n = tail_lines(&s->tail, lines);

    buf_add_s(out, "    <failure");
    attribute(out, "type", s->state, a);
    attribute(out, "message", aftermath_words(s, a), a);
    buf_add_c(out, '>');
    for (size_t i = 0; i < n; i++) {
        markup_escape(harmless_text(lines[i], a), out);
        buf_add_c(out, '\n');
    }
    buf_add_s(out, "</failure>\n");
}

static void add_case(const struct history *h, const struct story *s, struct arena *a,
                     struct buf *out)
{
    buf_add_s(out, "   <testcase");
    attribute(out, "classname", h->runbook, a);
    attribute(out, "name",
              s->name.n ? str_format(a, "%.*s: %.*s", STR_ARG(s->id), STR_ARG(s->name)) : s->id, a);
    seconds(out, "time", s->took_ms);
    buf_add_s(out, ">\n");
    if (is_failure(s)) {
        add_failure(s, a, out);
    } else if (is_skipped(s)) {
        buf_add_s(out, "    <skipped");
        attribute(out, "message", s->more->reason.n ? s->more->reason : s->state, a);
        buf_add_s(out, "/>\n");
    }
    buf_add_s(out, "   </testcase>\n");
}

void incident_junit(const struct history *h, struct arena *a, struct buf *out)
{
    size_t tests = 0, failures = 0, skipped = 0;

    for (size_t i = 0; i < h->story_count; i++) {
        tests++;
        failures += is_failure(h->stories[i]);
        skipped += is_skipped(h->stories[i]);
    }
    buf_add_s(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
    attribute(out, "name", h->title.n ? h->title : h->runbook, a);
    attribute(out, "id", h->run, a);
    buf_format(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"", tests, failures,
               skipped);
    seconds(out, "time", h->took_ms);
    attribute(out, "timestamp", str_slice(clock_rfc3339_ms(a, h->started_ns), 0, 19), a);
    attribute(out, "hostname", h->host, a);
    buf_add_s(out, ">\n");
    for (size_t i = 0; i < h->story_count; i++)
        add_case(h, h->stories[i], a, out);
    buf_add_s(out, "  </testsuite>\n</testsuites>\n");
}
