// SQL, read just closely enough to know what is code and what is text.
//
// Where a value may stand, where a statement ends and what it begins with: nothing else
// is understood here. Quotes, comments and dollar quotes are those of PostgreSQL
// (section 4.1 of its manual) or of SQLite.

#pragma once

#include "base/str.h"

enum sql_dialect { SQL_POSTGRES, SQL_SQLITE };

enum sql_kind {
    SQL_COMMENT,
    SQL_WORD,  // a key word or a plain name
    SQL_NAME,  // "name", `name`, [name]
    SQL_TEXT,  // 'text', E'text', $tag$text$tag$
    SQL_NUMBER,
    SQL_PARAMETER,    // $1; SQLite also ?, ?1, :name, @name
    SQL_PUNCTUATION,  // one byte
};

struct sql_token {
    enum sql_kind kind;
    size_t start, end;
    bool open;  // a comment or quote that nothing ends
};

struct sql_scan {
    struct str text;
    enum sql_dialect dialect;
    size_t at;
};

// The next token behind white space; false at the end.
bool sql_next(struct sql_scan *s, struct sql_token *out);
// The same, passing over comments.
bool sql_next_code(struct sql_scan *s, struct sql_token *out);

// Whether a token is this word, whatever the case; [word] is in capitals.
bool sql_is_word(const struct sql_scan *s, const struct sql_token *t, const char *word);
bool sql_is_mark(const struct sql_scan *s, const struct sql_token *t, char c);

