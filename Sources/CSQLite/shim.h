/* The system's SQLite (3.38 or newer). */
#include <sqlite3.h>

/* From now on, "text" is a name and never a string; Swift cannot call a function with variable arguments. */
static inline int feedrec_refuse_double_quoted_strings(sqlite3 *db) {
    int result = sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, (void *)0);
    return result == SQLITE_OK ? sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, (void *)0) : result;
}
