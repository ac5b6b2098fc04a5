#!/bin/sh
# The pictures in docs/ are what people see.

. "$(dirname "$0")/../lib.sh"

test_that 'docs/pictures is up to date (sh tests/cli/pictures.sh docs/pictures)' '
	sh "$repo/tests/cli/pictures.sh" new &&
	diff -ru "$repo/docs/pictures" new
'

# Commands are whole: a terminal wraps them, and who pastes them gets all of it.
test_that 'no row of a picture is wider than its terminal, but for commands' '
	for columns in 80 40; do
		for f in new/*-$columns.txt; do
			widest=$(grep -v "^  runbook " "$f" | LC_ALL=C.UTF-8 wc -L)
			[ "$widest" -le $columns ] || { echo "$f: $widest columns"; return 1; }
		done
	done
'

done_testing
