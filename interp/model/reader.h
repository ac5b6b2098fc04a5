// What the files of this folder share while they read: complaining, and finding the
// words to do it with.

#pragma once

#include "model/runbook.h"

// Adds an error and gives it back. Beyond a thousand in one reading they are only
// counted (r->unsaid): a file of nothing but mistakes is still read in linear time.
// MISSING_FIELD is not said either where a key was not understood (r->unsure).
struct diag *refuse(struct reader *r, enum diag_code code, struct span span, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
bool reader_is_full(const struct reader *r);

// The key behind which [n] stands; of what stands behind none, [n] itself.
struct span key_span(const struct node *n);
// The place to blame for something that is not there: the value of `id`, else of `name`,
// else the key of [n], else its first character.
struct span lack_span(const struct node *n);
// The span of the key [key] in [n], which has it.
struct span key_span_in(const struct node *n, const char *key);

// "text", "a list", "a number"; "a step", "an input".
const char *found_words(const struct node *n);
struct str with_article(struct arena *a, const char *name);
// What [n] is called: "a step", or "`retry`" of what stands behind that key.
struct str element_words(const struct type *type, const struct node *n, struct arena *a);

// [n] is not of [type].
bool wrong_type(const struct type *type, const struct node *n, struct reader *r);
// Nothing stands where a value should: an error at the key.
bool empty_value(const struct node *n, struct reader *r);

// A list without items, a text without a word, where that means nothing.
bool empty_list(const struct node *n, struct reader *r);
bool empty_text(const struct node *n, struct reader *r);

const struct field *field_named(const struct type *type, struct str name);
// What may be meant by [key], which no field of [type] has; synonyms included. Only keys
// that [map] does not have yet.
struct near near_keys(const struct type *type, const struct node *map, struct str key,
                      struct reader *r);
// Complains about [key] in [map].
void unknown_key(const struct type *type, const struct node *map, const struct node *key,
                 const struct near *near, struct reader *r);

// "`a`, `b` and `c`" of a list ended by NULL.
struct str words_listed(struct arena *a, const char *const *words, const char *conjunction);

// scalar.c
bool read_text(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_words(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_id(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_name(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_condition(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_value(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_amount(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_int(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_bool(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_duration(const struct type *type, const struct node *n, void *to, struct reader *r);
bool read_choice(const struct type *type, const struct node *n, void *to, struct reader *r);

// A duration as somebody wrote it: bad-duration with a help where it is none.
bool duration_of(const struct text *t, int64_t *out, struct reader *r);
// [n] is what the range of [type] allows.
bool is_in_range(const struct type *type, double n);
bool is_id(struct str s);
bool is_kebab(struct str s);    // database-restore
bool is_address(struct str s);  // postgres/restore: at most one folder deep

// id.c: the id of a step or check, as written or from its name.
struct text id_from_name(struct arena *a, const struct text *name);
bool id_is_taken(struct str id);
// Two steps of one runbook that have the same id, and keys that stand in the wrong part
// of it. Once, after everything was read.
void runbook_check_ids(const struct runbook *rb, struct reader *r);
void runbook_check_places(const struct runbook *rb, struct reader *r);

// The tables of the parts of a runbook.
extern const struct type type_steps, type_some_steps, type_checks, type_hook_steps, type_bare_check,
    type_retry, type_confirm, type_approve, type_for_each, type_outputs, type_before, type_undo,
    type_done_if, type_used;
extern const struct type type_effects, type_on_failure, type_runbook_types;
extern const struct type type_inputs, type_secrets, type_connections;
extern const struct type type_contacts, type_checklist, type_hooks, type_followups, type_report,
    type_requires, type_defaults, type_budget, type_drill;
extern const struct type type_triggers;
