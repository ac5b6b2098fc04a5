#!/bin/sh
# Every signal while a step runs, whatever it does, and between its attempts.

. "$(dirname "$0")/phases.sh"

phases <<-'END'
shell        | sig x x. z          | 0 x x. z a z       | sig x z       | 0 x z x x. a z     | 0 x x. a z
exec         | sig x x. z          | 0 x x. z a z       | sig x z       | 0 x z x x. a z     | 0 x x. a z
http         | sig x z             | 0 x z a z          | sig x z       | 0 x z x a z        | 0 x a z
post         | sig x z             | 0 x z a z          | 11 x z        | 11 x z             | 0 x a z
sql          | sig x z             | 0 x z a z          | sig x z       | 0 x z a z          | 0 x a z
wait         | sig z               | 0 z a z            | sig z         | 0 z a z            | 0 a z
rest         | sig x z             | 0 x z x a z        | sig x z       | 0 x z x a z        | 0 x x a z
for_each     | sig x x. z          | 0 x x. z y y. a z  | sig x z       | 0 x z x x. y y. a z | 0 x x. y y. a z
used         | sig x x. z          | 0 x x. z v a z     | sig x z       | 0 x z x x. v a z   | 0 x x. v a z
rescue       | sig x x. z          | 8 x x. z a z       | sig x z       | 8 x z x x. a z     | 8 x x. a z
group.always | sig x x. z          | 9 x x. z           | sig x z       | 9 x z              | 9 x x. z
END

done_testing
