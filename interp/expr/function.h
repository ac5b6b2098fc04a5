// The functions of the language, as a table.
//
// A row is one overload: what it is called, what it takes and gives, what it does, a
// sentence and an example for people. The evaluator, the checker, the manual and
// `explain` read the same rows; rows of one name stand together.

#pragma once

#include "expr/eval.h"
#include "expr/type.h"

enum { FUNCTION_PARAMS = 4 };

enum function_flags {
    FUNCTION_MEMBER = 1,  // written receiver.name(...); the receiver is params[0]
    FUNCTION_FOLDS = 2,   // quick, and gives little: done at once when its arguments are constant
    FUNCTION_ANY_COUNT = 4,  // the last parameter may be given any number of times
    FUNCTION_PATTERN = 8,    // its second argument is a regular expression
    FUNCTION_OPERATOR = 16,  // only for the checker: `_+_`; [call] is NULL
    FUNCTION_PROMOTES = 32,  // only looked at when no other row of the name fits
};

// Blames ev->at. [count] is the number of arguments, the receiver included.
typedef bool function_call(struct eval *ev, const struct value *args, size_t count,
                           struct value *out);

struct function {
    const char *name;
    unsigned flags;
    const struct expr_type *result;
    const struct expr_type *params[FUNCTION_PARAMS + 1];  // ended by NULL
    function_call *call;
    const char *doc;      // a sentence
    const char *example;  // an expression that is true
};

// The rows of a name, ended by NULL; NULL when there are none. Global functions and
// members have names of their own.
const struct function *const *function_find(struct str name, bool member);

// All rows, in the order of the manual, ended by NULL.
const struct function *const *function_all(void);

size_t function_param_count(const struct function *f);
// "text.indexOf(string, int) -> int"
struct str function_signature(const struct function *f, struct arena *a);

// What the macros do, for the manual and `explain`; ended by a nameless one.
struct macro_doc {
    const char *name, *form, *doc, *example;
};
extern const struct macro_doc macro_docs[];

// Rows are read more easily without "&type_".
#define T_DYN       &cel_dyn
#define T_NULL      &cel_null
#define T_BOOL      &cel_bool
#define T_INT       &cel_int
#define T_UINT      &cel_uint
#define T_DOUBLE    &cel_double
#define T_STRING    &cel_string
#define T_BYTES     &cel_bytes
#define T_DURATION  &cel_duration
#define T_TIMESTAMP &cel_timestamp
#define T_SEMVER    &cel_semver
#define T_IDENT     &cel_ident
#define T_A         &cel_A
#define T_LIST      &cel_list_A
#define T_STRINGS   &cel_list_string
#define T_MAP       &cel_map_A_B
#define T_OPTIONAL  &cel_optional_A

// One table a file; ended by a nameless row.
extern const struct function functions_operators[], functions_core[], functions_convert[],
    functions_strings[], functions_regex[], functions_math[], functions_lists[], functions_times[],
    functions_optional[], functions_encode[];
