/* The rows of one view from several recordings, in time order.
 *
 * The files are read in windows of time, and SQLite sorts the rows of each window. The width of a window depends on the
 * number of rows in the previous one. The first rows therefore cost one window, however many rows there are. No index
 * on time is needed: the primary keys of ticks begin with the instrument, and a window takes a short range of each
 * instrument.
 *
 * No transaction spans two files or two windows.
 */
#ifdef FEEDREC_STATIC

#include "feedrec_file_rows.h"

#include <string.h>

enum {
    WINDOW_FIRST_NS = 10000000, /* a busy venue sends about ten ticks in it */
    ROWS_FEW = 256,
    ROWS_MANY = 4096,
};

/* Reads when a file's first and last tick are, from the ends of each instrument's key. */
static int find_bounds(files_cursor *cursor, int number) {
    static const char *sql =
        "SELECT min(t), max(t) FROM ("
        "SELECT (SELECT min(ts_recv) FROM main.quote q WHERE q.instrument_id = i.instrument_id) AS t FROM main.instrument i "
        "UNION ALL SELECT (SELECT max(ts_recv) FROM main.quote q WHERE q.instrument_id = i.instrument_id) FROM main.instrument i "
        "UNION ALL SELECT (SELECT min(ts_recv) FROM main.trade t WHERE t.instrument_id = i.instrument_id) FROM main.instrument i "
        "UNION ALL SELECT (SELECT max(ts_recv) FROM main.trade t WHERE t.instrument_id = i.instrument_id) FROM main.instrument i)";
    lane *lane = &cursor->lanes[number];
    int code = acquire_file(cursor, number);
    if (code != SQLITE_OK) return code;
    sqlite3_stmt *bounds = NULL;
    code = sqlite3_prepare_v2(table_of(cursor)->set->files[number].db, sql, -1, &bounds, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(bounds);
    if (code == SQLITE_ROW) {
        lane->is_wanted = sqlite3_column_type(bounds, 0) == SQLITE_INTEGER;
        lane->first = sqlite3_column_int64(bounds, 0);
        lane->last = sqlite3_column_int64(bounds, 1);
        code = SQLITE_OK;
    } else {
        fail_in_file(cursor, code, number);
    }
    sqlite3_finalize(bounds);
    release_file(table_of(cursor)->set, number);
    return code;
}

/* Narrows the requested times by the conditions on ts_recv. */
static void narrow_time(files_cursor *cursor) {
    for (int n = 0; n < cursor->condition_count; n++) {
        if (cursor->conditions[n].column != table_of(cursor)->order_columns[0]) continue;
        if (sqlite3_value_type(cursor->values[n]) != SQLITE_INTEGER) continue;
        int64_t time = sqlite3_value_int64(cursor->values[n]);
        char operation = cursor->conditions[n].operation;
        if ((operation == '=' || operation == '>' || operation == 'g') && time > cursor->first) cursor->first = time;
        if ((operation == '=' || operation == '<' || operation == 'l') && time < cursor->last) cursor->last = time;
    }
}

int time_rows_begin(files_cursor *cursor) {
    int file_count = table_of(cursor)->set->file_count;
    cursor->lanes = sqlite3_malloc64((size_t)file_count * sizeof *cursor->lanes);
    if (cursor->lanes == NULL) return SQLITE_NOMEM;
    memset(cursor->lanes, 0, (size_t)file_count * sizeof *cursor->lanes);
    cursor->first = INT64_MAX;
    cursor->last = INT64_MIN;
    for (int n = 0; n < file_count; n++) {
        if (!is_file_wanted(cursor, n)) continue;
        int code = find_bounds(cursor, n);
        if (code != SQLITE_OK) return code;
        if (!cursor->lanes[n].is_wanted) continue;
        if (cursor->lanes[n].first < cursor->first) cursor->first = cursor->lanes[n].first;
        if (cursor->lanes[n].last > cursor->last) cursor->last = cursor->lanes[n].last;
    }
    narrow_time(cursor);
    cursor->is_over = cursor->first > cursor->last;
    cursor->width = WINDOW_FIRST_NS;
    if (cursor->order == BY_TIME) cursor->to = cursor->first;
    else cursor->from = cursor->last;
    return SQLITE_OK;
}

/* Moves the window on; the first window starts at the first requested time. */
static void move_window(files_cursor *cursor, bool is_first) {
    if (!is_first) {
        if (cursor->rows_in_window < ROWS_FEW && cursor->width <= (uint64_t)INT64_MAX / 4) cursor->width *= 4;
        else if (cursor->rows_in_window > ROWS_MANY && cursor->width > 1) cursor->width /= 2;
    }
    cursor->rows_in_window = 0;
    uint64_t left;
    if (cursor->order == BY_TIME) {
        if (!is_first && cursor->to >= cursor->last) { cursor->is_over = true; return; }
        cursor->from = is_first ? cursor->first : cursor->to + 1;
        left = (uint64_t)cursor->last - (uint64_t)cursor->from;
        cursor->to = left < cursor->width ? cursor->last : cursor->from + (int64_t)cursor->width - 1;
    } else {
        if (!is_first && cursor->from <= cursor->first) { cursor->is_over = true; return; }
        cursor->to = is_first ? cursor->last : cursor->from - 1;
        left = (uint64_t)cursor->to - (uint64_t)cursor->first;
        cursor->from = left < cursor->width ? cursor->first : cursor->to - (int64_t)cursor->width + 1;
    }
}

static void close_lane(files_cursor *cursor, int number) {
    lane *lane = &cursor->lanes[number];
    lane->has_row = false;
    if (lane->rows == NULL) return;
    sqlite3_finalize(lane->rows);
    lane->rows = NULL;
    release_file(table_of(cursor)->set, number);
}

static int step_lane(files_cursor *cursor, int number) {
    lane *lane = &cursor->lanes[number];
    int code = sqlite3_step(lane->rows);
    lane->has_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW) {
        int column_count = table_of(cursor)->column_count;
        for (int n = 0; n < ORDER_COLUMNS; n++) lane->key[n] = sqlite3_column_int64(lane->rows, column_count + n);
        cursor->rows_in_window++;
        return SQLITE_OK;
    }
    return code == SQLITE_DONE ? SQLITE_OK : fail_in_file(cursor, code, number);
}

/* Runs the query of a file on the current window; releases a file that is outside the window. */
static int fill_lane(files_cursor *cursor, int number) {
    lane *lane = &cursor->lanes[number];
    if (!lane->is_wanted) return SQLITE_OK;
    if (lane->first > cursor->to || lane->last < cursor->from) {
        close_lane(cursor, number);
        return SQLITE_OK;
    }
    if (lane->rows == NULL) {
        int code = acquire_file(cursor, number);
        if (code != SQLITE_OK) return code;
        code = prepare_rows(cursor, number, &lane->rows);
        if (lane->rows == NULL) release_file(table_of(cursor)->set, number);
        if (code != SQLITE_OK) return code;
    }
    sqlite3_reset(lane->rows);
    sqlite3_bind_int64(lane->rows, CONSTRAINTS_MAX + 1, cursor->from);
    sqlite3_bind_int64(lane->rows, CONSTRAINTS_MAX + 2, cursor->to);
    return step_lane(cursor, number);
}

/* Returns the file with the next row; -1 if none has one. Of equal rows, the first file's comes first. */
static int choose_lane(files_cursor *cursor) {
    int chosen = -1;
    int sign = cursor->order == BY_TIME ? 1 : -1;
    for (int n = 0; n < table_of(cursor)->set->file_count; n++) {
        if (!cursor->lanes[n].has_row) continue;
        int comparison = 0;
        for (int k = 0; chosen >= 0 && k < ORDER_COLUMNS && comparison == 0; k++) {
            int64_t left = cursor->lanes[n].key[k], right = cursor->lanes[chosen].key[k];
            comparison = left < right ? -sign : left > right ? sign : 0;
        }
        if (chosen < 0 || comparison < 0) chosen = n;
    }
    return chosen;
}

int time_rows_next(files_cursor *cursor, bool is_first) {
    int file_count = table_of(cursor)->set->file_count;
    if (!is_first) {
        int code = step_lane(cursor, cursor->file);
        if (code != SQLITE_OK) return code;
    }
    while (!cursor->is_over) {
        int chosen = is_first ? -1 : choose_lane(cursor);
        if (chosen >= 0) {
            cursor->file = chosen;
            cursor->rows = cursor->lanes[chosen].rows;
            return SQLITE_OK;
        }
        move_window(cursor, is_first);
        is_first = false;
        for (int n = 0; n < file_count && !cursor->is_over; n++) {
            int code = fill_lane(cursor, n);
            if (code != SQLITE_OK) return code;
        }
    }
    cursor->rows = NULL;
    cursor->file = file_count;
    return SQLITE_OK;
}

void time_rows_end(files_cursor *cursor) {
    if (cursor->lanes == NULL) return;
    for (int n = 0; n < table_of(cursor)->set->file_count; n++) close_lane(cursor, n);
    sqlite3_free(cursor->lanes);
    cursor->lanes = NULL;
    cursor->rows = NULL;
}

#endif
