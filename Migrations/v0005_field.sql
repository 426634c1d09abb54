-- Schema 5: what recording real feeds has taught.

-- Identity
--
-- One row: which recording this is, whatever its file is called. recording_id is random, the same in every copy of the
-- file, and kept by upkeep. file_name and inode are those of the file when it was begun: they tell the original from its
-- copies. A file that was begun with an older schema gets a row when it is written to again.
CREATE TABLE identity (
    identity_id INTEGER PRIMARY KEY CHECK (identity_id = 1),
    recording_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    inode INTEGER NOT NULL
) STRICT;

-- Quotes, trades and bars: one meaning of a price, of an execution and of a symbol.

-- A side of a quote without a price is NULL. Dropping NOT NULL changes nothing on the disk, so the text of the table is
-- changed in place, which takes no time (https://sqlite.org/lang_altertable.html, section 7). Rows of schema 1 to 4 have
-- size 0 for an absent side, and some price, mostly 0; views and feedrec read such a side as absent.
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(replace(sql, 'bid_price INTEGER NOT NULL', 'bid_price INTEGER'),
    'ask_price INTEGER NOT NULL', 'ask_price INTEGER')
WHERE type = 'table' AND name = 'quote';
PRAGMA writable_schema = RESET;

-- is_aggregate: 1 for several executions of one order in one message; trade_id is then the venue's number of the
-- aggregate, and first_trade_id to last_trade_id are the executions in it. in_bars: 0 where other rows hold the same
-- executions and bars are made of those, so `sum(size) ... WHERE in_bars` counts each execution once.
ALTER TABLE trade ADD COLUMN is_aggregate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trade ADD COLUMN first_trade_id INTEGER;
ALTER TABLE trade ADD COLUMN last_trade_id INTEGER;
ALTER TABLE trade ADD COLUMN in_bars INTEGER NOT NULL DEFAULT 1;

DROP VIEW ticks;
DROP VIEW quotes;
DROP VIEW trades;
DROP VIEW bars;
DROP VIEW instruments;
DROP VIEW margin_updates;

-- One row a symbol: that with the most digits, where its digits had to grow. The other views name it, too.
CREATE VIEW instruments AS
SELECT i.instrument_id, i.venue, i.symbol, i.price_digits, i.size_digits,
    coalesce(i.details, (SELECT d.details FROM instrument d WHERE d.venue = i.venue AND d.symbol = i.symbol
        AND d.details IS NOT NULL ORDER BY d.instrument_id DESC LIMIT 1)) AS details
FROM instrument i
WHERE i.instrument_id = (SELECT s.instrument_id FROM instrument s WHERE s.venue = i.venue AND s.symbol = i.symbol
    ORDER BY s.price_digits + s.size_digits DESC, s.instrument_id DESC LIMIT 1);

-- i has the digits of the stored numbers, s is the row that `instruments` shows. CROSS JOIN keeps the instruments
-- outside, so that conditions on symbol and ts_recv use the primary key.
CREATE VIEW quotes AS
SELECT q.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (q.ts_recv - (q.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (q.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    q.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (q.ts_event - (q.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (q.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol,
    CASE WHEN q.bid_size IS NOT 0 THEN q.bid_price / i.price_scale END AS bid,
    CASE WHEN q.bid_price IS NOT NULL THEN nullif(q.bid_size, 0) / i.size_scale END AS bid_size,
    CASE WHEN q.ask_size IS NOT 0 THEN q.ask_price / i.price_scale END AS ask,
    CASE WHEN q.ask_price IS NOT NULL THEN nullif(q.ask_size, 0) / i.size_scale END AS ask_size,
    q.sequence, q.message_index, q.item, s.instrument_id, s.price_digits, s.size_digits
FROM instrument i
CROSS JOIN instruments s ON s.venue = i.venue AND s.symbol = i.symbol
CROSS JOIN quote q ON q.instrument_id = i.instrument_id;

CREATE VIEW trades AS
SELECT t.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (t.ts_recv - (t.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (t.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    t.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (t.ts_event - (t.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (t.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol,
    t.price / i.price_scale AS price, t.size / i.size_scale AS size,
    CASE t.aggressor_side WHEN 1 THEN 'buyer' WHEN 2 THEN 'seller' END AS aggressor_side,
    t.trade_id, t.message_index, t.item, s.instrument_id, s.price_digits, s.size_digits,
    t.is_aggregate, t.first_trade_id, t.last_trade_id, t.in_bars
FROM instrument i
CROSS JOIN instruments s ON s.venue = i.venue AND s.symbol = i.symbol
CROSS JOIN trade t ON t.instrument_id = i.instrument_id;

-- Quotes and trades, in no order of their own, so that a LIMIT costs only what it returns. `ORDER BY ts_recv,
-- message_index, item` is the order in which they came; `feedrec sql` returns them in that order by itself.
CREATE VIEW ticks AS
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'quote' AS kind,
    bid, bid_size, ask, ask_size, NULL AS price, NULL AS size, NULL AS aggressor_side, sequence, NULL AS trade_id,
    message_index, item, instrument_id, price_digits, size_digits, NULL AS is_aggregate, NULL AS in_bars
FROM quotes
UNION ALL
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'trade',
    NULL, NULL, NULL, NULL, price, size, aggressor_side, NULL, trade_id,
    message_index, item, instrument_id, price_digits, size_digits, is_aggregate, in_bars
FROM trades;

-- One bar for a symbol, side, interval and ts_open. It lies under the row with the most digits that its ticks need.
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
    b.interval_ns, s.instrument_id, s.price_digits, s.size_digits
FROM instrument i
CROSS JOIN instruments s ON s.venue = i.venue AND s.symbol = i.symbol
CROSS JOIN bar b ON b.instrument_id = i.instrument_id;

-- An amount that is no finite number, such as "Infinity" or "NaN", is NULL; its text is kept.
CREATE VIEW margin_updates AS
SELECT m.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_recv - (m.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    m.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_event - (m.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, f.name AS feed, m.login, m.account_group, m.leverage,
    coalesce(m.balance / CAST('1e' || m.digits AS REAL), CASE WHEN m.balance_text GLOB '*[0-9]*'
        AND m.balance_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.balance_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.balance_text AS REAL) END) AS balance,
    coalesce(m.equity / CAST('1e' || m.digits AS REAL), CASE WHEN m.equity_text GLOB '*[0-9]*'
        AND m.equity_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.equity_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.equity_text AS REAL) END) AS equity,
    coalesce(m.volume / CAST('1e' || m.digits AS REAL), CASE WHEN m.volume_text GLOB '*[0-9]*'
        AND m.volume_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.volume_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.volume_text AS REAL) END) AS volume,
    coalesce(m.margin / CAST('1e' || m.digits AS REAL), CASE WHEN m.margin_text GLOB '*[0-9]*'
        AND m.margin_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.margin_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.margin_text AS REAL) END) AS margin,
    coalesce(m.margin_free / CAST('1e' || m.digits AS REAL), CASE WHEN m.margin_free_text GLOB '*[0-9]*'
        AND m.margin_free_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.margin_free_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.margin_free_text AS REAL) END) AS margin_free,
    coalesce(m.margin_level / CAST('1e' || m.digits AS REAL), CASE WHEN m.margin_level_text GLOB '*[0-9]*'
        AND m.margin_level_text NOT GLOB '*[^-+.0-9Ee]*' AND abs(CAST(m.margin_level_text AS REAL)) BETWEEN 1e-307 AND 1e308
        THEN CAST(m.margin_level_text AS REAL) END) AS margin_level,
    CASE m.state WHEN 0 THEN 'ok' WHEN 1 THEN 'margin_call' WHEN 2 THEN 'stop_out' END AS state,
    m.message_index, m.item, m.feed_id, m.digits,
    CASE m.controlling_type WHEN 0 THEN 'percent' WHEN 1 THEN 'currency' END AS controlling_type,
    m.balance_text, m.equity_text, m.volume_text, m.margin_text, m.margin_free_text, m.margin_level_text
FROM margin_update m LEFT JOIN feed f ON f.feed_id = m.feed_id;

-- Closed markets
--
-- A time in which the market of a feed was closed by its sessions: nothing is missing there, and coverage leaves it out.
-- ts_to is the opening, known when the market closes; NULL if no opening is in sight. source: who says so, the
-- configuration of the feed or the venue.
CREATE TABLE closed_span (
    feed_id INTEGER NOT NULL REFERENCES feed,
    ts_from INTEGER NOT NULL,
    ts_to INTEGER,
    source TEXT NOT NULL CHECK (source IN ('configuration', 'venue')),
    PRIMARY KEY (feed_id, ts_from)
) STRICT, WITHOUT ROWID;

CREATE VIEW closed_spans AS
SELECT f.venue, f.name AS feed,
    c.ts_from, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_from - (c.ts_from % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_from % 1000000000 + 1000000000) % 1000000000) AS time_from,
    c.ts_to, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_to - (c.ts_to % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_to % 1000000000 + 1000000000) % 1000000000) AS time_to,
    c.source, c.feed_id
FROM closed_span c LEFT JOIN feed f ON f.feed_id = c.feed_id;
