#ifndef FEEDREC_MESSAGES_H
#define FEEDREC_MESSAGES_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Declared here instead of including <sqlite3.h>, so that importers need not agree on one copy of that header. */
typedef struct sqlite3 sqlite3;

/* Registers the virtual table `messages` for one connection: the raw messages of the recording in schema main, one per
 * row. Returns an SQLite result code. The threading rules of the connection apply.
 *
 *   message_index INTEGER   number of the message within its session, from 0
 *   ts_recv       INTEGER   ns since 1970-01-01T00:00:00Z
 *   time          TEXT      ts_recv as ISO 8601 in UTC with nine fractional digits
 *   connection_id INTEGER
 *   direction     TEXT      'received' or 'sent'
 *   kind          TEXT      'text' or 'binary', from the WebSocket opcode
 *   payload                 TEXT of a text message, BLOB of a binary one, unchanged unless redacted
 *   bytes         INTEGER   length of the payload
 *   redacted      INTEGER   1 if something was removed from the payload before it was stored, else 0
 */
int feedrec_register_messages(sqlite3 *db);

/* Called before the view or table `view` of file number `file` is read. Opens the file if `*db` is NULL, and sets up
 * what the view needs. Returns an SQLite result code; if that is not SQLITE_OK, `*error` is a readable text from
 * sqlite3_malloc. */
typedef int (*feedrec_open_file)(void *context, int file, const char *view, sqlite3 **db, char **error);

/* Registers the module `feedrec_files` for one connection, see feedrec_files.c. `names` are the values of the column
 * `file`; they are copied. `context` must outlive the connection. Files are opened when needed, and closed with the
 * connection. */
int feedrec_register_files(
    sqlite3 *db, int file_count, const char *const *names, feedrec_open_file open_callback, void *context);

typedef struct sqlite3_value sqlite3_value;
typedef struct sqlite3_context sqlite3_context;

/* What computes the rows of a table-valued function. A callback that fails returns an SQLite result code other than
 * SQLITE_OK, and sets `*error` to a readable text from sqlite3_malloc. */
typedef struct {
    /* Must outlive the connection. */
    void *context;
    /* Visible columns; the parameters are hidden columns after them, the required ones first. */
    int column_count;
    int parameter_count;
    int required_count;
    /* Begins with the arguments of a call: one for each parameter, NULL if it is not given. */
    int (*begin)(void *context, sqlite3_value *const *arguments, int count, void **rows, char **error);
    /* Moves to the first or next row; `*has_row` is false at the end. */
    int (*next)(void *rows, bool *has_row, char **error);
    /* Returns the value of a column in the current row. */
    void (*value)(void *rows, int column, sqlite3_context *result);
    /* Releases what `begin` made. */
    void (*end)(void *rows);
} feedrec_function;

/* Registers a table-valued function for one connection. `declaration` is a CREATE TABLE statement with the visible
 * columns and the parameters, which are HIDDEN; `usage` is the error of a query that lacks a required parameter. The
 * texts are copied. */
int feedrec_register_function(
    sqlite3 *db, const char *name, const char *declaration, const char *usage, feedrec_function calls);

#ifdef __cplusplus
}
#endif

#endif
