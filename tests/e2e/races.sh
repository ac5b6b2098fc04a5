# Races of answers while the run is alive: to be sourced behind lib.sh and book.sh.
#
#     as PERSON COMMAND...   runbook as that person; defined by who sources this
#     many APPROVE           a run that goes on beside so many open approvals; $id, $run
#     the_end                lets it end; its events are in `events`

rounds=${RACES:-25}

many() {
	rm -f go trace told.* events
	: >live
	printf '%s\n' 'runbook: 1' 'name: many' 'type: application' 'steps:' \
		'  - {id: hold, needs: [], shell: "until [ -e go ]; do sleep 0.05; done"}' >many.yaml
	for n in $(seq 0 $((rounds - 1))); do
		echo "  - {id: g$n, needs: [], on_failure: continue, approve: $1, shell: echo $n >> trace}"
	done >>many.yaml
	: >trace
	rm -f live
	as ada run many.yaml --detach -o ndjson >live 2>err </dev/null &
	run=$!
	until_true "[ \$(grep -c '\"type\":\"confirm.ask\"' live) = $rounds ]" || { cat err; return 1; }
	id=$(sed -n '1s/.*"run":"\([^"]*\)".*/\1/p' live)
}
# vote N PERSON approve|reject: what it said and its exit code are in told.N.PERSON.approve
vote() {
	as "$2" "$3" "$id" "g$1" >"told.$1.$2.$3" 2>&1 </dev/null
	echo "exit $?" >>"told.$1.$2.$3"
}
# each_round COMMAND: for every approval; what it starts beside us is waited for. Few at a time, so that
# those of one round meet.
each_round() {
	all=
	for n in $(seq 0 $((rounds - 1))); do
		eval "$1"
		if [ $((n % 5)) = 4 ]; then
			wait $all
			all=
		fi
	done
	[ -z "$all" ] || wait $all
}
beside() {
	"$@" &
	all="$all $!"
}
the_end() {
	touch go
	wait "$run"
	as ada show "$id" -o ndjson >events
	as ada show "$id" --verify >shown 2>&1 || { cat shown; return 1; }
}
# answer N: yes, no or none, as the one answer in the journal says
answer() {
	grep '"type":"confirm.answer"' events | grep -F "\"step\":\"g$1\"" >one
	[ "$(wc -l <one)" = 1 ] || { echo "g$1 has $(wc -l <one) answers"; cat one; return 1; }
	sed 's/.*"answer":"\([a-z]*\)".*/\1/' one
}
told() { tail -n 1 "told.$1" | sed 's/exit //'; }
did() { grep -c -x "$1" trace; }

# approve_or_reject ONE OTHER: who has what say about each
approve_or_reject() {
	many '{message: "Go?", not_requester: false}' &&
	each_round "beside vote \$n $1 approve; beside vote \$n $2 reject" && the_end || return 1
	for n in $(seq 0 $((rounds - 1))); do
		case "$(answer $n) $(told $n.$1.approve) $(told $n.$2.reject) $(did $n)" in
		'yes 0 2 1') grep -q "answered yes by $1" "told.$n.$2.reject" ;;
		'no 2 0 0') grep -q "refused by $2\|answered no by $2" "told.$n.$1.approve" ;;
		*) false ;;
		esac || { echo "g$n: $(answer $n), ran $(did $n)"; cat told.$n.*; return 1; }
	done
}
# Twice the same person, where two have to approve: it counts as one, and the second as nothing.
approve_twice() {
	many '{message: "Go?", min: 2, not_requester: false}' &&
	each_round "beside vote \$n $1 approve; beside again \$n $1" && each_round "beside vote \$n $2 reject" && the_end || return 1
	for n in $(seq 0 $((rounds - 1))); do
		case "$(answer $n) $(told $n.$1.approve) $(tail -n 1 again.$n) $(did $n)" in
		'no 0 exit 0 0') ;;
		*) echo "g$n: $(answer $n), ran $(did $n)"; cat told.$n.* again.$n; return 1 ;;
		esac
		[ "$(grep -o '"yes":true' one | wc -l)" -le 1 ] && ! grep '2 of 2' told.$n.* again.$n || { cat one; return 1; }
	done
}
again() {
	as "$2" approve "$id" "g$1" >"again.$1" 2>&1 </dev/null
	echo "exit $?" >>"again.$1"
}
# Who approves at the end of the time: either it counts, or they are told that it came too late.
approve_or_timeout() {
	many '{message: "Go?", timeout: 3s, not_requester: false}' || return 1
	sleep 2.5
	each_round "sleep 0.04; beside vote \$n $1 approve" && the_end || return 1
	for n in $(seq 0 $((rounds - 1))); do
		case "$(answer $n) $(told $n.$1.approve) $(did $n)" in
		'yes 0 1') ;;
		'none 2 0') grep -q 'came too late\|time for an answer was over\|nobody had answered' "told.$n.$1.approve" ;;
		*) false ;;
		esac || { echo "g$n: $(answer $n), ran $(did $n)"; cat told.$n.*; return 1; }
	done
}
