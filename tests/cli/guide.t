#!/bin/sh
# Every runbook in the guide loads and plans, and those that need nothing of the machine are run.

. "$(dirname "$0")/../lib.sh"

# guide: one file per ```yaml block that is a runbook, named after it
awk '/^```yaml/ { text = ""; on = 1; next }
	/^```/ && on { on = 0; if (name) printf "%s", text >(name ".yaml"); name = ""; next }
	on { text = text $0 "\n"; if (sub(/^name: /, "")) { sub(/ .*/, ""); name = $0 } }' "$repo/docs/guide.md"

inputs() {
	case $1 in app-rollback) echo -i version=1.4.2 ;; esac
}

test_that 'the guide has runbooks' '[ "$(ls ./*.yaml | wc -l)" -ge 7 ]'

git init -q . && printf '#!/bin/sh\n' >restart.sh && chmod +x restart.sh && cp restart.sh answers.sh
echo 3 >replicas; echo old >app.conf; echo new >app.conf.new
sqlite3 shop.db 'CREATE TABLE orders(id); INSERT INTO orders VALUES (1)'
for file in *.yaml; do
	book=${file%.yaml}
	test_that "$book plans" 'runbook plan "$file" $(inputs "$book")'
	[ "$book" = app-rollback ] && continue
	test_that "$book runs" 'runbook run "$file" </dev/null'
done
test_that 'a value is one word, whatever it holds' 'runbook run greet.yaml 2>&1 | grep "hello O.Brien; rm -rf /"'
test_that 'the group goes back as a pair' '
	echo old >app.conf && printf "#!/bin/sh\ncat app.conf >>seen\n" >restart.sh && printf "#!/bin/sh\nexit 1\n" >answers.sh
	sed "s/within: 30s/within: 1s/" config-change.yaml >back.yaml && sed -i "s/^name: .*/name: back/" back.yaml
	exits 9 runbook run back.yaml --on-failure undo </dev/null && [ "$(paste -sd" " seen)" = "new old" ]
'

done_testing
