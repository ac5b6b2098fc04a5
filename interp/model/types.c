// The types that fields have in common.

#include <math.h>

#include "model/field.h"

static const struct range from_1 = { 1, 1000000 }, above_0 = { 1, INFINITY };

// clang-format off
#define SIMPLE(id, kind_, name_, ctype, ...) \
    const struct type id = { .kind = kind_, .name = name_, .size = sizeof(ctype), __VA_ARGS__ }

SIMPLE(type_text,      TYPE_TEXT,      "text",       struct text);
SIMPLE(type_words,     TYPE_WORDS,     "text",       const struct template *);
SIMPLE(type_said,      TYPE_WORDS,     "text",       const struct template *, .filled = true);
SIMPLE(type_said_here, TYPE_TEXT,      "text",       struct text, .filled = true);
SIMPLE(type_id,        TYPE_ID,        "id",         struct text);
SIMPLE(type_name,      TYPE_NAME,      "name",       struct text);
SIMPLE(type_address,   TYPE_NAME,      "address",    struct text, .slash = true);
SIMPLE(type_condition, TYPE_CONDITION, "condition",  const struct expr *);
SIMPLE(type_value,     TYPE_VALUE,     "value",      const struct form *);
SIMPLE(type_int,       TYPE_INT,       "whole number", int64_t);
SIMPLE(type_bool,      TYPE_BOOL,      "true or false", int);
SIMPLE(type_duration,  TYPE_DURATION,  "duration",   int64_t);
SIMPLE(type_node,      TYPE_NODE,      "params",     const struct node *);

SIMPLE(type_amount_duration, TYPE_AMOUNT, "duration",      const struct amount *, .unit = UNIT_DURATION);
SIMPLE(type_amount_size,     TYPE_AMOUNT, "size",          const struct amount *, .unit = UNIT_SIZE);
SIMPLE(type_amount_bool,     TYPE_AMOUNT, "true or false", const struct amount *, .unit = UNIT_BOOL);
SIMPLE(type_amount_count_or_bool, TYPE_AMOUNT, "whole number from 1, true or false",
       const struct amount *, .unit = UNIT_COUNT_OR_BOOL);
SIMPLE(type_amount_time,  TYPE_AMOUNT, "duration longer than 0s", const struct amount *,
       .unit = UNIT_DURATION, .range = &above_0);
SIMPLE(type_amount_count, TYPE_AMOUNT, "whole number from 1 to 1000000", const struct amount *,
       .unit = UNIT_INT, .range = &from_1);
SIMPLE(type_time, TYPE_DURATION, "duration longer than 0s", int64_t, .range = &above_0);

// What is referred to may have a bad id, which is complained about there and not here.
static SIMPLE(id_reference, TYPE_TEXT, "id", struct text);

SIMPLE(type_texts,      TYPE_LIST, "list of text",       struct list, .element = &type_text);
SIMPLE(type_ids,        TYPE_LIST, "list of ids",        struct list, .element = &id_reference);
SIMPLE(type_words_list, TYPE_LIST, "list of text",       struct list, .element = &type_words);
SIMPLE(type_some_words, TYPE_LIST, "list of text",       struct list, .element = &type_words,
       .filled = true);
SIMPLE(type_conditions, TYPE_LIST, "condition or list of conditions", struct list,
       .element = &type_condition, .single = true, .filled = true);
// clang-format on

static bool read_words_entry(const struct type *type, const struct node *n, void *to,
                             struct reader *r)
{
    (void)type;
    return type_read(&type_words, n, &((struct words_entry *)to)->words, r);
}
static const struct type *const words_forms[] = { &type_words, NULL };
static const struct type words_entry = { .kind = TYPE_OWN,
                                         .name = "text",
                                         .size = sizeof(struct words_entry),
                                         .read = read_words_entry,
                                         .forms = words_forms };

static bool read_form_entry(const struct type *type, const struct node *n, void *to,
                            struct reader *r)
{
    (void)type;
    return type_read(&type_value, n, &((struct form_entry *)to)->form, r);
}
static const struct type *const value_forms[] = { &type_value, NULL };
static const struct type form_entry = { .kind = TYPE_OWN,
                                        .name = "value",
                                        .size = sizeof(struct form_entry),
                                        .read = read_form_entry,
                                        .forms = value_forms };

// Names of variables and headers are not ids.
const struct type type_words_map = { .kind = TYPE_MAP,
                                     .name = "map of text",
                                     .size = sizeof(struct list),
                                     .element = &words_entry,
                                     .any_key = true };
const struct type type_value_map = {
    .kind = TYPE_MAP, .name = "map of values", .size = sizeof(struct list), .element = &form_entry
};
