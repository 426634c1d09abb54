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

#ifdef __cplusplus
}
#endif

#endif
