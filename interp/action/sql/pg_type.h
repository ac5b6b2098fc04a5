// The types of PostgreSQL that we know by their number.

#pragma once

// Of pg_type.dat; they never change.
enum {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_OID = 26,
    PG_JSON = 114,
    PG_FLOAT4 = 700,
    PG_FLOAT8 = 701,
    PG_TIMESTAMP = 1114,
    PG_TIMESTAMPTZ = 1184,
    PG_INTERVAL = 1186,
    PG_NUMERIC = 1700,
    PG_JSONB = 3802,
};

// The type of the items of an array type, and back; 0 if there is none.
unsigned pg_item_of(unsigned array);
unsigned pg_array_of(unsigned item);
