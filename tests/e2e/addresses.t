#!/bin/sh
# What a resume finds a step by stands whole in the journal, however long the rest of an event is.

. "$(dirname "$0")/../lib.sh"
. "$repo/tests/e2e/book.sh"

# long N: a word of N letters
long() { head -c "$1" /dev/zero | tr '\0' x; }

# nested N: for_each in for_each, each with a key of N letters; the last step fails until `go`
nested() {
	book "  - id: a
    for_each: {in: [1], key: $(long "$1")}
    steps:
      - id: b
        for_each: {in: [1], key: $(long "$1")}
        steps:
          - id: c
            for_each: {in: [1], key: $(long "$1")}
            steps:
              - id: d
                for_each: {in: [1], key: $(long "$1")}
                steps:
                  - id: e
                    for_each: {in: [1, 2], key: \"$(long "$1")\${{ item }}\"}
                    shell: echo e\${{ item }} >>effects; test \${{ item }} = 1 || test -e go
                    undo: {shell: \"echo undo-e\${{ item }} >>effects\"}" "${2:-}"
}

test_that 'an address of more than 4 KiB: what is done is not done again' '
	nested 1000 && run 1 && effects "e1 e2 " && id=$(ls state/runbook/runs) && touch go &&
	resume 0 && effects "e1 e2 e2 "
'
test_that 'and it is undone' '
	nested 1000 "on_failure: undo" && run 9 && effects "e1 e2 undo-e2 undo-e1 "
'
test_that 'a key of more than 1 KiB: nothing of the list starts' '
	book "  - id: a
    for_each: {in: [1, \"$(long 1025)\"]}
    shell: echo a >>effects" && run 1 && effects "" &&
	has "the key of item 1 has 1025 bytes, more than 1024" && has "key: \"\${{ index }}\""
'
test_that 'a result of thousands of fields does not cut the id of its step, nor what it is kept as' '
	book "  - id: the_list_of_everything
    shell: |
      echo list >>effects
      awk \"BEGIN { for (i = 0; i < 6000; i++) printf \\\"%s\\\\\\\"k%d\\\\\\\": \\\\\\\"some longer value %d\\\\\\\"\\\", i ? \\\", \\\" : \\\"{\\\", i, i; print \\\"}\\\" }\"
  - id: next
    shell: test -e go; echo \"\${{ steps.the_list_of_everything.json.k5999 }}\" >>effects" &&
	sed -i "s/test -e go;/test -e go \\&\\&/" book.yaml && run 1 && id=$(ls state/runbook/runs) &&
	touch go && resume 0 && effects "list some longer value 5999 "
'

done_testing
