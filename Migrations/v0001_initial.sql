-- Schema 1 of a feedrec recording.
--
-- Tables are singular and hold what programs need: times are nanoseconds since 1970-01-01T00:00:00Z, prices and sizes
-- are mantissas, to be divided by the instrument's price_scale and size_scale. Views are plural and for people: symbols
-- as text, prices as REAL, every time also as ISO 8601 text (ts_recv -> time_recv). Absent is NULL, never 0.
-- A number with an exponent is the same number: `printf('%.*f', price_digits, bid)` shows all digits of a price.

PRAGMA application_id = 1179796803;

-- One run of `record` or `import`. ts_end is NULL while it runs, and for ever when it was killed.
-- The counts are what the program believes it stored; `verify` compares them with what is there.
CREATE TABLE session (
    session_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('record', 'import')),
    ts_start INTEGER NOT NULL,
    ts_end INTEGER,
    end_cause TEXT,
    host TEXT,
    program_version TEXT NOT NULL,
    configuration TEXT NOT NULL,
    messages_received INTEGER,
    messages_sent INTEGER,
    quote_count INTEGER,
    trade_count INTEGER,
    margin_update_count INTEGER,
    bar_count INTEGER,
    event_count INTEGER,
    oddity_count INTEGER,
    gap_count INTEGER
) STRICT;

-- One configured stream of a session. The URL has no user information and no query.
CREATE TABLE feed (
    feed_id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES session,
    name TEXT NOT NULL,
    venue TEXT NOT NULL,
    url TEXT,
    subscription TEXT
) STRICT;

-- One socket of a feed (or one file of an import). closed_by and the rest of the ending are NULL while it is open.
-- connect_ns includes looking up the name; certificate_expires is in nanoseconds like every time.
CREATE TABLE connection (
    connection_id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feed,
    ts_opened INTEGER NOT NULL,
    ts_closed INTEGER,
    local_address TEXT,
    remote_address TEXT,
    proxy TEXT,
    tls_version TEXT,
    tls_cipher TEXT,
    certificate_sha256 TEXT,
    certificate_expires INTEGER,
    subprotocol TEXT,
    extensions TEXT,
    connect_ns INTEGER,
    tls_ns INTEGER,
    upgrade_ns INTEGER,
    messages_received INTEGER,
    messages_sent INTEGER,
    bytes_received INTEGER,
    bytes_sent INTEGER,
    close_code INTEGER,
    close_reason TEXT,
    closed_by TEXT CHECK (closed_by IN ('local', 'remote', 'none'))
) STRICT;

-- What is traded, with the digits behind the point of its prices and sizes. One symbol has several rows when its
-- digits had to grow; ticks belong to the row that was valid when they came.
CREATE TABLE instrument (
    instrument_id INTEGER PRIMARY KEY,
    venue TEXT NOT NULL,
    symbol TEXT NOT NULL,
    price_digits INTEGER NOT NULL CHECK (price_digits BETWEEN 0 AND 18),
    size_digits INTEGER NOT NULL CHECK (size_digits BETWEEN 0 AND 18),
    price_scale REAL NOT NULL GENERATED ALWAYS AS (CAST('1e' || price_digits AS REAL)) STORED,
    size_scale REAL NOT NULL GENERATED ALWAYS AS (CAST('1e' || size_digits AS REAL)) STORED,
    details TEXT,
    UNIQUE (venue, symbol, price_digits, size_digits)
) STRICT;

-- Raw messages of one connection, both directions, compressed. message_index counts the messages of the whole file
-- without gaps; blocks of different connections may interleave. ts_first and ts_last are the least and the greatest
-- ts_recv inside. The newest block of a connection is replaced while it grows.
CREATE TABLE message_block (
    connection_id INTEGER NOT NULL REFERENCES connection,
    first_message_index INTEGER NOT NULL,
    last_message_index INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    ts_first INTEGER NOT NULL,
    ts_last INTEGER NOT NULL,
    payload_bytes INTEGER NOT NULL,
    block BLOB NOT NULL,
    PRIMARY KEY (connection_id, first_message_index)
) STRICT;

-- Readers walk the blocks by these without touching the blobs.
CREATE INDEX message_block_by_index
    ON message_block (first_message_index, last_message_index, ts_first, ts_last, connection_id);
CREATE INDEX message_block_by_time
    ON message_block (ts_first, first_message_index, ts_last, connection_id);

-- A change of best bid and ask.
CREATE TABLE quote (
    instrument_id INTEGER NOT NULL REFERENCES instrument,
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    ts_event INTEGER,
    bid_price INTEGER NOT NULL,
    bid_size INTEGER,
    ask_price INTEGER NOT NULL,
    ask_size INTEGER,
    sequence INTEGER,
    PRIMARY KEY (instrument_id, ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

-- An execution. aggressor_side: 1 buyer, 2 seller.
CREATE TABLE trade (
    instrument_id INTEGER NOT NULL REFERENCES instrument,
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    ts_event INTEGER,
    price INTEGER NOT NULL,
    size INTEGER NOT NULL,
    aggressor_side INTEGER,
    trade_id INTEGER,
    PRIMARY KEY (instrument_id, ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

-- An account's balance and margin. All amounts of a row are mantissas with `digits` digits behind the point.
-- state: 0 ok, 1 margin call, 2 stop out.
CREATE TABLE margin_update (
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    feed_id INTEGER NOT NULL REFERENCES feed,
    ts_event INTEGER,
    login INTEGER NOT NULL,
    account_group TEXT,
    leverage INTEGER,
    digits INTEGER NOT NULL CHECK (digits BETWEEN 0 AND 18),
    balance INTEGER,
    equity INTEGER,
    volume INTEGER,
    margin INTEGER,
    margin_free INTEGER,
    margin_level INTEGER,
    state INTEGER,
    PRIMARY KEY (ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

-- Open, high, low, close over [ts_open, ts_close). side: 0 bid, 1 ask, 2 trade. Volumes are size mantissas; notional is
-- an exact decimal as text. time_source: 0 the bar follows ts_event, 1 ts_recv.
CREATE TABLE bar (
    instrument_id INTEGER NOT NULL REFERENCES instrument,
    side INTEGER NOT NULL CHECK (side IN (0, 1, 2)),
    interval_ns INTEGER NOT NULL CHECK (interval_ns > 0),
    ts_open INTEGER NOT NULL,
    ts_close INTEGER NOT NULL,
    open INTEGER NOT NULL,
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    tick_count INTEGER NOT NULL,
    volume INTEGER,
    taker_buy_volume INTEGER,
    notional TEXT,
    is_complete INTEGER NOT NULL CHECK (is_complete IN (0, 1)),
    time_source INTEGER NOT NULL CHECK (time_source IN (0, 1)),
    PRIMARY KEY (instrument_id, side, interval_ns, ts_open)
) STRICT, WITHOUT ROWID;

-- What else was said, as JSON; an oddity is a message that could not be read as what it claims to be.
-- message_index is NULL where no message said it.
CREATE TABLE event (
    event_id INTEGER PRIMARY KEY,
    ts_recv INTEGER NOT NULL,
    message_index INTEGER,
    item INTEGER,
    feed_id INTEGER REFERENCES feed,
    kind TEXT NOT NULL,
    symbol TEXT,
    is_oddity INTEGER NOT NULL CHECK (is_oddity IN (0, 1)),
    json TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_time ON event (ts_recv, message_index, item);

-- What is known or suspected to be missing. ts_to is NULL while the gap is open.
CREATE TABLE gap (
    gap_id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES session,
    feed_id INTEGER REFERENCES feed,
    connection_id INTEGER REFERENCES connection,
    instrument_id INTEGER REFERENCES instrument,
    ts_from INTEGER NOT NULL,
    ts_to INTEGER,
    cause TEXT NOT NULL,
    detail TEXT,
    sequence_from INTEGER,
    sequence_to INTEGER,
    estimated_count INTEGER
) STRICT;

-- The host clock as the kernel reports it.
CREATE TABLE clock_sample (
    ts INTEGER PRIMARY KEY,
    offset_ns INTEGER NOT NULL,
    error_ns INTEGER NOT NULL,
    status INTEGER NOT NULL
) STRICT;

CREATE VIEW sessions AS
SELECT session_id, kind,
    ts_start, strftime('%Y-%m-%dT%H:%M:%S', (ts_start - (ts_start % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_start % 1000000000 + 1000000000) % 1000000000) AS time_start,
    ts_end, strftime('%Y-%m-%dT%H:%M:%S', (ts_end - (ts_end % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_end % 1000000000 + 1000000000) % 1000000000) AS time_end,
    end_cause, host, program_version, configuration,
    messages_received, messages_sent, quote_count, trade_count, margin_update_count, bar_count, event_count,
    oddity_count, gap_count
FROM session;

CREATE VIEW feeds AS
SELECT feed_id, session_id, name, venue, url, subscription FROM feed;

CREATE VIEW connections AS
SELECT c.connection_id, f.session_id, c.feed_id, f.name AS feed, f.venue,
    c.ts_opened, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_opened - (c.ts_opened % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_opened % 1000000000 + 1000000000) % 1000000000) AS time_opened,
    c.ts_closed, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_closed - (c.ts_closed % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_closed % 1000000000 + 1000000000) % 1000000000) AS time_closed,
    c.local_address, c.remote_address, c.proxy, c.tls_version, c.tls_cipher, c.certificate_sha256, c.certificate_expires,
    c.subprotocol, c.extensions, c.connect_ns, c.tls_ns, c.upgrade_ns,
    c.messages_received, c.messages_sent, c.bytes_received, c.bytes_sent, c.close_code, c.close_reason, c.closed_by
FROM connection c JOIN feed f ON f.feed_id = c.feed_id;

CREATE VIEW instruments AS
SELECT instrument_id, venue, symbol, price_digits, size_digits, details FROM instrument;

-- The blocks without their bytes; the messages inside are rows of the virtual table `messages`.
CREATE VIEW message_blocks AS
SELECT connection_id, first_message_index, last_message_index, message_count,
    ts_first, strftime('%Y-%m-%dT%H:%M:%S', (ts_first - (ts_first % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_first % 1000000000 + 1000000000) % 1000000000) AS time_first,
    ts_last, strftime('%Y-%m-%dT%H:%M:%S', (ts_last - (ts_last % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_last % 1000000000 + 1000000000) % 1000000000) AS time_last,
    payload_bytes, length(block) AS block_bytes
FROM message_block;

-- CROSS JOIN keeps the instruments outside, so that conditions on symbol and ts_recv use the primary key.
CREATE VIEW quotes AS
SELECT q.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (q.ts_recv - (q.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (q.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    q.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (q.ts_event - (q.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (q.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol,
    q.bid_price / i.price_scale AS bid, q.bid_size / i.size_scale AS bid_size,
    q.ask_price / i.price_scale AS ask, q.ask_size / i.size_scale AS ask_size,
    q.sequence, q.message_index, q.item, q.instrument_id, i.price_digits, i.size_digits
FROM instrument i CROSS JOIN quote q ON q.instrument_id = i.instrument_id;

CREATE VIEW trades AS
SELECT t.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (t.ts_recv - (t.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (t.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    t.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (t.ts_event - (t.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (t.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol,
    t.price / i.price_scale AS price, t.size / i.size_scale AS size,
    CASE t.aggressor_side WHEN 1 THEN 'buyer' WHEN 2 THEN 'seller' END AS aggressor_side,
    t.trade_id, t.message_index, t.item, t.instrument_id, i.price_digits, i.size_digits
FROM instrument i CROSS JOIN trade t ON t.instrument_id = i.instrument_id;

-- Quotes and trades in the order they came.
CREATE VIEW ticks AS
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'quote' AS kind,
    bid, bid_size, ask, ask_size, NULL AS price, NULL AS size, NULL AS aggressor_side, sequence, NULL AS trade_id,
    message_index, item, instrument_id, price_digits, size_digits
FROM quotes
UNION ALL
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'trade',
    NULL, NULL, NULL, NULL, price, size, aggressor_side, NULL, trade_id,
    message_index, item, instrument_id, price_digits, size_digits
FROM trades
ORDER BY ts_recv, message_index, item;

CREATE VIEW margin_updates AS
SELECT m.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_recv - (m.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    m.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_event - (m.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, f.name AS feed, m.login, m.account_group, m.leverage,
    m.balance / CAST('1e' || m.digits AS REAL) AS balance,
    m.equity / CAST('1e' || m.digits AS REAL) AS equity,
    m.volume / CAST('1e' || m.digits AS REAL) AS volume,
    m.margin / CAST('1e' || m.digits AS REAL) AS margin,
    m.margin_free / CAST('1e' || m.digits AS REAL) AS margin_free,
    m.margin_level / CAST('1e' || m.digits AS REAL) AS margin_level,
    CASE m.state WHEN 0 THEN 'ok' WHEN 1 THEN 'margin_call' WHEN 2 THEN 'stop_out' END AS state,
    m.message_index, m.item, m.feed_id, m.digits
FROM margin_update m LEFT JOIN feed f ON f.feed_id = m.feed_id;

CREATE VIEW bars AS
SELECT i.venue, i.symbol,
    CASE b.side WHEN 0 THEN 'bid' WHEN 1 THEN 'ask' ELSE 'trade' END AS side,
    CASE
        WHEN b.interval_ns % 86400000000000 = 0 THEN (b.interval_ns / 86400000000000) || 'd'
        WHEN b.interval_ns % 3600000000000 = 0 THEN (b.interval_ns / 3600000000000) || 'h'
        WHEN b.interval_ns % 60000000000 = 0 THEN (b.interval_ns / 60000000000) || 'm'
        WHEN b.interval_ns % 1000000000 = 0 THEN (b.interval_ns / 1000000000) || 's'
        WHEN b.interval_ns % 1000000 = 0 THEN (b.interval_ns / 1000000) || 'ms'
        ELSE b.interval_ns || 'ns'
    END AS interval,
    b.ts_open, strftime('%Y-%m-%dT%H:%M:%S', (b.ts_open - (b.ts_open % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (b.ts_open % 1000000000 + 1000000000) % 1000000000) AS time_open,
    b.ts_close, strftime('%Y-%m-%dT%H:%M:%S', (b.ts_close - (b.ts_close % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (b.ts_close % 1000000000 + 1000000000) % 1000000000) AS time_close,
    b.open / i.price_scale AS open, b.high / i.price_scale AS high,
    b.low / i.price_scale AS low, b.close / i.price_scale AS close,
    b.tick_count, b.volume / i.size_scale AS volume, b.taker_buy_volume / i.size_scale AS taker_buy_volume,
    CAST(b.notional AS REAL) AS notional,
    b.is_complete, CASE b.time_source WHEN 0 THEN 'event' ELSE 'recv' END AS time_source,
    b.interval_ns, b.instrument_id, i.price_digits, i.size_digits
FROM instrument i CROSS JOIN bar b ON b.instrument_id = i.instrument_id;

CREATE VIEW events AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    f.venue, f.name AS feed, e.kind, e.symbol, e.is_oddity, e.json, e.message_index, e.item, e.feed_id, e.event_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id;

CREATE VIEW gaps AS
SELECT g.gap_id, g.session_id, f.venue, f.name AS feed, i.symbol,
    g.ts_from, strftime('%Y-%m-%dT%H:%M:%S', (g.ts_from - (g.ts_from % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (g.ts_from % 1000000000 + 1000000000) % 1000000000) AS time_from,
    g.ts_to, strftime('%Y-%m-%dT%H:%M:%S', (g.ts_to - (g.ts_to % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (g.ts_to % 1000000000 + 1000000000) % 1000000000) AS time_to,
    g.cause, g.detail, g.sequence_from, g.sequence_to, g.estimated_count, g.feed_id, g.connection_id, g.instrument_id
FROM gap g LEFT JOIN feed f ON f.feed_id = g.feed_id LEFT JOIN instrument i ON i.instrument_id = g.instrument_id;

CREATE VIEW clock_samples AS
SELECT ts, strftime('%Y-%m-%dT%H:%M:%S', (ts - (ts % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts % 1000000000 + 1000000000) % 1000000000) AS time, offset_ns, error_ns, status FROM clock_sample;
