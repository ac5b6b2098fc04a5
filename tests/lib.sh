# For the scripts in tests. Each runs in an empty directory of its own.
#
#     test_that 'check accepts a runbook' '
#             runbook check "$runbooks/hello.yaml"
#     '
#
# The commands are joined by && as usual; what they print is shown only if they fail.

repo=$(cd "$(dirname "$0")/../.." && pwd)
runbooks=$repo/runbooks
PATH=$B:$PATH
# What is printed hangs on it, and so does what sed and grep take for a letter.
export LC_ALL=C.UTF-8
work=$(mktemp -d) && cd "$work" || exit 2
trap 'rm -rf "$work"' EXIT
# Runs of tests are kept among no runs of a person.
export XDG_STATE_HOME="$work/state"
count=0

test_that() {
	count=$((count + 1))
	if (eval "$2") >.log 2>&1; then
		echo "ok $count - $1"
	else
		awk '{ print "# " $0 }' .log  # which ends its last line, too
		echo "not ok $count - $1"
	fi
}

# Was the program built with `make asan`?
is_sanitized() { ldd "$B/runbook" | grep -q libasan || nm "$B/runbook" 2>/dev/null | grep -q __asan_init; }

# until_true COMMAND: for as long as a machine with much else to do may need
until_true() {
	tries=0
	until eval "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 9000 ] || { echo "never true: $1"; return 1; }
		sleep 0.01
	done
}
# in_time COMMAND...: what has to be done before some time is over, with more and more of it, $window
# seconds, where a busy machine took longer.
in_time() {
	for window in 1 6 36; do
		("$@") && return
	done
	return 1
}

# exits STATUS COMMAND...
exits() {
	want=$1
	shift
	"$@"
	got=$?
	[ $got -eq "$want" ] || { echo "exit status $got, not $want: $*"; return 1; }
}

# same EXPECTED ACTUAL
same() {
	diff -u "$1" "$2"
}

done_testing() {
	echo "1..$count"
}
