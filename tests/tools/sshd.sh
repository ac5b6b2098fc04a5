# A machine to log in to: `sshd.sh FOLDER` starts sshd on the loopback with keys of its own and
# prints its pid. FOLDER/bin/ssh then reaches it as the host `there`. Exits with 77 where
# there is no sshd.
set -eu
dir=$1
sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] && command -v ssh-keygen >/dev/null || exit 77
mkdir -p "$dir/bin"
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
ssh-keygen -q -t ed25519 -N '' -f "$dir/user"
cp "$dir/user.pub" "$dir/authorized"
cat > "$dir/bin/ssh" <<EOF
#!/bin/sh
exec $(command -v ssh) -F "$dir/ssh_config" "\$@"
EOF
chmod +x "$dir/bin/ssh"
for try in 1 2 3 4 5 6 7 8; do
	port=$(shuf -i 20000-60000 -n 1)
	cat > "$dir/sshd_config" <<-EOF
		ListenAddress 127.0.0.1
		Port $port
		HostKey $dir/host
		PidFile none
		AuthorizedKeysFile $dir/authorized
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
	EOF
	"$sshd" -D -e -f "$dir/sshd_config" >"$dir/sshd.log" 2>&1 3>&- &
	pid=$!
	for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		if grep -qs 'Server listening' "$dir/sshd.log"; then
			cat > "$dir/ssh_config" <<-EOF
				Host there
				  HostName 127.0.0.1
				  Port $port
				  User $(id -un)
				  IdentityFile $dir/user
				  IdentitiesOnly yes
				  StrictHostKeyChecking accept-new
				  UserKnownHostsFile $dir/known
				Host nobody-listens
				  HostName 127.0.0.1
				  Port 1
				Host unknown-key
				  HostName 127.0.0.1
				  Port $port
				  User $(id -un)
				  IdentityFile $dir/user
				  StrictHostKeyChecking yes
				  UserKnownHostsFile $dir/none
				Host not-let-in
				  HostName 127.0.0.1
				  Port $port
				  User $(id -un)
				  IdentityFile $dir/host
				  IdentitiesOnly yes
				  StrictHostKeyChecking accept-new
				  UserKnownHostsFile $dir/known
			EOF
			echo $pid
			exit 0
		fi
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	kill $pid 2>/dev/null || true
done
cat "$dir/sshd.log" >&2
exit 1
