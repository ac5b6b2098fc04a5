// Votes on an approval: a row each of who said what, and what it comes to.

#include "exec/votes.h"
#include "tests/unit/test.h"

// One letter a voter: A to Z approves, a to z refuses, of the people a to z. Behind it may stand:
// '?' without a reason, '<' before the question, '!' about another digest, '+' after the time.
static size_t cast(const char *text, struct vote *votes)
{
    size_t n = 0;

    for (; *text; text++) {
        struct vote *v = &votes[n];
        switch (*text) {
        case '?': votes[n - 1].reason = STR(""); continue;
        case '<': votes[n - 1].digest = STR(""); continue;
        case '!': votes[n - 1].digest = STR("d0"); continue;
        case '+': votes[n - 1].at = STR("2026-01-01T12:00:01.000Z"); continue;
        default: break;
        }
        char who[] = { (char)(*text | 0x20), 0 };
        *v = (struct vote){ .step = STR("gate"),
                            .user = str_copy(scratch, str_from(who)),
                            .reason = STR("why"),
                            .digest = STR("d1"),
                            .at = STR("2026-01-01T11:59:59.000Z"),
                            .yes = *text < 'a' };
        n++;
    }
    return n;
}

static const char *outcome(struct question q, const char *text)
{
    struct vote votes[20];
    struct tally t;
    size_t n = cast(text, votes);

    q.id = STR("gate");
    q.digest = STR("d1");
    q.until = STR("2026-01-01T12:00:00.000Z");
    votes_count(&q, votes, n, scratch, &t);
    return !t.over ? "open" : t.yes ? "yes" : "no";
}

TEST(one_approval_is_enough_where_one_is_wanted)
{
    struct question q = { .votes_needed = 1 };

    CHECK_STR(str_from(outcome(q, "")), "open");
    CHECK_STR(str_from(outcome(q, "A")), "yes");
    CHECK_STR(str_from(outcome(q, "A<")), "yes");
}

TEST(one_refusal_ends_it_whatever_else_was_said)
{
    struct question q = { .votes_needed = 1 };

    CHECK_STR(str_from(outcome(q, "a")), "no");
    CHECK_STR(str_from(outcome(q, "Ab")), "no");
    CHECK_STR(str_from(outcome(q, "bA")), "no");
    CHECK_STR(str_from(outcome(q, "Aa")), "no");
    CHECK_STR(str_from(outcome(q, "a<A")), "no");
}

TEST(one_vote_a_person)
{
    struct question q = { .votes_needed = 2 };

    CHECK_STR(str_from(outcome(q, "AA")), "open");
    CHECK_STR(str_from(outcome(q, "A<A")), "open");
    CHECK_STR(str_from(outcome(q, "AB")), "yes");
    CHECK_STR(str_from(outcome(q, "ABc")), "no");
}

TEST(a_vote_about_something_else_is_none)
{
    struct question q = { .votes_needed = 1 };

    CHECK_STR(str_from(outcome(q, "A!")), "open");
    CHECK_STR(str_from(outcome(q, "a!")), "open");
    CHECK_STR(str_from(outcome(q, "A!B")), "yes");
}

TEST(after_a_refusal_what_was_said_before_the_question_does_not_count)
{
    struct question q = { .votes_needed = 1, .refusals = 1 };

    CHECK_STR(str_from(outcome(q, "A<")), "open");
    CHECK_STR(str_from(outcome(q, "a<")), "open");
    CHECK_STR(str_from(outcome(q, "A")), "yes");
}

TEST(only_who_is_asked_has_a_vote)
{
    struct str names[] = { STR("a"), STR("b") };
    struct question q = { .votes_needed = 1, .from = names, .from_count = 2 };

    CHECK_STR(str_from(outcome(q, "C")), "open");
    CHECK_STR(str_from(outcome(q, "c")), "open");
    CHECK_STR(str_from(outcome(q, "CB")), "yes");
}

TEST(who_started_it_has_none_where_that_is_said)
{
    struct question q = { .votes_needed = 1, .requester = STR("a") };

    CHECK_STR(str_from(outcome(q, "A")), "yes");
    q.not_requester = true;
    CHECK_STR(str_from(outcome(q, "A")), "open");
    CHECK_STR(str_from(outcome(q, "a")), "open");
    CHECK_STR(str_from(outcome(q, "B")), "yes");
}

TEST(after_its_time_there_is_no_vote)
{
    struct question q = { .votes_needed = 1 };

    CHECK_STR(str_from(outcome(q, "A+")), "open");
    CHECK_STR(str_from(outcome(q, "a+")), "open");
}

TEST(without_a_reason_that_is_wanted_an_approval_is_none_and_a_refusal_one)
{
    struct question q = { .votes_needed = 1, .reason_required = true };

    CHECK_STR(str_from(outcome(q, "A?")), "open");
    CHECK_STR(str_from(outcome(q, "A")), "yes");
    CHECK_STR(str_from(outcome(q, "a?")), "no");
}
