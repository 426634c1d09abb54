/* The virtual table module `feedrec_files`: a view (or `messages`) of many recordings, one file after the other.
 *
 *     CREATE VIRTUAL TABLE temp.quotes USING feedrec_files(quotes, ts_recv INTEGER, time_recv, ...)
 *
 * Its rows are those of the view `quotes` of each file, in the order of the files; the last column is `file`, the name
 * of the file. SQLite attaches ten databases at most, so each file is opened by itself when a query comes to it, and
 * closed again unless it is among the first few, which stay open for the next query. No transaction spans two files.
 *
 * Comparisons of a column with a value become conditions on the view of each file, so that its indexes serve; SQLite
 * checks them again. Columns that a query does not use are not computed. A file with an older schema may lack the view
 * (it has no rows then) or columns of it (they are NULL then).
 */
#ifdef FEEDREC_STATIC

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feedrec_messages.h"

enum {
    FILES_KEPT_MAX = 32, /* open files: three descriptors and up to a megabyte each */
    CONSTRAINTS_MAX = 16,
    COLUMNS_MAX = 63, /* as many as SQLite tells apart in colUsed */
};

typedef struct {
    sqlite3 *db; /* NULL while closed */
    int users;
    bool is_kept;
    int is_older;
} open_file;

/* What the tables of one connection share; freed with the module. */
typedef struct {
    feedrec_open_file open_callback;
    void *context;
    int file_count;
    int kept_count;
    char **names;
    open_file *files;
} file_set;

typedef struct {
    sqlite3_vtab base;
    file_set *set;
    char *view;
    int column_count; /* without `file` */
    char *columns[COLUMNS_MAX];
} files_table;

typedef struct {
    int column;
    char operation; /* =, <, l for <=, >, g for >= */
} condition;

typedef struct {
    sqlite3_vtab_cursor base;
    int file; /* the one that is open; file_count at the end */
    sqlite3_stmt *rows;
    uint64_t used;
    int condition_count;
    condition conditions[CONSTRAINTS_MAX];
    sqlite3_value *values[CONSTRAINTS_MAX];
    sqlite3_int64 row;
} files_cursor;

static files_table *table_of(files_cursor *cursor) { return (files_table *)cursor->base.pVtab; }

static int fail(files_cursor *cursor, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return code;
}

/* ---- Files. ---- */

static int acquire(files_cursor *cursor, int number) {
    file_set *set = table_of(cursor)->set;
    open_file *file = &set->files[number];
    if (file->db == NULL) {
        char *error = NULL;
        int code = set->open_callback(set->context, number, &file->db, &file->is_older, &error);
        if (code != SQLITE_OK) {
            file->db = NULL;
            fail(cursor, code, "%s", error ? error : "cannot open a recording");
            sqlite3_free(error);
            return code;
        }
    }
    file->users++;
    return SQLITE_OK;
}

static void release(file_set *set, int number) {
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

static void close_rows(files_cursor *cursor) {
    if (cursor->rows == NULL) return;
    sqlite3_finalize(cursor->rows);
    cursor->rows = NULL;
    release(table_of(cursor)->set, cursor->file);
}

/* ---- The query on one file. ---- */

/* Which columns the view of an older file has, as bits; none where it lacks the view. */
static int columns_there(files_cursor *cursor, uint64_t *there) {
    files_table *table = table_of(cursor);
    sqlite3 *db = table->set->files[cursor->file].db;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?1)", -1, &statement, NULL);
    if (code != SQLITE_OK) return fail(cursor, code, "%s", sqlite3_errmsg(db));
    sqlite3_bind_text(statement, 1, table->view, -1, SQLITE_STATIC);
    *there = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        for (int n = 0; n < table->column_count; n++)
            if (name != NULL && strcmp(name, table->columns[n]) == 0) *there |= (uint64_t)1 << n;
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : fail(cursor, code, "%s", sqlite3_errmsg(db));
}

static void append_column(sqlite3_str *sql, const files_table *table, int column, uint64_t there) {
    if (there >> column & 1) sqlite3_str_appendf(sql, "\"%w\"", table->columns[column]);
    else sqlite3_str_appendall(sql, "NULL");
}

static char *query(files_cursor *cursor, uint64_t there) {
    files_table *table = table_of(cursor);
    sqlite3_str *sql = sqlite3_str_new(NULL);
    for (int n = 0; n < table->column_count; n++) {
        sqlite3_str_appendall(sql, n == 0 ? "SELECT " : ", ");
        append_column(sql, table, n, there & cursor->used);
    }
    sqlite3_str_appendf(sql, " FROM \"%w\" WHERE true", table->view);
    for (int n = 0; n < cursor->condition_count; n++) {
        condition wanted = cursor->conditions[n];
        if (wanted.column == table->column_count) continue;
        const char *operation = wanted.operation == 'l' ? "<=" : wanted.operation == 'g' ? ">=" : NULL;
        sqlite3_str_appendall(sql, " AND ");
        append_column(sql, table, wanted.column, there);
        if (operation != NULL) sqlite3_str_appendf(sql, " %s ?%d", operation, n + 1);
        else sqlite3_str_appendf(sql, " %c ?%d", wanted.operation, n + 1);
    }
    return sqlite3_str_finish(sql);
}

/* Prepares the query on the file at hand; `rows` stays NULL where it lacks the view. */
static int prepare_rows(files_cursor *cursor) {
    files_table *table = table_of(cursor);
    const open_file *file = &table->set->files[cursor->file];
    uint64_t there = ~(uint64_t)0;
    if (file->is_older) {
        int code = columns_there(cursor, &there);
        if (code != SQLITE_OK || there == 0) return code;
    }
    char *sql = query(cursor, there);
    if (sql == NULL) return SQLITE_NOMEM;
    int code = sqlite3_prepare_v2(file->db, sql, -1, &cursor->rows, NULL);
    sqlite3_free(sql);
    if (code != SQLITE_OK)
        return fail(cursor, code, "%s: %s", table->set->names[cursor->file], sqlite3_errmsg(file->db));
    for (int n = 0; n < cursor->condition_count && code == SQLITE_OK; n++)
        if (cursor->conditions[n].column != table->column_count)
            code = sqlite3_bind_value(cursor->rows, n + 1, cursor->values[n]);
    return code;
}

/* False for a file that a condition on `file` excludes. */
static bool is_wanted(files_cursor *cursor, int number) {
    files_table *table = table_of(cursor);
    for (int n = 0; n < cursor->condition_count; n++) {
        if (cursor->conditions[n].column != table->column_count) continue;
        const char *name = (const char *)sqlite3_value_text(cursor->values[n]);
        if (name == NULL || strcmp(name, table->set->names[number]) != 0) return false;
    }
    return true;
}

/* Goes to the next row of the file at hand, or to the first one of the next file that has any. */
static int advance(files_cursor *cursor) {
    files_table *table = table_of(cursor);
    for (;;) {
        if (cursor->rows != NULL) {
            int code = sqlite3_step(cursor->rows);
            if (code == SQLITE_ROW) {
                cursor->row++;
                return SQLITE_OK;
            }
            if (code != SQLITE_DONE) {
                fail(
                    cursor, code, "%s: %s", table->set->names[cursor->file],
                    sqlite3_errmsg(table->set->files[cursor->file].db));
                close_rows(cursor);
                return code;
            }
            close_rows(cursor);
        }
        do cursor->file++;
        while (cursor->file < table->set->file_count && !is_wanted(cursor, cursor->file));
        if (cursor->file >= table->set->file_count) return SQLITE_OK;
        int code = acquire(cursor, cursor->file);
        if (code != SQLITE_OK) return code;
        code = prepare_rows(cursor);
        if (cursor->rows == NULL) release(table->set, cursor->file);
        if (code != SQLITE_OK) {
            close_rows(cursor);
            return code;
        }
    }
}

/* ---- Plan: the used columns as a hexadecimal number, then a column and an operator for each used condition. ---- */

static char plan_operator(int operation) {
    switch (operation) {
    case SQLITE_INDEX_CONSTRAINT_EQ: return '=';
    case SQLITE_INDEX_CONSTRAINT_LT: return '<';
    case SQLITE_INDEX_CONSTRAINT_LE: return 'l';
    case SQLITE_INDEX_CONSTRAINT_GT: return '>';
    case SQLITE_INDEX_CONSTRAINT_GE: return 'g';
    default: return 0;
    }
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
    files_table *table = (files_table *)base;
    sqlite3_str *plan = sqlite3_str_new(NULL);
    sqlite3_str_appendf(plan, "%llx", (unsigned long long)info->colUsed);
    int used = 0, equalities = 0;
    for (int n = 0; n < info->nConstraint && used < CONSTRAINTS_MAX; n++) {
        char operation = plan_operator(info->aConstraint[n].op);
        int column = info->aConstraint[n].iColumn;
        if (!info->aConstraint[n].usable || operation == 0 || column < 0) continue;
        if (column == table->column_count && operation != '=') continue;
        /* The views compare byte by byte. */
        if (sqlite3_stricmp(sqlite3_vtab_collation(info, n), "BINARY") != 0) continue;
        sqlite3_str_appendf(plan, " %d%c", column, operation);
        info->aConstraintUsage[n].argvIndex = ++used;
        equalities += operation == '=';
    }
    info->idxStr = sqlite3_str_finish(plan);
    if (info->idxStr == NULL) return SQLITE_NOMEM;
    info->needToFreeIdxStr = 1;
    /* Rows have no number of their own that stays, which SQLite would need to answer an OR by two scans. No plan costs
     * less than half of the dearest, so it never thinks that worth its while. */
    info->estimatedCost = 1e7 * (used == 0 ? 1 : equalities == 0 ? 0.7 : equalities == 1 ? 0.6 : 0.55);
    info->estimatedRows = 1000000;
    for (int n = 0; n < used; n++) info->estimatedRows /= n < equalities ? 100 : 4;
    if (info->estimatedRows < 1) info->estimatedRows = 1;
    return SQLITE_OK;
}

/* ---- The methods. ---- */

static void free_table(files_table *table) {
    for (int n = 0; n < table->column_count; n++) sqlite3_free(table->columns[n]);
    sqlite3_free(table->view);
    sqlite3_free(table);
}

/* Arguments from the fourth on: the view, then its columns with their types. */
static int connect_table(
    sqlite3 *db, void *context, int argument_count, const char *const *arguments, sqlite3_vtab **result, char **error) {
    if (argument_count < 5 || argument_count - 4 > COLUMNS_MAX) {
        *error = sqlite3_mprintf("feedrec_files needs a view and its columns, %d at most", COLUMNS_MAX);
        return SQLITE_ERROR;
    }
    files_table *table = sqlite3_malloc(sizeof *table);
    if (table == NULL) return SQLITE_NOMEM;
    memset(table, 0, sizeof *table);
    table->set = context;
    table->view = sqlite3_mprintf("%s", arguments[3]);
    sqlite3_str *declaration = sqlite3_str_new(db);
    sqlite3_str_appendall(declaration, "CREATE TABLE x(");
    bool is_complete = table->view != NULL;
    for (int n = 4; n < argument_count; n++) {
        int length = (int)strcspn(arguments[n], " ");
        char *name = sqlite3_mprintf("%.*s", length, arguments[n]);
        is_complete = is_complete && name != NULL;
        if (name == NULL) break;
        table->columns[table->column_count++] = name;
        sqlite3_str_appendf(declaration, "%s, ", arguments[n]);
    }
    sqlite3_str_appendall(declaration, "file TEXT)");
    char *text = sqlite3_str_finish(declaration);
    int code = text == NULL || !is_complete ? SQLITE_NOMEM : sqlite3_declare_vtab(db, text);
    sqlite3_free(text);
    if (code != SQLITE_OK) {
        free_table(table);
        return code;
    }
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    *result = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *table) {
    free_table((files_table *)table);
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **result) {
    (void)table;
    files_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (cursor == NULL) return SQLITE_NOMEM;
    memset(cursor, 0, sizeof *cursor);
    *result = &cursor->base;
    return SQLITE_OK;
}

static void forget(files_cursor *cursor) {
    close_rows(cursor);
    for (int n = 0; n < cursor->condition_count; n++) sqlite3_value_free(cursor->values[n]);
    cursor->condition_count = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
    forget((files_cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int value_count, sqlite3_value **values) {
    (void)number;
    files_cursor *cursor = (files_cursor *)base;
    forget(cursor);
    char *rest = NULL;
    cursor->used = strtoull(plan, &rest, 16);
    for (int n = 0; n < value_count && n < CONSTRAINTS_MAX && *rest == ' '; n++) {
        cursor->conditions[n].column = (int)strtol(rest + 1, &rest, 10);
        cursor->conditions[n].operation = *rest++;
        cursor->values[n] = sqlite3_value_dup(values[n]);
        if (cursor->values[n] == NULL) return SQLITE_NOMEM;
        cursor->condition_count = n + 1;
    }
    cursor->file = -1;
    cursor->row = 0;
    return advance(cursor);
}

static int next_row(sqlite3_vtab_cursor *base) { return advance((files_cursor *)base); }

static int is_at_end(sqlite3_vtab_cursor *base) {
    files_cursor *cursor = (files_cursor *)base;
    return cursor->rows == NULL;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *result) {
    *result = ((files_cursor *)base)->row;
    return SQLITE_OK;
}

static int column_value(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    files_cursor *cursor = (files_cursor *)base;
    files_table *table = table_of(cursor);
    if (column < table->column_count) sqlite3_result_value(context, sqlite3_column_value(cursor->rows, column));
    else sqlite3_result_text(context, table->set->names[cursor->file], -1, SQLITE_TRANSIENT);
    return SQLITE_OK;
}

static const sqlite3_module files_module = {
    .iVersion = 0,
    .xCreate = connect_table,
    .xConnect = connect_table,
    .xBestIndex = best_index,
    .xDisconnect = disconnect_table,
    .xDestroy = disconnect_table,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = is_at_end,
    .xColumn = column_value,
    .xRowid = rowid,
};

static void free_set(void *context) {
    file_set *set = context;
    for (int n = 0; n < set->file_count; n++) {
        if (set->files != NULL) sqlite3_close_v2(set->files[n].db);
        if (set->names != NULL) sqlite3_free(set->names[n]);
    }
    sqlite3_free(set->files);
    sqlite3_free(set->names);
    sqlite3_free(set);
}

int feedrec_register_files(
    sqlite3 *db, int file_count, const char *const *names, feedrec_open_file open_callback, void *context) {
    if (file_count < 1) return SQLITE_MISUSE;
    file_set *set = sqlite3_malloc(sizeof *set);
    if (set == NULL) return SQLITE_NOMEM;
    memset(set, 0, sizeof *set);
    set->open_callback = open_callback;
    set->context = context;
    set->files = sqlite3_malloc64((size_t)file_count * sizeof *set->files);
    set->names = sqlite3_malloc64((size_t)file_count * sizeof *set->names);
    bool is_complete = set->files != NULL && set->names != NULL;
    if (is_complete) {
        set->file_count = file_count;
        memset(set->files, 0, (size_t)file_count * sizeof *set->files);
        for (int n = 0; n < file_count; n++) {
            set->names[n] = sqlite3_mprintf("%s", names[n]);
            is_complete = is_complete && set->names[n] != NULL;
        }
    }
    if (!is_complete) {
        free_set(set);
        return SQLITE_NOMEM;
    }
    return sqlite3_create_module_v2(db, "feedrec_files", &files_module, set, free_set);
}

#endif
