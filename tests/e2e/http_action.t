#!/bin/sh
# The http action against a server that does what a test tells it.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/scripted.sh"
. "$repo/tests/e2e/play.sh"

logged() {
	grep -F -- "$1" log >/dev/null || { echo "not requested: $1"; cat log out err; return 1; }
}

test_that 'a refused connection was not started' '
	! play "  - {id: a, http: POST http://127.0.0.1:1/}" &&
	has "\"verdict\":\"failed\"" && has "\"not_started\":true" && has "Connection refused"
'

test_that 'a POST whose answer is lost is unknown and was sent once; a GET has failed' '
	serve "{\"/x\": {\"drop\": true}}" &&
	! play "  - {id: a, http: POST http://127.0.0.1:$port/x}" && has "\"verdict\":\"unknown\"" && requests 1 &&
	! play "  - {id: a, http: GET http://127.0.0.1:$port/x}" && has "\"verdict\":\"failed\""
'

test_that 'a POST whose answer is cut off is unknown' '
	serve "{\"/x\": {\"body\": \"0123456789\", \"cut\": 4}}" &&
	! play "  - {id: a, http: POST http://127.0.0.1:$port/x}" &&
	has "\"verdict\":\"unknown\"" && has "closed in the middle" && requests 1
'

test_that 'a status of 400 and above fails by the rule, with its result' '
	serve "{\"/x\": 503, \"/y\": 304}" &&
	! play "  - {id: a, http: GET http://127.0.0.1:$port/x}" &&
	has "\"verdict\":\"done\",\"rule\":false,\"message\":\"the server answered with status 503\"" && has "\"status\":503" &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/y}" && has "\"rule\":true"
'

test_that 'a compressed body is counted as what it becomes' '
	serve "{\"/x\": {\"gzip\": 30000000}, \"/y\": {\"gzip\": 10}}" &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", max_size: 1MiB}}" &&
	has "over 1048576 bytes" &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/y}" && has "\\u0000\\u0000"
'

test_that 'strange JSON is no json, and no crash' '
	python3 -c "
import json
deep = \"[\" * 1000000
json.dump({\"/dup\": {\"body\": \"{\\\"a\\\":1,\\\"a\\\":2}\"}, \"/deep\": {\"body\": deep},
           \"/bom\": {\"body\": \"\\ufeff{}\"}, \"/nan\": {\"body\": \"[NaN]\"}, \"/big\": {\"body\": \"[1e999]\"},
           \"/ok\": {\"body\": \" [1, 2.5]\\n\"}}, open(\"routes\", \"w\"))" &&
	serve "$(cat routes)" &&
	for path in dup bom nan big deep; do
		play "  - {id: a, http: GET http://127.0.0.1:$port/$path}" && has "\"rule\":true" || return 1
		! grep "\"json\":" out >/dev/null || { cut -c1-300 out; return 1; }
	done &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/ok}" && has "\"json\":[1,2.5]"
'

test_that 'values are encoded for their place' '
	serve "{\"/a%2Fb%20%C3%A9/c\": 200}" &&
	play "  - {id: a, http: {url: \"http://127.0.0.1:$port/\${{ x }}/c?q=\${{ y }}\", query: {a: [1, true], b-c: \"\${{ y }}\"}}}" \
		"scope={\"x\":\"a/b é\",\"y\":\"1&2=3#4\"}" &&
	logged "\"path\": \"/a%2Fb%20%C3%A9/c?q=1%262%3D3%234&a=1&a=true&b-c=1%262%3D3%234\""
'

test_that 'a value that would lead elsewhere is refused before connecting' '
	serve "{\"/\": 200}" &&
	for x in .. . "" "a\\nb" "a\\u0000b"; do
		! play "  - {id: a, http: \"GET http://127.0.0.1:$port/\${{ x }}/y\"}" "scope={\"x\":\"$x\"}" &&
		has "\"not_started\":true" || return 1
	done && requests 0
'

test_that 'host and port do not come from a value, a whole URL may' '
	serve "{\"/x\": 200}" &&
	! play "  - {id: a, http: \"GET http://\${{ x }}/y\"}" "scope={\"x\":\"h\"}" && grep "expr-not-allowed-here" err &&
	! play "  - {id: a, http: \"GET \${{ x }}/y\"}" "scope={\"x\":\"h\"}" && grep "expr-not-allowed-here" err &&
	play "  - {id: a, http: \"GET \${{ x }}\"}" "scope={\"x\":\"http://127.0.0.1:$port/x\"}" &&
	! play "  - {id: a, http: {url: \"\${{ x }}\"}}" "scope={\"x\":\"file:///etc/passwd\"}" && has "is not http or https"
'

test_that 'a header takes no line end and nothing but ASCII' '
	serve "{\"/\": 200}" &&
	for x in "a\\r\\nX-Bad: 1" "a\\nb" "é" "a\\u0000"; do
		! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/\", headers: {X-A: \"\${{ x }}\"}}}" "scope={\"x\":\"$x\"}" &&
		has "\"not_started\":true" || return 1
	done && requests 0 &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/\", headers: {X-A: \"a\\nb\"}}}" && grep "bad-literal" err &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/\", headers: {\"X A\": b}}}" && grep "bad-literal" err &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/\", headers: {content-length: 3}}}" && grep "bad-literal" err
'

test_that 'bodies: json, form, text and a file' '
	serve "{\"/x\": 201}" && printf "from a file" >body.txt &&
	play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", json: {a: \"\${{ x }}\", b: [1, null, 1.5], c: \"07\"}}}" "scope={\"x\":\"\\\"é\"}" &&
	logged "\"method\": \"POST\"" && logged "{\\\"a\\\":\\\"\\\\\\\"\\u00e9\\\",\\\"b\\\":[1,null,1.5],\\\"c\\\":\\\"07\\\"}" && logged "\"content-type\": \"application/json\"" &&
	play "  - {id: a, http: {method: PUT, url: \"http://127.0.0.1:$port/x\", form: {a: \"1&2\", b: [x, y]}}}" &&
	logged "\"body\": \"a=1%262&b=x&b=y\"" && logged "application/x-www-form-urlencoded" &&
	play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", body: \"hi \${{ x }}\", headers: {Content-Type: text/x}}}" "scope={\"x\":7}" &&
	logged "\"body\": \"hi 7\"" && logged "\"content-type\": \"text/x\"" &&
	play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", file: body.txt}}" && logged "\"body\": \"from a file\"" &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", body: a, json: {}}}" && grep conflicting-fields err &&
	! play "  - {id: a, http: {method: post, url: \"http://127.0.0.1:$port/x\"}}" && grep bad-literal err
'

test_that 'a connection gives its URL, headers and login' '
	serve "{\"/api/v1\": 200}" && connections="api: {url: \"http://me:p%40ss@127.0.0.1:$port/api\", headers: {X-Key: k}}" &&
	play "  - {id: a, http: {url: /v1, connection: api}}
  - {id: b, http: GET /v1}
  - {id: c, http: {url: v1, connection: api, headers: {x-key: own}, auth: {bearer: tok}}}" describe &&
	requests 3 && logged "\"x-key\": \"k\"" && logged "\"authorization\": \"Basic bWU6cEBzcw==\"" &&
	logged "\"authorization\": \"Bearer tok\"" && logged "\"x-key\": \"own\"" && has "Authorization: ***" &&
	! grep "p%40ss\|p@ss\|tok" out &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/other\", connection: api}}" && has "is not below that of its connection" &&
	! play "  - {id: a, http: {url: /v1, connection: apo}}" && grep "did you mean .api." err
'

test_that 'a path without a connection says what is missing' '
	connections= && ! play "  - {id: a, http: GET /v1}" && grep "no http or https URL is declared" err &&
	connections="a: http://127.0.0.1:1, b: http://127.0.0.1:2" && ! play "  - {id: a, http: GET /v1}" && grep ".a., .b. could be meant" err &&
	! play "  - {id: a, http: get http://127.0.0.1:1}" && grep "in capitals" err && connections= &&
	! play "  - {id: a, http: GET example.com/x}" && grep "bad-literal" err
'

test_that 'a proxy comes from the connection, and from nowhere else' '
	serve "{\"http://example.test/x\": 200, \"/x\": 204}" && connections="api: {url: \"http://example.test\", proxy: \"http://127.0.0.1:$port\"}" &&
	no_proxy=example.test play "  - {id: a, http: GET /x}" && has "\"status\":200" && connections= &&
	http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 play "  - {id: a, http: \"GET http://127.0.0.1:$port/x\"}" && has "\"status\":204"
'

test_that 'a login that was simply written down does not go to another host either' '
	serve "{\"/y\": 200}" && mv log log2 && ln -s log2 log && other=$port && kill -0 ${servers##* } &&
	printf "{\"/x\": {\"status\": 302, \"headers\": {\"Location\": \"http://localhost:$other/y\"}}}" >routes3.json &&
	python3 "$repo/tests/tools/http-scripted.py" routes3.json log3 >port3 & servers="$servers $!"
	until [ -s port3 ]; do sleep 0.02; done
	play "  - {id: a, http: {url: \"http://127.0.0.1:$(cat port3)/x\", redirects: 1, headers: {Authorization: Basic eA==, X-Api-Key: k, Accept: text/x}}}" &&
	has "\"status\":200" && grep "eA==" log3 && logged "\"accept\": \"text/x\"" && ! grep "eA==\|x-api-key" log2
'

test_that 'a unix socket' '
	serve "{\"/v1/info\": {\"body\": \"[1]\"}}" "$work/s.sock" &&
	connections="docker: \"http+unix://$work/s.sock\"" && play "  - {id: a, http: GET /v1/info}" && has "\"json\":[1]" && connections= &&
	play "  - {id: a, http: \"GET http+unix://$work/s.sock/v1/info\"}" && has "\"json\":[1]" &&
	play "  - {id: a, http: \"GET http+unix://$(printf "%s" "$work/s.sock" | sed "s,/,%2F,g")/v1/info\"}" && has "\"json\":[1]" &&
	requests 3
'

test_that 'an answer is saved, and an error page is not' '
	serve "{\"/x\": {\"body\": \"saved\"}, \"/y\": {\"status\": 500, \"body\": \"oops\"}}" &&
	play "  - {id: a, http: {url: \"http://127.0.0.1:$port/x\", save: got.txt}}" && [ "$(cat got.txt)" = saved ] &&
	has "\"body\":\"\"" &&
	! play "  - {id: a, http: {url: \"http://127.0.0.1:$port/y\", save: got.txt}}" && [ "$(cat got.txt)" = saved ] &&
	has "\"body\":\"oops\"" && [ "$(ls got.txt*)" = got.txt ]
'

test_that 'where an answer cannot be saved, nothing is asked for' '
	serve "{\"/x\": {\"body\": \"saved\"}}" && mkdir -p folder &&
	! play "  - {id: a, http: {method: POST, url: \"http://127.0.0.1:$port/x\", save: none/got.txt}}" && has "\"not_started\":true" && has "none/got.txt: No such" &&
	! play "  - {id: a, http: {method: POST, url: \"http://127.0.0.1:$port/x\", save: folder}}" && has "Is a directory" && requests 0
'

test_that 'a body is text by its bytes or by what its header says, else bytes' '
	serve "{\"/l\": {\"hex\": \"636166e9\", \"headers\": {\"Content-Type\": \"text/plain; charset=ISO-8859-1\"}},
		\"/15\": {\"hex\": \"636166e9\", \"headers\": {\"Content-Type\": \"text/plain; charset=iso-8859-15\"}}, \"/u\": {\"body\": \"caf\u00e9\"}}" &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/l}" && has "\"body\":\"café\"" &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/u}" && has "\"body\":\"café\"" &&
	play "  - {id: a, http: GET http://127.0.0.1:$port/15}" && has "\"body\":\"Y2Fm6Q==\""
'

test_that 'a cancelled GET is cancelled, a cancelled POST unknown' '
	python3 -c "
import socket, time
s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(5)
print(s.getsockname()[1], flush=True)
held = []
while True: held.append(s.accept())" >port2 & servers="$servers $!"
	until [ -s port2 ]; do sleep 0.02; done
	port=$(cat port2)
	! play "  - {id: a, http: GET http://127.0.0.1:$port/x}" cancel=200 && has "\"verdict\":\"cancelled\"" &&
	! play "  - {id: a, http: POST http://127.0.0.1:$port/x}" cancel=200 && has "\"verdict\":\"unknown\"" &&
	! play "  - {id: a, http: POST http://127.0.0.1:$port/x}" timeout=200 && has "\"verdict\":\"unknown\"" && has "\"timed_out\":true" &&
	! play "  - {id: a, http: GET http://127.0.0.1:$port/x}" timeout=200 && has "\"verdict\":\"failed\"" && has "no answer within 200ms"
'

test_that 'after a crash a GET has failed and a POST is unknown' '
	! play "  - {id: a, http: GET http://127.0.0.1:1/x}" "settle=null" && has "\"verdict\":\"failed\"" &&
	! play "  - {id: a, http: POST http://127.0.0.1:1/x}" "settle=null" && has "\"verdict\":\"unknown\""
'

stop_servers
done_testing
