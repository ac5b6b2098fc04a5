#!/bin/sh
# HTTP in whole runs: what the exit code, a retry and a resume make of it.

. "$(dirname "$0")/../lib.sh"

. "$repo/tests/e2e/scripted.sh"
# book STEPS: written to book.yaml
book() {
	printf 'runbook: 1\nname: book\ntype: application\nsteps:\n%s\n' "$1" >book.yaml
}
id_of() {
	runbook runs | awk '/book/ {print $1; exit}'
}
# begun N: N requests have come in.
begun() {
	until [ "$(wc -l <log)" -ge "$1" ]; do sleep 0.02; done
}

test_that 'a POST whose answer is lost stops the run, and is never sent again by itself' '
	serve "{\"/x\": {\"drop\": true}}" && rm -f ran rescued &&
	book "  - {id: a, http: POST http://127.0.0.1:$port/x, retry: {attempts: 3, delay: 10ms}, on_failure: continue, undo: none, rescue: [{id: r, shell: touch rescued}]}
  - {id: b, shell: touch ran}" &&
	exits 11 runbook run book.yaml && requests 1 && [ ! -e ran ] && [ ! -e rescued ] &&
	exits 11 runbook resume "$(id_of)" && requests 1 &&
	exits 0 runbook resume "$(id_of)" --mark a=done && requests 1 && [ -e ran ]
'

test_that 'one that is idempotent is sent again, and so is what was not sent at all' '
	serve "{\"/x\": [{\"drop\": true}, {\"drop\": true}, 201]}" &&
	book "  - {id: a, http: PUT http://127.0.0.1:$port/x, idempotent: true, retry: {attempts: 3, delay: 10ms}}" &&
	exits 0 runbook run book.yaml && requests 3 &&
	book "  - {id: a, http: POST http://127.0.0.1:1/x, retry: {attempts: 2, delay: 10ms}}" &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ]; } && grep "after 2 attempts" told
'

test_that 'a status that fails is known, and retried within bounds' '
	serve "{\"/x\": [503, 429, {\"status\": 503, \"headers\": {\"Retry-After\": \"9\"}}]}" &&
	book "  - {id: a, http: POST http://127.0.0.1:$port/x, retry: {attempts: 5, delay: 10ms, if: \"!(\\\"retry-after\\\" in result.headers)\"}}" &&
	exits 1 runbook run book.yaml && requests 3
'

test_that 'a kill in the middle: a GET is sent again, a POST is not known' '
	for method in GET POST; do
		serve "{\"/x\": [{\"delay\": 60}, 200]}" && book "  - {id: a, http: $method http://127.0.0.1:$port/x}" &&
		{ runbook run book.yaml & pid=$!; } && begun 1 && kill -9 $pid && { wait $pid || true; } &&
		{ if [ $method = GET ]; then exits 0 runbook resume "$(id_of)" && requests 2
		else exits 11 runbook resume "$(id_of)" && requests 1; fi; } || return 1
	done
'

test_that 'a second signal: a GET is cancelled, a POST is not known' '
	for method in GET POST; do
		serve "{\"/x\": {\"delay\": 60}}" && book "  - {id: a, http: $method http://127.0.0.1:$port/x}" &&
		rm -f told && { runbook run book.yaml >told 2>&1 & pid=$!; } && begun 1 && kill -TERM $pid &&
		until grep "once more\|second\|again" told >/dev/null; do sleep 0.02; done && kill -TERM $pid && { wait $pid; code=$?; } &&
		{ if [ $method = GET ]; then [ $code = 143 ]; else [ $code = 11 ]; fi; } || { echo "code $code"; cat told; return 1; }
	done
'

test_that 'what is no JSON says so where it is read' '
	serve "{\"/x\": {\"body\": \"<html>\"}}" && book "  - {id: a, http: GET http://127.0.0.1:$port/x, expect: result.json.ok}" &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ]; } && grep "the body of the answer is not JSON" told &&
	book "  - {id: a, http: GET http://127.0.0.1:$port/x}
  - {id: b, exec: [echo, \"\${{ steps.a.json.ok }}\"]}" &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ]; } && grep "step .a.: the body of the answer is not JSON" told
'
test_that 'JSON with a number that is out of range is not called something else' '
	serve "{\"/x\": {\"body\": \"[1, 1e400]\"}}" && book "  - {id: a, http: GET http://127.0.0.1:$port/x, expect: \"result.json[0] == 1\"}" &&
	{ runbook run book.yaml >told 2>&1; [ $? = 1 ] || { cat told; false; }; } && grep "the body of the answer cannot be taken as JSON: the number 1e400 is out of range" told &&
	echo "{\"a\": 1e400}" >in.json && { runbook run book.yaml --inputs in.json >told 2>&1; [ $? = 3 ]; } &&
	grep "in.json:1:12: error: the number 1e400 is out of range" told && ! grep "JSON object" told
'

stop_servers
done_testing
