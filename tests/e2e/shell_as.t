#!/bin/sh
# Steps of another user go through sudo, which hands on no environment. A stand-in for sudo
# that checks its words and empties the environment, as the real one does.

. "$(dirname "$0")/../lib.sh"

mkdir bin
cat > bin/sudo <<'EOF'
#!/bin/bash
[ "$1 $2 $4" = "-n -u --" ] || { echo "sudo: not so: $*" >&2; exit 99; }
echo "$*" >> "$SUDO_LOG"
[ "$3" != nobody-else ] || { echo "sudo: a password is required" >&2; exit 1; }
shift 4
exec env -i PATH="$PATH" USER=other "$@"
EOF
chmod +x bin/sudo
PATH=$work/bin:$PATH
export PATH SUDO_LOG="$work/sudo.log"

book() {
	{ printf 'runbook: 1\nname: rb\ntype: application\ninputs: {v: {default: x}}\n'; cat; } > rb.yaml
}

test_that 'a program runs as the user, its words after --' '
	book <<-EOF &&
		steps: [{id: a, as: app, exec: [echo, "\${{ inputs.v }}"]}, {id: b, shell: "printf %s \${{ steps.a.stdout }} > out"}]
	EOF
	runbook run rb.yaml -i "v=a b" && [ "$(cat out)" = "a b" ] &&
	grep -qx -e "-n -u app -- echo a b" sudo.log
'

test_that 'environment and values reach it, and are in no argv' '
	: > sudo.log &&
	book <<-EOF &&
		steps:
		  - id: a
		    as: app
		    env: {TOKEN: "hunter2 \"x\" \$(id)"}
		    shell:
		      run: "printf \"%s|%s|%s|%s\" \${{ inputs.v }} \"\$TOKEN\" \"\$USER\" \"\$(cat)\" > out"
		      stdin: given
		  - {id: b, as: app, env: {TOKEN: hunter2}, exec: [sh, -c, "printf %s \$TOKEN > out2"]}
	EOF
	runbook run rb.yaml -i "v=it'"'"'s; touch pwned" &&
	printf "%s" "it'"'"'s; touch pwned|hunter2 \"x\" \$(id)|other|given" > want && cmp want out &&
	[ "$(cat out2)" = hunter2 ] && [ ! -e pwned ] && ! grep -e hunter2 -e pwned sudo.log
'

test_that 'a file is written as the user' '
	: > sudo.log &&
	book <<-EOF &&
		steps: [{id: a, as: app, file: {write: {path: made, content: x}}}]
	EOF
	runbook run rb.yaml && [ "$(cat made)" = x ] && grep -q -e "-n -u app -- /.*runbook @file" sudo.log
'

test_that 'a user whom sudo refuses is found before anything runs' '
	book <<-EOF &&
		steps: [{id: z, shell: touch never}, {id: g, as: nobody-else, steps: [{id: a, shell: touch never}]}]
	EOF
	exits 4 runbook run rb.yaml 2> err; grep -q "sudo does not let us run as .nobody-else." err && [ ! -e never ]
'

test_that 'what sudo refuses later has failed, in its words' '
	book <<-EOF &&
		steps:
		  - {id: z, shell: printf nobody-else}
		  - {id: a, as: "\${{ steps.z.stdout }}", file: {write: {path: never, content: x}}}
	EOF
	exits 1 runbook run rb.yaml 2> err; grep -q "a password is required" err && [ ! -e never ]
'

test_that 'a user that is an option is refused before anything runs' '
	: > sudo.log &&
	book <<-EOF &&
		steps: [{id: a, as: "\${{ inputs.v }}", shell: touch never}]
	EOF
	! runbook run rb.yaml -i "v=-s" && [ ! -e never ] && ! grep -q touch sudo.log
'
done_testing
