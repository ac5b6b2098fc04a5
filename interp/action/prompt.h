// prompt: a person gives a value.

#pragma once

#include "action/action.h"

struct prompt_params {
    const struct node *node;
    const struct template *message;
    struct list choices;          // of const struct template *
    int type;                     // enum input_type; 0: text
    const struct form *fallback;  // default
};

// What is put to the person: at->job after resolve.
struct prompt_job {
    struct str message;
    const struct str *choices;
    size_t choice_count;
    enum input_type type;
    bool has_fallback;
    struct str fallback;  // as it would be typed
};

// The value that was typed, by the type and the choices. False with the reason in [why].
bool prompt_read(const struct prompt_job *job, struct str typed, struct str dir, struct arena *a,
                 struct value *out, struct str *why);
// What the file alone says of type and choices; false where the rest is known only in the run.
bool prompt_literal(const struct prompt_params *p, struct prompt_job *job, struct arena *a);
// The result of a prompt that was answered.
struct value prompt_result(struct arena *a, struct value value);

extern const struct action action_prompt;
