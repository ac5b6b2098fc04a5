#!/bin/sh
# What a step wrote after its interpreter was killed is adopted with its result, and stands in the
# journal like all other output: in order, masked, nothing twice.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

SECRET=sesame-1234567
export SECRET
steps='  - id: a
    env: {T: "${{ secrets.token }}"}
    shell: |
      echo "one 1 $T"; echo "err 1" >&2
      echo a >> effects
      until [ -e go ]; do sleep 0.02; done
      echo "one 2 $T"; echo "err 2 $T" >&2
      MORE
      printf "one 3"'
secret='secrets: {token: {env: SECRET}}'

# crash [COMMAND]: killed when the journal has what the step wrote first; the rest comes later, also
# what COMMAND writes.
crash() {
	book "$(echo "$steps" | sed "s/MORE/${1:-:}/")" "$secret"
	start && until_true '[ "$(runbook logs "$id" a 2>/dev/null | grep -c " 1")" = 2 ]' && kill -9 "$run" &&
	until_true 'runbook runs -o ndjson | grep -F "\"state\":\"crashed\"" >/dev/null' && touch go &&
	until_true 'runbook show "$id" | grep -F "has ended since" >/dev/null'
}

test_that 'logs has all of it once, in order, and masked' '
	crash && resume 0 && runbook logs "$id" a >logged && grep one logged >ones && grep err logged >errs &&
	printf "one 1 ***\none 2 ***\none 3\n" | same - ones && printf "err 1\nerr 2 ***\n" | same - errs
'
test_that 'the terminal of who resumes and the report have it too' '
	crash && resume 0 -v && has "one 2 ***" && lacks "$SECRET" && runbook show "$id" >out 2>&1 && lacks "$SECRET"
'
test_that 'logs -o ndjson: the events join to what was written' '
	crash && resume 0 && runbook logs "$id" a -o ndjson | grep stdout | sed "s/.*\"text\":\"\([^\"]*\)\".*/\1/" | tr -d "\n" >joined &&
	printf "one 1 ***\\\\none 2 ***\\\\none 3" | same - joined
'
test_that 'of an output longer than events hold the beginning and the end' '
	crash "seq 1 500000" && resume 0 && runbook logs "$id" a >logged && [ "$(grep -c "^one 1" logged)" = 1 ] &&
	[ "$(grep -c "^1000$" logged)" = 1 ] && grep -q "^\[\.\.\. " logged && [ "$(grep -c "^500000$" logged)" = 1 ] && tail -3 logged | grep -q "^one 3"
'
# Nobody was there when it ended; who comes a second later does not say that it took that second, or nothing.
test_that 'it took as long as its process did, not until somebody came to see it' '
	book "  - {id: a, shell: \"echo a >>effects; sleep 1\"}
  - {id: b, shell: \"echo \${{ steps.a.took >= duration(\\\"1s\\\") }} >>effects\"}" && start && kill -9 "$run" &&
	until_true "runbook show $id | grep -F \"has ended since\" >/dev/null" && sleep 1 && resume 0 && effects "a true " &&
	runbook show "$id" -o ndjson | grep "\"step.end\",\"step\":\"a\"" | python3 -c "
import json, sys
end = json.loads(sys.stdin.readline())
took = float(end[\"result\"][\"took\"].rstrip(\"s\")) * 1000
sys.exit(0 if abs(end[\"took_ms\"] - took) < 500 else str(end))"
'

done_testing
