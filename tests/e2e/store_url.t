#!/bin/sh
# The commands that are suggested name the store as it was named, and no password.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/postgres.sh"

pg_start

cat >bad.yaml <<-'END_OF_BOOK'
runbook: 1
name: bad
type: application
steps:
  - {id: a, shell: "exit 3", effects: write, undo: none}
END_OF_BOOK

# The address with a password, which the server does not ask for.
place=${pg_url#*://}
place=${place#*@}
end=${place%%\?*}

# advised URL SHOWN: a run in URL, and `show`, advise commands that name SHOWN
advised() {
	exits 1 runbook --store "$1" run bad.yaml --no-input 2>out && run=$(sed -n "s/.*(run \([a-z0-9]*\),.*/\1/p" out) &&
	grep -qF "runbook resume $run --store $2  " out && ! grep -F "correct-horse" out &&
	runbook --store "$1" show "$run" >shown && grep -qF "runbook report $run --store $2  " shown && ! grep -F "correct-horse" shown
}

test_that 'a URL with a user and no password is printed as it is' '
	advised "postgresql://$pg_user@$end" "postgresql://$pg_user@$end" && ! grep "stands for the password" out &&
	$(sed -n "s/^ *\(runbook report .*\)  the incident.*/\1/p" out) | grep -q "Result"
'
test_that 'a password is hidden, and it is said that it was' '
	advised "postgresql://$pg_user:correct-horse@$end" "'"'postgresql://\$pg_user:***@\$end'"'" && grep -qF "*** stands for the password" out
'
test_that 'one among the parameters too' '
	advised "postgresql://$pg_user@$end?password=correct-horse&connect_timeout=9" "'"'postgresql://\$pg_user@\$end?password=***&connect_timeout=9'"'"
'
test_that 'doctor hides it' '
	runbook --store "postgresql://$pg_user:correct-horse@$end?password=correct-horse" doctor >out 2>&1
	grep -F "postgresql://$pg_user:***@$end?password=***, " out && ! grep -F "correct-horse" out
'
test_that 'a slash or an at that was not written as %2F or %40: nothing of the password is quoted' '
	for typed in "correct/horse" "correct@horse" "1234/horse" "correct@horse@staple" "%horse" "correct/horse@staple"; do
		for command in "run bad.yaml" runs doctor; do
			runbook --store "postgresql://$pg_user:$typed@$end" $command >out 2>&1; [ $? = 4 ] || exit 1
			grep -F "written %2F, %40" out && ! grep -e correct -e horse -e staple -e 1234 out || { cat out; exit 1; }
		done
	done
	runbook --store "postgresql://$pg_user:correct%2Fhorse%40staple@$end" runs
'
test_that 'a folder is quoted where a shell needs it' '
	mkdir "my runs" && advised "$work/my runs" "'"'\$work/my runs'"'"
'

done_testing
