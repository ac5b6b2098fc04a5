# For scripts that run a book in a control group of their own. Sourced after book.sh.

# cgroup_here: our own group as a folder, on a hierarchy of version 2
cgroup_here() {
	for mount in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		own=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
		[ -e "$own/cgroup.procs" ] && echo "${own%/}" && return
	done
	return 1
}
# cgroup_make: $cgroup is a group of ours that is delegated to who is in it; false where none can be.
cgroup_make() {
	cgroup=$(cgroup_here)/test-$$
	mkdir "$cgroup" 2>/dev/null || return
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.delegate", b"1")' "$cgroup" 2>/dev/null &&
		sh -c 'echo $$ >"$0/cgroup.procs"' "$cgroup" 2>/dev/null && return
	rmdir "$cgroup"
	return 1
}
# cgroup_remove: with all that is still in it
cgroup_remove() {
	echo 1 >"$cgroup/cgroup.kill"
	tries=0
	until find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return
		sleep 0.01
	done
}
# delegated COMMAND...: in it
delegated() {
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" "$@"
}
# boxes: how many there are
boxes() { find "$cgroup" -mindepth 2 -type d | wc -l; }
