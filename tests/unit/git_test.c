// git: real repositories, and what is left of them.

#include <signal.h>

#include "action/git/ref.h"
#include "tests/unit/playing.h"

static struct str at;  // the folder of a test

static void sh(const char *script)
{
    struct str command = str_format(scratch, "cd %s && set -e && { %s\n} >.log 2>&1", at.s, script);

    if (system(command.s) != 0) {
        printf("# failed: %s\n", script);
        system(str_format(scratch, "sed 's/^/# /' %s/.log", at.s).s);
        failures++;
    }
}

static bool holds(const char *script)
{
    struct str command = str_format(scratch, "cd %s && { %s\n} >/dev/null 2>&1", at.s, script);

    return system(command.s) == 0;
}

// A repository `repo` with two commits, v1 and v2, on the branch main.
static void new_repo(void)
{
    at = new_folder();
    setenv("HOME", at.s, 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    sh("printf '[user]\\n name = T\\n email = t@example.org\\n[init]\\n defaultBranch = main\\n"
       "[protocol \"file\"]\\n allow = always\\n' > .gitconfig");
    sh("git init -q repo; cd repo; echo one > f.txt; echo same > g.txt; git add .; "
       "git commit -qm first; git tag v1; echo two > f.txt; echo new > h.txt; git add .; "
       "git commit -qm second; git tag v2");
}

static struct play *prepared(const char *yaml, struct value given, bool undo)
{
    struct play *p = play_new(str_format(scratch, "    %s\n", yaml).s, given);

    p->at.dir = str_format(scratch, "%s/repo", at.s);
    p->at.keep = str_format(scratch, "%s/keep", at.s);
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

static struct play *git(const char *yaml)
{
    return played(prepared(yaml, no_values(), false));
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

static struct str output_of(const char *script)
{
    char line[256] = "";
    FILE *f = popen(str_format(scratch, "cd %s/repo && %s", at.s, script).s, "r");

    if (f && !fgets(line, sizeof(line), f))
        line[0] = '\0';
    if (f)
        pclose(f);
    return str_trim(str_copy(scratch, str_from(line)));
}

static bool same(struct str a, struct str b)
{
    if (!str_equal(a, b))
        printf("# '%.*s' is not '%.*s'\n", STR_ARG(a), STR_ARG(b));
    return str_equal(a, b);
}

#define UNDO "\n    undo: auto"

TEST(names_that_could_be_more_than_names_are_refused)
{
    static const char *const bad[] = { "--upload-pack=x",
                                       "-x",
                                       "refs/heads/-x",
                                       "refs/tags/-x",
                                       "ext::sh -c x",
                                       "a..b",
                                       "@{-1}",
                                       "",
                                       "a b",
                                       "a:b",
                                       "a//b",
                                       "a/",
                                       "/a",
                                       ".a",
                                       "a/.b",
                                       "a.lock",
                                       "a.",
                                       "a\\b",
                                       "a*",
                                       "a?",
                                       "a[",
                                       "a\nb",
                                       "a@{1}",
                                       "a^{tree}",
                                       "HEAD~x",
                                       "a..",
                                       "~1" };
    static const char *const good_refs[] = { "main",       "v1.2.3",       "origin/main",
                                             "HEAD~2",     "HEAD^",        "feature/a-b_c",
                                             "abc123",     "refs/heads/x", "v1+2",
                                             "caf\xc3\xa9" };
    const char *why;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        CHECK(!git_is_ref(str_from(bad[i]), true, &why));
        CHECK(!git_is_remote(str_from(bad[i]), &why));
    }
    for (size_t i = 0; i < sizeof(good_refs) / sizeof(*good_refs); i++)
        CHECK(git_is_ref(str_from(good_refs[i]), true, &why));
    CHECK(!git_is_remote(STR("https://host/x"), &why) && git_is_remote(STR("origin"), &why));
}

TEST(such_a_name_is_refused_at_load_or_before_anything_runs)
{
    static const char *const verbs[] = {
        "git: {checkout: \"%s\"}",
        "git: {reset: {to: \"%s\", mode: hard}}",
        "git: {revert: \"%s\"}",
        "git: {restore: {paths: [f.txt], from: \"%s\"}}",
        "git: {tag: {name: \"%s\"}}",
        "git: {fetch: {remote: \"%s\"}}",
        "git: {push: {remote: \"%s\", ref: main}}",
        "git: {push: {ref: \"%s\"}}",
        "git: {log: {ref: \"%s\"}}",
        "git: {show: {ref: \"%s\", path: x}}",
    };
    struct value v = one_value("v", value_text("--upload-pack=touch pwned"));

    new_repo();
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        struct buf literal = BUF_EMPTY, given = BUF_EMPTY;
        const char *hole = strstr(verbs[i], "%s");
        buf_format(&literal, "%.*s-x%s", (int)(hole - verbs[i]), verbs[i], hole + 2);
        buf_format(&given, "%.*s${{ v }}%s", (int)(hole - verbs[i]), verbs[i], hole + 2);
        CHECK(!git(literal.s)->loaded);
        struct play *p = prepared(given.s, v, false);
        CHECK(p->loaded && !play_resolve(p));
        CHECK(str_search(p->error.message, STR("begins with -")) != SIZE_MAX);
        buf_free(&literal);
        buf_free(&given);
    }
}

TEST(a_clone_without_the_contents_of_a_file_does_not_say_that_it_has_no_such_file)
{
    new_repo();
    sh("git -C repo config uploadpack.allowFilter true; git clone -q --no-checkout "
       "--filter=blob:none file://$PWD/repo partial; git -C partial remote set-url origin gone");
    CHECK(failed(git("git: {show: {ref: HEAD, path: f.txt}, repo: ../partial}"),
                 "what 'f.txt' holds in HEAD is not in this repository"));
    CHECK(failed(git("git: {show: {ref: HEAD, path: none.txt}, repo: ../partial}"),
                 "there is no file 'none.txt' in HEAD"));
}

TEST(a_repository_that_cannot_be_used_is_named_so)
{
    struct play *p;

    new_repo();
    sh("mkdir none; git init -q --bare bare; git init -q empty; git clone -q --depth 1 "
       "file://$PWD/repo "
       "shallow; touch repo/.git/index.lock");
    CHECK(failed(git("git: {checkout: v1, repo: ../nowhere}"), "there is no folder '../nowhere'"));
    CHECK(failed(git("git: {checkout: v1, repo: ../none}"), "is in no git repository"));
    CHECK(failed(git("git: {checkout: v1, repo: ../bare}"), "bare repository"));
    CHECK(failed(git("git: {checkout: v1, repo: ../empty}"), "there is no commit 'v1'"));
    CHECK(failed(git("git: {checkout: nothing}"), "there is no commit 'nothing'"));
    p = git("git: {checkout: v1, repo: ../shallow}");
    CHECK(failed(p, "no commit 'v1'"));
    CHECK(str_search(p->outcome.help, STR("shallow")) != SIZE_MAX);
    p = git("git: {revert: HEAD, repo: ../shallow}");
    CHECK(failed(p, "is not in this repository"));
    CHECK(str_search(p->outcome.help, STR("shallow")) != SIZE_MAX);
    CHECK(failed(git("git: {checkout: v1}"), "index.lock is there"));
    CHECK(failed(git("git: {reset: {to: v1, mode: hard}}"), "index.lock is there"));
    CHECK(failed(git("git: {commit: {message: x, paths: [f.txt]}}"), "index.lock is there"));
    CHECK(holds("[ -e repo/.git/index.lock ] && [ $(cat repo/f.txt) = two ]"));
}

TEST(a_repository_of_somebody_else_is_refused_by_git_itself)
{
    if (geteuid() != 0)
        return;
    new_repo();
    sh("cp -r repo other; chown -R 65534 other");
    CHECK(failed(git("git: {status: {}, repo: ../other}"), "dubious ownership"));
    CHECK(holds("! grep -r safe .gitconfig"));
}

TEST(checkout_says_where_it_is_and_where_it_was)
{
    struct play *p;

    new_repo();
    p = git("git: {checkout: v1}");
    CHECK(good(p));
    CHECK(same(text_of(p, "sha"), output_of("git rev-parse v1")));
    CHECK_STR(text_of(p, "previous"), "main");
    CHECK_STR(text_of(p, "branch"), "");
    CHECK_STR(output_of("cat f.txt"), "one");
    p = git("git: {checkout: main}");
    CHECK_STR(text_of(p, "branch"), "main");
    CHECK_STR(text_of(p, "ref"), "refs/heads/main");
    CHECK(same(text_of(p, "previous"), output_of("git rev-parse v1")));
    sh("echo mine > repo/f.txt");
    CHECK(failed(git("git: {checkout: v1}"), "would be overwritten"));
    CHECK_STR(output_of("cat f.txt"), "mine");
}

TEST(restore_reset_tag_stash_and_commit_do_what_they_say)
{
    struct play *p;

    new_repo();
    p = git("git: {restore: {paths: [f.txt], from: v1}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "files"), "[\"f.txt\"]");
    CHECK(holds("[ $(cat repo/f.txt) = one ]"));
    p = git("git: {commit: {message: \"back to ${{ 'one' }} $(touch pwned)\", paths: [f.txt]}}");
    CHECK(good(p));
    CHECK(same(text_of(p, "previous"), output_of("git rev-parse v2")));
    CHECK(same(text_of(p, "sha"), output_of("git rev-parse main")));
    CHECK_STR(output_of("git log -1 --format=%s"), "back to one $(touch pwned)");
    p = git("git: {tag: {name: rolled-back, message: because}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "ref"), "refs/tags/rolled-back");
    CHECK_STR(output_of("git cat-file -t rolled-back"), "tag");
    CHECK(failed(git("git: {tag: {name: rolled-back}}"), "already"));
    p = git("git: {reset: {to: v2, mode: hard}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "files"), "[\"f.txt\"]");
    CHECK_STR(output_of("cat f.txt"), "two");
    p = git("git: {stash: {}}");
    CHECK_STR(text_of(p, "sha"), "");
    sh("echo dirty >> repo/f.txt; echo u > repo/u");
    p = git("git: {stash: {message: keep it, untracked: true}}");
    CHECK(good(p));
    CHECK(same(text_of(p, "sha"), output_of("git rev-parse refs/stash")));
    CHECK(holds("[ ! -e repo/u ]"));
    CHECK_STR(output_of("git stash list"), "stash@{0}: On main: keep it");
}

TEST(a_message_is_kept_as_it_was_written)
{
    new_repo();
    sh("echo three > repo/f.txt");
    CHECK(good(git("git: {commit: {message: \"one\\n\\n# two\", paths: [f.txt]}}")));
    CHECK_STR(output_of("git log -1 --format=%B | tr '\\n' ,"), "one,,# two,,");
    CHECK(good(git("git: {tag: {name: t, message: \"one\\n\\n# two\"}}")));
    CHECK_STR(output_of("git cat-file tag t | sed '1,/^$/d' | tr '\\n' ,"), "one,,# two,");
}

TEST(a_commit_takes_its_paths_and_leaves_what_else_is_staged)
{
    new_repo();
    sh("cd repo; echo a > a; echo b > b; git add b; rm h.txt");
    struct play *p = git("git: {commit: {message: m, paths: [a, h.txt]}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "files"), "[\"a\",\"h.txt\"]");
    CHECK_STR(output_of("git status --porcelain"), "A  b");
    CHECK(failed(git("git: {commit: {message: m, paths: [a]}}"), ""));
    CHECK(failed(git("git: {commit: {message: m, paths: [nothing]}}"), "did not match"));
    CHECK_STR(output_of("git status --porcelain"), "A  b");
}

TEST(a_revert_is_all_or_nothing)
{
    struct play *p;

    new_repo();
    p = git("git: {revert: v2}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "files"), "[\"f.txt\",\"h.txt\"]");
    CHECK_STR(output_of("cat f.txt"), "one");
    CHECK_STR(output_of("git log -1 --format=%s"), "Revert \"second\"");
    CHECK_STR(output_of("git status --porcelain"), "");
    CHECK(failed(git("git: {revert: v2}"), "reverted already") ||
          failed(git("git: {revert: v2}"), "conflict"));
    sh("cd repo; git reset -q --hard v2; echo three > f.txt; git commit -qam third; "
       "git for-each-ref > ../refs; cp .git/index ../index");
    CHECK(failed(git("git: {revert: v2}"), "conflict in: f.txt"));
    CHECK(holds("cd repo; git for-each-ref | cmp - ../refs && cmp .git/index ../index && "
                "[ $(cat f.txt) = three ] && [ ! -e .git/REVERT_HEAD ]"));
}

TEST(what_only_reads_reads)
{
    struct play *p;

    new_repo();
    sh("cd repo; git tag v1.9; git tag v1.10; git tag v1.10-rc1; git tag other");
    CHECK_STR(text_of(git("git: {tags: {match: \"v1.*\", sort: -version}}"), "tags"),
              "[\"v1.10\",\"v1.10-rc1\",\"v1.9\"]");
    CHECK_STR(text_of(git("git: {tags: {match: \"v1.*\", sort: version, limit: 1}}"), "tags"),
              "[\"v1.9\"]");
    CHECK_STR(text_of(git("git: {tags: {match: nothing}}"), "tags"), "[]");
    p = git("git: {log: {limit: 1}}");
    struct value commits;
    CHECK(value_field(p->outcome.result, "commits", scratch, &commits) && value_size(commits) == 1);
    CHECK(str_search(text_of(p, "commits"), STR("\"author\":\"T\"")) != SIZE_MAX);
    CHECK(str_search(text_of(p, "commits"), STR("\"subject\":\"second\"")) != SIZE_MAX);
    p = git("git: {log: {path: g.txt}}");
    CHECK(str_search(text_of(p, "commits"), STR("second")) == SIZE_MAX);
    p = git("git: {status: {}}");
    CHECK_STR(text_of(p, "clean"), "true");
    sh("echo x > repo/f.txt; mkdir repo/d; echo y > 'repo/d/a b'");
    p = git("git: {status: {}}");
    CHECK_STR(text_of(p, "clean"), "false");
    CHECK_STR(text_of(p, "files"), "[\"f.txt\",\"d/a b\"]");
    CHECK_STR(text_of(git("git: {describe: {}}"), "clean"), "false");
    p = git("git: {show: {ref: v1, path: f.txt}}");
    CHECK_STR(text_of(p, "content"), "one\n");
    CHECK(failed(git("git: {show: {ref: v1, path: nothing}}"), "no file 'nothing'"));
}

TEST(what_a_repository_brings_along_is_not_run_unless_that_was_said)
{
    static const char *const verbs[] = {
        "git: {checkout: v1%s}",
        "git: {checkout: main%s}",
        "git: {status: {}%s}",
        "git: {commit: {message: m, paths: [f.txt]}%s}",
        "git: {stash: {}%s}",
        "git: {revert: HEAD%s}",
        "git: {reset: {to: v1, mode: hard}%s}",
    };

    for (int hooks = 0; hooks < 2; hooks++) {
        new_repo();
        sh("cd repo; for h in pre-commit post-commit post-checkout reference-transaction "
           "post-merge "
           "post-index-change; do printf '#!/bin/sh\\necho '$h' >> ../ran\\n' > .git/hooks/$h; "
           "chmod "
           "+x .git/hooks/$h; done; printf '#!/bin/sh\\necho fsmonitor >> ../ran; exit 1\\n' > "
           "../fsm; chmod +x ../fsm; git -c core.fsmonitor=false config core.fsmonitor "
           "$PWD/../fsm; git config filter.x.clean 'echo clean >> ../ran; cat'; git config "
           "filter.x.smudge 'echo smudge >> ../ran; cat'; git config filter.x.required true; "
           "printf '*.txt filter=x\\n' > .git/info/attributes; rm -f ../ran");
        sh("echo changed > repo/f.txt");
        CHECK(good(git(hooks ? "git: {commit: {message: m, paths: [f.txt]}, hooks: true}"
                             : "git: {commit: {message: m, paths: [f.txt]}}")));
        for (size_t i = 0; !hooks && i < sizeof(verbs) / sizeof(*verbs); i++) {
            const char *hole = strstr(verbs[i], "%s");
            git(str_format(scratch, "%.*s%s", (int)(hole - verbs[i]), verbs[i], hole + 2).s);
        }
        CHECK(holds("[ -e ran ]") == (hooks == 1));
        if (!hooks && holds("[ -e ran ]"))
            system(str_format(scratch, "sort %s/ran | uniq -c | sed 's/^/# /'", at.s).s);
    }
}

TEST(a_push_tells_already_there_behind_raced_and_refused_apart)
{
    struct play *p;

    new_repo();
    sh("git init -q --bare remote.git; cd repo; git remote add origin ../remote.git; "
       "git remote add gone ../gone.git; git remote add bad 'ext::sh -c \"touch ../pwned\"'");
    CHECK(failed(git("git: {push: {remote: nowhere, ref: main}}"), "there is no remote 'nowhere'"));
    CHECK(failed(git("git: {push: {remote: gone, ref: main}}"), "gone.git"));
    CHECK(failed(git("git: {push: {remote: bad, ref: main}}"), "ext"));
    CHECK(failed(git("git: {fetch: {remote: bad}}"), "ext"));
    CHECK(holds("[ ! -e pwned ]"));
    CHECK(failed(git("git: {push: {ref: nothing}}"), "no branch or tag 'nothing'"));
    p = git("git: {push: {ref: main}}");
    CHECK(good(p));
    CHECK_STR(text_of(p, "previous"), "");
    CHECK_STR(text_of(p, "ref"), "refs/heads/main");
    CHECK(holds("[ $(git -C remote.git rev-parse main) = $(git -C repo rev-parse v2) ]"));
    p = git("git: {push: {ref: main}}");
    CHECK(good(p));
    CHECK(same(text_of(p, "previous"), text_of(p, "sha")));
    CHECK(good(git("git: {push: {ref: v1}}")));
    CHECK(holds("[ $(git -C remote.git rev-parse v1) = $(git -C repo rev-parse v1) ]"));
    sh("git clone -q remote.git other; cd other; echo o > o; git add o; git commit -qm o; git push "
       "-q");
    CHECK(failed(git("git: {push: {ref: main}}"), "commits that 'main' does not contain"));
    sh("cd repo; git fetch -q origin; git reset -q --hard origin/main; echo n > n; git add n; git "
       "commit -qm n; printf '#!/bin/sh\\nexit 1\\n' > ../remote.git/hooks/pre-receive; chmod +x "
       "../remote.git/hooks/pre-receive");
    CHECK(failed(git("git: {push: {ref: main}}"), "hook declined"));
    // Somebody is faster: between our look and our push another one arrives.
    sh("cd other; git pull -q; echo faster > p; git add p; git commit -qm p; cd ..; printf "
       "'#!/bin/sh\\n[ -e ../raced ] || { touch ../raced; unset GIT_DIR GIT_QUARANTINE_PATH "
       "GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES; git -C ../other push -q origin "
       "main; }\\n' > remote.git/hooks/pre-receive");
    p = git("git: {push: {ref: main}}");
    CHECK(failed(p, "has moved from"));
    CHECK(holds("[ $(git -C remote.git rev-parse main) = $(git -C other rev-parse main) ]"));
}

TEST(a_push_whose_answer_is_lost_is_asked_for)
{
    struct play *p;

    new_repo();
    sh("git init -q --bare remote.git; cd repo; git remote add origin ../remote.git; printf "
       "'#!/bin/sh\\nkill -KILL $(ps -o ppid= $PPID); sleep 0.3\\n' > "
       "../remote.git/hooks/post-receive; chmod +x ../remote.git/hooks/post-receive");
    p = git("git: {push: {ref: main}}");
    CHECK(good(p));
    CHECK(holds("[ $(git -C remote.git rev-parse main) = $(git -C repo rev-parse v2) ]"));
    // Killed by its timeout after the remote took it.
    sh("printf '#!/bin/sh\\nsleep 3\\n' > remote.git/hooks/post-receive; cd repo; git commit -q "
       "--allow-empty -m e");
    p = prepared("git: {push: {ref: main}}", no_values(), false);
    p->at.timeout_ms = 1500;
    CHECK(good(played(p)));
    // And before.
    sh("rm remote.git/hooks/post-receive; printf '#!/bin/sh\\nsleep 3; exit 1\\n' > "
       "remote.git/hooks/pre-receive; chmod +x remote.git/hooks/pre-receive; cd repo; git commit "
       "-q "
       "--allow-empty -m f");
    p = prepared("git: {push: {ref: main}}", no_values(), false);
    p->at.timeout_ms = 1500;
    CHECK(failed(played(p), "did not reach the remote"));
}

TEST(after_a_crash_the_remote_says_what_became_of_a_push)
{
    struct play *p;
    struct value_builder *b = value_map_start(scratch);

    new_repo();
    sh("git init -q --bare remote.git; cd repo; git remote add origin ../remote.git; "
       "git push -q origin main");
    value_put_s(b, "remote", value_text("origin"));
    value_put_s(b, "ref", value_text("refs/heads/main"));
    value_put_s(b, "sha", value_string(output_of("git rev-parse v2")));
    value_put_s(b, "previous", value_text(""));
    p = prepared("git: {push: {ref: main}}", no_values(), false);
    p->session.keeper = keeper_start(p->session.loop, scratch, p->folder, 0);
    arena_defer(scratch, stop_keeper, p->session.keeper);
    p->at.action->settle(&p->at, value_finish(b));
    play_wait(p);
    p->resolved = true;
    CHECK(good(p));
}

TEST(fetch_brings_what_the_remote_has)
{
    new_repo();
    sh("git clone -q repo clone; cd repo; git commit -q --allow-empty -m more; git tag v3");
    struct play *p = git("git: {fetch: {tags: true}, repo: ../clone}");
    CHECK(good(p));
    CHECK(holds("[ $(git -C clone rev-parse v3) = $(git -C repo rev-parse main) ]"));
}

// All that can be seen of a repository and its files.
#define STATE                                                                                    \
    "{ git symbolic-ref -q HEAD || true; git for-each-ref; git stash list; git rev-parse HEAD; " \
    "git ls-files -s; git status --porcelain --ignored; git diff; git diff --cached; "           \
    "find . -path ./.git -prune -o ! -type d -printf '%p %m %l\\n' | sort; "                     \
    "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 cat; }"

static void check_undone(const char *verb, const char *setup)
{
    struct str yaml = str_format(scratch, "git: {%s}" UNDO, verb);

    new_repo();
    sh("cd repo; git branch side v1; printf '*.ign\\n' > .git/info/exclude; echo x > old.ign; echo "
       "e > "
       "x.sh; chmod +x x.sh; git add x.sh; git commit -qm third; git tag v3; echo stashed >> "
       "g.txt; git "
       "stash -q");
    sh(str_format(scratch, "cd repo; %s", setup).s);
    sh("cd repo; " STATE " > ../before");
    CHECK(good(played(prepared(yaml.s, no_values(), false))));
    if (holds("cd repo; " STATE " | cmp - ../before")) {
        printf("# it did nothing: %s\n", verb);
        failures++;
    }
    CHECK(good(played(prepared(yaml.s, no_values(), true))));
    if (!holds("cd repo; " STATE " > ../after; cmp ../before ../after")) {
        printf("# not undone: %s after %s\n", verb, setup);
        system(str_format(scratch, "cd %s; diff before after | sed 's/^/# /'", at.s).s);
        failures++;
    }
    CHECK(holds("cd repo; git fsck --no-dangling"));
}

#define DIRTY                                                                               \
    "echo dirty >> f.txt; echo staged > s.txt; git add s.txt; echo more >> s.txt; "         \
    "echo untracked > 'u u.txt'; rm g.txt; mkdir d; echo deep > d/deep; ln -s f.txt link; " \
    "git rm -q --cached h.txt; chmod 755 f.txt"

TEST(undo_brings_back_branch_head_index_and_working_tree)
{
    check_undone("checkout: v1", "true");
    check_undone("checkout: side", "echo u > u.txt; echo s > s.txt; git add s.txt");
    check_undone("checkout: main", "git checkout -q v2");
    check_undone("reset: {to: v1, mode: hard}", DIRTY);
    check_undone("reset: {to: v1, mode: mixed}", DIRTY);
    check_undone("reset: {to: v1, mode: soft}", DIRTY);
    check_undone("reset: {to: HEAD, mode: hard}", DIRTY);
    check_undone("reset: {to: v2, mode: hard}", "git checkout -q --detach v3; " DIRTY);
    check_undone("restore: {paths: [f.txt, x.sh], from: v2}", "echo d >> f.txt");
    check_undone("restore: {paths: [f.txt], from: v1}", DIRTY);
    check_undone("stash: {}", DIRTY);
    check_undone("stash: {untracked: true}", DIRTY);
    check_undone("tag: {name: t}", DIRTY);
    check_undone("tag: {name: t, message: m}", "true");
    check_undone("commit: {message: m, paths: [f.txt]}", DIRTY);
    check_undone("commit: {message: m, paths: [., g.txt]}", DIRTY);
    // What git does not know is in the way.
    check_undone("reset: {to: v3, mode: hard}",
                 "git reset -q --hard v1; echo mine > h.txt; echo i > x.sh");
    check_undone("reset: {to: side, mode: hard}",
                 "git rm -q g.txt; git commit -qm gone; mkdir g.txt; echo in > g.txt/in.ign");
    check_undone("stash: {}", "git rm -q g.txt; echo again > g.txt");
}

TEST(undo_brings_back_files_that_git_writes_otherwise_than_it_keeps_them)
{
    check_undone(
        "reset: {to: v1, mode: hard}",
        "echo '*.txt text eol=crlf' > .gitattributes; git add .; git commit -qm attributes");
    check_undone("reset: {to: v1, mode: hard}", "git config core.autocrlf true");
    check_undone(
        "checkout: v1",
        "git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; "
        "echo '*.txt filter=up' > .gitattributes; git add .; git add --renormalize .; "
        "git commit -qm filter; "
        "touch -d 2020-01-01 *.txt; git update-index -q --refresh");
}

// After [verb] somebody does [by_hand]; undo then keeps what [kept] names, and no more.
static void check_kept(const char *verb, const char *setup, const char *by_hand, const char *kept)
{
    struct str yaml = str_format(scratch, "git: {%s}" UNDO, verb);

    new_repo();
    sh(str_format(scratch, "cd repo; %s", setup).s);
    CHECK(good(played(prepared(yaml.s, no_values(), false))));
    sh(str_format(scratch, "cd repo; %s", by_hand).s);
    CHECK(good(played(prepared(yaml.s, no_values(), true))));
    if (!holds(str_format(scratch,
                          "d=keep/1/later-1; mkdir -p $d; [ \"$(cd $d; find . -type f | sort | "
                          "xargs -r grep -H . | tr '\\n' ' ')\" = '%s' ]",
                          kept)
                   .s)) {
        printf("# %s; %s: not exactly '%s' was kept\n", verb, by_hand, kept);
        failures++;
    }
}

TEST(what_was_changed_after_the_step_is_kept_when_it_is_undone)
{
    check_kept("reset: {to: v1, mode: hard}", "true", "echo by hand > f.txt", "./f.txt:by hand ");
    check_kept("reset: {to: v1, mode: hard}", "true", "echo mine > h.txt", "./h.txt:mine ");
    check_kept("reset: {to: v1, mode: hard}", DIRTY, "true", "");
    check_kept("checkout: v1", "echo dirty >> g.txt", "true", "");
    check_kept("checkout: v1", "echo dirty >> g.txt", "echo more > g.txt", "./g.txt:more ");
    check_kept("stash: {untracked: true}", DIRTY, "mkdir d; echo new > d/deep", "./d/deep:new ");
    check_kept("restore: {paths: [f.txt], from: v1}", "true", "true", "");
    check_kept("restore: {paths: [f.txt], from: v1}", "true", "echo x > f.txt", "./f.txt:x ");
}

TEST(undo_is_refused_when_somebody_went_on_from_there)
{
    struct play *p;

    new_repo();
    CHECK(good(git("git: {reset: {to: v1, mode: hard}}" UNDO)));
    sh("cd repo; git commit -q --allow-empty -m more");
    p = played(prepared("git: {reset: {to: v1, mode: hard}}" UNDO, no_values(), true));
    CHECK(failed(p, "HEAD has moved on"));
    CHECK(!git("git: {push: {ref: main}}" UNDO)->loaded);
}

TEST(undo_of_a_step_that_failed_changes_nothing)
{
    new_repo();
    sh("echo dirty > repo/f.txt");
    CHECK(failed(git("git: {checkout: v1}" UNDO), "overwritten"));
    CHECK(good(played(prepared("git: {checkout: v1}" UNDO, no_values(), true))));
    CHECK(holds(
        "[ $(cat repo/f.txt) = dirty ] && [ $(git -C repo symbolic-ref --short HEAD) = main ]"));
}

TEST(what_will_run_is_described)
{
    struct play *p;

    new_repo();
    p = prepared("git: {reset: {to: \"${{ v }}\", mode: hard}, repo: a b}",
                 one_value("v", value_text("v1")), false);
    CHECK(play_resolve(p));
    CHECK_STR(described(p), "git -C 'a b' reset --hard v1\n");
    p = prepared("git: {push: {ref: main}}", no_values(), false);
    CHECK(play_resolve(p));
    CHECK_STR(described(p), "git push origin main\n");
}
