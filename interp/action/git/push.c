// A push: look, send, and ask when the answer was no clear one.

#include "action/git/job.h"
#include "action/params.h"
#include "base/arena.h"

static struct str push_text(const struct attempt *at, const char *key)
{
    const struct git_job *job = at->job;
    struct value v;

    return value_field(job->push, key, at->arena, &v) && v.kind == VALUE_STRING ? v.s : STR("");
}

static void run_push(struct attempt *at, const char *verb, const char *suffix)
{
    struct git_job *job = at->job;
    struct value_builder *b = value_map_start(at->arena);
    struct expr_error ignored;

    value_put_s(b, "verb", value_text(verb));
    value_put_s(b, "repo", value_string(job->repo));
    value_put_s(b, "hooks", value_bool(job->hooks));
    value_put_s(b, "remote", value_string(job->remote));
    value_put_s(b, "full", value_string(push_text(at, "ref")));
    value_put_s(b, "sha", value_string(push_text(at, "sha")));
    value_put_s(b, "previous", value_string(push_text(at, "previous")));
    work_prepare(at, &job->process, "@git", value_finish(b), &ignored);
    job->process.name = str_format(at->arena, "%.*s%s", STR_ARG(at->name), suffix);
    process_again(at);
    process_start(at);
}

static bool push_asked(struct attempt *at, const struct outcome *o)
{
    struct git_job *job = at->job;
    struct outcome end = *o;

    if (o->verdict == VERDICT_FAILED && o->timed_out)
        end = (struct outcome){ .verdict = VERDICT_UNKNOWN,
                                .message = STR(
                                    "the remote does not say whether it took the push") };
    if (o->verdict == VERDICT_FAILED && job->cancelled)
        end.verdict = VERDICT_CANCELLED;
    at->done(at, &end);
    return true;
}

static void ask_remote(struct attempt *at)
{
    struct git_job *job = at->job;

    job->process.next = push_asked;
    job->process.timeout_ms = 15000;
    // More than one resume may have to ask.
    struct str suffix = str_format(at->arena, ".ask%lld",
                                   (long long)loop_now_ms(at->session->loop));
    run_push(at, "push_ask", suffix.s);
}

static bool push_sent(struct attempt *at, const struct outcome *o)
{
    struct git_job *job = at->job;

    job->cancelled = o->verdict == VERDICT_CANCELLED;
    if (!job->cancelled && !o->timed_out && !o->killed)
        return false;
    ask_remote(at);
    return true;
}

static void send_push(struct attempt *at)
{
    struct git_job *job = at->job;
    struct outcome cancelled = { .verdict = VERDICT_CANCELLED, .not_started = true };

    if (job->process.cancelled) {
        at->done(at, &cancelled);
        return;
    }
    job->process.next = push_sent;
    run_push(at, "push_send", "");
}

// What it would be pushed over is journalled before, so that after a crash the remote can
// be asked what became of it.
bool git_push_next(struct attempt *at, const struct outcome *o)
{
    struct git_job *job = at->job;
    struct value_builder *b = value_map_start(at->arena);

    job->push = o->result;
    if (o->verdict != VERDICT_DONE || !o->rule ||
        str_equal(push_text(at, "sha"), push_text(at, "previous")))
        return false;
    value_put_s(b, "repo", value_string(path_below(at->arena, at->dir, job->repo)));
    value_put_s(b, "remote", value_string(job->remote));
    value_put_s(b, "ref", value_string(push_text(at, "ref")));
    value_put_s(b, "sha", value_string(push_text(at, "sha")));
    value_put_s(b, "previous", value_string(push_text(at, "previous")));
    at->note(at, value_finish(b), send_push);
    return true;
}

void git_settle(struct attempt *at, struct value notes)
{
    struct git_job *job = NEW(at->arena, struct git_job);
    struct outcome unknown = { .verdict = VERDICT_UNKNOWN };

    at->job = job;
    job->push = notes;
    job->repo = push_text(at, "repo");
    job->remote = push_text(at, "remote");
    if (push_text(at, "sha").n)
        ask_remote(at);
    else
        at->done(at, &unknown);
}
