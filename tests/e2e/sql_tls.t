#!/bin/sh
# The sql action on a PostgreSQL server with TLS.

. "$(dirname "$0")/../lib.sh"
command -v openssl >/dev/null || { echo '1..0 # SKIP openssl is not installed'; exit 0; }
. "$repo/tests/e2e/postgres.sh"

# certificate NAME SUBJECT [SIGNER]
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr" 2>/dev/null &&
	if [ -n "${3-}" ]; then
		printf 'subjectAltName=DNS:%s\n' "$2" >"$1.ext" &&
		openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 2 \
			-extfile "$1.ext" -out "$1.pem" 2>/dev/null
	else
		openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 2 -out "$1.pem" 2>/dev/null
	fi
}
certificate ca "Test CA" && certificate good localhost ca && certificate me "$pg_user" ca || exit 2
mkdir certs server && cp ca.pem me.pem me.key certs/ && cp ca.pem good.pem good.key server/ && chmod 600 server/good.key certs/me.key
[ "$pg_user" = postgres ] && chown -R postgres server
chmod 711 "$work"
pg_start "ssl = on" "ssl_cert_file = '$work/server/good.pem'" "ssl_key_file = '$work/server/good.key'" "ssl_ca_file = '$work/server/ca.pem'"

# book HOST TLS: written to book.yaml; it prints whether the connection is encrypted.
book() {
	printf 'runbook: 1\nname: book\ntype: check\nconnections: {db: {url: "postgresql://%s@%s:%s/postgres", %s}}\nverify:\n  - id: a\n    sql: "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"\n    expect: [result.row.ssl%s]\n' \
		"$pg_user" "$1" "$pg_port" "$2" "${3+, $3}" >book.yaml
}
fails() {
	{ runbook run book.yaml >told 2>&1; [ $? = 8 ]; } && grep "$1" told || { cat told; return 1; }
}

test_that 'with its CA the server is accepted, below the folder of the file too' '
	book localhost "tls: {ca: certs/ca.pem}" && (cd / && exits 0 runbook run "$work/book.yaml")
'
test_that 'one that nobody we know has signed is not' '
	book localhost "tls: {verify: true}" && fails "certificate"
'
test_that 'nor is one for another host' '
	book 127.0.0.1 "tls: {ca: certs/ca.pem}" && fails "does not match host name"
'
test_that 'verification can be given up in writing' '
	book 127.0.0.1 "tls: {verify: false}" && exits 0 runbook run book.yaml
'
test_that 'our own certificate is shown when there is one' '
	book localhost "tls: {ca: certs/ca.pem, cert: certs/me.pem, key: certs/me.key}" "result.row.client_dn == \"/CN=$pg_user\"" &&
	exits 0 runbook run book.yaml
'
test_that 'a server without TLS is not spoken to when it is asked for' '
	pg_sql "ALTER SYSTEM SET ssl = off" && pg_stop && pg_again && book localhost "tls: {verify: false}" && fails "does not support SSL"
'

done_testing
