# How things look, as text: pictures.sh FOLDER writes them there. The folder docs/pictures
# is made by it; tests/cli/pictures.t says when it is out of date.
#
#     B=build/debug sh tests/cli/pictures.sh docs/pictures

here=$(cd "$(dirname "$0")" && pwd)
to=$1
mkdir -p "$to"

# Rows as they stand in the end: behind the last repainting.
rows() {
	sed -e 's/.*\r\x1b\[K//' -e 's/ *$//'
}

for columns in 80 40; do
	for run in good failed undo-failed; do
		"$B"/event-play tty columns=$columns <"$here/events/$run.ndjson" | rows >"$to/run-$run-$columns.txt"
	done
	# In the middle: the last line is the one that changes.
	{ head -20 "$here/events/failed.ndjson" && echo '{"wait_ms": 6000}'; } | "$B"/event-play tty columns=$columns | rows >"$to/run-middle-$columns.txt"
	echo >>"$to/run-middle-$columns.txt"
	for question in confirm mild checklist approve manual prompt walk failure; do
		"$B"/ask-show $question $columns | rows >"$to/ask-$question-$columns.txt"
	done
	"$B"/on-terminal -s ${columns}x24 "$B"/runbook plan "$here/books/shop-rollback.yaml" --commands --color=never |
		rows >"$to/plan-$columns.txt"
done
"$B"/event-play plain <"$here/events/failed.ndjson" >"$to/run-failed-plain.txt"
"$B"/event-play tty ascii columns=80 <"$here/events/failed.ndjson" | rows >"$to/run-failed-ascii.txt"
