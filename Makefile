# make            build/debug/runbook
# make release    build/release/runbook, optimised and hardened
# make deps       install what is missing (Debian packages)
# make test       all tests; T=name runs those whose path contains it
# make test-failed  those that failed in the last `make test` once more, one at a time
# make asan       the same tests under the address and undefined sanitizers
# make fuzz       FUZZ_TIME seconds of fuzzing for each target (needs clang)
# make crash      kill interpreter and keeper, let writes fail, and resume; STEP=1 at every place
# make sim        a million events of random runs against the core; SEED=n plays one again
# make sim-defects  the same with seeded defects, each of which must be noticed
# make bench      how long things take, optimised; ratios of one run
# make bench-expr expressions beside two JavaScript implementations
# make conformance CEL=FILE   the public expression suite
# make lint       what a reviewer should not have to say
# make format     clang-format, in place
# make derived    rewrite the files that are printed by the program itself
# make demo       restore a database in a sandbox; DB=postgres for a real server
# make install    PREFIX=/usr/local DESTDIR=
#
# Settings of your own go in config.mk, which git ignores.

-include config.mk

# All processors, unless told otherwise (-j1); what is cleaned is not built meanwhile.
ifeq ($(MAKELEVEL)$(filter clean,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

CC        ?= cc
CFLAGS    ?= -Og -g
PREFIX    ?= /usr/local
FUZZ_TIME ?= 60
B         ?= build/debug
PKGS       = yaml-0.1 jansson libpcre2-8 libuv
# Loaded when first used (base/library.h), so only their headers are needed here.
LAZY       = libcurl libpq sqlite3

WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 \
           -Wno-missing-field-initializers -Wno-missing-braces -Wno-unknown-warning-option \
           -Werror=implicit-function-declaration $(WERROR)
ifdef CI
WERROR  ?= -Werror
endif
FLAGS    = -std=c17 -D_GNU_SOURCE -fvisibility=hidden -Iinterp -I. -DSTDLIB_DIR='"$(PREFIX)/share/runbook/stdlib"' \
           $(WARN) $(SAN) $(CFLAGS) $(shell pkg-config --cflags $(PKGS) $(LAZY))
LIBS     = $(shell pkg-config --libs $(PKGS)) -ldl -lm -lpthread
ASAN     = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DARENA_EACH
RELEASE  = -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
HARDEN   = -pie -Wl,-z,relro,-z,now

SRC      = $(sort $(wildcard interp/*/*.c interp/*/*/*.c))
OBJ      = $(SRC:%.c=$B/%.o)
CORE     = $(filter-out $B/interp/cli/main.o,$(OBJ))
UNIT     = $(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/*_test.c)))
TOOLS    = $(patsubst tests/tools/%.c,$B/%,$(sort $(wildcard tests/tools/*.c)))
SCRIPTS  = $(sort $(wildcard tests/*/*.t tests/*.t))
# What takes longest begins first, so that nothing is waited for alone in the end.
LONG     = crash crash_index crash_beside dialogues doubts signals_around store_postgresql git_test \
           store_settings restore store_faults_test lease signals surroundings signals_phases \
           manual_walk store_pgbouncer remote process sql_postgres worker suspend approve run
ORDERED  = $(foreach t,$(LONG),$(filter %/$t %/$t.t,$(UNIT) $(SCRIPTS)))
TESTS    = $(foreach t,$(ORDERED) $(filter-out $(ORDERED),$(SCRIPTS) $(UNIT)),$(if $(findstring $(or $T,/),$t),$t))

all: $B/runbook

release:
	@$(MAKE) B=build/release CFLAGS='$(RELEASE)' LDFLAGS='$(HARDEN)' build/release/runbook

$B/runbook: $(OBJ)
	$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

$B/libcore.a: $(CORE)
	@rm -f $@
	$(AR) rcs $@ $^

$B/tests/unit/%: $B/tests/unit/%.o $B/libcore.a
	$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# tests/tools/NAME.c becomes build/<flavour>/NAME: programs that tests run.
$B/%: $B/tests/tools/%.o $B/libcore.a
	$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# What tests/e2e/suspend.t needs: a library that moves the clocks.
CLOCKS   = $B/clocks.so

$B/clocks.so: tests/e2e/clocks.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O1 -g -fPIC -shared -o $@ $<

# What tests/crash needs: a library that lets calls fail, and a runbook with mistakes in it.
CRASH    = $B/faultline.so $B/runbook-defect

$B/faultline.so: tests/crash/faultline.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O1 -g -fPIC -shared -o $@ $<

$B/runbook-defect: $(OBJ) $B/tests/crash/defect.o
	$(CC) $(FLAGS) $(LDFLAGS) -Wl,--wrap=when_durable,--wrap=child_adopt -o $@ $^ $(LIBS)

# More at a time than there are processors: most of them wait most of the time.
test: $B/runbook $(UNIT) $(TOOLS) $(CRASH) $(CLOCKS)
	@rm -f $B/prove
	B=$(abspath $B) prove $(if $(CI),-v) -j$$((2 * $$(nproc))) --exec '' --state=save --statefile=$B/prove $(TESTS)

test-failed: $B/runbook $(UNIT) $(TOOLS) $(CRASH) $(CLOCKS)
	B=$(abspath $B) prove $(if $(CI),-v) --exec '' --state=failed --statefile=$B/prove

asan:
	$(MAKE) test B=build/asan SAN='$(ASAN)'

conformance:
	@$(MAKE) -s B=build/release CFLAGS='$(RELEASE)' LDFLAGS='$(HARDEN)' build/release/cel-conformance >&2
	@build/release/cel-conformance $(CEL)

fuzz:
	$(MAKE) run-fuzz B=build/fuzz CC=clang SAN='$(ASAN) -fsanitize=fuzzer-no-link'

FUZZ     = $(patsubst %.c,$B/%,$(sort $(wildcard tests/fuzz/*.c)))
$B/tests/fuzz/%: $B/tests/fuzz/%.o $B/libcore.a
	$(CC) $(FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
run-fuzz: $(FUZZ)
	for f in $^; do mkdir -p $B/corpus/$${f##*/} && $$f -timeout=10 -max_total_time=$(FUZZ_TIME) $B/corpus/$${f##*/} tests/fuzz/corpus/$${f##*/} || exit; done

crash: $B/runbook $(CRASH)
	B=$B bash tests/crash/all.sh $(or $(STEP),3)
	B=$B bash tests/crash/ahead.sh

sim:
	@$(MAKE) -s B=build/release CFLAGS='$(RELEASE)' LDFLAGS='$(HARDEN)' build/release/sim
	@build/release/sim $(if $(SEED),seed=$(SEED) events=1,seed=$$(date +%s) events=1000000)

sim-defects: $B/sim
	@B=$(abspath $B) prove -v --exec '' tests/sim/sim.t

bench: release
	@for f in tests/bench/*.sh; do B=build/release bash $$f || exit; done

bench-expr:
	@$(MAKE) -s B=build/release CFLAGS='$(RELEASE)' LDFLAGS='$(HARDEN)' build/release/expr-bench >&2
	@B=build/release bash tests/bench/expr/run.sh

derived: $B/runbook
	$< schema > grammar/runbook.schema.json
	$< reference > docs/reference.md

lint: $(SRC:%.c=$B/%.tidy)
	prove tests/floors.t
$B/%.tidy: %.c
	@mkdir -p $(@D)
	clang-tidy --quiet $< -- $(FLAGS) && touch $@

format:
	clang-format -i $(wildcard interp/*/*.[ch] interp/*/*/*.[ch] tests/*/*.[ch])

deps:
	@sh tests/deps.sh

demo: release
	@B=build/release DB=$(or $(DB),sqlite) bash runbooks/demo/demo.sh

install: release
	install -D build/release/runbook $(DESTDIR)$(PREFIX)/bin/runbook
	mkdir -p $(DESTDIR)$(PREFIX)/share/runbook
	cp -R stdlib $(DESTDIR)$(PREFIX)/share/runbook/

clean:
	rm -rf build

.PHONY: all release test test-failed crash sim sim-defects asan conformance fuzz run-fuzz bench bench-expr derived lint format deps demo install clean
.SECONDARY:
-include $(OBJ:.o=.d) $(UNIT:%=%.d) $(TOOLS:$B/%=$B/tests/tools/%.d)
