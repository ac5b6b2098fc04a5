#!/bin/sh
# Every signal before, behind and around the steps: in checks, hooks, `always` and an undo.

. "$(dirname "$0")/phases.sh"

phases <<-'END'
requires     | sig x               | none               | sig x         | none               | 0 x x. a z
hooks.start  | sig x x.            | 0 x x. a z         | sig x         | 0 x a z            | 0 x x. a z
checklist    | sig x               | 0 x x x. a z       | sig x         | 0 x x x. a z       | 0 x x. a z
prepare      | sig x x. z          | 0 x x. z a z       | sig x z       | 0 x z x x. a z     | 0 x x. a z
within       | sig a x z           | 0 a x z x          | sig a x z     | 0 a x z x          | 0 a x x z
holds_for    | sig a x z           | 0 a x z x          | sig a x z     | 0 a x z x          | 0 a x z
done_if      | sig x               | 0 x x x.           | sig x         | 0 x x x.           | 0 x x.
step.verify  | sig b x x. z        | 0 b x x. z         | sig b x z     | 0 b x z b x x. z   | 0 b x x. z
verify       | sig a x z           | 0 a x z x x.       | sig a x z     | 0 a x z x x.       | 0 a x x. z
undo         | sig a c x x. z      | 9 a c x x. z ua z  | 10 a c x z    | 9 a c x z x x. ua z | 9 a c x x. ua z
undone       | sig a ua x z        | 9 a ua x z x x.    | sig a ua x z  | 9 a ua x z x x.    | 9 a ua x x. z
always       | sig a x x.          | 0 a x x. x x. y    | sig a x       | 0 a x x x. y       | 0 a x x. y
hooks.end    | 0 a z x x.          | -                  | 0 a z x       | -                  | 0 a z x x.
END

done_testing
