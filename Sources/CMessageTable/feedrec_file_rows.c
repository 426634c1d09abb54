/* The rows of one view or table from several recordings, one file after another. No transaction spans two files. */
#ifdef FEEDREC_STATIC

#include "feedrec_file_rows.h"

#include <stdarg.h>
#include <string.h>

/* Offset added to a file's own ids for each file before it, so that joins on them stay within one file. */
static const int64_t NUMBERS_A_FILE = 1000000000000;

static int fail(files_cursor *cursor, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return code;
}

int fail_in_file(files_cursor *cursor, int code, int number) {
    file_set *set = table_of(cursor)->set;
    return fail(cursor, code, "%s: %s", set->names[number], sqlite3_errmsg(set->files[number].db));
}

/* ---- Files. ---- */

int acquire_file(files_cursor *cursor, int number) {
    files_table *table = table_of(cursor);
    open_file *file = &table->set->files[number];
    char *error = NULL;
    int code = table->set->open_callback(table->set->context, number, table->view, &file->db, &error);
    if (code != SQLITE_OK) {
        fail(cursor, code, "%s", error ? error : "cannot open a recording");
        sqlite3_free(error);
        return code;
    }
    file->users++;
    return SQLITE_OK;
}

void release_file(file_set *set, int number) {
    open_file *file = &set->files[number];
    if (--file->users > 0 || file->is_kept) return;
    if (set->kept_count < FILES_KEPT_MAX) {
        file->is_kept = true;
        set->kept_count++;
        return;
    }
    sqlite3_close_v2(file->db);
    file->db = NULL;
}

bool is_file_wanted(files_cursor *cursor, int number) {
    files_table *table = table_of(cursor);
    for (int n = 0; n < cursor->condition_count; n++) {
        if (cursor->conditions[n].column != table->column_count) continue;
        const char *name = (const char *)sqlite3_value_text(cursor->values[n]);
        if (name == NULL || strcmp(name, table->set->names[number]) != 0) return false;
    }
    return true;
}

/* ---- The query on one file. ---- */

/* True for a condition that can be applied to the view of each file. SQLite checks all of them again. */
static bool is_passed_on(files_cursor *cursor, int n) {
    files_table *table = table_of(cursor);
    int column = cursor->conditions[n].column;
    if (column >= table->column_count) return false;
    return !table->is_number[column] || sqlite3_value_type(cursor->values[n]) == SQLITE_INTEGER;
}

static void append_condition(sqlite3_str *sql, files_cursor *cursor, int n, int number) {
    files_table *table = table_of(cursor);
    condition wanted = cursor->conditions[n];
    const char *operation = wanted.operation == 'l' ? "<=" : wanted.operation == 'g' ? ">=" : NULL;
    sqlite3_str_appendf(sql, " AND \"%w\" ", table->columns[wanted.column]);
    if (operation != NULL) sqlite3_str_appendall(sql, operation);
    else sqlite3_str_appendchar(sql, 1, wanted.operation);
    sqlite3_str_appendf(sql, " ?%d", n + 1);
    if (table->is_number[wanted.column]) sqlite3_str_appendf(sql, " - %lld", (long long)number * NUMBERS_A_FILE);
}

static char *query(files_cursor *cursor, int number) {
    files_table *table = table_of(cursor);
    sqlite3_str *sql = sqlite3_str_new(NULL);
    for (int n = 0; n < table->column_count; n++) {
        sqlite3_str_appendall(sql, n == 0 ? "SELECT " : ", ");
        if (cursor->used >> n & 1) sqlite3_str_appendf(sql, "\"%w\"", table->columns[n]);
        else sqlite3_str_appendall(sql, "NULL");
    }
    if (cursor->order != FILE_AFTER_FILE) sqlite3_str_appendall(sql, ", ts_recv, message_index, item");
    sqlite3_str_appendf(sql, " FROM \"%w\" WHERE true", table->view);
    for (int n = 0; n < cursor->condition_count; n++)
        if (is_passed_on(cursor, n)) append_condition(sql, cursor, n, number);
    if (cursor->order != FILE_AFTER_FILE) {
        const char *down = cursor->order == BY_TIME_DOWN ? " DESC" : "";
        sqlite3_str_appendf(
            sql, " AND ts_recv BETWEEN ?%d AND ?%d ORDER BY ts_recv%s, message_index%s, item%s", CONSTRAINTS_MAX + 1,
            CONSTRAINTS_MAX + 2, down, down, down);
    }
    return sqlite3_str_finish(sql);
}

int prepare_rows(files_cursor *cursor, int number, sqlite3_stmt **rows) {
    char *sql = query(cursor, number);
    if (sql == NULL) return SQLITE_NOMEM;
    int code = sqlite3_prepare_v2(table_of(cursor)->set->files[number].db, sql, -1, rows, NULL);
    sqlite3_free(sql);
    if (code != SQLITE_OK) return fail_in_file(cursor, code, number);
    for (int n = 0; n < cursor->condition_count && code == SQLITE_OK; n++)
        if (is_passed_on(cursor, n)) code = sqlite3_bind_value(*rows, n + 1, cursor->values[n]);
    return code;
}

/* ---- One file after another. ---- */

static void close_rows(files_cursor *cursor) {
    if (cursor->rows == NULL) return;
    sqlite3_finalize(cursor->rows);
    cursor->rows = NULL;
    release_file(table_of(cursor)->set, cursor->file);
}

static int open_rows(files_cursor *cursor) {
    int code = acquire_file(cursor, cursor->file);
    if (code != SQLITE_OK) return code;
    code = prepare_rows(cursor, cursor->file, &cursor->rows);
    if (cursor->rows == NULL) release_file(table_of(cursor)->set, cursor->file);
    else if (code != SQLITE_OK) close_rows(cursor);
    return code;
}

/* Moves to the next row of the current file, or to the first row of the next file that has one. */
static int next_of_files(files_cursor *cursor) {
    int file_count = table_of(cursor)->set->file_count;
    for (;;) {
        if (cursor->rows != NULL) {
            int code = sqlite3_step(cursor->rows);
            if (code == SQLITE_ROW) return SQLITE_OK;
            if (code != SQLITE_DONE) fail_in_file(cursor, code, cursor->file);
            close_rows(cursor);
            if (code != SQLITE_DONE) return code;
        }
        do cursor->file++;
        while (cursor->file < file_count && !is_file_wanted(cursor, cursor->file));
        if (cursor->file >= file_count) return SQLITE_OK;
        int code = open_rows(cursor);
        if (code != SQLITE_OK) return code;
    }
}

/* ---- Interface for the module. ---- */

int file_rows_begin(files_cursor *cursor) {
    cursor->row = 0;
    cursor->file = -1;
    if (cursor->order == FILE_AFTER_FILE) return next_of_files(cursor);
    int code = time_rows_begin(cursor);
    return code == SQLITE_OK ? time_rows_next(cursor, true) : code;
}

int file_rows_next(files_cursor *cursor) {
    cursor->row++;
    return cursor->order == FILE_AFTER_FILE ? next_of_files(cursor) : time_rows_next(cursor, false);
}

void file_rows_end(files_cursor *cursor) {
    time_rows_end(cursor);
    close_rows(cursor);
    for (int n = 0; n < cursor->condition_count; n++) sqlite3_value_free(cursor->values[n]);
    cursor->condition_count = 0;
}

void file_rows_value(files_cursor *cursor, int column, sqlite3_context *context) {
    files_table *table = table_of(cursor);
    if (column >= table->column_count) {
        sqlite3_result_text(context, table->set->names[cursor->file], -1, SQLITE_TRANSIENT);
    } else if (table->is_number[column] && sqlite3_column_type(cursor->rows, column) == SQLITE_INTEGER) {
        int64_t number = sqlite3_column_int64(cursor->rows, column);
        sqlite3_result_int64(context, number + cursor->file * NUMBERS_A_FILE);
    } else {
        sqlite3_result_value(context, sqlite3_column_value(cursor->rows, column));
    }
}

#endif
