#!/bin/sh
# What the program prints about its language is checked in; `make derived` renews it.

. "$(dirname "$0")/../lib.sh"

test_that 'grammar/runbook.schema.json is what runbook schema prints' '
	runbook schema >printed && same "$repo/grammar/runbook.schema.json" printed
'

test_that 'docs/reference.md is what runbook reference prints' '
	runbook reference >printed && same "$repo/docs/reference.md" printed
'

done_testing
