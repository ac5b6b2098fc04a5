#!/bin/sh
# Which programs steps run stands in the journal; one that is replaced meanwhile is told.

. "$(dirname "$0")/../lib.sh"
PATH=$work/bin:$PATH

# prog TEXT: the program `prog` says that
prog() {
	mkdir -p bin
	printf '#!/bin/sh\necho %s\n' "$1" >bin/prog
	chmod +x bin/prog
}
book() {
	rm -rf state go out events
	{ printf 'runbook: 1\nname: book\ntype: application\nsteps:\n'; cat; } >book.yaml
}
# of STEP: the digest of what it ran
of() {
	grep "\"step.start\",\"step\":\"$1\"" events | sed -n 's/.*"program":{"name":"prog","path":"[^"]*","sha256":"\([0-9a-f]*\)".*/\1/p'
}
warnings() {
	[ "$(grep -c 'warning: the program `prog`' out)" = "$1" ] || { cat out; return 1; }
}

test_that 'path and digest of a program stand with the intent' '
	prog one && book <<-EOF &&
		  - {id: a, exec: [prog]}
		  - {id: b, shell: prog word}
		  - {id: c, shell: "prog; prog"}
	EOF
	runbook run book.yaml -o ndjson >events 2>out && warnings 0 &&
	[ "$(of a)" = "$(sha256sum <bin/prog | cut -d " " -f 1)" ] && [ "$(of b)" = "$(of a)" ] && [ -z "$(of c)" ] &&
	grep -q "\"path\":\"$work/bin/prog\"" events
'

test_that 'one that is replaced before its step, or between two, is told once' '
	prog one && book <<-EOF &&
		  - {id: a, shell: "sed -i s/one/two/ bin/prog"}
		  - {id: b, exec: [prog]}
		  - {id: c, exec: [prog]}
		  - {id: d, shell: "touch bin/prog"}
		  - {id: e, exec: [prog]}
	EOF
	runbook run book.yaml -o ndjson >events 2>out && warnings 1 && grep -c "\"changed\":true" events | grep -qx 1
'

test_that 'so is another of the same name that comes before it, and one that changed before a resume' '
	prog one && mkdir -p first && PATH=$work/first:$PATH && book <<-EOF &&
		  - {id: a, exec: [prog]}
		  - {id: b, shell: "[ -e go ]"}
		  - {id: c, exec: [prog]}
	EOF
	exits 1 runbook run book.yaml >out 2>&1 && warnings 0 && sed "s/one/two/" bin/prog >first/prog && chmod +x first/prog &&
	touch go && runbook resume "$(ls state/runbook/runs)" >out 2>&1 && warnings 1 && grep -q "first/prog" out
'
test_that 'a file of the plan that is changed under the run: the plan that was kept, and that is said' '
	book <<-EOF &&
		  - {id: a, shell: "sed -i s/before/behind/ book.yaml"}
		  - {id: b, shell: "echo before"}
	EOF
	exits 0 runbook run book.yaml -o ndjson >events 2>out && grep -q "\"stdout\":\"before\"" events && ! grep "\"stdout\":\"behind\"" events &&
	grep -q "warning: $work/book.yaml has changed since this run was started" out &&
	grep "\"code\":\"changed\"" events | grep -q "book.yaml has changed" && [ "$(sed -n "\$s/.*\"type\":\"\([a-z.]*\)\".*/\1/p" events)" = run.end ] &&
	exits 0 runbook run book.yaml -o ndjson >events 2>out && ! grep "has changed" events out
'
test_that '... also one that it uses, and one that is gone' '
	book <<-EOF &&
		  - {id: a, use: used}
		  - {id: b, shell: "rm used.yaml"}
	EOF
	printf "runbook: 1\nname: used\ntype: action\nsteps:\n  - {id: a, shell: true, undo: none}\n" >used.yaml
	exits 0 runbook run book.yaml >out 2>&1 && grep -q "used.yaml has changed since" out && ! grep "book.yaml has changed" out
'
test_that 'a name with a slash is another program in another folder, and nothing has changed' '
	prog one && mkdir -p a b && cp bin/prog a && sed s/one/two/ bin/prog >b/prog && chmod +x b/prog && book <<-EOF &&
		  - {id: a, dir: a, exec: [./prog]}
		  - {id: b, dir: b, exec: [./prog]}
		  - {id: c, dir: b, shell: ./prog}
	EOF
	runbook run book.yaml -o ndjson >events 2>out && warnings 0 && ! grep -q "is not the one" out
'
done_testing
