// A value never becomes code: forty hostile values, in every place of a script, in bash
// and in sh, alone and in a list, through the environment and through standard input.
//
// Each script writes what it got to standard output; nothing else may happen, of which
// the empty folder it runs in is the witness.

#include <dirent.h>

#include "tests/unit/hostile.h"
#include "tests/unit/playing.h"

static const struct {
    const char *script;
    bool bash_only;
    const char *before, *after;  // around the value in what is written
} places[] = {
    { "printf %s ${{ v }}", false, "", "" },
    { "printf %s%s ${{ v }}'|'", false, "", "|" },
    { "printf %s a${{ v }}b", false, "a", "b" },
    { "printf %s \"${{ v }}\"", false, "", "" },
    { "printf %s \"a'b${{ v }}c'd\"", false, "a'b", "c'd" },
    { "x=${{ v }}; printf %s \"$x\"", false, "", "" },
    { "x=a${{ v }}b; printf %s \"$x\"", false, "a", "b" },
    { "export x=${{ v }}; sh -c 'printf %s \"$x\"'", false, "", "" },
    { "x=${{ v }} sh -c 'printf %s \"$x\"'", false, "", "" },
    { "cat <<END\n[${{ v }}]\nEND", false, "[", "]\n" },
    { "cat <<-END\n\t[${{ v }}]\n\tEND", false, "[", "]\n" },
    { "printf %s \"$(printf '%s.' ${{ v }})\"", false, "", "." },
    { "printf %s \"$(printf '%s.' \"${{ v }}\")\"", false, "", "." },
    { "for x in ${{ v }}; do printf '<%s>' \"$x\"; done", false, "<", ">" },
    { "for x in a${{ v }}; do printf '<%s>' \"$x\"; done", false, "<a", ">" },
    { "f() { printf '<%s>%s' \"$1\" $#; }; f ${{ v }}", false, "<", ">1" },
    { "set -- ${{ v }}; printf '<%s>%s' \"$1\" $#", false, "<", ">1" },
    { "case ${{ v }} in ${{ v }}) printf same ;; *) printf other ;; esac; printf %s ${{ v }}",
      false, "same", "" },
    { "x=${{ v }}; case $x in \"${{ v }}\") printf same ;; esac; printf %s ${{ v }}", false, "same",
      "" },
    { "[ x${{ v }} = x${{ v }} ] && printf %s ${{ v }}", false, "", "" },
    { "( printf %s ${{ v }} )", false, "", "" },
    { "{ printf %s ${{ v }}; }", false, "", "" },
    { "printf %s ${{ v }} | cat", false, "", "" },
    { "if true; then printf %s ${{ v }}; fi", false, "", "" },
    { "printf %s \"${nothing:-${{ v }}}\"", false, "", "" },
    { "printf %s ${nothing:-${{ v }}}", false, "", "" },
    { "printf %s \"${nothing:-\"${{ v }}\"}\"", true, "", "" },
    { "x=a; x=$x${{ v }}; printf %s \"${x#a}\"", false, "", "" },
    { "x=${{ v }}z; printf %s ${{ v }}\"${x#${{ v }}}\"", true, "", "z" },
    { "x=${{ v }}z; printf %s ${{ v }}${x#${{ v }}}", false, "", "z" },
    { "x=_; printf %s \"${x/_/${{ v }}}\"", true, "", "" },
    { "cat <<< ${{ v }}", true, "", "\n" },
    { "cat <<< \"a${{ v }}\"", true, "a", "\n" },
    { "[[ ${{ v }} == ${{ v }} ]] && printf %s ${{ v }}", true, "", "" },
    { "[[ ${{ v }} != x${{ v }} ]] && printf %s ${{ v }}", true, "", "" },
    { "a=(${{ v }} b); printf '<%s>%s' \"${a[0]}\" ${#a[@]}", true, "<", ">2" },
    { "cat <(printf %s ${{ v }})", true, "", "" },
    { "printf %s $'a\\tb'${{ v }}", true, "a\tb", "" },
    { "declare x=${{ v }}; printf %s \"$x\"", true, "", "" },
    { "g() { local x=${{ v }}; printf %s \"$x\"; }; g", true, "", "" },
    { "printf %s $\"a\"${{ v }}", true, "a", "" },
    { "bash -c 'printf %s \"$1\"' _ ${{ v }}", false, "", "" },
    { "env X=${{ v }} sh -c 'printf %s \"$X\"'", false, "", "" },
    { "X=${{ v }} awk 'BEGIN { printf \"%s\", ENVIRON[\"X\"] }'", false, "", "" },
    { "readonly y=${{ v }}; printf %s \"$y\"", false, "", "" },
    { "until false; do printf %s ${{ v }}; break; done", false, "", "" },
    { "printf %s \"${PATH:+${{ v }}}\"", false, "", "" },
    { "x=${{ v }}; x=$x${{ v }}; printf %s \"${x%${{ v }}}\"", true, "", "" },
    { "case a${{ v }}b in *${{ v }}*) printf %s ${{ v }} ;; esac", false, "", "" },
    { "case ${{ v }}b in \"${{ v }}\"*) printf %s ${{ v }} ;; esac", false, "", "" },
    { "[ -n x${{ v }} ] && printf %s ${{ v }}", false, "", "" },
    { "test x${{ v }} = x\"${{ v }}\" && printf %s ${{ v }}", false, "", "" },
    { "a=(x); a+=(${{ v }}); printf %s \"${a[1]}\"", true, "", "" },
    { "a=(x); a[1]=${{ v }}; printf %s \"${a[1]}\"", true, "", "" },
    { "declare -A m=([k]=${{ v }}); printf %s \"${m[k]}\"", true, "", "" },
    { "declare -A m; m[k]=${{ v }}; m[k]+=${{ v }}; printf %s \"${m[k]#${{ v }}}\"", true, "", "" },
    { "x=; x+=${{ v }}; printf %s \"$x\"", true, "", "" },
    { "printf -v x %s ${{ v }}; printf %s \"$x\"", true, "", "" },
    { "[[ x${{ v }} == x* && ! x${{ v }} < x${{ v }} ]] && printf %s ${{ v }}", true, "", "" },
    { "[[ a${{ v }}b == *${{ v }}* ]] && printf %s ${{ v }}", true, "", "" },
    { "x=a.b; printf %s \"${x//./${{ v }}}\"", true, "a", "b" },
    { "x=a.b; y=${x//./${{ v }}}; printf %s \"$y\"", true, "a", "b" },
    { "while IFS= read -r -d '' x; do printf %s \"$x\"; done < <(printf '%s\\0' ${{ v }})", true,
      "", "" },
    { "cat <<A - <<B\na\nA\n${{ v }}\nB\n", false, "", "\n" },
    { "x=$(cat <<E\n${{ v }}.\nE\n); printf %s \"$x\"", false, "", "." },
    { "(exec 3<<E\n${{ v }}\nE\ncat <&3)", false, "", "\n" },
    { "coproc cat; printf %s ${{ v }}; exec {COPROC[1]}>&-", true, "", "" },
};
enum { PLACES = sizeof(places) / sizeof(*places) };

// All scripts run in one, each in a subshell, so that the matrix takes seconds: what one
// writes ends with a line that no value holds.
#define SEPARATOR "\n--8<--end-of-cell--8<--\n"

static bool is_empty(struct str folder)
{
    DIR *d = opendir(folder.s);
    size_t count = 0;

    while (readdir(d))
        count++;
    closedir(d);
    return count == 2;
}

static struct str script_for(bool bash)
{
    struct buf *b = buf_in(scratch);

    for (size_t i = 0; i < PLACES; i++)
        if (bash || !places[i].bash_only)
            buf_format(b, "(\n%s\n) || printf 'failed: %%s' $?\nprintf '%%s' '%s'\n",
                       places[i].script, SEPARATOR);
    return buf_str(b);
}

static struct str yaml_for(bool bash)
{
    struct buf *b = buf_in(scratch);
    struct str script = script_for(bash);

    buf_format(b, "    shell:\n      shell: %s\n      run: |\n        ", bash ? "bash" : "sh");
    for (size_t i = 0; i < script.n; i++) {
        buf_add_c(b, script.s[i]);
        if (script.s[i] == '\n')
            buf_add_s(b, "        ");
    }
    buf_add_c(b, '\n');
    return buf_str(b);
}

static struct str after_cut(struct str *rest)
{
    size_t at = str_search(*rest, STR(SEPARATOR));
    struct str cell = str_slice(*rest, 0, at == SIZE_MAX ? rest->n : at);

    *rest = at == SIZE_MAX ? STR("") : str_slice(*rest, at + strlen(SEPARATOR), rest->n);
    return cell;
}

static void check_cells(const struct play *p, bool bash, struct str value)
{
    struct str rest = buf_str(p->output);

    for (size_t i = 0; i < PLACES; i++) {
        if (!bash && places[i].bash_only)
            continue;
        struct str got = after_cut(&rest);
        struct buf want = BUF_EMPTY;
        buf_add_s(&want, places[i].before);
        buf_add(&want, value);
        buf_add_s(&want, places[i].after);
        if (!str_equal(got, buf_str(&want))) {
            printf("# %s, value %s, in: %s\n# got %s\n", bash ? "bash" : "sh",
                   value_show(value_string(value), scratch, 80).s, places[i].script,
                   value_show(value_string(got), scratch, 200).s);
            failures++;
        }
        buf_free(&want);
    }
}

// A stand-in for sudo that empties the environment, as the real one does: values come on
// standard input then.
static const struct str *with_sudo(void)
{
    static const char script[] =
        "printf '#!/bin/sh\\nshift 4; exec env -i PATH=\"$PATH\" \"$@\"\\n' > "
        "%s/sudo && chmod +x %s/sudo";
    struct str folder = new_folder();
    struct str *env = NEW_ARRAY(scratch, struct str, 2);
    struct buf command = BUF_EMPTY;

    buf_format(&command, script, folder.s, folder.s);
    CHECK(system(command.s) == 0);
    buf_free(&command);
    env[0] = str_format(scratch, "PATH=%s:/usr/bin:/bin", folder.s);
    return env;
}

static void play_cells(bool bash, struct value v, struct str as_text, bool other_user)
{
    struct play *p = play_new(yaml_for(bash).s, one_value("v", v));
    struct str folder = new_folder();

    p->at.as = other_user ? STR("other") : STR("");
    p->at.env = other_user ? with_sudo() : p->at.env;

    p->at.dir = folder;
    if (!play_resolve(p)) {
        printf("# %s\n", text_of(p, "stdout").s);
        failures++;
        return;
    }
    play_start(p);
    play_wait(p);
    CHECK(good(p));
    check_cells(p, bash, as_text);
    CHECK(is_empty(folder));
}

TEST(a_hostile_value_is_itself_in_every_place_of_a_bash_script)
{
    for (size_t i = 0; i < HOSTILE; i++)
        play_cells(true, value_text(hostile[i]), str_from(hostile[i]), false);
}

TEST(a_hostile_value_is_itself_in_every_place_of_an_sh_script)
{
    for (size_t i = 0; i < HOSTILE; i++)
        play_cells(false, value_text(hostile[i]), str_from(hostile[i]), false);
}

TEST(a_hostile_value_is_itself_when_it_comes_on_standard_input)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        play_cells(true, value_text(hostile[i]), str_from(hostile[i]), true);
        play_cells(false, value_text(hostile[i]), str_from(hostile[i]), true);
    }
}

TEST(a_hostile_list_becomes_as_many_words)
{
    static const char *const scripts[] = {
        "shell: \"printf '<%s>' ${{ v }}\"",
        "shell: {shell: sh, run: \"printf '<%s>' ${{ v }}\"}",
        "shell: \"for x in ${{ v }}; do printf '<%s>' \\\"$x\\\"; done\"",
        "shell: \"a=(${{ v }}); printf '<%s>' \\\"${a[@]}\\\"\"",
        "shell: \"f() { printf '<%s>' \\\"$@\\\"; }; f ${{ v }}\"",
        "exec: [printf, \"<%s>\", \"${{ v }}\"]",
    };
    struct value given = one_value("v", all_hostile());
    struct str want = all_in("<", ">");

    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        struct play *p = play(scripts[i], given);
        CHECK(good(p));
        CHECK(str_equal(buf_str(p->output), want));
    }
}

TEST(a_hostile_argument_of_exec_is_itself)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        struct play *p = play("exec: [printf, \"%s\", \"a${{ v }}b\"]",
                              one_value("v", value_text(hostile[i])));
        CHECK(good(p));
        CHECK(str_equal(buf_str(p->output), str_format(scratch, "a%sb", hostile[i])));
    }
}

TEST(a_hostile_standard_input_is_itself)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        struct play *p = play("exec: {argv: [cat], stdin: \"${{ v }}\"}",
                              one_value("v", value_text(hostile[i])));
        CHECK(good(p));
        CHECK(str_equal(buf_str(p->output), str_from(hostile[i])));
    }
}
