// Questions: asked one at a time (ask.c), answered by people, by flags (flags.c) or by what was
// answered before.

#pragma once

#include "exec/core/run.h"
#include "exec/question.h"

struct driver;

struct asked;
// One question at a time, in the order asked. [then] once; never from inside this call.
struct asked *ask(struct driver *d, struct question *q, struct task *t,
                  void (*then)(void *arg, const struct answer *a), void *arg);
void ask_withdraw(struct asked *k);
// What flags say to a question, if anything; a wrong text is nothing.
bool answer_from_flags(const struct driver *d, const struct question *q, struct answer *a);
// What a person says of manual work: `done`, `failed:NOTE`, `na:NOTE`. [wanted]: enum evidence.
// False, with the reason, when it is none of the three.
bool work_answer(const struct driver *d, struct str text, int wanted, struct answer *a,
                 struct str *why);
// The flag that names the question, whatever it says; NULL where there is none.
const struct said *flag_for(const struct driver *d, const struct question *q);
// The flag's [said] is the id of a place in the file, perhaps of one instance there.
bool flag_means(struct str said, struct str id, struct arena *a);
bool confirm_is_right(const struct question *q, struct str text);
// "deploy[eu].wait" without its keys; a step of the run as it is called in its file.
struct str id_without_keys(struct str id, struct arena *a);
struct str id_in_file(const struct task *t, struct arena *a);
// What was answered before a resume and still counts (manual, prompt, checklist).
bool recorded_answer(const struct driver *d, const struct question *q, struct answer *a);
// Adds {step, kind, message} of every open question; how many there are.
size_t open_questions(const struct driver *d, struct value_builder *list);
// Without a terminal: 5, with every answer that the run may need and that no flag gives; 0 when
// there is none.
int answers_missing(struct driver *d);
// When the undo phase begins: warns of the answers that it may need and that nobody can give.
void undo_answers_missing(struct driver *d);
// The same as answers_missing(), and for --mode manual, which nobody can answer for anybody.
int refuse_questions(struct driver *d);
// False, with an error, when --confirm, --answer or --attest name what is never asked, or
// answer what is known to be no answer.
bool flags_are_right(struct driver *d);
// question.c: what every question has before it is asked.
void question_complete(const struct driver *d, struct question *q);
// How long it has been open already, in earlier sessions and between them; and what is left of
// its time.
int64_t question_open_ms(const struct driver *d, const struct question *q);
int64_t question_time_left(const struct driver *d, const struct question *q);
// A person said no to the approval [id]: earlier votes on it are void.
void note_refusal(struct driver *d, struct str id);
// The way forward is over, or all of the run: its questions of earlier sessions are open no more,
// which is told, with the votes that nobody went on to hear.
void withdraw_left(struct driver *d);
// "confirm", "approve", ...: as events call it.
const char *question_word(enum question_kind kind);
void tell_question(struct driver *d, const struct question *q, bool is_decided);
// [votes]: a list of those who voted, or VALUE_NONE.
void tell_answer(struct driver *d, const struct question *q, const struct answer *a,
                 struct value votes);
// What the votes in the store come to. [list]: what tell_answer() tells of them; [a]: the answer,
// where they decide it. Both stay as they are where the votes cannot be read (votes_told.c).
enum votes_heard { VOTES_OPEN, VOTES_DECIDE, VOTES_UNREAD };
enum votes_heard votes_answer(const struct driver *d, struct question *q, struct answer *a,
                              struct value *list);

// escalation.c
const struct list *contacts_of(const struct driver *d);
void put_people(const struct driver *d, struct question *q);
// Runs hooks.waiting for each of them when it is their turn, until [over]. The question has
// been open for [open_ms] already.
void call_people(struct driver *d, const struct question *q, int64_t open_ms, const bool *over);
// Adds {step, at, contact} of each whom nobody has called about [q] yet, where there are hooks for
// it: what is left to a worker when the run is suspended.
void put_calls_left(const struct driver *d, const struct question *q, struct value_builder *list);
// The same of every open question (ask.c).
void open_calls(const struct driver *d, struct value_builder *list);
// Of a run that is suspended and stays so: calls those whose turn has come since. How many.
size_t call_those_due(struct driver *d);
// hook.end of an earlier session, or of a worker between them.
void call_replayed(struct driver *d, const struct event *e);
