#!/bin/sh
# Installs what is missing, from Debian's packages: says first what, and uses sudo when
# not root. Used by `make deps`; nothing is asked twice.

set -eu

build='gcc make pkg-config libyaml-dev libjansson-dev libpcre2-dev libuv1-dev libcurl4-openssl-dev libpq-dev libsqlite3-dev'
run='git openssh-client sqlite3 postgresql-client'
test='perl python3 python3-yaml postgresql nginx-light redis-server openssh-server procps tmux strace curl'

[ -r /etc/debian_version ] || {
	echo "make deps knows Debian's packages only; install these by hand: $build $run $test" >&2
	exit 1
}

missing=
for package in $build $run $test; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' && continue
	# any build of nginx will do
	[ "$package" = nginx-light ] && command -v nginx >/dev/null && continue
	missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# What a package starts by itself is of no use here: tests start their own servers.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	trap '$sudo rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
	$sudo apt-get update -qq
	$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
