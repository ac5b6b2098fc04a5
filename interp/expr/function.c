#include "expr/function.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

static const struct function *const tables[] = {
    functions_core, functions_convert, functions_strings,  functions_regex,  functions_lists,
    functions_math, functions_times,   functions_optional, functions_encode, functions_operators,
};

enum { MOST_FUNCTIONS = 400, SLOTS = 1024 };

// Made once, at the first look-up, from the tables above; never changed again.
static struct index {
    const struct function *all[MOST_FUNCTIONS + 1];
    const struct function *grouped[2 * MOST_FUNCTIONS];  // rows of a name, then NULL
    uint16_t slots[SLOTS];                               // place in [grouped] + 1, or 0
} index_once;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static bool is_member(const struct function *f)
{
    return f->flags & FUNCTION_MEMBER;
}

static size_t slot_of(struct str name, bool member)
{
    size_t i = (str_hash(name) + member) % SLOTS;

    for (;; i = (i + 1) % SLOTS) {
        if (!index_once.slots[i])
            return i;
        const struct function *f = index_once.grouped[index_once.slots[i] - 1];
        if (is_member(f) == member && strncmp(f->name, name.s, name.n) == 0 && !f->name[name.n])
            return i;
    }
}

static void make_index(void)
{
    size_t count = 0, end = 0;

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct function *f = tables[i]; f->name && count < MOST_FUNCTIONS; f++)
            index_once.all[count++] = f;
    for (size_t i = 0; i < count; i++) {
        const struct function *first = index_once.all[i];
        size_t slot = slot_of(str_from(first->name), is_member(first));
        if (index_once.slots[slot])
            continue;
        index_once.slots[slot] = (uint16_t)(end + 1);
        for (size_t j = i; j < count; j++) {
            const struct function *f = index_once.all[j];
            if (is_member(f) == is_member(first) && strcmp(f->name, first->name) == 0)
                index_once.grouped[end++] = f;
        }
        end++;
    }
}

const struct function *const *function_find(struct str name, bool member)
{
    pthread_once(&made, make_index);
    uint16_t place = index_once.slots[slot_of(name, member)];
    return place ? &index_once.grouped[place - 1] : NULL;
}

const struct function *const *function_all(void)
{
    pthread_once(&made, make_index);
    return index_once.all;
}

size_t function_param_count(const struct function *f)
{
    size_t n = 0;

    while (f->params[n])
        n++;
    return n;
}

struct str function_signature(const struct function *f, struct arena *a)
{
    struct buf out = BUF_EMPTY;
    size_t first = is_member(f) ? 1 : 0;

    if (first)
        buf_format(&out, "%s.", expr_type_text(f->params[0], a).s);
    buf_format(&out, "%s(", f->name);
    for (size_t i = first; f->params[i]; i++)
        buf_format(&out, "%s%s", i > first ? ", " : "", expr_type_text(f->params[i], a).s);
    buf_format(&out, "%s) -> %s", f->flags & FUNCTION_ANY_COUNT ? ", ..." : "",
               expr_type_text(f->result, a).s);
    return buf_take(&out, a);
}

// clang-format off
const struct macro_doc macro_docs[] = {
    { "has", "has(a.b)", "Whether a field is there.",
      "has({'a': 1}.a)" },
    { "all", "list.all(x, condition)", "Whether the condition holds for every element. With two variables: index and item, or key and value.",
      "[1, 2].all(x, x > 0)" },
    { "exists", "list.exists(x, condition)", "Whether the condition holds for at least one element.",
      "[1, 2].exists(x, x == 2)" },
    { "exists_one", "list.exists_one(x, condition)", "Whether the condition holds for exactly one element; also written existsOne.",
      "[1, 2].exists_one(x, x == 2)" },
    { "map", "list.map(x, result) or list.map(x, condition, result)", "A list of the results; with a condition, only of the elements for which it holds. A map gives its keys.",
      "[1, 2].map(x, x * 2) == [2, 4]" },
    { "filter", "list.filter(x, condition)", "The elements for which the condition holds.",
      "[1, 2].filter(x, x > 1) == [2]" },
    { "transformList", "list.transformList(i, x, result), with a condition before the result if wanted", "As map, with index and item, or key and value.",
      "['a', 'b'].transformList(i, x, x + string(i)) == ['a0', 'b1']" },
    { "transformMap", "map.transformMap(k, v, result), with a condition before the result if wanted", "A map with the same keys and other values.",
      "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}" },
    { "transformMapEntry", "map.transformMapEntry(k, v, {key: value}), with a condition before the result if wanted", "A map of the entries that are made; the same key twice is an error.",
      "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}" },
    { "sortBy", "list.sortBy(x, key)", "The elements in the order of their keys.",
      "['bb', 'a'].sortBy(x, size(x)) == ['a', 'bb']" },
    { "cel.bind", "cel.bind(name, value, result)", "Gives a value a name inside of the result.",
      "cel.bind(x, 3, x * x) == 9" },
    { "optMap", "optional.optMap(x, result)", "An optional of the result, or none.",
      "optional.of(1).optMap(x, x + 1).value() == 2" },
    { "optFlatMap", "optional.optFlatMap(x, optional)", "The optional that the result is, or none.",
      "{'a': {'b': 1}}.?a.optFlatMap(x, x.?b).value() == 1" },
    { 0 },
};
// clang-format on
