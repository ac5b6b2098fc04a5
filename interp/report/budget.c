#include "report/budget.h"

#include "base/arena.h"
#include "value/fields.h"
#include "value/when.h"

struct str budget_text(int64_t ms, struct arena *a)
{
    return ms < 100 ? str_format(a, "%lld ms", (long long)ms) : span_text(ms, a);
}

void budget_measure(const struct history *h, struct measured frames[BUDGET_FRAMES])
{
    static const struct {
        const char *name, *field;
    } names[BUDGET_FRAMES] = { { "prepare", "prepare_ms" },
                               { "execute", "execute_ms" },
                               { "verify", "verify_ms" },
                               { "total", "total_ms" } };
    struct value promised = value_of(h->start, "budget");
    struct value took = value_of(h->end, "budget");

    for (size_t i = 0; i < BUDGET_FRAMES; i++) {
        struct measured *m = &frames[i];
        *m = (struct measured){ .name = names[i].name,
                                .promised_ms = int_of(promised, names[i].field, 0),
                                .took_ms = int_of(took, names[i].field, 0) };
        m->over = m->promised_ms > 0 && m->took_ms > m->promised_ms;
    }
}
