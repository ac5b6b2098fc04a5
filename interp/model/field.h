// What a runbook can say, written down once.
//
// A struct type says what a value looks like; a struct field says that a mapping
// has one, what it is called, what it means, and where in the C struct it goes.
// Nothing else knows: the reader (model/read.c), the JSON Schema, the reference
// and the shell completion (describe/) are all loops over these tables.
//
// To add a field: one row in a table, one member in the struct.

#pragma once

#include "expr/form.h"

enum type_kind {
    TYPE_TEXT,       // struct text      literal; ${{ }} is an error here
    TYPE_WORDS,      // const struct template *   text that may hold ${{ }}
    TYPE_ID,         // struct text      [a-z][a-z0-9_]*
    TYPE_NAME,       // struct text      kebab-case, for name: and addresses with one slash
    TYPE_CONDITION,  // const struct expr *
    TYPE_VALUE,      // const struct form *       anything, with expressions in it
    TYPE_AMOUNT,     // const struct amount *     a duration, size, number or bool, or ${{ }} of
                     //                  one; NULL when not written
    TYPE_INT,        // int64_t          literal
    TYPE_BOOL,       // enum tristate    literal
    TYPE_DURATION,   // int64_t          nanoseconds, literal
    TYPE_CHOICE,     // int              1 + index into [choices]; 0: not written
    TYPE_LIST,       // struct list      elements of [element]; one that is no list where
                     //                  [single] is set is a list of one
    TYPE_MAP,        // struct list      of structs that begin with a struct entry
    TYPE_OBJECT,     // the struct itself, whose first member is const struct node *
    TYPE_OPTIONAL,   // pointer to a struct of [element], NULL when not written
    TYPE_NODE,       // const struct node *   left as written, for somebody who knows it
    TYPE_OWN,        // what [read] makes of it
    TYPE_COUNT
};

enum unit { UNIT_DURATION, UNIT_SIZE, UNIT_INT, UNIT_NUMBER, UNIT_BOOL, UNIT_COUNT_OR_BOOL };

struct reader;

// What a number or a duration may be, both ends included; durations in nanoseconds. The name
// of its type says it in words.
struct range {
    double least, most;
};

struct type {
    enum type_kind kind;
    const char *name;            // as the reference calls it: "duration", "list of steps"
    size_t size;                 // of the C value
    const struct type *element;  // TYPE_LIST, TYPE_MAP, TYPE_OPTIONAL
    const struct field *fields;  // TYPE_OBJECT, ended by a nameless one
    const char *const *choices;  // TYPE_CHOICE, ended by NULL
    enum unit unit;              // TYPE_AMOUNT
    const struct range *range;   // TYPE_AMOUNT, TYPE_INT, TYPE_DURATION; NULL: any
    bool filled;                 // TYPE_LIST, TYPE_TEXT, TYPE_WORDS: an empty one means
                                 // nothing and is an error
    bool single;                 // TYPE_LIST: a lone element will do
    bool computed;               // TYPE_LIST of TYPE_WORDS: one ${{ }} may give it whole
    bool any_key;                // TYPE_MAP: keys are any text, not ids
    bool slash;                  // TYPE_NAME: an address, which may have one slash
    void (*begin)(void *to);     // makes ready what is to be read into; NULL: zero will do
    // TYPE_OBJECT: gives the record of those fields that few objects have (FIELD_MORE).
    void *(*more)(void *to, struct reader *r);
    // TYPE_OBJECT: takes a key that no field has (an action); false: it is unknown.
    bool (*other)(const struct node *value, void *to, struct reader *r);
    // TYPE_OBJECT: what a table cannot say, once all fields are read (keys that cannot
    // stand together).
    bool (*check)(const struct type *type, const struct node *n, void *to, struct reader *r);
    // TYPE_OWN: short forms, "this or that". [forms] tells schema and reference what
    // may stand there, ended by NULL.
    bool (*read)(const struct type *type, const struct node *n, void *to, struct reader *r);
    const struct type *const *forms;
};

enum {
    FIELD_REQUIRED = 1 << 0,
    FIELD_MORE = 1 << 1,  // [offset] is that in the record which [more] of the type gives
};

struct field {
    const char *name;
    const struct type *type;
    size_t offset;
    unsigned flags;
    const char *fallback;  // the value when absent, as it would be written; for people
    const char *doc;       // one or two sentences, present tense
};

#define AT(record, member) .offset = offsetof(record, member)

enum tristate { UNWRITTEN, NO, YES };

// A duration (nanoseconds), size (bytes), number or bool that was written, or the
// expression that gives it when the step is reached.
struct amount {
    enum unit unit;
    const struct type *type;
    int64_t n;      // when template is NULL; a bool is 0 or 1
    double number;  // UNIT_NUMBER
    const struct template *template;
    struct text text;
};

struct list {
    void *items;
    size_t count;
};
#define LIST_EACH(type, var, list) \
    for (type *var = (list).items; var && var != (type *)(list).items + (list).count; var++)

// One entry of a TYPE_MAP begins with this.
struct entry {
    const struct node *node;  // of the value
    struct text key;
};
struct words_entry {
    struct entry entry;
    const struct template *words;
};
struct form_entry {
    struct entry entry;
    const struct form *form;
};

// Where a reading stands.
struct reader {
    struct arena *arena;
    struct diags *diags;
    const char *const *actions;  // names that may be an action key of a step, ended by NULL
    size_t unsaid;               // errors beyond the first thousand, which are only counted
    bool unsure;                 // a key was not understood: what seems missing may be it
    struct diag scrap;           // stands for an error that is not said
};

// Fills [to] from [n]; whatever it points at will live in [r->arena]. False if
// anything in [n] was wrong, all of which is then in the diags.
bool type_read(const struct type *type, const struct node *n, void *to, struct reader *r);

extern const struct type type_text, type_words, type_id, type_name, type_address, type_condition,
    type_value, type_int, type_bool, type_duration, type_node;
extern const struct type type_amount_duration, type_amount_size, type_amount_bool,
    type_amount_count_or_bool;
extern const struct type type_amount_time;   // a duration longer than 0s
extern const struct type type_amount_count;  // a whole number from 1
extern const struct type type_time;          // the same, literal
extern const struct type type_texts, type_ids, type_words_list, type_conditions;
extern const struct type type_some_words;            // at least one
extern const struct type type_said, type_said_here;  // text that is not empty; the latter literal
extern const struct type type_words_map, type_value_map;  // words_entry, form_entry
extern const struct type type_auth, type_tls;             // of a connection or request

// No expression: written as it is, or not written.
bool amount_is_literal(const struct amount *m);
// What an amount is when the step is reached; [fallback] when [m] is NULL. False,
// with the reason, when its expression fails or gives something of another unit.
bool amount_get(const struct amount *m, const struct scope *s, struct arena *a, int64_t fallback,
                int64_t *out, struct expr_error *err);
bool amount_number(const struct amount *m, const struct scope *s, struct arena *a, double fallback,
                   double *out, struct expr_error *err);
