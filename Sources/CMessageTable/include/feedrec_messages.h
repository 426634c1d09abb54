#ifndef FEEDREC_MESSAGES_H
#define FEEDREC_MESSAGES_H

#ifdef __cplusplus
extern "C" {
#endif

/* Declared here rather than by <sqlite3.h>, so that importers need not agree on one copy of that header. */
typedef struct sqlite3 sqlite3;

/* Makes the virtual table `messages` known to one connection: the raw messages of the recording in schema main, one a
 * row. Returns an SQLite result code. The connection's own rules on threads apply.
 *
 *   message_index INTEGER   number of the message within its session, from 0
 *   ts_recv       INTEGER   ns since 1970-01-01T00:00:00Z
 *   time          TEXT      the same as ISO 8601 in UTC with nine fraction digits
 *   connection_id INTEGER
 *   direction     TEXT      'received' or 'sent'
 *   kind          TEXT      'text' or 'binary', as the WebSocket opcode said
 *   payload                 TEXT of a text message, BLOB of a binary one, byte for byte unless redacted
 *   bytes         INTEGER   length of the payload
 *   redacted      INTEGER   1 where something was taken out of the payload before it was stored, else 0
 */
int feedrec_register_messages(sqlite3 *db);

/* Called before the view or table `view` of file number `file` is read. Opens the file where `*db` is NULL, and gives it
 * what the view needs. Returns an SQLite result code, and where that is not SQLITE_OK a text for people, made by
 * sqlite3_malloc, in `*error`. */
typedef int (*feedrec_open_file)(void *context, int file, const char *view, sqlite3 **db, char **error);

/* Makes the module `feedrec_files` known to one connection, see feedrec_files.c. `names` is what the column `file` says;
 * they are copied. `context` must outlive the connection. Files are opened when needed, and closed with it. */
int feedrec_register_files(
    sqlite3 *db, int file_count, const char *const *names, feedrec_open_file open_callback, void *context);

#ifdef __cplusplus
}
#endif

#endif
