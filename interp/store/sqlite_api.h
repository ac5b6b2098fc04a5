// SQLite, loaded when it is first needed.
//
// One table of function pointers with the types of sqlite3.h, so that
//
//     const struct sqlite_api *sq = sqlite_api(&why);
//     sq->prepare_v2(db, ...);
//
// reads like the library. The table is loaded once a process and never changes; any
// thread may ask for it. Shared by the store and the sql action: who needs one more
// function adds its name to the list.

#pragma once

#include <sqlite3.h>

// clang-format off
#define SQLITE_FUNCTIONS(X)                                                                  \
    /* the library */                                                                        \
    X(libversion) X(libversion_number) X(threadsafe) X(config) X(initialize) X(free)         \
    X(malloc64) X(memory_used) X(soft_heap_limit64) X(vfs_find) X(vfs_register) X(sleep)     \
    /* a connection */                                                                       \
    X(open_v2) X(close_v2) X(close) X(db_config) X(db_readonly) X(db_filename)               \
    X(file_control) X(limit) X(busy_timeout) X(busy_handler) X(interrupt)                    \
    X(progress_handler) X(set_authorizer) X(get_autocommit) X(txn_state) X(db_handle)        \
    X(extended_result_codes) X(changes64) X(total_changes64) X(last_insert_rowid)            \
    X(enable_load_extension) X(trace_v2) X(commit_hook) X(serialize) X(deserialize)          \
    X(create_function_v2) X(user_data) X(value_text) X(value_bytes) X(value_int64)           \
    X(result_text) X(result_int64) X(result_error) X(next_stmt) X(db_cacheflush)             \
    X(wal_autocheckpoint) X(wal_checkpoint_v2) X(wal_hook)                                   \
    /* errors */                                                                             \
    X(errcode) X(extended_errcode) X(errmsg) X(errstr) X(error_offset) X(system_errno)       \
    /* a statement */                                                                        \
    X(exec) X(complete) X(prepare_v2) X(prepare_v3) X(finalize) X(reset) X(step) X(sql)      \
    X(expanded_sql) X(stmt_readonly) X(stmt_busy) X(stmt_isexplain) X(stmt_status)           \
    X(clear_bindings) X(bind_parameter_count) X(bind_parameter_index)                        \
    X(bind_parameter_name) X(bind_null) X(bind_int) X(bind_int64) X(bind_double)             \
    X(bind_text) X(bind_text64) X(bind_blob) X(bind_blob64) X(bind_zeroblob64)               \
    X(column_count) X(data_count) X(column_name) X(column_decltype) X(column_table_name)     \
    X(column_origin_name) X(column_type) X(column_int) X(column_int64) X(column_double)      \
    X(column_text) X(column_blob) X(column_bytes) X(column_value) X(table_column_metadata)   \
    /* copies */                                                                             \
    X(backup_init) X(backup_step) X(backup_finish) X(backup_remaining) X(backup_pagecount)
// clang-format on

struct sqlite_api {
#define POINTER(name) __typeof__(&sqlite3_##name) name;
    SQLITE_FUNCTIONS(POINTER)
#undef POINTER
};

// NULL with the reason in *[why] (it stays) when the library cannot be loaded.
const struct sqlite_api *sqlite_api(const char **why);
