// What is the same for questions of every kind, before they are asked: no secret is shown, it is
// known what an answer is bound to, until when it is one, and whom to call meanwhile.

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/sha256.h"
#include "exec/walk.h"

// ---- time

// How long the question was open when it was asked, in an earlier session and since.
int64_t question_open_ms(const struct driver *d, const struct question *q)
{
    const struct open_since *open = map_get(d->earlier.open, q->id);
    int64_t passed = open && open->wall_ns ? (clock_wall_ns() - open->wall_ns) / 1000000 : 0;

    return passed > 0 ? passed : 0;
}

// The time of an approval goes on while the run is suspended; everything else is asked again.
int64_t question_time_left(const struct driver *d, const struct question *q)
{
    return q->timeout_ms - (q->kind == QUESTION_APPROVE ? question_open_ms(d, q) : 0);
}

// ---- all of it

// An approval is about exactly what is shown.
static struct str digest_of(const struct driver *d, const struct question *q)
{
    struct buf b = BUF_EMPTY;
    uint8_t digest[SHA256_SIZE];

    buf_format(&b, "%.*s\n%.*s\n%.*s\n%zu\n", STR_ARG(q->id), STR_ARG(q->message),
               STR_ARG(q->details), q->refusals);
    sha256_of(buf_str(&b), digest);
    buf_free(&b);
    return sha256_hex(d->arena, digest);
}

// Whose run it is, whoever goes on with it.
static struct str requester(const struct driver *d)
{
    return d->row.user.n ? d->row.user : person(d);
}

static struct str masked(const struct driver *d, struct str text)
{
    return text.n ? mask_text(d->mask, text, d->arena, NULL) : text;
}

static const struct str *all_masked(const struct driver *d, const struct str *texts, size_t n)
{
    struct str *out = NEW_ARRAY(d->arena, struct str, n + 1);

    for (size_t i = 0; i < n; i++)
        out[i] = masked(d, texts[i]);
    return out;
}

// A secret may have come into a text through what a step printed. Of the choices both are
// needed: what is shown, and what is chosen.
static void hide_secrets(const struct driver *d, struct question *q)
{
    struct str *const texts[] = { &q->title,  &q->message, &q->phrase, &q->details, &q->destroys,
                                  &q->undo,   &q->leaves,  &q->on_no,  &q->so_far,  &q->output };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = masked(d, *texts[i]);
    q->show = all_masked(d, q->show, q->show_count);
    q->items = all_masked(d, q->items, q->item_count);
    q->shown_choices = all_masked(d, q->choices, q->choice_count);
    q->shown_fallback = masked(d, q->fallback);
}

// What is the same for questions of every kind.
void question_complete(const struct driver *d, struct question *q)
{
    const size_t *refusals = map_get(d->earlier.refusals, q->id);

    hide_secrets(d, q);
    const struct open_since *open = map_get(d->earlier.open, q->id);
    q->open_ns = open && open->wall_ns ? open->wall_ns : clock_wall_ns();
    q->dir = d->frame->dir;
    q->reach = d->options->reach;
    q->requester = requester(d);
    q->refusals = refusals ? *refusals : 0;
    q->digest = digest_of(d, q);
    if (q->timeout_ms)
        q->until = clock_rfc3339_ms(d->arena, clock_wall_ns() + question_time_left(d, q) * 1000000);
    put_people(d, q);
}
