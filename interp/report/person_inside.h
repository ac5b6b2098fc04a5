// The inside of the asker, for the files that make it up: person.c (showing and hearing),
// dialogs.c and dialogs_work.c (each kind of question), menu.c (failure and walk).

#pragma once

#include "report/page.h"
#include "report/person.h"

struct person {
    struct asker asker;
    struct arena *arena;
    struct loop *loop;
    struct tty *tty;
    struct screen *screen;
    const struct history *history;

    struct question *q;     // NULL: nothing is asked
    struct arena *scratch;  // of the question
    struct page page;       // what is shown next
    struct str prompt;
    void (*heard)(struct person *p, struct str line);
    struct answer answer;  // as far as it is known
    struct waiting *waiting;  // approvals: votes on them come from elsewhere
    size_t item;           // of a checklist
    bool menu_shown;       // with what its letters mean
    bool walked;           // a step of --mode manual was asked about before
    const struct question *looking;  // its checks are being asked
    size_t called;         // people that were named so far
    struct timer *timer;   // the time that runs out
    struct timer *escalation;
};

// Begins the dialog of p->q.
void dialog_begin(struct person *p);
// dialogs_work.c: manual work, and a value.
void dialog_manual(struct person *p);
void dialog_prompt(struct person *p);
// Into p->page: "Confirm deploy: ...", the question, and what has to be known to answer it.
void dialog_headline(struct person *p, const char *what);
void dialog_message(struct person *p);
void dialog_facts(struct person *p);
void menu_begin(struct person *p);
// What is to be said of an approval, into p->page.
void dialog_approval(struct person *p);

// What stands in p->page is shown, then [prompt], and the next line goes to [heard].
void person_ask(struct person *p, struct str prompt,
                void (*heard)(struct person *p, struct str line));
// The same question again, after a word about what was wrong.
void person_again(struct person *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
// It is answered.
void person_answer(struct person *p, enum answer_kind kind);
void person_answer_text(struct person *p, enum answer_kind kind, struct str text);
// Shows what stands in p->page now.
void person_show(struct person *p);
// "label  text" in the page, if there is a text.
void person_item(struct person *p, const char *label, enum ink color, struct str text);
// The title of the question, unless it only repeats the id.
struct str person_title(const struct person *p);
// "role, name, phone, ...": whom to call.
struct str person_to_call_text(const struct person_to_call *who, struct arena *a);
// yes, no, or neither; [yes] may be more than the word.
bool person_says_no(struct str line);
