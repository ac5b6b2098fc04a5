#!/bin/bash
# A push whose answer is lost because all of us are killed: after resume the remote says
# what became of it, and nothing is pushed twice.

. "$(dirname "$0")/../lib.sh"
export HOME="$work" GIT_CONFIG_NOSYSTEM=1
printf '[user]\n name = T\n email = t@example.org\n[init]\n defaultBranch = main\n' > .gitconfig

prepare() {
	rm -rf repo remote.git ran in-hook
	git init -q --bare remote.git
	git init -q repo && git -C repo remote add origin "$work/remote.git"
	git -C repo commit -q --allow-empty -m one
	cat > rb.yaml <<-EOF
		runbook: 1
		name: rb
		type: application
		steps:
		  - {id: a, git: {push: {ref: main}, repo: repo}}
		  - {id: b, shell: echo b >> ran}
	EOF
}

# Waits for the file $1, then kills the runbook $2, its keeper and all below it.
kill_all() {
	until_true "[ -e $1 ]" || return 1
	pids="$2 $(below "$2")"
	kill -STOP $pids 2>/dev/null
	kill -KILL $pids 2>/dev/null
	wait "$2" 2>/dev/null
	true
}

below() {
	for pid in $(ps -o pid= --ppid "$1"); do
		echo "$pid"
		below "$pid"
	done
}

crashed() {
	runbook run rb.yaml -o ndjson > out 2> err &
	kill_all in-hook $!
	run=$(sed -n 's/.*"run":"\([^"]*\)".*/\1/p' out | head -n 1)
	[ -n "$run" ]
}

test_that 'the remote took it: the step has succeeded' '
	prepare && printf "#!/bin/sh\ntouch $work/in-hook; sleep 30\n" > remote.git/hooks/post-receive &&
	chmod +x remote.git/hooks/post-receive && crashed && rm remote.git/hooks/post-receive &&
	[ "$(git -C remote.git rev-parse main)" = "$(git -C repo rev-parse main)" ] &&
	runbook resume $run && [ "$(cat ran)" = b ]
'

test_that 'the remote did not take it: it has failed and is tried again' '
	prepare && printf "#!/bin/sh\ntouch $work/in-hook; sleep 30; exit 1\n" > remote.git/hooks/pre-receive &&
	chmod +x remote.git/hooks/pre-receive && crashed && rm remote.git/hooks/pre-receive &&
	! git -C remote.git rev-parse -q --verify main && { runbook resume $run || runbook resume $run; } &&
	[ "$(git -C remote.git rev-parse main)" = "$(git -C repo rev-parse main)" ] && [ "$(cat ran)" = b ]
'

test_that 'the remote cannot be asked: it is unknown, and a person says' '
	prepare && printf "#!/bin/sh\ntouch $work/in-hook; sleep 30\n" > remote.git/hooks/post-receive &&
	chmod +x remote.git/hooks/post-receive && crashed && mv remote.git elsewhere.git &&
	exits 11 runbook resume $run && [ ! -e ran ] && exits 0 runbook resume $run --mark a=done &&
	[ "$(cat ran)" = b ]
'
done_testing
