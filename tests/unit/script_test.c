// Where a ${{ }} may stand in a script, and what becomes of it there.

#include "action/shell/script.h"
#include "tests/unit/test.h"

// `v` is "x y", `l` the list ["a b", "c"], `none` an empty list, `nul` has a NUL in it.
static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    struct value_builder *b = value_list_start(a);

    (void)s;
    if (str_is(name, "l")) {
        value_add(b, value_text("a b"));
        value_add(b, value_text("c"));
    }
    *why = STR("");
    if (str_is(name, "l") || str_is(name, "none"))
        *out = value_finish(b);
    else if (str_is(name, "nul"))
        *out = value_string(STR("a\0b"));
    else if (str_is(name, "null"))
        *out = VALUE_NONE;
    else
        *out = value_text("x y");
    return true;
}

static const struct scope scope = { .get = get };

static struct script *read(const char *script, bool bash, struct diags *ds)
{
    struct text *text = NEW(scratch, struct text);
    struct source *src = source_new(scratch, STR("script"), str_from(script));

    *ds = (struct diags){ .arena = scratch };
    *text = text_bare(src->text);
    text->span = (struct span){ src, 0, (uint32_t)src->text.n };
    struct template *t = template_parse(scratch, text, ds);
    return t ? script_read(scratch, t, bash, ds) : NULL;
}

static struct str filled(const char *script, bool bash)
{
    struct diags ds;
    struct expr_error err = { 0 };
    struct script_run run;
    struct script *s = read(script, bash, &ds);

    if (!s)
        return str_format(scratch, "refused: %.*s", STR_ARG(ds.first->message));
    return script_fill(s, &scope, NULL, scratch, &run, &err) ? run.text : err.message;
}

static const struct {
    const char *script, *want;
} taken[] = {
    // one word, whatever it holds
    { "echo ${{ v }}", "echo \"${__rb_1}\"" },
    { "echo a${{ v }}b ${{ v }}", "echo a\"${__rb_1}\"b \"${__rb_2}\"" },
    { "x=${{ v }}", "x=\"${__rb_1}\"" },
    { "x=1 y=${{ v }} cmd", "x=1 y=\"${__rb_1}\" cmd" },
    { "export x=${{ v }}", "export x=\"${__rb_1}\"" },
    { "[ ${{ v }} = 1 ]", "[ \"${__rb_1}\" = 1 ]" },
    { "[[ ${{ v }} == ${{ v }} ]]", "[[ \"${__rb_1}\" == \"${__rb_2}\" ]]" },
    { "[[ -f ${{ v }} && a =~ b ]]", "[[ -f \"${__rb_1}\" && a =~ b ]]" },
    { "case ${{ v }} in ${{ v }}|b) x;; esac", "case \"${__rb_1}\" in \"${__rb_2}\"|b) x;; esac" },
    { "cat < ${{ v }} > ${{ v }}", "cat < \"${__rb_1}\" > \"${__rb_2}\"" },
    { "cat <<< ${{ v }}", "cat <<< \"${__rb_1}\"" },
    { "x &> ${{ v }}", "x &> \"${__rb_1}\"" },
    { "echo ${x:-${{ v }}}", "echo ${x:-\"${__rb_1}\"}" },
    { "echo \"${x#${{ v }}}\"", "echo \"${x#\"${__rb_1}\"}\"" },
    { "y=${x/a/${{ v }}}", "y=${x/a/\"${__rb_1}\"}" },
    { "echo \"${x/a/${{ v }}}\"", "echo \"${x/a/\"${__rb_1}\"}\"" },
    { "f() { echo ${{ v }}; }; f", "f() { echo \"${__rb_1}\"; }; f" },
    { "( echo ${{ v }} )", "( echo \"${__rb_1}\" )" },
    { "echo $(cat ${{ v }})", "echo $(cat \"${__rb_1}\")" },
    { "diff <(cat ${{ v }}) x", "diff <(cat \"${__rb_1}\") x" },
    { "echo 'a'${{ v }}$'b'", "echo 'a'\"${__rb_1}\"$'b'" },
    { "ls @(${{ v }}|b)", "ls @(\"${__rb_1}\"|b)" },
    { "if a; then b ${{ v }}; fi", "if a; then b \"${__rb_1}\"; fi" },
    { "a; # '\nb ${{ v }}", "a; # '\nb \"${__rb_1}\"" },
    { "a#b ${{ v }}", "a#b \"${__rb_1}\"" },
    { "command -v ${{ v }}", "command -v \"${__rb_1}\"" },
    { "time -p sleep ${{ v }}", "time -p sleep \"${__rb_1}\"" },
    { "$(which x) ${{ v }}", "$(which x) \"${__rb_1}\"" },
    { "read -r x < ${{ v }}", "read -r x < \"${__rb_1}\"" },
    { "echo $((1+1)) ${{ v }}", "echo $((1+1)) \"${__rb_1}\"" },
    { "((i++)); echo ${{ v }}", "((i++)); echo \"${__rb_1}\"" },
    { "( (true) ); echo ${{ v }}", "( (true) ); echo \"${__rb_1}\"" },
    { "((true); echo ${{ v }})", "((true); echo \"${__rb_1}\")" },
    { "printf '%s -v' ${{ v }}", "printf '%s -v' \"${__rb_1}\"" },
    { "echo \\\n${{ v }}", "echo \\\n\"${__rb_1}\"" },
    { "x=\\'\necho ${{ v }}", "x=\\'\necho \"${__rb_1}\"" },
    { "echo {a,${{ v }}}", "echo {a,\"${__rb_1}\"}" },
    { "case a in (a) echo ${{ v }} ;; b) ;; esac; echo ${{ v }}",
      "case a in (a) echo \"${__rb_1}\" ;; b) ;; esac; echo \"${__rb_2}\"" },
    { "x=$(case a in a) echo ${{ v }};; esac); echo '$' ${{ v }}",
      "x=$(case a in a) echo \"${__rb_1}\";; esac); echo '$' \"${__rb_2}\"" },
    { "a=(x ${{ v }})", "a=(x \"${__rb_1}\")" },
    { "echo $# ${{ v }}", "echo $# \"${__rb_1}\"" },
    { "echo ${#x} ${{ v }}", "echo ${#x} \"${__rb_1}\"" },
    { "echo $$ ${{ v }} $'a\\'b' ${{ v }}", "echo $$ \"${__rb_1}\" $'a\\'b' \"${__rb_2}\"" },
    { "select x in ${{ v }}; do break; done", "select x in \"${__rb_1}\"; do break; done" },
    // beside code that is not the shell's own
    { "bash -c 'echo \"$1\"' bash ${{ v }}", "bash -c 'echo \"$1\"' bash \"${__rb_1}\"" },
    { "bash ${{ v }}", "bash \"${__rb_1}\"" },
    { "bash script <<E\n${{ v }}\nE", "bash script <<E\n${__rb_1}\nE" },
    { "bash -c 'cat' <<< ${{ v }}", "bash -c 'cat' <<< \"${__rb_1}\"" },
    { "bash -o errexit script ${{ v }}", "bash -o errexit script \"${__rb_1}\"" },
    { "awk -v x=${{ v }} '{ print x }' ${{ v }}",
      "awk -v x=\"${__rb_1}\" '{ print x }' \"${__rb_2}\"" },
    { "awk -f prog ${{ v }}", "awk -f prog \"${__rb_1}\"" },
    { "X=${{ v }} awk '{ print }'", "X=\"${__rb_1}\" awk '{ print }'" },
    { "ssh -p ${{ v }} ${{ v }} uptime", "ssh -p \"${__rb_1}\" \"${__rb_2}\" uptime" },
    { "ssh h cat <<E\n${{ v }}\nE", "ssh h cat <<E\n${__rb_1}\nE" },
    { "python3 -m http.server ${{ v }} -c ${{ v }}",
      "python3 -m http.server \"${__rb_1}\" -c \"${__rb_2}\"" },
    { "python3 -c 'x' ${{ v }}", "python3 -c 'x' \"${__rb_1}\"" },
    { "perl x.pl -e ${{ v }}", "perl x.pl -e \"${__rb_1}\"" },
    { "sudo -u x systemctl restart ${{ v }}", "sudo -u x systemctl restart \"${__rb_1}\"" },
    { "systemctl restart ssh ${{ v }}", "systemctl restart ssh \"${__rb_1}\"" },
    { "echo bash -c ${{ v }}", "echo bash -c \"${__rb_1}\"" },
    { "bash -c x; echo ${{ v }}", "bash -c x; echo \"${__rb_1}\"" },
    { "cat <<A | bash -c x\n${{ v }}\nA", "cat <<A | bash -c x\n${__rb_1}\nA" },
    { "xargs grep ${{ v }}", "xargs grep \"${__rb_1}\"" },
    { "bash -c \"$(cat ${{ v }})\"", "bash -c \"$(cat \"${__rb_1}\")\"" },
    // a list
    { "rm ${{ l }}", "rm \"${__rb_1_1}\" \"${__rb_1_2}\"" },
    { "rm -x${{ l }}y", "rm -x\"${__rb_1_1}\" \"${__rb_1_2}\"y" },
    { "for f in ${{ l }}; do :; done", "for f in \"${__rb_1_1}\" \"${__rb_1_2}\"; do :; done" },
    { "a=(${{ l }})", "a=(\"${__rb_1_1}\" \"${__rb_1_2}\")" },
    { "rm 2${{ none }}>x", "rm 2${__rb_1+}>x" },
    { "x=${{ l }}", "x=\"${__rb_1}\"" },
    { "export x=${{ l }}", "export x=\"${__rb_1}\"" },
    { "[[ ${{ l }} == x ]]", "[[ \"${__rb_1}\" == x ]]" },
    { "cat < ${{ l }}", "cat < \"${__rb_1}\"" },
    { "echo \"${{ l }}\"", "echo \"${__rb_1}\"" },
    { "x=$(echo ${{ l }})", "x=$(echo \"${__rb_1_1}\" \"${__rb_1_2}\")" },
    // in double quotes and here-documents
    { "echo \"a ${{ v }} b\"", "echo \"a ${__rb_1} b\"" },
    { "echo \"it's ${{ v }}\"", "echo \"it's ${__rb_1}\"" },
    { "echo \"${x:-${{ v }}}\"", "echo \"${x:-${__rb_1}}\"" },
    { "echo \"${x:-\"${{ v }}\"}\"", "echo \"${x:-\"${__rb_1}\"}\"" },
    { "echo \"$(cat ${{ v }} \"${{ v }}\")\"", "echo \"$(cat \"${__rb_1}\" \"${__rb_2}\")\"" },
    { "echo $\"a ${{ v }}\"", "echo $\"a ${__rb_1}\"" },
    { "cat <<E\n'${{ v }}' \"${{ v }}\"\nE\necho ${{ v }}",
      "cat <<E\n'${__rb_1}' \"${__rb_2}\"\nE\necho \"${__rb_3}\"" },
    { "cat <<-E ; x ${{ v }}\n\t${{ v }}\n\tE\necho ${{ v }}",
      "cat <<-E ; x \"${__rb_1}\"\n\t${__rb_2}\n\tE\necho \"${__rb_3}\"" },
    { "cat <<A <<B\n${{ v }}\nA\n${{ v }}\nB\n", "cat <<A <<B\n${__rb_1}\nA\n${__rb_2}\nB\n" },
    { "cat <<E\nx\\\nE\n${{ v }}\nE\n", "cat <<E\nx\\\nE\n${__rb_1}\nE\n" },
    { "x=$(cat <<E\n${{ v }}\nE\n); echo ${{ v }}",
      "x=$(cat <<E\n${__rb_1}\nE\n); echo \"${__rb_2}\"" },
    { "cat <<'E'\n$(x \"\nE\necho ${{ v }}", "cat <<'E'\n$(x \"\nE\necho \"${__rb_1}\"" },
    // the lines below an expression stay where they are
    { "echo ${{\nv\n}}\nx", "echo \"${__rb_1}\"\\\n\\\n\nx" },
};

TEST(each_expression_becomes_a_variable_quoted_for_its_place)
{
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        CHECK_STR(filled(taken[i].script, true), taken[i].want);
}

// [at]: which of the script's expressions is blamed, from 0.
static const struct {
    const char *script, *what;
    int at;
} refused[] = {
    { "echo '${{ v }}'", "single quotes", 0 },
    { "echo 'a\n${{ v }}\nb'", "single quotes", 0 },
    { "echo ${{ v }} '${{ v }}'", "single quotes", 1 },
    { "echo \"${x#'${{ v }}'}\"", "single quotes", 0 },
    { "echo $'${{ v }}'", "$'...'", 0 },
    { "echo $'\\'${{ v }}'", "$'...'", 0 },
    { "cat <<'E'\n${{ v }}\nE", "here-document", 0 },
    { "cat <<\"E\"\n${{ v }}\nE", "here-document", 0 },
    { "cat <<\\E\n${{ v }}\nE", "here-document", 0 },
    { "cat <<E'F'\n${{ v }}\nEF", "here-document", 0 },
    { "cat <<-'E'\n\t${{ v }}\n\tE", "here-document", 0 },
    { "cat <<${{ v }}\nx", "end word", 0 },
    { "echo x # ${{ v }}", "comment", 0 },
    { "# ${{ v }}\necho ${{ v }}", "comment", 0 },
    { "(\n# ${{ v }}\n)", "comment", 0 },
    { "a=(\n# ${{ v }}\n)", "comment", 0 },
    { "[[ a\n# ${{ v }}\n]]", "comment", 0 },
    { "echo $(( ${{ v }} + 1 ))", "arithmetic", 0 },
    { "echo \"$(( ${{ v }} + 1 ))\"", "arithmetic", 0 },
    { "echo $(( $(cat ${{ v }}) ))", "arithmetic", 0 },
    { "echo $[ ${{ v }} ]", "arithmetic", 0 },
    { "(( x = ${{ v }} ))", "arithmetic", 0 },
    { "for (( i = ${{ v }}; ; )); do :; done", "arithmetic", 0 },
    { "echo ${x:${{ v }}:1}", "arithmetic", 0 },
    { "cat <<E\n$(( ${{ v }} ))\nE", "arithmetic", 0 },
    { "[[ ${{ v }} -eq 1 ]]", "comparison", 0 },
    { "[[ 1 -lt ${{ v }} ]]", "comparison", 0 },
    { "[[ a =~ ${{ v }} ]]", "=~", 0 },
    { "[[ a =~ ^(a|${{ v }})$ && x ]]", "=~", 0 },
    { "[[ a =~ \"${{ v }}\" ]]", "=~", 0 },
    { "[[ -v ${{ v }} ]]", "name of a variable", 0 },
    { "[ -v ${{ v }} ]", "name of a variable", 0 },
    { "echo `cat ${{ v }}`", "backquotes", 0 },
    { "echo \"`cat ${{ v }}`\"", "backquotes", 0 },
    { "cat <<E\n`x ${{ v }}`\nE", "backquotes", 0 },
    { "${{ v }} --version", "name of a command", 0 },
    { "\"${{ v }}\" x", "name of a command", 0 },
    { "./${{ v }}", "name of a command", 0 },
    { "a; ${{ v }}", "name of a command", 0 },
    { "a | ${{ v }}", "name of a command", 0 },
    { "a && ${{ v }}", "name of a command", 0 },
    { "if ${{ v }}; then x; fi", "name of a command", 0 },
    { "x=1 ${{ v }}", "name of a command", 0 },
    { "> f ${{ v }}", "name of a command", 0 },
    { "2> f ${{ v }}", "name of a command", 0 },
    { "! ${{ v }}", "name of a command", 0 },
    { "!(${{ v }})", "name of a command", 0 },
    { "{ ${{ v }}; }", "name of a command", 0 },
    { "(${{ v }})", "name of a command", 0 },
    { "$(${{ v }})", "name of a command", 0 },
    { "echo \"$(${{ v }})\"", "name of a command", 0 },
    { "<(${{ v }})", "name of a command", 0 },
    { "f() { ${{ v }}; }", "name of a command", 0 },
    { "function f { ${{ v }}; }", "name of a command", 0 },
    { "function ${{ v }} { x; }", "name of a command", 0 },
    { "case a in a) ${{ v }};; esac", "name of a command", 0 },
    { "case a in a) x;;\n# it's\nb) ${{ v }};; esac", "name of a command", 0 },
    { "exec ${{ v }}", "name of a command", 0 },
    { "exec -a x ${{ v }}", "name of a command", 0 },
    { "command ${{ v }}", "name of a command", 0 },
    { "builtin ${{ v }}", "name of a command", 0 },
    { "time ${{ v }}", "name of a command", 0 },
    { "coproc ${{ v }}", "name of a command", 0 },
    { "for ${{ v }} in a; do :; done", "name of a variable", 0 },
    { "echo ${${{ v }}}", "name of a variable", 0 },
    { "printf -v ${{ v }} x", "name of a variable", 0 },
    { "export ${{ v }}", "name of a variable", 0 },
    { "declare ${{ v }}=1", "name of a variable", 0 },
    { "local a${{ v }}=1", "name of a variable", 0 },
    { "wait -p ${{ v }}", "name of a variable", 0 },
    { "echo ${x[${{ v }}]}", "subscript", 0 },
    { "x[${{ v }}]=1", "subscript", 0 },
    { "x=([${{ v }}]=1)", "subscript", 0 },
    { "eval ${{ v }}", "`eval`", 0 },
    { "\\eval ${{ v }}", "`eval`", 0 },
    { "'eval' \"x ${{ v }}\"", "`eval`", 0 },
    { "command eval ${{ v }}", "`eval`", 0 },
    { "trap \"rm ${{ v }}\" EXIT", "`trap`", 0 },
    { "let x=${{ v }}", "`let`", 0 },
    { "unset ${{ v }}", "`unset`", 0 },
    { "read ${{ v }}", "`read`", 0 },
    { "mapfile ${{ v }}", "`mapfile`", 0 },
    { "echo x >&${{ v }}", ">&", 0 },
    { "PATH=${{ v }}:$PATH", "`PATH`", 0 },
    { "export PATH=${{ v }}:$PATH", "`PATH`", 0 },
    { "IFS=${{ v }} read x", "`IFS`", 0 },
    { "LD_PRELOAD=${{ v }} x", "`LD_PRELOAD`", 0 },
    { "PS4=${{ v }}", "`PS4`", 0 },
    { "env BASH_ENV=${{ v }} bash x", "`BASH_ENV`", 0 },
    { "GIT_SSH=${{ v }} git fetch", "`GIT_SSH`", 0 },
    { "declare -i n; n=${{ v }}", "integer", 0 },
    { "n=${{ v }}; declare -i n", "integer", 0 },
    { "declare -i n=${{ v }}", "integer", 0 },
    { "declare -n n=${{ v }}", "integer", 0 },
    { "declare -i n; for n in ${{ v }}; do :; done", "integer", 0 },
    { "RANDOM=${{ v }}", "integer", 0 },
    { "declare -a n=${{ v }}", "array", 0 },
    { "n=(); declare n=${{ v }}", "array", 0 },
    { "bash -c ${{ v }}", "`bash` runs this as a script", 0 },
    { "bash -c \"echo ${{ v }}\" ${{ v }}", "`bash` runs", 0 },
    { "sh -euc \"echo ${{ v }}\"", "`sh` runs", 0 },
    { "/bin/sh -x -c \"echo ${{ v }}\"", "`sh` runs", 0 },
    { "sudo -u x bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "timeout 5 bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "env A=b bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "exec bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "command bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "xargs -I{} sh -c \"x {} ${{ v }}\"", "`sh` runs", 0 },
    { "find . -exec sh -c \"x ${{ v }}\" \\;", "`sh` runs", 0 },
    { "docker exec c sh -c \"x ${{ v }}\"", "`sh` runs", 0 },
    { "su - postgres -c \"psql ${{ v }}\"", "`su` runs", 0 },
    { "su --command \"psql ${{ v }}\" x", "`su` runs", 0 },
    { "x=$(bash -c \"${{ v }}\")", "`bash` runs", 0 },
    { "a | bash -c \"${{ v }}\"", "`bash` runs", 0 },
    { "bash <<E\nx ${{ v }}\nE", "`bash` runs", 0 },
    { "bash -s a b <<E\nx ${{ v }}\nE", "`bash` runs", 0 },
    { "bash <<< \"x ${{ v }}\"", "`bash` runs", 0 },
    { "sudo bash <<-E\n\tx ${{ v }}\n\tE", "`bash` runs", 0 },
    { "python3 - <<E\nx = ${{ v }}\nE", "`python` runs", 0 },
    { "ssh h <<E\nx ${{ v }}\nE", "other side", 0 },
    { "ssh h bash -s <<E\nx ${{ v }}\nE", "other side", 0 },
    { "su postgres <<E\nx ${{ v }}\nE", "`su` runs", 0 },
    { "ssh h rm ${{ v }}", "other side", 0 },
    { "ssh -p 22 -o A=b u@h \"rm ${{ v }}\"", "other side", 0 },
    { "ssh ${{ v }} ${{ v }}", "other side", 1 },
    { "awk \"{ print ${{ v }} }\" f", "`awk` runs", 0 },
    { "awk -F: \"/${{ v }}/\" f", "`awk` runs", 0 },
    { "awk -v a=b ${{ v }} f", "`awk` runs", 0 },
    { "perl -ne \"print if /${{ v }}/\" f", "`perl` runs", 0 },
    { "perl -i.bak -pe \"s/a/${{ v }}/\" f", "`perl` runs", 0 },
    { "python3.11 -c \"print(${{ v }})\"", "`python` runs", 0 },
    { "node --eval \"${{ v }}\"", "`node` runs", 0 },
    { "php -r \"${{ v }};\"", "`php` runs", 0 },
    { "watch -n 1 ls ${{ v }}", "`watch` runs", 0 },
    { "echo ${x/a/${{ v }}}", "split", 0 },
    { "for x in ${y//a/b${{ v }}}; do :; done", "split", 0 },
    { "echo \\${{ v }}", "backslash", 0 },
    { "echo \"\\${{ v }}\"", "backslash", 0 },
    { "cat <<E\n\\${{ v }}\nE", "backslash", 0 },
};

TEST(what_the_shell_could_take_as_code_is_refused_at_its_place)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        struct diags ds;
        struct script *s = read(refused[i].script, true, &ds);
        const char *place = refused[i].script;

        for (int n = 0; (place = strstr(place, "${{")) && n < refused[i].at; n++)
            place++;
        CHECK(!s && ds.first);
        if (s || !ds.first) {
            printf("# taken: %s\n", refused[i].script);
            continue;
        }
        if (str_search(ds.first->message, str_from(refused[i].what)) == SIZE_MAX) {
            printf("# %s: %.*s\n", refused[i].script, STR_ARG(ds.first->message));
            CHECK(false);
        }
        CHECK(ds.first->code == DIAG_EXPR_IN_QUOTES);
        CHECK(ds.first->span.start == (uint32_t)(place - refused[i].script));
    }
}

TEST(every_mistake_of_a_script_is_reported_in_one_reading)
{
    struct diags ds;

    CHECK(!read("echo '${{ v }}' # ${{ v }}\n${{ v }} ${{ v }}", true, &ds));
    CHECK(ds.errors == 3);
}

// [part], a thousand times; the reader must neither overflow the stack nor take for ever.
static bool is_read_or_refused(const char *part, const char *behind)
{
    struct buf *script = buf_in(scratch);
    struct diags ds;

    for (int i = 0; i < 100000; i++)
        buf_add_s(script, part);
    buf_add_s(script, behind);
    struct script *s = read(script->s, true, &ds);
    return s || ds.first->code == DIAG_OVER_LIMIT || ds.first->code == DIAG_EXPR_IN_QUOTES;
}

TEST(what_is_nested_without_end_is_refused)
{
    static const char *const parts[] = { "(",
                                         "((",
                                         "$(",
                                         "\"$(",
                                         "${x:-",
                                         "\"${x:-",
                                         "<(",
                                         "{ ",
                                         "case a in a) ",
                                         "a=(",
                                         "[[ (",
                                         "`",
                                         "@(",
                                         "f() { ",
                                         "a[ ",
                                         "declare a[ a[ ",
                                         "((\n",
                                         "<<E ",
                                         "x[$(",
                                         "$[" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        CHECK(is_read_or_refused(parts[i], ""));
        CHECK(is_read_or_refused(parts[i], "${{ v }}"));
    }
}

TEST(a_nul_a_null_and_a_long_value_are_refused)
{
    CHECK_STR(filled("echo ${{ nul }}", true),
              "the value holds a NUL byte, which no script can take");
    CHECK_STR(filled("echo ${{ null }}", true), "null is no text for a script; say toJson()");
}

TEST(the_script_that_is_shown_has_the_values_written_out)
{
    struct diags ds;
    struct expr_error err;
    struct script_run run;
    struct script *s = read("echo ${{ v }} \"${{ v }}\" ${{ l }} <<E\n${{ v }}\nE", true, &ds);

    CHECK(s && script_fill(s, &scope, NULL, scratch, &run, &err));
    CHECK_STR(run.shown, "echo 'x y' \"x y\" 'a b' c <<E\nx y\nE");
    CHECK(run.value_count == 5);
}

TEST(a_site_knows_the_command_whose_argument_it_is)
{
    struct diags ds;
    struct script *s = read("x=${{ v }} curl -H \"a ${{ v }}\" > ${{ v }}", true, &ds);

    CHECK(s && s->site_count == 3);
    CHECK_STR(s->sites[0].command, "");
    CHECK_STR(s->sites[1].command, "curl");
    CHECK_STR(s->sites[2].command, "");
}
