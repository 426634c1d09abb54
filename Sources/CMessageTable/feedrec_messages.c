/* The virtual table `messages`: the raw messages in the compressed blocks of a feedrec recording, one per row.
 *
 * This file is built in two ways: into feedrec (FEEDREC_STATIC, feedrec_register_messages), and as an extension for any
 * SQLite client:
 *
 *     cc -O2 -shared -fPIC -o feedrec_messages.so feedrec_messages.c -lzstd
 *     sqlite3 2026-01-05.feedrec -cmd '.load ./feedrec_messages'
 *
 * The table reads main.message_block(connection_id, first_message_index, last_message_index, ts_first, ts_last, block),
 * which must have a rowid. Blocks come in order of (first_message_index, connection_id), messages in their order within
 * the block. Messages of two connections may interleave by index, so the rows as a whole are NOT in order of
 * message_index or ts_recv. xBestIndex never claims an order, so SQLite sorts if a query asks for one.
 *
 * Conditions on message_index, ts_recv and connection_id select the blocks; SQLite checks them again on every row. A
 * block takes at most 64 MiB for payloads and 25 MiB for columns in memory. A damaged block ends the query with an
 * error that names the block; none of its messages are returned.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <zstd.h>

#ifdef FEEDREC_STATIC
#include <sqlite3.h>

#include "feedrec_messages.h"
#else
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#endif

/* ---- The block format, version 1; see the drawing at BlockHeader in JournalFormat. ---- */

enum {
    BLOCK_VERSION = 1,
    BLOCK_HEADER_BYTES = 48,
    BLOCK_CHECKSUM_BYTES = 4,
    CODEC_NONE = 0,
    CODEC_ZSTD = 1,
    PAYLOAD_BYTES_MAX = 64 << 20,
    POSITION_BITS = 20, /* bits of a rowid, see rowid() */
    MESSAGE_COUNT_MAX = 1 << POSITION_BITS,
    COLUMN_BYTES_PER_MESSAGE_MIN = 4,
    COLUMN_BYTES_PER_MESSAGE_MAX = 25,
    FLAG_SENT = 1,
    FLAG_REDACTED = 8,
    KIND_SHIFT = 1,
    KIND_MASK = 3,
    KIND_TEXT = 1,
    KIND_BINARY = 2,
    KIND_REST = 3,
};

/* A position in one column; all cursors of a block share its end. */
typedef struct {
    const uint8_t *next;
    const uint8_t *end;
} column_cursor;

/* One decompressed block, and the current message in it. */
typedef struct {
    uint8_t *body; /* columns, then payloads; never shrinks */
    size_t body_capacity;
    uint32_t message_count;
    uint32_t column_bytes;
    size_t payload_bytes;
    int64_t first_message_index;
    int64_t ts_first;
    int64_t last_message_index;
    int64_t ts_min;
    int64_t ts_max;

    column_cursor column_start[4];
    column_cursor column[4];
    uint32_t position;
    int64_t message_index;
    int64_t ts_recv;
    size_t payload_offset;
    size_t payload_length;
    uint8_t flags;
} message_block;

enum { INDEXES, TIMES, LENGTHS, FLAGS };

/* ---- The table and its cursors. ---- */

typedef struct {
    sqlite3_vtab base;
    sqlite3 *db;
    uint32_t crc_tables[8][256]; /* not static: connections of several threads may load at once */
} message_table;

enum { CONSTRAINTS_MAX = 16 };

typedef struct {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *keys;  /* blocks that may contain requested messages, in order, without their blobs */
    sqlite3_stmt *fetch; /* the blob of one block */
    char plan[2 * CONSTRAINTS_MAX + 1]; /* of `keys` */
    ZSTD_DCtx *decompression;
    message_block block;
    bool has_block;
    bool at_end;
    int64_t block_rowid;
    int64_t connection_id;
} message_cursor;

enum {
    COLUMN_MESSAGE_INDEX,
    COLUMN_TS_RECV,
    COLUMN_TIME,
    COLUMN_CONNECTION_ID,
    COLUMN_DIRECTION,
    COLUMN_KIND,
    COLUMN_PAYLOAD,
    COLUMN_BYTES,
    COLUMN_REDACTED,
};

static message_table *table_of(message_cursor *cursor) { return (message_table *)cursor->base.pVtab; }

/* Sets the error text that SQLite reports; returns `code`. */
static int fail(message_cursor *cursor, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sqlite3_free(cursor->base.pVtab->zErrMsg);
    cursor->base.pVtab->zErrMsg = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return code;
}

/* Reports what is wrong at which byte of the current block, or of its decompressed body if `in_body`. */
static int corrupt(message_cursor *cursor, bool in_body, size_t offset, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *detail = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int code = fail(
        cursor, SQLITE_CORRUPT_VTAB, "messages: bad block of connection %lld (rowid %lld) at byte %lld%s: %s",
        (long long)cursor->connection_id, (long long)cursor->block_rowid, (long long)offset,
        in_body ? " of its decompressed body" : "", detail ? detail : "out of memory");
    sqlite3_free(detail);
    return code;
}

/* ---- CRC-32C (RFC 3720 12.1), slicing by 8. ---- */

static void crc32c_prepare(uint32_t tables[8][256]) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
        tables[0][byte] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t previous = tables[slice - 1][byte];
            tables[slice][byte] = previous >> 8 ^ tables[0][previous & 0xFF];
        }
}

static uint32_t read_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t read_u64(const uint8_t *bytes) {
    return (uint64_t)read_u32(bytes) | (uint64_t)read_u32(bytes + 4) << 32;
}

static uint32_t crc32c(const uint32_t tables[8][256], const uint8_t *bytes, size_t count) {
    uint32_t crc = 0xFFFFFFFFu;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t low = crc ^ read_u32(bytes), high = read_u32(bytes + 4);
        crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^ tables[4][low >> 24];
        crc ^= tables[3][high & 0xFF] ^ tables[2][high >> 8 & 0xFF];
        crc ^= tables[1][high >> 16 & 0xFF] ^ tables[0][high >> 24];
    }
    for (; count > 0; bytes++, count--) crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xFF];
    return ~crc;
}

/* ---- Reading a block: header, body, columns. Every function returns an SQLite result code. ---- */

/* Reads a varint of at most 64 bits in its shortest form; false at the end of the columns or for any other bytes. */
static bool read_varint(column_cursor *cursor, uint64_t *value) {
    uint64_t sum = 0;
    const uint8_t *next = cursor->next;
    for (unsigned shift = 0; shift < 64 && next < cursor->end; shift += 7) {
        uint8_t byte = *next++;
        if (shift == 63 && (byte & 0x7F) > 1) return false;
        sum |= (uint64_t)(byte & 0x7F) << shift;
        if (byte >= 0x80) continue;
        if (byte == 0 && shift > 0) return false;
        cursor->next = next;
        *value = sum;
        return true;
    }
    return false;
}

/* Time differences count modulo 2^64, so the arithmetic is unsigned. */
static int64_t advance_time(int64_t time, uint64_t zigzag) {
    uint64_t delta = zigzag >> 1 ^ (~(zigzag & 1) + 1);
    return (int64_t)((uint64_t)time + delta);
}

static int check_frame(message_cursor *cursor, const uint8_t *block, size_t block_bytes) {
    if (block_bytes < BLOCK_HEADER_BYTES + BLOCK_CHECKSUM_BYTES)
        return corrupt(cursor, false, block_bytes, "too short for header and checksum");
    if (memcmp(block, "FRB1", 4) != 0) return corrupt(cursor, false, 0, "not a message block");
    if (block[4] != BLOCK_VERSION)
        return corrupt(
            cursor, false, 4, "unsupported format version, expected %d, actual %d; a newer feedrec may read it",
            BLOCK_VERSION, block[4]);
    uint64_t expected = (uint64_t)BLOCK_HEADER_BYTES + read_u32(block + 40) + BLOCK_CHECKSUM_BYTES;
    if (block_bytes != expected)
        return corrupt(
            cursor, false, block_bytes < expected ? block_bytes : (size_t)expected,
            "wrong length, expected %lld bytes, actual %lld", (long long)expected, (long long)block_bytes);
    size_t checked = block_bytes - BLOCK_CHECKSUM_BYTES;
    uint32_t stored = read_u32(block + checked);
    uint32_t computed = crc32c((const uint32_t(*)[256])table_of(cursor)->crc_tables, block, checked);
    if (stored != computed)
        return corrupt(
            cursor, false, checked, "checksum of the block, expected 0x%08x, actual 0x%08x", stored, computed);
    return SQLITE_OK;
}

static int check_sizes(message_cursor *cursor, const uint8_t *block) {
    if (block[5] != CODEC_NONE && block[5] != CODEC_ZSTD)
        return corrupt(cursor, false, 5, "unknown codec %d", block[5]);
    if (block[6] != 0 || block[7] != 0) return corrupt(cursor, false, 6, "reserved field in use");
    if (read_u32(block + 44) != 0) return corrupt(cursor, false, 44, "reserved field in use");
    uint32_t count = read_u32(block + 8);
    if (count == 0 || count > MESSAGE_COUNT_MAX) return corrupt(cursor, false, 8, "message count %u", count);
    uint32_t column_bytes = read_u32(block + 12);
    if (column_bytes < count * COLUMN_BYTES_PER_MESSAGE_MIN || column_bytes > count * COLUMN_BYTES_PER_MESSAGE_MAX)
        return corrupt(cursor, false, 12, "%u column bytes for %u messages", column_bytes, count);
    uint64_t payload_bytes = read_u64(block + 16);
    if (payload_bytes > PAYLOAD_BYTES_MAX)
        return corrupt(
            cursor, false, 16, "payload bytes, expected %d at most, actual %llu", PAYLOAD_BYTES_MAX,
            (unsigned long long)payload_bytes);
    if ((int64_t)read_u64(block + 32) < 0) return corrupt(cursor, false, 32, "negative message index");
    if (block[5] == CODEC_NONE && read_u32(block + 40) != column_bytes + payload_bytes)
        return corrupt(cursor, false, 40, "body bytes of an uncompressed block do not fit its sizes");
    return SQLITE_OK;
}

/* Makes room for the body, once the frame itself has confirmed its size, and fills it. */
static int load_body(message_cursor *cursor, const uint8_t *block) {
    message_block *target = &cursor->block;
    const uint8_t *stored = block + BLOCK_HEADER_BYTES;
    size_t stored_bytes = read_u32(block + 40);
    size_t body_bytes = target->column_bytes + target->payload_bytes;
    if (block[5] == CODEC_ZSTD) {
        if (ZSTD_findFrameCompressedSize(stored, stored_bytes) != stored_bytes)
            return corrupt(cursor, false, BLOCK_HEADER_BYTES, "the body is not one zstd frame");
        if (ZSTD_getFrameContentSize(stored, stored_bytes) != body_bytes)
            return corrupt(cursor, false, BLOCK_HEADER_BYTES, "content size of the zstd frame differs from the header");
    }
    if (body_bytes > target->body_capacity) {
        sqlite3_free(target->body);
        target->body_capacity = 0;
        target->body = sqlite3_malloc64(body_bytes);
        if (target->body == NULL) return SQLITE_NOMEM;
        target->body_capacity = body_bytes;
    }
    if (block[5] == CODEC_NONE) {
        memcpy(target->body, stored, body_bytes);
        return SQLITE_OK;
    }
    if (cursor->decompression == NULL) cursor->decompression = ZSTD_createDCtx();
    if (cursor->decompression == NULL) return SQLITE_NOMEM;
    size_t result = ZSTD_decompressDCtx(cursor->decompression, target->body, body_bytes, stored, stored_bytes);
    if (ZSTD_isError(result)) return corrupt(cursor, false, BLOCK_HEADER_BYTES, "zstd: %s", ZSTD_getErrorName(result));
    if (result != body_bytes) return corrupt(cursor, false, BLOCK_HEADER_BYTES, "zstd: content too short");
    return SQLITE_OK;
}

/* Checks one column from `*next` on and stores its start; afterwards `*next` is its end. */
static int check_column(message_cursor *cursor, int column, column_cursor *next) {
    static const char *const names[] = {"index", "time", "length", "flags"};
    message_block *block = &cursor->block;
    block->column_start[column] = *next;
    int64_t index = block->first_message_index, time = block->ts_first;
    uint64_t payload_rest = block->payload_bytes;
    if (column == TIMES) block->ts_min = block->ts_max = time;
    for (uint32_t position = 0; position < block->message_count; position++) {
        size_t offset = (size_t)(next->next - block->body);
        uint64_t value = 0;
        bool is_valid = read_varint(next, &value); /* flags are below 0x80, so they are varints of one byte */
        if (is_valid && column == INDEXES) {
            is_valid = (value == 0) == (position == 0) && value <= (uint64_t)(INT64_MAX - index);
            if (is_valid) index += (int64_t)value;
        } else if (is_valid && column == TIMES) {
            is_valid = position > 0 || value == 0;
            time = advance_time(time, value);
            if (time < block->ts_min) block->ts_min = time;
            if (time > block->ts_max) block->ts_max = time;
        } else if (is_valid && column == LENGTHS) {
            is_valid = value <= payload_rest;
            payload_rest -= is_valid ? value : 0;
        } else if (is_valid) {
            uint64_t kind = (value & ~(uint64_t)FLAG_REDACTED) >> KIND_SHIFT;
            is_valid = kind >= KIND_TEXT && kind <= KIND_REST;
        }
        if (!is_valid) return corrupt(cursor, true, offset, "invalid %s of message %u", names[column], position);
    }
    if (column == INDEXES) block->last_message_index = index;
    if (column == LENGTHS && payload_rest != 0)
        return corrupt(
            cursor, true, (size_t)(next->next - block->body), "lengths add up to %lld bytes less than the payloads",
            (long long)payload_rest);
    return SQLITE_OK;
}

static int check_columns(message_cursor *cursor) {
    message_block *block = &cursor->block;
    column_cursor next = {block->body, block->body + block->column_bytes};
    for (int column = INDEXES; column <= FLAGS; column++) {
        int code = check_column(cursor, column, &next);
        if (code != SQLITE_OK) return code;
    }
    if (next.next != next.end)
        return corrupt(cursor, true, (size_t)(next.next - block->body), "bytes after the columns");
    return SQLITE_OK;
}

static int decode_block(message_cursor *cursor, const uint8_t *bytes, size_t count) {
    int code = check_frame(cursor, bytes, count);
    if (code == SQLITE_OK) code = check_sizes(cursor, bytes);
    if (code != SQLITE_OK) return code;
    message_block *block = &cursor->block;
    block->message_count = read_u32(bytes + 8);
    block->column_bytes = read_u32(bytes + 12);
    block->payload_bytes = (size_t)read_u64(bytes + 16);
    block->ts_first = (int64_t)read_u64(bytes + 24);
    block->first_message_index = (int64_t)read_u64(bytes + 32);
    code = load_body(cursor, bytes);
    return code == SQLITE_OK ? check_columns(cursor) : code;
}

/* ---- Iterating over the messages of a checked block: no read can fail any more. ---- */

static void read_message(message_block *block) {
    uint64_t index_delta = 0, time_delta = 0, length = 0;
    read_varint(&block->column[INDEXES], &index_delta);
    read_varint(&block->column[TIMES], &time_delta);
    read_varint(&block->column[LENGTHS], &length);
    block->message_index += (int64_t)index_delta;
    block->ts_recv = advance_time(block->ts_recv, time_delta);
    block->payload_offset += block->payload_length;
    block->payload_length = (size_t)length;
    block->flags = *block->column[FLAGS].next++;
}

static void first_message(message_block *block) {
    memcpy(block->column, block->column_start, sizeof block->column);
    block->position = 0;
    block->message_index = block->first_message_index;
    block->ts_recv = block->ts_first;
    block->payload_offset = block->column_bytes;
    block->payload_length = 0;
    read_message(block);
}

/* ---- Moving between blocks. ---- */

enum { KEY_ROWID, KEY_CONNECTION_ID, KEY_FIRST_INDEX, KEY_LAST_INDEX, KEY_TS_FIRST, KEY_TS_LAST };

/* The row selects the block, so a row that disagrees with its block would hide messages. */
static bool row_fits_block(const message_cursor *cursor) {
    const message_block *block = &cursor->block;
    return sqlite3_column_int64(cursor->keys, KEY_CONNECTION_ID) == cursor->connection_id &&
           sqlite3_column_int64(cursor->keys, KEY_FIRST_INDEX) == block->first_message_index &&
           sqlite3_column_int64(cursor->keys, KEY_LAST_INDEX) == block->last_message_index &&
           sqlite3_column_int64(cursor->keys, KEY_TS_FIRST) <= block->ts_min &&
           sqlite3_column_int64(cursor->keys, KEY_TS_LAST) >= block->ts_max;
}

static int prepare(message_cursor *cursor, const char *sql, sqlite3_stmt **statement) {
    sqlite3 *db = table_of(cursor)->db;
    int code = sqlite3_prepare_v2(db, sql, -1, statement, NULL);
    if (code == SQLITE_OK) return code;
    return fail(
        cursor, code, "messages: cannot read table message_block of schema main: %s (is it a feedrec recording?)",
        sqlite3_errmsg(db));
}

/* Reads the block of the current row of `keys`. */
static int fetch_block(message_cursor *cursor) {
    if (cursor->fetch == NULL) {
        int code = prepare(cursor, "SELECT block FROM main.message_block WHERE rowid = ?1", &cursor->fetch);
        if (code != SQLITE_OK) return code;
    }
    sqlite3_bind_int64(cursor->fetch, 1, cursor->block_rowid);
    int code = sqlite3_step(cursor->fetch);
    if (code == SQLITE_ROW && sqlite3_column_type(cursor->fetch, 0) == SQLITE_BLOB) {
        const uint8_t *bytes = sqlite3_column_blob(cursor->fetch, 0);
        code = bytes == NULL ? corrupt(cursor, false, 0, "empty") :
                               decode_block(cursor, bytes, (size_t)sqlite3_column_bytes(cursor->fetch, 0));
        sqlite3_reset(cursor->fetch);
        return code;
    }
    if (code == SQLITE_ROW) code = corrupt(cursor, false, 0, "not a BLOB");
    else if (code == SQLITE_DONE) code = fail(cursor, SQLITE_ABORT, "messages: a block was deleted while being read");
    else code = fail(cursor, code, "messages: %s", sqlite3_errmsg(table_of(cursor)->db));
    sqlite3_reset(cursor->fetch);
    return code;
}

/* Moves to the first message of the next block, or to the end. */
static int next_block(message_cursor *cursor) {
    int code = sqlite3_step(cursor->keys);
    if (code == SQLITE_DONE) {
        cursor->at_end = true;
        return SQLITE_OK;
    }
    if (code != SQLITE_ROW) return fail(cursor, code, "messages: %s", sqlite3_errmsg(table_of(cursor)->db));
    int64_t block_rowid = sqlite3_column_int64(cursor->keys, KEY_ROWID);
    /* A join asks for neighbouring messages repeatedly, so the current block is reused if its row is the same. */
    bool is_at_hand = cursor->has_block && cursor->block_rowid == block_rowid && row_fits_block(cursor);
    if (!is_at_hand) {
        cursor->has_block = false;
        cursor->block_rowid = block_rowid;
        cursor->connection_id = sqlite3_column_int64(cursor->keys, KEY_CONNECTION_ID);
        code = fetch_block(cursor);
        if (code != SQLITE_OK) return code;
        if (!row_fits_block(cursor))
            return corrupt(
                cursor, false, 24, "the row does not cover its messages %lld to %lld, times %lld to %lld",
                (long long)cursor->block.first_message_index, (long long)cursor->block.last_message_index,
                (long long)cursor->block.ts_min, (long long)cursor->block.ts_max);
        cursor->has_block = true;
    }
    first_message(&cursor->block);
    return SQLITE_OK;
}

/* ---- Plan: per used condition a column (c, i, t) and an operator (=, <, l for <=, >, g for >=). ---- */

static char plan_column(int column) {
    switch (column) {
    case COLUMN_CONNECTION_ID: return 'c';
    case COLUMN_MESSAGE_INDEX: return 'i';
    case COLUMN_TS_RECV: return 't';
    default: return 0;
    }
}

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
    (void)base;
    char *plan = sqlite3_malloc(2 * CONSTRAINTS_MAX + 1);
    if (plan == NULL) return SQLITE_NOMEM;
    int used = 0;
    double rows = 10e6; /* a day of a busy feed; only the proportions matter */
    for (int n = 0; n < info->nConstraint && used < CONSTRAINTS_MAX; n++) {
        char column = plan_column(info->aConstraint[n].iColumn), operation = plan_operator(info->aConstraint[n].op);
        if (!info->aConstraint[n].usable || column == 0 || operation == 0) continue;
        if (column == 'c' && operation != '=') continue;
        plan[2 * used] = column;
        plan[2 * used + 1] = operation;
        info->aConstraintUsage[n].argvIndex = ++used; /* `omit` stays 0: a block holds more than the requested rows */
        rows /= operation != '=' ? 4 : column == 'c' ? 16 : 10e3;
    }
    plan[2 * used] = 0;
    info->idxStr = plan;
    info->needToFreeIdxStr = 1;
    info->estimatedRows = rows < 1 ? 1 : (sqlite3_int64)rows;
    info->estimatedCost = (rows < 1 ? 1 : rows) + 400; /* at least one block's messages are decoded */
    return SQLITE_OK;
}

/* Adds the condition for blocks that may contain a row that satisfies the plan's condition on parameter `number`. */
static void append_condition(sqlite3_str *sql, char column, char operation, int number) {
    const char *low = column == 'i' ? "first_message_index" : "ts_first";
    const char *high = column == 'i' ? "last_message_index" : "ts_last";
    if (column == 'c') {
        sqlite3_str_appendf(sql, " AND connection_id = ?%d", number);
        return;
    }
    switch (operation) {
    case '=': sqlite3_str_appendf(sql, " AND %s <= ?%d AND %s >= ?%d", low, number, high, number); break;
    case '<': sqlite3_str_appendf(sql, " AND %s < ?%d", low, number); break;
    case 'l': sqlite3_str_appendf(sql, " AND %s <= ?%d", low, number); break;
    case '>': sqlite3_str_appendf(sql, " AND %s > ?%d", high, number); break;
    case 'g': sqlite3_str_appendf(sql, " AND %s >= ?%d", high, number); break;
    }
}

static int prepare_keys(message_cursor *cursor, const char *plan) {
    if (cursor->keys != NULL && strcmp(cursor->plan, plan) == 0) return SQLITE_OK;
    sqlite3_finalize(cursor->keys);
    cursor->keys = NULL;
    sqlite3_str *sql = sqlite3_str_new(table_of(cursor)->db);
    sqlite3_str_appendall(
        sql,
        "SELECT rowid, connection_id, first_message_index, last_message_index, ts_first, ts_last"
        " FROM main.message_block WHERE true");
    for (int n = 0; plan[2 * n] != 0; n++) append_condition(sql, plan[2 * n], plan[2 * n + 1], n + 1);
    sqlite3_str_appendall(sql, " ORDER BY first_message_index, connection_id");
    char *text = sqlite3_str_finish(sql);
    if (text == NULL) return SQLITE_NOMEM;
    int code = prepare(cursor, text, &cursor->keys);
    sqlite3_free(text);
    if (code == SQLITE_OK) memcpy(cursor->plan, plan, strlen(plan) + 1);
    return code;
}

/* ---- The methods. ---- */

static int connect_table(
    sqlite3 *db, void *context, int argument_count, const char *const *arguments, sqlite3_vtab **result, char **error) {
    (void)context, (void)argument_count, (void)arguments, (void)error;
    int code = sqlite3_declare_vtab(
        db,
        "CREATE TABLE messages(message_index INTEGER, ts_recv INTEGER, time TEXT, connection_id INTEGER,"
        " direction TEXT, kind TEXT, payload, bytes INTEGER, redacted INTEGER)");
    if (code != SQLITE_OK) return code;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    message_table *table = sqlite3_malloc(sizeof *table);
    if (table == NULL) return SQLITE_NOMEM;
    memset(table, 0, sizeof *table);
    table->db = db;
    crc32c_prepare(table->crc_tables);
    *result = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **result) {
    (void)table;
    message_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (cursor == NULL) return SQLITE_NOMEM;
    memset(cursor, 0, sizeof *cursor);
    *result = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
    message_cursor *cursor = (message_cursor *)base;
    sqlite3_finalize(cursor->keys);
    sqlite3_finalize(cursor->fetch);
    ZSTD_freeDCtx(cursor->decompression);
    sqlite3_free(cursor->block.body);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int value_count, sqlite3_value **values) {
    (void)number;
    message_cursor *cursor = (message_cursor *)base;
    int code = prepare_keys(cursor, plan);
    if (code != SQLITE_OK) return code;
    sqlite3_reset(cursor->keys);
    for (int n = 0; n < value_count; n++) {
        code = sqlite3_bind_value(cursor->keys, n + 1, values[n]);
        if (code != SQLITE_OK) return code;
    }
    cursor->at_end = false;
    return next_block(cursor);
}

static int next_row(sqlite3_vtab_cursor *base) {
    message_cursor *cursor = (message_cursor *)base;
    if (++cursor->block.position == cursor->block.message_count) return next_block(cursor);
    read_message(&cursor->block);
    return SQLITE_OK;
}

static int is_at_end(sqlite3_vtab_cursor *base) { return ((message_cursor *)base)->at_end; }

/* A row has the same id in every scan, which SQLite needs for OR: the block's rowid, then the position. */
static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *result) {
    message_cursor *cursor = (message_cursor *)base;
    if (cursor->block_rowid < 0 || cursor->block_rowid > INT64_MAX >> POSITION_BITS)
        return fail(cursor, SQLITE_RANGE, "messages: rowid %lld of message_block", (long long)cursor->block_rowid);
    *result = cursor->block_rowid << POSITION_BITS | (int64_t)cursor->block.position;
    return SQLITE_OK;
}

/* ISO 8601 in UTC with nanoseconds. Years start on 1 March, in eras of 400, so that the leap day comes last. */
static void result_time(sqlite3_context *context, int64_t time) {
    int64_t seconds = time / 1000000000, nanoseconds = time % 1000000000;
    if (nanoseconds < 0) nanoseconds += 1000000000, seconds--;
    int64_t days = seconds / 86400, second = seconds % 86400;
    if (second < 0) second += 86400, days--;
    int64_t shifted = days + 719468; /* from 0000-03-01; int64 nanoseconds begin in 1677, so this is never negative */
    int64_t era = shifted / 146097, day_of_era = shifted % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    int year = (int)(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
    char text[40];
    sqlite3_snprintf(
        sizeof text, text, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", year, month, day, (int)(second / 3600),
        (int)(second / 60 % 60), (int)(second % 60), (int)nanoseconds);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* SQLite copies it, because a sorter or an aggregate may keep the value after the buffer moves to the next block. */
static void result_payload(sqlite3_context *context, const message_block *block) {
    const void *payload = block->body + block->payload_offset;
    if ((block->flags >> KIND_SHIFT & KIND_MASK) != KIND_BINARY)
        sqlite3_result_text64(context, payload, block->payload_length, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_blob64(context, payload, block->payload_length, SQLITE_TRANSIENT);
}

static const char *kind_name(const message_block *block) {
    switch (block->flags >> KIND_SHIFT & KIND_MASK) {
    case KIND_TEXT: return "text";
    case KIND_REST: return "rest";
    default: return "binary";
    }
}

static int column_value(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    const message_cursor *cursor = (const message_cursor *)base;
    const message_block *block = &cursor->block;
    bool is_sent = block->flags & FLAG_SENT;
    switch (column) {
    case COLUMN_MESSAGE_INDEX: sqlite3_result_int64(context, block->message_index); break;
    case COLUMN_TS_RECV: sqlite3_result_int64(context, block->ts_recv); break;
    case COLUMN_TIME: result_time(context, block->ts_recv); break;
    case COLUMN_CONNECTION_ID: sqlite3_result_int64(context, cursor->connection_id); break;
    case COLUMN_DIRECTION: sqlite3_result_text(context, is_sent ? "sent" : "received", -1, SQLITE_STATIC); break;
    case COLUMN_KIND: sqlite3_result_text(context, kind_name(block), -1, SQLITE_STATIC); break;
    case COLUMN_PAYLOAD: result_payload(context, block); break;
    case COLUMN_BYTES: sqlite3_result_int64(context, (sqlite3_int64)block->payload_length); break;
    case COLUMN_REDACTED: sqlite3_result_int(context, (block->flags & FLAG_REDACTED) != 0); break;
    }
    return SQLITE_OK;
}

/* No xCreate: the table exists in every database and cannot be created (SQLite "Eponymous-only virtual tables"). */
static const sqlite3_module message_module = {
    .iVersion = 0,
    .xConnect = connect_table,
    .xBestIndex = best_index,
    .xDisconnect = disconnect_table,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = is_at_end,
    .xColumn = column_value,
    .xRowid = rowid,
};

#ifdef FEEDREC_STATIC

int feedrec_register_messages(sqlite3 *db) {
    return sqlite3_create_module_v2(db, "messages", &message_module, NULL, NULL);
}

#else

/* The fallback entry point, for a file with any name. */
int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_module_v2(db, "messages", &message_module, NULL, NULL);
}

/* The entry point that SQLite derives from the name feedrec_messages.so. */
int sqlite3_feedrecmessages_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    return sqlite3_extension_init(db, error, api);
}

#endif
