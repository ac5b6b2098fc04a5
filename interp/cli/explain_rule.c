// What `explain` knows of rules: why (the sentence of the rule), bad, good.
//
// An example is a list of steps (it begins with "- "), keys of the top level, a whole file
// `book.yaml` (it begins with "runbook:" or "#"), or a command (it begins with "$ "). A test
// reads all that are no commands: the bad one raises its rule and no other, the good one loads.

#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "cli/explain.h"

static const struct example {
    enum diag_code rule;
    const char *bad, *good;
} examples[] = {
    { DIAG_CANNOT_READ, "$ runbook run nosuch.yaml",
      "$ runbook list  # the runbooks that are there" },
    { DIAG_YAML_SYNTAX, "labels: {team: db", "labels: {team: db}" },
    { DIAG_TAB_INDENT, "labels:\n\tteam: db", "labels:\n  team: db" },
    { DIAG_DUPLICATE_KEY, "title: Restore\ntitle: Restore the orders",
      "title: Restore the orders" },
    { DIAG_EXPR_NEEDS_QUOTES, "- id: a\n  if: run.drill ? true : false\n  shell: date",
      "- id: a\n  if: 'run.drill ? true : false'\n  shell: date" },
    { DIAG_COMMENT_CUTS_EXPRESSION, "- id: a\n  shell: echo ${{ run.id # of this run\n    }}",
      "- id: a\n  shell: echo ${{ run.id }}  # of this run" },
    { DIAG_BANG_IS_A_TAG, "- id: a\n  if: !run.drill\n  shell: date",
      "- id: a\n  if: \"!run.drill\"\n  shell: date" },
    { DIAG_BRACES_ARE_A_MAP, "- id: a\n  name: {{ run.id }}\n  shell: date",
      "- id: a\n  name: ${{ run.id }}\n  shell: date" },
    { DIAG_INVALID_ENCODING, "$ iconv -t LATIN1 notes.txt >shop.yaml",
      "$ iconv -f LATIN1 -t UTF-8 notes.txt >shop.yaml" },
    { DIAG_UNKNOWN_ALIAS, "title: *restore", "title: \"*restore\"" },
    { DIAG_ALIAS_BOMB, "vars:\n  a: &a [*a]", "vars:\n  a: &a [1]\n  b: *a" },
    { DIAG_YAML_FEATURE, "labels: {<<: {team: db}, tier: one}", "labels: {team: db, tier: one}" },
    { DIAG_MULTIPLE_DOCUMENTS, "title: one\n---\ntitle: two", "title: one" },
    { DIAG_OVER_LIMIT, "$ wc -c <shop.yaml  # with the data in it\n2097152",
      "$ wc -c <shop.yaml  # with `sql: {script: data.sql}` in it\n4096" },
    { DIAG_EMPTY_RUNBOOK, "# to be written",
      "runbook: 1\nname: book\ntype: check\nverify: [{id: well, shell: date}]" },
    { DIAG_TEMPLATE_WITH_NEWLINE, "vars:\n  who: |\n    ${{ run.user }}",
      "vars:\n  who: |-\n    ${{ run.user }}" },

    { DIAG_UNKNOWN_FIELD, "- id: a\n  shel: date", "- id: a\n  shell: date" },
    { DIAG_MISSING_FIELD, "- id: a\n  confirm: {message: Drop it?, danger: severe}\n  shell: date",
      "- id: a\n  confirm: {message: Drop it?, danger: severe, phrase: orders}\n  shell: date" },
    { DIAG_CONFLICTING_FIELDS, "- id: a\n  shell: date\n  exec: [date]",
      "- id: a\n  exec: [date]" },
    { DIAG_WRONG_TYPE, "- id: a\n  shell: date\n  timeout: 30",
      "- id: a\n  shell: date\n  timeout: 30s" },
    { DIAG_EMPTY_VALUE, "- id: a\n  shell:", "- id: a\n  shell: date" },
    { DIAG_BAD_DURATION, "- id: a\n  shell: date\n  timeout: 5 minutes",
      "- id: a\n  shell: date\n  timeout: 5m" },
    { DIAG_BAD_ENUM, "severity: high", "severity: critical" },
    { DIAG_BAD_LITERAL, "inputs: {tag: {default: v1, pattern: \"v[0-9\"}}",
      "inputs: {tag: {default: v1, pattern: \"v[0-9]+\"}}" },
    { DIAG_BAD_ID, "- id: stop-app\n  shell: date", "- id: stop_app\n  shell: date" },

    { DIAG_NAME_NOT_STEM,
      "runbook: 1\nname: restore  # in book.yaml\ntype: action\nsteps: [{id: a, shell: date}]",
      "runbook: 1\nname: book  # in book.yaml\ntype: action\nsteps: [{id: a, shell: date}]" },
    { DIAG_UNSUPPORTED_VERSION,
      "runbook: 3\nname: book\ntype: action\nsteps: [{id: a, shell: date}]",
      "runbook: 1\nname: book\ntype: action\nsteps: [{id: a, shell: date}]" },

    { DIAG_UNKNOWN_STEP, "- {id: drain, shell: date}\n- {id: stop, needs: [drian], shell: date}",
      "- {id: drain, shell: date}\n- {id: stop, needs: [drain], shell: date}" },
    { DIAG_DUPLICATE_ID, "- {id: stop, shell: date}\n- {id: stop, shell: date}",
      "- {id: stop, shell: date}\n- {id: stop_again, shell: date}" },
    { DIAG_STEP_CYCLE, "- {id: a, needs: [b], shell: date}\n- {id: b, needs: [a], shell: date}",
      "- {id: a, needs: [], shell: date}\n- {id: b, needs: [a], shell: date}" },
    { DIAG_USE_BEFORE_RUN,
      "- {id: a, shell: \"echo ${{ steps.b.stdout }}\"}\n- {id: b, shell: date}",
      "- {id: b, shell: date}\n- {id: a, shell: \"echo ${{ steps.b.stdout }}\"}" },
    { DIAG_UNKNOWN_OUTPUT,
      "- {id: a, shell: date}\n- {id: b, shell: \"echo ${{ steps.a.output }}\"}",
      "- {id: a, shell: date}\n- {id: b, shell: \"echo ${{ steps.a.stdout }}\"}" },
    { DIAG_UNKNOWN_NAME, "- {id: a, shell: \"echo ${{ inputs.tag }}\"}",
      "inputs: {tag: {default: v1}}\nsteps:\n  - {id: a, shell: \"echo ${{ inputs.tag }}\"}" },
    { DIAG_UNKNOWN_RUNBOOK, "- {id: a, use: databse/dump}",
      "- {id: a, use: database/dump, with: {url: \"postgresql:///app\", to: app.dump}}" },
    { DIAG_USE_CYCLE, "- {id: a, use: book}  # in book.yaml",
      "- {id: a, use: http/healthy, with: {url: \"http://127.0.0.1/\"}}" },
    { DIAG_BAD_WITH, "- {id: a, use: database/dump, with: {url: \"postgresql:///app\"}}",
      "- {id: a, use: database/dump, with: {url: \"postgresql:///app\", to: app.dump}}" },
    { DIAG_MISSING_FILE, "- {id: a, file: {read: nosuch.conf}}",
      "- {id: a, file: {read: app.conf}}  # which stands beside the runbook" },
    { DIAG_MAYBE_SKIPPED,
      "- {id: a, if: run.drill, shell: date}\n- {id: b, shell: \"echo ${{ steps.a.stdout }}\"}",
      "- {id: a, if: run.drill, shell: date}\n"
      "- {id: b, if: has(steps.a.stdout), shell: \"echo ${{ steps.a.stdout }}\"}" },

    { DIAG_EXPR_SYNTAX, "- {id: a, if: run.drill &&, shell: date}",
      "- {id: a, if: run.drill && true, shell: date}" },
    { DIAG_UNKNOWN_FUNCTION, "vars: {n: \"${{ length('abc') }}\"}",
      "vars: {n: \"${{ size('abc') }}\"}" },
    { DIAG_WRONG_ARITY, "vars: {n: \"${{ size('abc', 2) }}\"}",
      "vars: {n: \"${{ size('abc') }}\"}" },
    { DIAG_EXPR_TYPE, "vars: {n: \"${{ 1 + '1' }}\"}", "vars: {n: \"${{ 1 + int('1') }}\"}" },
    { DIAG_CONDITION_NOT_BOOL, "- {id: a, if: run.id, shell: date}",
      "- {id: a, if: run.id != \"\", shell: date}" },
    { DIAG_INTERPOLATE_OBJECT, "vars: {n: \"all: ${{ [1, 2] }}\"}",
      "vars: {n: \"all: ${{ toJson([1, 2]) }}\"}" },
    { DIAG_TEXT_AROUND_CONDITION, "- {id: a, if: \"${{ run.drill }} && true\", shell: date}",
      "- {id: a, if: \"${{ run.drill && true }}\", shell: date}" },
    { DIAG_EXPR_NOT_ALLOWED_HERE, "- {id: a, if: result.exit == 0, shell: date}",
      "- {id: a, expect: result.exit == 0, shell: date}" },
    { DIAG_EXPR_IN_QUOTES, "- {id: a, shell: \"echo '${{ run.id }}'\"}",
      "- {id: a, shell: \"echo ${{ run.id }}\"}" },

    { DIAG_BAD_INPUT, "$ runbook run shop.yaml -i count=many",
      "$ runbook run shop.yaml -i count=3" },
    { DIAG_DECLINED, "$ runbook run shop.yaml </dev/null",
      "$ runbook run shop.yaml --confirm restore=shop </dev/null" },
    { DIAG_PREFLIGHT, "$ PATH=/bin runbook run shop.yaml  # `requires: {tools: [psql]}`",
      "$ runbook plan shop.yaml  # tells what is missing, and changes nothing" },
    { DIAG_USAGE, "$ runbook run shop.yaml --dryrun", "$ runbook run shop.yaml --dry-run" },
    { DIAG_STORE, "$ runbook runs --store mysql://db/runs",
      "$ runbook runs --store postgresql://db/runs" },
    { DIAG_LOCKED, "$ runbook run shop.yaml  # while another run holds `lock: shop`",
      "$ runbook run shop.yaml --wait 10m" },
};

static void print_example(const char *title, const char *text)
{
    printf("\n%s:\n", title);
    while (*text) {
        size_t n = strcspn(text, "\n");
        printf("  %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

bool explain_rule(struct str word)
{
    for (int code = 0; code < DIAG_COUNT; code++) {
        if (!str_is(word, diag_slug((enum diag_code)code)))
            continue;
        printf("%s\n\n  %s\n", diag_slug((enum diag_code)code),
               diag_sentence((enum diag_code)code));
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
            if ((int)examples[i].rule == code) {
                print_example("bad", examples[i].bad);
                print_example("good", examples[i].good);
            }
        return true;
    }
    return false;
}
