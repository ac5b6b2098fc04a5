// A script that is one plain command needs no shell.
//
// `systemctl restart ${{ inputs.service }}` is started as it stands, and what it is given
// and what its end means is what bash would have made of it: bash too becomes the program
// of its last command. Words may be quoted; everything in which a shell could do more
// than take words (an expansion, a pattern, an operator, a builtin, an assignment, a
// setting in the environment) is left to bash, and so is a program that cannot be
// started, so that bash says why. A value that is secret stays out of an argv of ours.

#pragma once

#include "action/action.h"
#include "action/shell/script.h"

// The words of [run], ended by s == NULL. NULL if it is not plain.
const struct str *plain_words(const struct script_run *run, struct arena *a);
// The environment that bash would give to the program [name], from [env]; NULL where bash
// itself is to be asked: it would not find the program, or a variable changes what it does.
const struct str *plain_environment(const struct str *env, struct str dir, struct str name,
                                    struct arena *a);
