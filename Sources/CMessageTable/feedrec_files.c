/* The virtual table module `feedrec_files`: one view or table of many recordings.
 *
 *     CREATE VIRTUAL TABLE temp.quotes USING feedrec_files(quotes, timed, ts_recv INTEGER, ..., #instrument_id INTEGER)
 *
 * Its rows are those of `quotes` of each file. SQLite attaches at most ten databases, so each file is opened separately
 * when a query needs it. The first few stay open for the next query; the others are closed again.
 *
 * The rows of a `plain` table come file by file. Those of a `timed` table come in time order if the query asks for it,
 * and only the rows that are read cost anything; an `always` table is always in time order. With several files the last
 * column is `file`, the name of the file. A column with `#` holds ids that each file assigns itself; those of the
 * second file are increased by 1,000,000,000,000, and so on, so that joins on them are correct.
 *
 * Comparisons of a column with a value become conditions on each file and can use its indexes; SQLite checks them
 * again. Columns that a query does not use are not computed.
 */
#ifdef FEEDREC_STATIC

#include "feedrec_file_rows.h"

#include <stdlib.h>
#include <string.h>

/* Added in SQLite 3.38; NULL in an older library. */
extern int sqlite3_vtab_rhs_value(sqlite3_index_info *, int, sqlite3_value **) __attribute__((weak));
extern int sqlite3_vtab_in(sqlite3_index_info *, int, int) __attribute__((weak));

/* ---- Plan: the order, the used columns in hexadecimal, then a column and an operator for each condition. ---- */

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

/* True if a query joins on message_index, which counts in each file separately, without joining on `file`. */
static bool joins_across_files(const files_table *table, sqlite3_index_info *info) {
    if (!table->has_file_column || sqlite3_vtab_rhs_value == NULL || sqlite3_vtab_in == NULL) return false;
    bool is_joined = false;
    for (int n = 0; n < info->nConstraint; n++) {
        if (info->aConstraint[n].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
        int column = info->aConstraint[n].iColumn;
        sqlite3_value *value = NULL;
        if (column == table->column_count) return false;
        if (column < 0 || strcmp(table->columns[column], "message_index") != 0) continue;
        if (!sqlite3_vtab_in(info, n, -1) && sqlite3_vtab_rhs_value(info, n, &value) != SQLITE_OK) is_joined = true;
    }
    return is_joined;
}

/* Chooses the order of the rows, and tells SQLite if it is the order of the query. */
static row_order choose_order(const files_table *table, sqlite3_index_info *info) {
    if (!table->is_timed) return FILE_AFTER_FILE;
    if (info->nOrderBy == 0) return table->is_always_timed && info->colUsed != 0 ? BY_TIME : FILE_AFTER_FILE;
    if (info->nOrderBy > ORDER_COLUMNS) return FILE_AFTER_FILE;
    for (int n = 0; n < info->nOrderBy; n++) {
        bool is_same = info->aOrderBy[n].iColumn == table->order_columns[n];
        if (!is_same || info->aOrderBy[n].desc != info->aOrderBy[0].desc) return FILE_AFTER_FILE;
    }
    info->orderByConsumed = 1;
    return info->aOrderBy[0].desc ? BY_TIME_DOWN : BY_TIME;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
    files_table *table = (files_table *)base;
    if (joins_across_files(table, info)) {
        sqlite3_free(base->zErrMsg);
        base->zErrMsg = sqlite3_mprintf(
            "message_index counts separately in each file: compare the column file too, as in USING (file, message_index)");
        return SQLITE_ERROR;
    }
    sqlite3_str *plan = sqlite3_str_new(NULL);
    sqlite3_str_appendf(plan, "%d %llx", (int)choose_order(table, info), (unsigned long long)info->colUsed);
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
    /* For an OR, SQLite may run two scans and match their rows by rowid, but rows have no stable rowid here.
     * No plan costs less than half of the most expensive one, so SQLite never chooses two scans. */
    info->estimatedCost = 1e7 * (used == 0 ? 1 : equalities == 0 ? 0.7 : equalities == 1 ? 0.6 : 0.55);
    info->estimatedRows = 1000000;
    for (int n = 0; n < used; n++) info->estimatedRows /= n < equalities ? 100 : 4;
    if (info->estimatedRows < 1) info->estimatedRows = 1;
    return SQLITE_OK;
}

/* ---- Tables. ---- */

static void free_table(files_table *table) {
    for (int n = 0; n < table->column_count; n++) sqlite3_free(table->columns[n]);
    sqlite3_free(table->view);
    sqlite3_free(table);
}

/* Parses `[#]NAME [TYPE]` and appends it to the declaration. */
static bool add_column(files_table *table, const char *argument, sqlite3_str *declaration) {
    static const char *const order_names[ORDER_COLUMNS] = {"ts_recv", "message_index", "item"};
    bool is_number = *argument == '#';
    if (is_number) argument++;
    char *name = sqlite3_mprintf("%.*s", (int)strcspn(argument, " "), argument);
    if (name == NULL) return false;
    for (int n = 0; n < ORDER_COLUMNS; n++)
        if (strcmp(name, order_names[n]) == 0) table->order_columns[n] = table->column_count;
    table->is_number[table->column_count] = is_number;
    table->columns[table->column_count++] = name;
    const char *type = argument + strlen(name);
    sqlite3_str_appendf(declaration, "%s\"%w\"%s", table->column_count > 1 ? ", " : "", name, type);
    return true;
}

/* The arguments from the fourth on are the view, its order, then its columns with their types. */
static int connect_table(
    sqlite3 *db, void *context, int argument_count, const char *const *arguments, sqlite3_vtab **result, char **error) {
    if (argument_count < 6 || argument_count - 5 > COLUMNS_MAX) {
        *error = sqlite3_mprintf("feedrec_files needs a view, an order and columns, %d at most", COLUMNS_MAX);
        return SQLITE_ERROR;
    }
    files_table *table = sqlite3_malloc(sizeof *table);
    if (table == NULL) return SQLITE_NOMEM;
    memset(table, 0, sizeof *table);
    table->set = context;
    table->has_file_column = table->set->file_count > 1;
    table->is_always_timed = strcmp(arguments[4], "always") == 0;
    table->is_timed = table->is_always_timed || strcmp(arguments[4], "timed") == 0;
    for (int n = 0; n < ORDER_COLUMNS; n++) table->order_columns[n] = -1;
    table->view = sqlite3_mprintf("%s", arguments[3]);
    sqlite3_str *declaration = sqlite3_str_new(db);
    sqlite3_str_appendall(declaration, "CREATE TABLE x(");
    bool is_complete = table->view != NULL;
    for (int n = 5; n < argument_count && is_complete; n++) is_complete = add_column(table, arguments[n], declaration);
    sqlite3_str_appendall(declaration, table->has_file_column ? ", file TEXT)" : ")");
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

/* ---- Cursors. ---- */

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **result) {
    (void)table;
    files_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (cursor == NULL) return SQLITE_NOMEM;
    memset(cursor, 0, sizeof *cursor);
    *result = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
    file_rows_end((files_cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int value_count, sqlite3_value **values) {
    (void)number;
    files_cursor *cursor = (files_cursor *)base;
    file_rows_end(cursor);
    char *rest = NULL;
    cursor->order = (row_order)strtol(plan, &rest, 10);
    cursor->used = strtoull(rest, &rest, 16);
    for (int n = 0; n < value_count && n < CONSTRAINTS_MAX && *rest == ' '; n++) {
        cursor->conditions[n].column = (int)strtol(rest + 1, &rest, 10);
        cursor->conditions[n].operation = *rest++;
        cursor->values[n] = sqlite3_value_dup(values[n]);
        if (cursor->values[n] == NULL) return SQLITE_NOMEM;
        cursor->condition_count = n + 1;
    }
    return file_rows_begin(cursor);
}

static int next_row(sqlite3_vtab_cursor *base) { return file_rows_next((files_cursor *)base); }

static int is_at_end(sqlite3_vtab_cursor *base) { return ((files_cursor *)base)->rows == NULL; }

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *result) {
    *result = ((files_cursor *)base)->row;
    return SQLITE_OK;
}

static int column_value(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    file_rows_value((files_cursor *)base, column, context);
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

/* ---- The module. ---- */

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
