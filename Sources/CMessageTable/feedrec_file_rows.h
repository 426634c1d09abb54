/* Data of the module `feedrec_files`: several recordings, and the rows of one of their views or tables.
 *
 * Private to this target; feedrec_files.c describes the tables that SQL sees.
 */
#ifndef FEEDREC_FILE_ROWS_H
#define FEEDREC_FILE_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "feedrec_messages.h"

enum {
    FILES_KEPT_MAX = 32, /* unused files kept open: three descriptors and up to 1 MiB each */
    CONSTRAINTS_MAX = 16,
    COLUMNS_MAX = 63, /* as many as fit into SQLite's colUsed */
    ORDER_COLUMNS = 3,
};

typedef struct {
    sqlite3 *db; /* NULL while closed */
    int users;
    bool is_kept;
} open_file;

/* State shared by the tables of one connection; freed with the module. */
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
    bool has_file_column; /* after the others */
    bool is_timed;        /* has the columns ts_recv, message_index and item, and one row per tick */
    bool is_always_timed; /* its rows come in time order even if the query does not ask for it */
    int column_count;     /* without `file` */
    char *columns[COLUMNS_MAX];
    bool is_number[COLUMNS_MAX];      /* an id that each file assigns itself, such as instrument_id */
    int order_columns[ORDER_COLUMNS]; /* ts_recv, message_index, item; -1 if missing */
} files_table;

typedef struct {
    int column;
    char operation; /* =, <, l for <=, >, g for >= */
} condition;

/* The order of the rows across files. */
typedef enum { FILE_AFTER_FILE, BY_TIME, BY_TIME_DOWN } row_order;

/* The rows of one file within the current window of time. */
typedef struct {
    bool is_wanted;
    int64_t first, last; /* times of the file's first and last tick */
    sqlite3_stmt *rows;  /* NULL while the file is outside the window */
    bool has_row;
    int64_t key[ORDER_COLUMNS];
} lane;

typedef struct {
    sqlite3_vtab_cursor base;
    row_order order;
    uint64_t used;
    int condition_count;
    condition conditions[CONSTRAINTS_MAX];
    sqlite3_value *values[CONSTRAINTS_MAX];
    sqlite3_int64 row;

    int file;           /* file of the current row; the number of files at the end */
    sqlite3_stmt *rows; /* its query; NULL at the end */

    /* Only for rows in time order. */
    lane *lanes;
    int64_t first, last;        /* requested times, both inclusive */
    int64_t from, to;           /* the window, both inclusive */
    uint64_t width;             /* of the next window, in nanoseconds */
    int64_t rows_in_window;
    bool is_over;
} files_cursor;

static inline files_table *table_of(files_cursor *cursor) { return (files_table *)cursor->base.pVtab; }

/* ---- Rows, for feedrec_files.c. ---- */

/* Begins with the first row; `order`, `used`, conditions and values must be set. */
int file_rows_begin(files_cursor *cursor);
/* Moves to the next row. */
int file_rows_next(files_cursor *cursor);
/* Releases all files and values. */
void file_rows_end(files_cursor *cursor);
/* Returns the value of a column in the current row. */
void file_rows_value(files_cursor *cursor, int column, sqlite3_context *context);

/* ---- Rows in time order, see feedrec_time_rows.c. ---- */

int time_rows_begin(files_cursor *cursor);
int time_rows_next(files_cursor *cursor, bool is_first);
/* Releases all files; does nothing for rows in another order. */
void time_rows_end(files_cursor *cursor);

/* ---- One file. ---- */

/* Opens a file if needed; it stays open until it is released. */
int acquire_file(files_cursor *cursor, int number);
void release_file(file_set *set, int number);
/* False for a file that a condition on `file` excludes. */
bool is_file_wanted(files_cursor *cursor, int number);
/* Compiles the query on an open file and binds the values of its conditions. */
int prepare_rows(files_cursor *cursor, int number, sqlite3_stmt **rows);
/* Reports the error of a file's connection with the file's name; returns `code`. */
int fail_in_file(files_cursor *cursor, int code, int number);

#endif
