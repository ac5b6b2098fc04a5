// file: all or nothing, and back.

#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "action/file/shown.h"
#include "tests/unit/playing.h"

static struct str at;  // the folder of a test

static void sh(const char *script)
{
    struct str command = str_format(scratch, "cd %s && { %s\n}", at.s, script);

    if (system(command.s) != 0) {
        printf("# failed: %s\n", script);
        failures++;
    }
}

static bool holds(const char *script)
{
    struct str command = str_format(scratch, "cd %s && { %s\n} >/dev/null 2>&1", at.s, script);

    return system(command.s) == 0;
}

static struct play *prepared(const char *yaml, struct value given, bool undo)
{
    struct play *p = play_new(str_format(scratch, "    %s\n", yaml).s, given);

    p->at.dir = at;
    p->at.keep = str_format(scratch, "%s/.keep", at.s);
    p->at.undo_auto = undo;
    return p;
}

static struct play *played(struct play *p)
{
    if (play_resolve(p)) {
        play_start(p);
        play_wait(p);
    }
    return p;
}

// Plays it in the folder of the test.
static struct play *file(const char *yaml)
{
    return played(prepared(yaml, no_values(), false));
}

static struct play *undo(const char *yaml)
{
    return played(prepared(yaml, no_values(), true));
}

static bool failed(const struct play *p, const char *words)
{
    bool so = p->over && p->outcome.verdict == VERDICT_FAILED &&
              str_search(p->outcome.message, str_from(words)) != SIZE_MAX;

    if (!so)
        printf("# verdict %d: %.*s %.*s\n", p->outcome.verdict, STR_ARG(p->error.message),
               STR_ARG(p->outcome.message));
    return so;
}

#define UNDO "\n    undo: auto"

TEST(what_is_not_there_or_not_allowed_is_a_failure_that_changes_nothing)
{
    at = new_folder();
    sh("mkdir folder; echo x > folder/keep; echo y > file; ln -s nowhere link; mkfifo pipe");
    CHECK(failed(file("file: {copy: {from: nothing, to: to}}"), "there is no 'nothing'"));
    CHECK(failed(file("file: {copy: {from: file, to: no/such/to}}"), "no folder 'no/such'"));
    CHECK(failed(file("file: {copy: {from: file, to: folder}}"), "is a folder; write 'folder/'"));
    CHECK(failed(file("file: {copy: {from: folder, to: folder/inside}}"), "one inside"));
    CHECK(failed(file("file: {move: {from: folder, to: folder/inside}}"), "one inside"));
    CHECK(failed(file("file: {move: {from: nothing, to: to}}"), "there is no 'nothing'"));
    CHECK(failed(file("file: {remove: folder}"), "is a folder"));
    CHECK(failed(file("file: {write: {path: folder, content: x}}"), "is a folder"));
    CHECK(failed(file("file: {write: {path: link, content: x}}"), "a link to nothing"));
    CHECK(failed(file("file: {read: nothing}"), "cannot read 'nothing'"));
    CHECK(failed(file("file: {read: folder}"), "a folder"));
    CHECK(failed(file("file: {read: pipe}"), "no file"));
    CHECK(failed(file("file: {checksum: folder}"), "a folder"));
    CHECK(failed(file("file: {newest: \"*.gz\"}"), "nothing matches '*.gz'"));
    CHECK(failed(file("file: {copy: {from: pipe, to: to}}"), "no file, folder or link"));
    CHECK(failed(file("file: {copy: {from: file, to: pipe}}"), "is not replaced"));
    CHECK(failed(file("file: {move: {from: file, to: pipe}}"), "is not replaced"));
    CHECK(failed(file("file: {write: {path: pipe, content: x}}"), "is not replaced"));
    CHECK(failed(file("file: {write: {path: new/, content: x}}"), "is a folder"));
    CHECK(failed(file("file: {copy: {from: file, to: file}}"), "would go to where it is"));
    CHECK(failed(file("file: {copy: {from: folder, to: file}}"), "is a file"));
    CHECK(holds(
        "[ -e folder/keep ] && [ \"$(ls -A | sort | tr '\\n' ' ')\" = 'file folder link pipe ' ]"));
}

TEST(the_root_the_home_and_the_project_are_never_touched)
{
    at = new_folder();
    sh("mkdir -p home/me sub; touch .runbook.yaml home/me/x sub/x");
    setenv("HOME", str_format(scratch, "%s/home/me", at.s).s, 1);
    CHECK(failed(file("file: {remove: {path: /, recursive: true}}"), "never touched"));
    CHECK(failed(file("file: {remove: {path: ., recursive: true}}"), "never touched"));
    CHECK(failed(file("file: {remove: {path: sub/.., recursive: true}}"), "never touched"));
    CHECK(failed(file("file: {remove: {path: home/me, recursive: true}}"), "the home folder"));
    CHECK(failed(file("file: {remove: {path: home, recursive: true}}"), "around the home folder"));
    CHECK(failed(file("file: {remove: {path: \"\", recursive: true}}"), "empty"));
    CHECK(failed(file("file: {move: {from: home, to: elsewhere}}"), "never touched"));
    CHECK(failed(file("file: {copy: {from: sub, to: home/me}}"), "never touched"));
    setenv("HOME", "/nonexistent", 1);
    struct play *p = prepared("file: {remove: {path: .., recursive: true}}", no_values(), false);
    p->at.dir = str_format(scratch, "%s/sub", at.s);
    CHECK(failed(played(p), "the project's folder"));
    CHECK(holds("[ -e home/me/x ] && [ -e sub/x ]"));
}

TEST(a_copy_keeps_bytes_and_mode_and_a_replaced_file_keeps_its_own)
{
    struct play *p;

    at = new_folder();
    sh("printf 'a\\0b' > from; chmod 750 from; echo old > to; chmod 604 to");
    p = file("file: {copy: {from: from, to: new}}");
    CHECK(good(p));
    CHECK(holds("cmp from new && [ $(stat -c %a new) = 750 ]"));
    CHECK_STR(text_of(p, "changed"), "true");
    CHECK_STR(text_of(p, "path"), "new");
    CHECK_STR(text_of(p, "size"), "3");
    CHECK_STR(text_of(p, "backup"), "");
    CHECK(good(file("file: {copy: {from: from, to: to}}")));
    CHECK(holds("cmp from to && [ $(stat -c %a to) = 604 ]"));
    CHECK_STR(text_of(file("file: {copy: {from: from, to: to}}"), "changed"), "false");
    CHECK(holds("[ \"$(ls -A)\" = \"$(printf 'from\\nnew\\nto')\" ]"));
}

TEST(attributes_of_a_file_stay_where_the_file_system_has_them)
{
    at = new_folder();
    sh("echo x > from; echo old > to");
    const char *to = str_format(scratch, "%s/to", at.s).s;
    if (setxattr(to, "user.note", "mine", 4, 0) != 0)
        return;
    CHECK(good(file("file: {copy: {from: from, to: to}}" UNDO)));
    char note[8] = "";
    CHECK(getxattr(to, "user.note", note, sizeof(note)) == 4 && strcmp(note, "mine") == 0);
    CHECK(good(file("file: {write: {path: to, content: again}}" UNDO)));
    CHECK(getxattr(to, "user.note", note, sizeof(note)) == 4);
    CHECK(good(undo("file: {write: {path: to, content: again}}" UNDO)));
    CHECK(getxattr(to, "user.note", note, sizeof(note)) == 4);
}

TEST(a_folder_is_copied_whole_and_takes_the_place_of_another)
{
    at = new_folder();
    sh("mkdir -p from/deep; echo 1 > from/deep/a; ln -s deep/a from/link; chmod 700 from/deep");
    sh("mkdir -p to/old; echo 2 > to/old/b; echo in > file; mkdir into");
    CHECK(good(file("file: {copy: {from: from, to: to}}")));
    CHECK(holds("diff -r from to && [ $(readlink to/link) = deep/a ] && [ ! -e to/old ] && "
                "[ $(stat -c %a to/deep) = 700 ]"));
    CHECK(good(file("file: {copy: {from: file, to: into/}}")));
    CHECK(holds("cmp file into/file"));
    CHECK(holds("[ $(ls -A | wc -l) = 4 ]"));
}

TEST(a_write_keeps_owner_and_mode_and_goes_through_a_link)
{
    struct play *p;

    at = new_folder();
    sh("echo old > real; chmod 640 real; ln -s real link");
    p = played(prepared("file: {write: {path: link, content: \"${{ v }}\"}}",
                        one_value("v", value_text("new $(id)\n")), false));
    CHECK(good(p));
    CHECK(
        holds("[ \"$(cat real)\" = 'new $(id)' ] && [ -L link ] && [ $(stat -c %a real) = 640 ]"));
    CHECK(good(file("file: {write: {path: fresh, content: x}}")));
    CHECK(holds("[ $(stat -c %a fresh) = 644 ] && [ $(cat fresh) = x ]"));
    CHECK(good(file("file: {write: {path: fresh, content: x, mode: \"0600\"}}")));
    CHECK(holds("[ $(stat -c %a fresh) = 600 ]"));
    CHECK_STR(text_of(file("file: {write: {path: fresh, content: x, mode: \"0600\"}}"), "changed"),
              "false");
    p = file("file: {write: {path: fresh, content: \"\"}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "sha256"),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(!file("file: {write: {path: fresh, content: x, mode: rw}}")->loaded);
}

TEST(bytes_are_written_and_read_as_they_are)
{
    struct play *p;

    at = new_folder();
    p = played(prepared("file: {write: {path: b, content: \"${{ v }}\"}}",
                        one_value("v", value_bytes(STR("\0\xff\n"))), false));
    CHECK(good(p));
    p = file("file: {read: b}");
    CHECK(good(p));
    struct value content;
    CHECK(value_field(p->outcome.result, "content", scratch, &content));
    CHECK(content.kind == VALUE_BYTES && str_equal(content.s, STR("\0\xff\n")));
    sh("printf 'caf\\303\\251\\n' > t; head -c 1100000 /dev/zero > big");
    p = file("file: {read: t}");
    CHECK_STR(text_of(p, "content"), "caf\xc3\xa9\n");
    CHECK_STR(text_of(p, "size"), "6");
    CHECK(failed(file("file: {read: big}"), "too long"));
    CHECK_STR(text_of(file("file: {checksum: big}"), "size"), "1100000");
}

TEST(newest_sorts_by_time_and_a_value_in_a_pattern_is_no_pattern)
{
    struct play *p;

    at = new_folder();
    sh("mkdir '[a]*'; touch -d 2020-01-01 app_1.gz; touch -d 2022-01-01 app_2.gz; "
       "touch -d 2021-01-01 app_3.gz; touch other; touch '[a]*/x.gz'");
    p = file("file: {newest: \"app_*.gz\"}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "path"), "app_2.gz");
    CHECK_STR(text_of(p, "paths"), "[\"app_2.gz\",\"app_3.gz\",\"app_1.gz\"]");
    CHECK_STR(text_of(p, "modified"), "2022-01-01T00:00:00Z");
    p = played(
        prepared("file: {newest: \"${{ v }}/*.gz\"}", one_value("v", value_text("[a]*")), false));
    CHECK_STR(text_of(p, "path"), "[a]*/x.gz");
    p = played(
        prepared("file: {newest: \"${{ v }}\"}", one_value("v", value_text("app_?.gz")), false));
    CHECK_STR(text_of(p, "path"), "app_2.gz");
    sh("touch .hidden");
    CHECK_STR(text_of(file("file: {newest: \".*\"}"), "paths"), "[\".hidden\"]");
    p = file("file: {newest: \"*.zip\", optional: true}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "paths"), "[]");
    CHECK_STR(text_of(p, "path"), "no path: ");
}

// A picture of all that is in the folder: names, types, modes, times and contents.
#define PICTURE                                                                             \
    "{ find . -path ./.keep -prune -o ! -path . -printf '%p %y %m %l %T@ %s\\n' | grep -v " \
    "'^\\./ d' | sort; find . -path ./.keep -prune -o -type f -print | sort | xargs cat; }"

static void check_undone(const char *action)
{
    struct str yaml = str_format(scratch, "%s" UNDO, action);

    sh(PICTURE " > /tmp/picture.$PPID");
    CHECK(good(file(yaml.s)));
    if (holds(PICTURE " | grep -v '^\\. ' > /tmp/after.$PPID; grep -v '^\\. ' /tmp/picture.$PPID | "
                      "cmp - /tmp/after.$PPID")) {
        printf("# it did nothing: %s\n", action);
        failures++;
    }
    CHECK(good(undo(yaml.s)));
    if (!holds(PICTURE
               " | grep -v '^\\. ' > /tmp/after.$PPID; grep -v '^\\. ' /tmp/picture.$PPID | "
               "cmp - /tmp/after.$PPID")) {
        printf("# not undone: %s\n", action);
        sh("diff /tmp/picture.$PPID /tmp/after.$PPID || true");
        failures++;
    }
    sh("rm -f /tmp/picture.$PPID /tmp/after.$PPID");
}

TEST(undo_brings_back_exactly_what_was_there)
{
    at = new_folder();
    sh("mkdir -p folder/deep other; echo 1 > folder/deep/a; ln -s deep/a folder/link; "
       "chmod 711 folder/deep; echo file > file; chmod 604 file; touch -d 2020-02-02 file folder; "
       "echo second > second; ln -s second alias; touch -h -d 2019-01-01 alias");
    check_undone("file: {write: {path: file, content: new}}");
    check_undone("file: {write: {path: fresh, content: new}}");
    check_undone("file: {write: {path: alias, content: new}}");
    check_undone("file: {copy: {from: file, to: second}}");
    check_undone("file: {copy: {from: folder, to: other}}");
    check_undone("file: {copy: {from: folder, to: fresh}}");
    check_undone("file: {move: {from: file, to: second}}");
    check_undone("file: {move: {from: file, to: fresh}}");
    check_undone("file: {move: {from: folder, to: other}}");
    check_undone("file: {remove: file}");
    check_undone("file: {remove: alias}");
    check_undone("file: {remove: {path: folder, recursive: true}}");
}

TEST(undo_goes_back_before_the_first_of_several_attempts)
{
    at = new_folder();
    sh("echo first > file");
    CHECK(good(file("file: {write: {path: file, content: second}}" UNDO)));
    struct play *p = file("file: {write: {path: file, content: third}}" UNDO);
    CHECK(good(p));
    CHECK(holds(str_format(scratch, "[ $(cat %.*s) = first ]", STR_ARG(text_of(p, "backup"))).s));
    CHECK(good(undo("file: {write: {path: file, content: third}}" UNDO)));
    CHECK(holds("[ $(cat file) = first ]"));
}

// Does [action], then [by_hand], then undoes it; [after] holds, and in $b is what was kept.
static void check_kept(const char *action, const char *by_hand, const char *after)
{
    struct str yaml = str_format(scratch, "%s" UNDO, action);

    CHECK(good(file(yaml.s)));
    sh(by_hand);
    struct play *p = undo(yaml.s);
    CHECK(good(p));
    if (!holds(str_format(scratch, "b='%.*s'; %s", STR_ARG(text_of(p, "backup")), after).s)) {
        printf("# not so after %s: %s; kept: %.*s\n", action, after, STR_ARG(text_of(p, "backup")));
        failures++;
    }
}

TEST(what_was_changed_after_the_step_is_kept_when_it_is_undone)
{
    at = new_folder();
    sh("echo old > f; mkdir d; echo 1 > d/a; mkdir other; echo 2 > other/b");
    check_kept("file: {write: {path: f, content: new}}", "echo by hand > f",
               "[ $(cat f) = old ] && [ \"$(cat $b)\" = 'by hand' ]");
    check_kept("file: {write: {path: fresh, content: new}}", "echo more >> fresh",
               "[ ! -e fresh ] && [ \"$(cat $b)\" = newmore ]");
    check_kept("file: {copy: {from: d, to: other}}", "echo x > other/a",
               "[ $(cat other/b) = 2 ] && [ ! -e other/a ] && [ $(cat $b/a) = x ]");
    check_kept("file: {copy: {from: d, to: there}}", "touch there/made",
               "[ ! -e there ] && [ -e $b/made ]");
    check_kept("file: {remove: f}", "echo again > f",
               "[ $(cat f) = old ] && [ $(cat $b) = again ]");
    check_kept("file: {move: {from: f, to: g}}", "echo again > f",
               "[ $(cat f) = old ] && [ ! -e g ] && [ $(cat $b) = again ]");
    check_kept("file: {move: {from: f, to: d/}}", "echo edited > d/f",
               "[ $(cat f) = edited ] && [ ! -e d/f ] && [ -z \"$b\" ]");
}

TEST(what_was_not_changed_is_not_kept_again)
{
    at = new_folder();
    sh("echo old > f; mkdir d; echo 1 > d/a");
    check_kept("file: {write: {path: f, content: new}}", "chmod 600 f; touch f",
               "[ $(cat f) = old ] && [ -z \"$b\" ]");
    check_kept("file: {copy: {from: d, to: e}}", ":", "[ ! -e e ] && [ -z \"$b\" ]");
    check_kept("file: {write: {path: f, content: new}}", "echo old > f",
               "[ $(cat f) = old ] && [ -z \"$b\" ]");
    CHECK(holds("[ -z \"$(find .keep -name 'later*')\" ]"));
}

TEST(what_was_moved_and_is_gone_cannot_be_moved_back)
{
    at = new_folder();
    sh("echo x > f");
    CHECK(good(file("file: {move: {from: f, to: g}}" UNDO)));
    sh("rm g");
    CHECK(failed(undo("file: {move: {from: f, to: g}}" UNDO), "is gone"));
}

// A folder on another file system than that of the tests; NULL where there is none.
static const char *elsewhere(void)
{
    struct stat here, there;

    if (stat(at.s, &here) || stat("/dev/shm", &there) || here.st_dev == there.st_dev)
        return NULL;
    static char folder[sizeof "/dev/shm/file-test-XXXXXX"];
    strcpy(folder, "/dev/shm/file-test-XXXXXX");
    return mkdtemp(folder);
}

TEST(a_move_to_another_file_system_is_a_move_too)
{
    at = new_folder();
    const char *other = elsewhere();
    if (!other)
        return;
    sh("echo x > f; mkdir d; echo y > d/a; ln -s a d/l");
    struct str file_there = str_format(scratch, "file: {move: {from: f, to: %s/f}}" UNDO, other);
    struct str folder_there = str_format(scratch, "file: {move: {from: d, to: %s/d}}" UNDO, other);
    CHECK(good(file(file_there.s)));
    CHECK(good(file(folder_there.s)));
    CHECK(holds(str_format(scratch, "[ ! -e f ] && [ ! -e d ] && [ -L %s/d/l ]", other).s));
    CHECK(good(undo(folder_there.s)));
    CHECK(
        holds(str_format(scratch,
                         "[ $(cat f) = x ] && [ $(cat d/a) = y ] && [ -z \"$(ls -A %s)\" ]", other)
                  .s));
    CHECK(rmdir(other) == 0);
}

TEST(undo_of_what_was_never_begun_does_nothing)
{
    at = new_folder();
    sh("echo x > file");
    struct play *p = undo("file: {remove: file}" UNDO);
    CHECK(good(p));
    CHECK_STR(text_of(p, "changed"), "false");
    CHECK(holds("[ $(cat file) = x ]"));
    CHECK(!file("file: {read: file}" UNDO)->loaded);
}

TEST(one_verb_a_step)
{
    at = new_folder();
    CHECK(!file("file: {read: a, remove: b}")->loaded);
    CHECK(!file("file: {optional: true}")->loaded);
    CHECK(!file("file: {read: a, optional: true}")->loaded);
}

TEST(what_will_be_done_is_described_with_its_values)
{
    at = new_folder();
    struct play *p = prepared("file: {copy: {from: \"${{ v }}\", to: b c}}",
                              one_value("v", value_text("it's")), false);
    CHECK(play_resolve(p));
    CHECK_STR(described(p), "file: copy 'it'\\''s' 'b c'\n");
    p = prepared("file: {write: {path: x, content: secret words, mode: \"0600\"}}", no_values(),
                 false);
    CHECK(play_resolve(p));
    CHECK_STR(described(p), "file: write x (12 bytes) mode 0600\n  secret words\n");
}

static struct str shown(struct str content, const char *secret)
{
    struct buf b = BUF_EMPTY;
    struct mask *m = mask_new(scratch);

    if (secret)
        mask_add(m, str_from(secret));
    show_content(content, m, scratch, &b);
    return buf_take(&b, scratch);
}

static struct str repeated(const char *text, size_t n)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < n; i++)
        buf_add_s(&b, text);
    return buf_take(&b, scratch);
}

TEST(a_short_content_is_shown_whole)
{
    CHECK_STR(shown(STR(""), NULL), "");
    CHECK_STR(shown(STR("a\n\nb\n"), NULL), "\n  a\n  \n  b");
    CHECK(str_search(shown(repeated("x\n", 20), NULL), STR("more")) == SIZE_MAX);
}

TEST(of_a_long_content_it_is_said_how_much_is_left_out)
{
    struct str lines = shown(repeated("x\n", 21), NULL), bytes = shown(repeated("x", 2500), NULL);

    CHECK(str_ends(lines, "\n  (2 more bytes, sha256 444fa7bd84e197d5 of all)"));
    CHECK(str_search(bytes, STR("\n  (500 more bytes, sha256 ")) == 2003);
    // No half of a character: two bytes each, and one in front.
    struct str odd = str_format(scratch, "x%.*s", STR_ARG(repeated("\xc3\xa4", 1500)));
    CHECK(utf8_invalid(shown(odd, NULL)) == SIZE_MAX);
    CHECK(str_search(shown(odd, NULL), STR("(1002 more bytes")) != SIZE_MAX);
}

TEST(a_secret_is_not_shown_nor_one_that_is_cut_nor_a_checksum_of_it)
{
    struct str cut = str_format(scratch, "%.*ssesame-open%.*s", STR_ARG(repeated("x", 1995)),
                                STR_ARG(repeated("y", 500)));

    CHECK_STR(shown(STR("pw=sesame-open\n"), "sesame-open"), "\n  pw=***");
    CHECK_STR(shown(STR("pw=ab\ncd-sesame\n"), "ab\ncd-sesame"), "\n  pw=***");
    CHECK(str_search(shown(cut, "sesame-open"), STR("sesam")) == SIZE_MAX);
    CHECK(str_search(shown(cut, "sesame-open"), STR("sha256")) == SIZE_MAX);
    CHECK(str_search(shown(cut, "sesame-open"), STR("more bytes)")) != SIZE_MAX);
}

TEST(what_is_no_text_is_told_by_its_checksum)
{
    CHECK_STR(shown((struct str){ "a\0b", 3 }, NULL), "\n  (no text, sha256 "
              "59b271ae1bbcb1d3 of all)");
    CHECK(str_starts(shown(STR("\xff\xfe"), NULL), "\n  (no text, sha256 "));
}
