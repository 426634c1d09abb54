/* Table-valued functions whose rows a callback computes.
 *
 *     SELECT * FROM book('BTCUSDT', '2026-01-05T09:30:00Z', 20)
 *
 * The parameters are hidden columns, after the visible ones. A query that lacks a required parameter is an error. The
 * rows are computed when they are read, in the order of the callback.
 */
#ifdef FEEDREC_STATIC

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "feedrec_messages.h"

enum { PARAMETERS_MAX = 16 };

/* Freed with the module. */
typedef struct {
    feedrec_function calls;
    char *usage;
    char *declaration;
} function_module;

typedef struct {
    sqlite3_vtab base;
    const function_module *module;
} function_table;

typedef struct {
    sqlite3_vtab_cursor base;
    void *rows; /* of the callback; NULL before the first row and after an error */
    bool is_at_end;
    sqlite3_int64 row;
} function_cursor;

static const feedrec_function *calls_of(function_cursor *cursor) {
    return &((function_table *)cursor->base.pVtab)->module->calls;
}

static int connect_function(
    sqlite3 *db, void *context, int argument_count, const char *const *arguments, sqlite3_vtab **result, char **error) {
    (void)argument_count, (void)arguments, (void)error;
    const function_module *module = context;
    int code = sqlite3_declare_vtab(db, module->declaration);
    if (code != SQLITE_OK) return code;
    function_table *table = sqlite3_malloc(sizeof *table);
    if (table == NULL) return SQLITE_NOMEM;
    memset(table, 0, sizeof *table);
    table->module = module;
    *result = &table->base;
    return SQLITE_OK;
}

static int disconnect_function(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

/* Passes the given parameters in their order; idxNum has a bit for each of them. */
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
    const feedrec_function *calls = &((function_table *)base)->module->calls;
    int constraint_of[PARAMETERS_MAX];
    bool is_named[PARAMETERS_MAX] = {false};
    for (int n = 0; n < PARAMETERS_MAX; n++) constraint_of[n] = -1;
    for (int n = 0; n < info->nConstraint; n++) {
        int parameter = info->aConstraint[n].iColumn - calls->column_count;
        if (parameter < 0 || parameter >= calls->parameter_count) continue;
        if (info->aConstraint[n].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
        is_named[parameter] = true;
        if (info->aConstraint[n].usable) constraint_of[parameter] = n;
    }
    int used = 0;
    for (int n = 0; n < calls->parameter_count; n++) {
        if (constraint_of[n] < 0) {
            /* The value comes from a table that this plan reads later. */
            if (is_named[n]) return SQLITE_CONSTRAINT;
            if (n >= calls->required_count) continue;
            sqlite3_free(base->zErrMsg);
            base->zErrMsg = sqlite3_mprintf("%s", ((function_table *)base)->module->usage);
            return SQLITE_ERROR;
        }
        info->aConstraintUsage[constraint_of[n]].argvIndex = ++used;
        info->aConstraintUsage[constraint_of[n]].omit = 1;
        info->idxNum |= 1 << n;
    }
    info->estimatedCost = 10000;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **result) {
    (void)table;
    function_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (cursor == NULL) return SQLITE_NOMEM;
    memset(cursor, 0, sizeof *cursor);
    *result = &cursor->base;
    return SQLITE_OK;
}

static void end_rows(function_cursor *cursor) {
    if (cursor->rows != NULL) calls_of(cursor)->end(cursor->rows);
    cursor->rows = NULL;
    cursor->is_at_end = true;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
    end_rows((function_cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

/* Takes the error text of a callback over; returns `code`. */
static int fail(function_cursor *cursor, int code, char *error) {
    end_rows(cursor);
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = error;
    return code;
}

static int next_row(sqlite3_vtab_cursor *base) {
    function_cursor *cursor = (function_cursor *)base;
    char *error = NULL;
    bool has_row = false;
    int code = calls_of(cursor)->next(cursor->rows, &has_row, &error);
    if (code != SQLITE_OK) return fail(cursor, code, error);
    if (!has_row) end_rows(cursor);
    cursor->row++;
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int given, const char *plan, int value_count, sqlite3_value **values) {
    (void)plan;
    function_cursor *cursor = (function_cursor *)base;
    const feedrec_function *calls = calls_of(cursor);
    end_rows(cursor);
    sqlite3_value *arguments[PARAMETERS_MAX] = {NULL};
    int used = 0;
    for (int n = 0; n < calls->parameter_count; n++)
        if ((given & (1 << n)) != 0 && used < value_count) arguments[n] = values[used++];
    char *error = NULL;
    int code = calls->begin(calls->context, arguments, calls->parameter_count, &cursor->rows, &error);
    if (code != SQLITE_OK) return fail(cursor, code, error);
    cursor->is_at_end = false;
    cursor->row = 0;
    return next_row(base);
}

static int is_at_end(sqlite3_vtab_cursor *base) { return ((function_cursor *)base)->is_at_end; }

static int column_value(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    function_cursor *cursor = (function_cursor *)base;
    calls_of(cursor)->value(cursor->rows, column, context);
    return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *result) {
    *result = ((function_cursor *)base)->row;
    return SQLITE_OK;
}

/* Without xCreate, the table exists under its module's name only. */
static const sqlite3_module functions_module = {
    .iVersion = 0,
    .xConnect = connect_function,
    .xBestIndex = best_index,
    .xDisconnect = disconnect_function,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = is_at_end,
    .xColumn = column_value,
    .xRowid = rowid,
};

static void free_module(void *context) {
    function_module *module = context;
    sqlite3_free(module->usage);
    sqlite3_free(module->declaration);
    sqlite3_free(module);
}

int feedrec_register_function(
    sqlite3 *db, const char *name, const char *declaration, const char *usage, feedrec_function calls) {
    if (calls.parameter_count > PARAMETERS_MAX) return SQLITE_MISUSE;
    function_module *module = sqlite3_malloc(sizeof *module);
    if (module == NULL) return SQLITE_NOMEM;
    memset(module, 0, sizeof *module);
    module->calls = calls;
    module->usage = sqlite3_mprintf("%s", usage);
    module->declaration = sqlite3_mprintf("%s", declaration);
    if (module->usage == NULL || module->declaration == NULL) {
        free_module(module);
        return SQLITE_NOMEM;
    }
    return sqlite3_create_module_v2(db, name, &functions_module, module, free_module);
}

#endif
