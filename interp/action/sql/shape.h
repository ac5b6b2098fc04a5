// What a statement is, by its words: whether it only reads, whether values can be bound
// in it, whether it can run inside a transaction.

#pragma once

#include "action/sql/scan.h"

struct sql_shape {
    size_t statements;       // separated by semicolons, without empty ones; the rest is about
                             // the first
    bool reads;              // SELECT, SHOW, ... that changes nothing: effects read
    bool binds;              // values can be bound: it is no DDL and no command
    bool creates;            // begins with CREATE
    bool controls;           // begins or ends a transaction
    bool alone;              // cannot run inside a transaction
    bool unsettled;          // has no effect inside a transaction, and so runs outside of one
    bool copy_in, copy_out;  // COPY from or to the client
    bool open;               // a comment or quote that nothing ends
    struct str verb;         // its first word, as written
    struct str blame;        // the words that make it [controls] or [alone]: "CREATE DATABASE"
};

struct sql_shape sql_shape_of(struct str text, enum sql_dialect dialect);
