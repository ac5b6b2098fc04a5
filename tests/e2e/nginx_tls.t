#!/bin/sh
# The http action against a real nginx with TLS.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/play.sh"

for nginx in "$(command -v nginx)" /usr/sbin/nginx ''; do
	[ -x "$nginx" ] && break
done
[ -n "$nginx" ] && command -v openssl >/dev/null || { echo '1..0 # SKIP nginx or openssl is not installed'; exit 0; }

# certificate NAME SUBJECT DAYS [SIGNER]
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr" 2>/dev/null &&
	if [ -n "${4-}" ]; then
		printf 'subjectAltName=DNS:%s,IP:127.0.0.1\n' "$2" >"$1.ext" &&
		[ "$2" = localhost ] || printf 'subjectAltName=DNS:%s\n' "$2" >"$1.ext"
		openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days "$3" \
			-extfile "$1.ext" -out "$1.pem" 2>/dev/null
	else
		openssl x509 -req -in "$1.csr" -signkey "$1.key" -days "$3" -out "$1.pem" 2>/dev/null
	fi
}
certificate ca "Test CA" 2 && certificate good localhost 2 ca && certificate other elsewhere.test 2 ca &&
	certificate client me 2 ca || exit 2
# Already over: not before and not after yesterday.
openssl x509 -req -in good.csr -CA ca.pem -CAkey ca.key -days -1 -extfile good.ext -out old.pem 2>/dev/null

ports=$(python3 -c '
import socket
s = [socket.socket() for _ in range(4)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
set -- $ports
good=$1 other=$2 old=$3 plain=$4

cat >nginx.conf <<EOC
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $work/error.log;
events {}
http {
    access_log $work/access.log;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    default_type text/plain;
    server {
        listen 127.0.0.1:$good ssl;
        ssl_certificate $work/good.pem;
        ssl_certificate_key $work/good.key;
        ssl_client_certificate $work/ca.pem;
        ssl_verify_client optional;
        location / { return 200 "fine"; }
        location /me { return 200 "\$ssl_client_s_dn"; }
        location /down { return 302 http://127.0.0.1:$plain/; }
        location /away { return 302 https://localhost:$other/; }
        location /loop { return 302 /loop; }
    }
    server {
        listen 127.0.0.1:$other ssl;
        ssl_certificate $work/other.pem;
        ssl_certificate_key $work/other.key;
        location / { return 200 "other"; }
    }
    server {
        listen 127.0.0.1:$old ssl;
        ssl_certificate $work/old.pem;
        ssl_certificate_key $work/good.key;
        location / { return 200 "old"; }
    }
    server {
        listen 127.0.0.1:$plain;
        location / { return 200 "plain"; }
    }
}
EOC
"$nginx" -p "$work" -c "$work/nginx.conf" 2>start.log &
nginx_pid=$!
trap 'kill $nginx_pid; wait $nginx_pid 2>/dev/null; rm -rf "$work"' EXIT
python3 - $ports <<'EOP' || { cat start.log; exit 2; }
import socket, sys, time
for port in sys.argv[1:]:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
            break
        except OSError:
            time.sleep(0.02)
    else:
        sys.exit(1)
EOP


test_that 'a certificate that nobody we know has signed is refused before the request' '
	! play "  - {id: a, http: POST https://localhost:$good/}" &&
	has "\"not_started\":true" && has "certificate is not accepted" && ! grep POST access.log
'

test_that 'with its CA it is accepted' '
	play "  - {id: a, http: {url: \"https://localhost:$good/\", tls: {ca: ca.pem}}}" && has "\"body\":\"fine\""
'

test_that 'one for another host, or of another time, is refused' '
	! play "  - {id: a, http: {url: \"https://localhost:$other/\", tls: {ca: ca.pem}}}" &&
	has "\"not_started\":true" && has "certificate is not accepted" &&
	! play "  - {id: a, http: {url: \"https://localhost:$old/\", tls: {ca: ca.pem}}}" &&
	has "\"not_started\":true" && has "expired"
'

test_that 'verification can be given up in writing' '
	play "  - {id: a, http: {url: \"https://localhost:$other/\", tls: {verify: false}}}" && has "\"body\":\"other\""
'

test_that 'our own certificate is shown when there is one' '
	play "  - {id: a, http: {url: \"https://localhost:$good/me\", tls: {ca: ca.pem}}}" && has "\"body\":\"\"" &&
	play "  - {id: a, http: {url: \"https://localhost:$good/me\", tls: {ca: ca.pem, cert: client.pem, key: client.key}}}" &&
	has "CN=me" &&
	! play "  - {id: a, http: {url: \"https://localhost:$good/me\", tls: {ca: ca.pem, cert: none.pem}}}" &&
	has "\"not_started\":true"
'

test_that 'a redirect does not leave TLS, is verified again, and does not go round for ever' '
	! play "  - {id: a, http: {url: \"https://localhost:$good/down\", redirects: 3, tls: {ca: ca.pem}}}" && has "it would leave TLS" &&
	! play "  - {id: a, http: {url: \"https://localhost:$good/away\", redirects: 3, tls: {ca: ca.pem}}}" && has "certificate is not accepted" &&
	! play "  - {id: a, http: {url: \"https://localhost:$good/loop\", redirects: 3, tls: {ca: ca.pem}}}" && has "more than 3 redirects" &&
	[ "$(grep -c "GET /loop" access.log)" = 4 ]
'

test_that 'keys of connections are written nowhere' '
	SSLKEYLOGFILE=$work/keys play "  - {id: a, http: {url: \"https://localhost:$good/\", tls: {ca: ca.pem}}}" &&
	has "fine" && [ ! -e keys ]
'

test_that 'plain HTTP and TLS are not taken for each other' '
	! play "  - {id: a, http: GET https://127.0.0.1:$plain/}" && has "\"not_started\":true" &&
	! play "  - {id: a, http: GET http://127.0.0.1:$good/}" && has "\"status\":400"
'

done_testing
