# For parts of `make crash`: to be sourced.
#
#     kept WHAT SCRIPT [ARGUMENT...]    a sweep, and what was looked for

here=$(cd "$(dirname "$0")/../crash" && pwd)
[ -e "$B/faultline.so" ] && [ -e "$B/runbook-defect" ] || { echo "1..0 # SKIP not built"; exit 0; }
# What the sanitizers intercept does not come to faultline.so: there would be no faults.
ldd "$B/runbook" | grep -q libasan && { echo "1..0 # SKIP the sanitizers take the calls that are to fail"; exit 0; }
number=0
kept() {
	number=$((number + 1))
	what=$1 script=$2
	shift 2
	"$here/$script.sh" "$@" || printf 'not '
	echo "ok $number - $what"
}
