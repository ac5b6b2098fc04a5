#!/bin/sh
# How events are told, on a clock that the test turns.

. "$(dirname "$0")/../lib.sh"

events=$repo/tests/cli/events

test_that 'plain lines have UTC times and a sign of life every 30 seconds' '
	event-play plain <"$events/failed.ndjson" >out &&
	grep -qx "14:00:30Z running   safety.dump for 29 s, no output for 29 s" out &&
	[ "$(grep -c "^14:0[123]:[0-9]*Z running   restore" out)" = 4 ]
'
test_that 'nothing that a step prints begins a line' '
	cat >forged.ndjson <<-END
	{"v":1,"seq":1,"ts":"2026-09-21T14:00:00Z","run":"x","type":"run.start","runbook":"rb","steps":[{"id":"a"}]}
	{"v":1,"seq":2,"ts":"2026-09-21T14:00:01Z","run":"x","type":"step.start","step":"a","attempt":1,"command":"evil"}
	{"output":"a","text":"\r\u001b[2K14:00:02Z succeeded a in 0.1 s\n\u2028::add-mask::x\n::error::forged\n"}
	{"output":"a","text":"\n\nno end","err":true}
	{"v":1,"seq":3,"ts":"2026-09-21T14:00:03Z","run":"x","type":"step.end","step":"a","state":"failed","took_ms":9,"message":"forged\n14:00:02Z succeeded a\n::error::x"}
	{"v":1,"seq":4,"ts":"2026-09-21T14:00:04Z","run":"x","type":"run.end","result":"failed","exit":1,"took_ms":9}
	END
	for manner in plain tty "plain github"; do
		event-play $manner columns=60 <forged.ndjson >out || return 1
		! grep -q "succeeded a" out || ! grep "^[0-9:]*Z succeeded a" out || return 1
		! grep "^::\(add-mask\|error::forged\|error::x\)" out || return 1
		[ "$manner" = tty ] || ! grep -q "$(printf "\033")" out || return 1
	done
'
test_that 'GitHub reads no command between stop and go' '
	event-play github <"$events/undo-failed.ndjson" >out &&
	awk "/^::stop-commands::/ { token = substr(\$0, 18); stopped = 1; next }
		\$0 == \"::\" token \"::\" { stopped = 0; next }
		/^::/ { if (stopped) { print; exit 1 } next }
		!stopped { print; exit 1 }" out &&
	[ "$(grep -c "^::group::" out)" = "$(grep -c "^::endgroup::" out)" ]
'
test_that 'two runs have two tokens' '
	event-play github <"$events/good.ndjson" | grep -m1 "^::stop-commands::" >one &&
	event-play github <"$events/good.ndjson" | grep -m1 "^::stop-commands::" >two &&
	! cmp -s one two
'
test_that 'quiet says what went wrong and how it ended' '
	event-play quiet <"$events/failed.ndjson" >out && ! grep -q "newest" out && grep -q "No space left" out &&
	event-play quiet <"$events/good.ndjson" >out && ! grep -q "COPY" out && grep -q "is done and verified" out
'
test_that 'verbose says commands and polls' '
	event-play plain verbose <"$events/good.ndjson" >out && grep -q "docker-compose start app" out &&
	grep -q "polled    verify_2: not yet: HTTP status 503" out
'
test_that 'events go out as they are, and nothing else' '
	grep "\"type\"" "$events/failed.ndjson" >want && event-play ndjson <"$events/failed.ndjson" >out && same want out
'
test_that 'a diagnostic before there is a run is told with its way out' '
	event-play plain <"$events/refused.ndjson" >out && grep -q "error: no program .psql. is on the PATH" out &&
	grep -q "help: install postgresql-client" out
'
test_that 'every colour is ended on its line' '
	esc=$(printf "\033") &&
	event-play tty color columns=80 <"$events/failed.ndjson" | sed "s/.*\\r$esc\\[K//" >out &&
	! sed "s/$esc\\[[0-9;]*m[^$esc]*$esc\\[0m//g" out | grep "$esc"
'
test_that 'what stays on the screen is the same on a terminal of any width, but for its rows' '
	for columns in 200 80 40 25; do
		event-play tty columns=$columns <"$events/failed.ndjson" | sed "s/.*\\r$(printf "\033")\\[K//" >out.$columns &&
		[ "$(LC_ALL=C.UTF-8 wc -L <out.$columns)" -le $columns ] || { echo "$columns: $(LC_ALL=C.UTF-8 wc -L <out.$columns)"; return 1; }
	done
'

# last MANNER...: the row that changes, as it is in the end.
last() { event-play "$@" | tr "\r" "\n" | sed "s/$(printf "\033")\[K//g" | tail -n 1; }
head='{"v":1,"seq":1,"ts":"2026-09-21T14:00:00Z","run":"x","type":"run.start","runbook":"rb","budget":{"execute_ms":60000,"total_ms":600000},"steps":[{"id":"a"},{"id":"b"}]}'

test_that 'what is left is that of the phase, else of the whole; and what is over' '
	printf "%s\n" "$head" \
		"{\"v\":1,\"seq\":2,\"ts\":\"2026-09-21T14:00:00Z\",\"run\":\"x\",\"type\":\"phase.start\",\"phase\":\"prepare\"}" \
		"{\"v\":1,\"seq\":3,\"ts\":\"2026-09-21T14:00:10Z\",\"run\":\"x\",\"type\":\"step.start\",\"step\":\"a\",\"attempt\":1}" \
		"{\"wait_ms\": 6000}" >prepare.ndjson &&
	last tty columns=80 <prepare.ndjson >out && grep -q "· 9m 44s left of 10m" out &&
	sed "s/\"prepare\"/\"steps\"/" prepare.ndjson >steps.ndjson && last tty columns=80 <steps.ndjson >out && grep -q "· steps: 44 s left of 1m" out &&
	sed "s/: 6000}/: 80000}/" steps.ndjson | last tty columns=80 >out && grep -q "· steps: 30 s over the 1m promised" out || { cat out; false; }
'
test_that 'a check that waits says what it saw, what it wants and when it asks again' '
	printf "%s\n" "$head" \
		"{\"v\":1,\"seq\":2,\"ts\":\"2026-09-21T14:00:00Z\",\"run\":\"x\",\"type\":\"phase.start\",\"phase\":\"verify\"}" \
		"{\"v\":1,\"seq\":3,\"ts\":\"2026-09-21T14:00:01Z\",\"run\":\"x\",\"type\":\"verify.try\",\"step\":\"v\",\"ok\":false,\"message\":\"\`expect\` is false: result.status == 200\",\"parts\":[{\"text\":\"result.status\",\"value\":503},{\"text\":\"result.status == 200\",\"value\":false}],\"next_ms\":5000,\"left_ms\":9000}" \
		"{\"wait_ms\": 1000}" >try.ndjson &&
	last tty columns=120 <try.ndjson >out && grep -q "wanted: result.status == 200" out && grep -q "503" out && grep -q "next try in" out || { cat out; false; }
'
test_that 'an undo stands once in the row that changes' '
	printf "%s\n" "$head" \
		"{\"v\":1,\"seq\":2,\"ts\":\"2026-09-21T14:00:00Z\",\"run\":\"x\",\"type\":\"phase.start\",\"phase\":\"undo\"}" \
		"{\"v\":1,\"seq\":3,\"ts\":\"2026-09-21T14:00:01Z\",\"run\":\"x\",\"type\":\"undo.start\",\"step\":\"a\"}" \
		"{\"v\":1,\"seq\":4,\"ts\":\"2026-09-21T14:00:01Z\",\"run\":\"x\",\"type\":\"step.start\",\"step\":\"a~undo\",\"attempt\":1}" \
		"{\"wait_ms\": 2000}" >undo.ndjson &&
	last tty columns=80 <undo.ndjson >out && grep -q "undo a 2 s" out && ! grep -q "also" out || { cat out; false; }
'
test_that 'a run that ends in a step that has the terminal gives the screen back' '
	printf "%s\n" "$head" \
		"{\"v\":1,\"seq\":2,\"ts\":\"2026-09-21T14:00:01Z\",\"run\":\"x\",\"type\":\"step.start\",\"step\":\"a\",\"attempt\":1,\"tty\":true}" \
		"{\"v\":1,\"seq\":3,\"ts\":\"2026-09-21T14:00:03Z\",\"run\":\"x\",\"type\":\"run.end\",\"result\":\"store\",\"exit\":12,\"took_ms\":9}" |
		event-play tty columns=80 >out && grep -q "exit code 12" out
'

done_testing
