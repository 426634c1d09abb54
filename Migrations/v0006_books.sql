-- Schema 6: order books, and what exchanges publish beside quotes and trades.

-- Amounts of one asset of an account, such as 'USDT'; NULL for the account's own currency. login is 0 if the venue's
-- accounts have no number.
ALTER TABLE margin_update ADD COLUMN asset TEXT;
DROP VIEW margin_updates;

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
    m.balance_text, m.equity_text, m.volume_text, m.margin_text, m.margin_free_text, m.margin_level_text, m.asset
FROM margin_update m LEFT JOIN feed f ON f.feed_id = m.feed_id;

-- Books
--
-- The raw messages hold every change of a book, so changes are not stored again. A row is a book at the end of message
-- message_index: valid (state 1) or not (state 0), and why. A valid row has the whole book in a compact form, from which
-- feedrec continues with the raw messages; every change of validity has a row, and long valid times have rows in between.
-- The counts are those of the connection so far.
CREATE TABLE book_checkpoint (
    connection_id INTEGER NOT NULL REFERENCES connection,
    instrument_id INTEGER NOT NULL REFERENCES instrument,
    channel TEXT NOT NULL,
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    ts_event INTEGER,
    state INTEGER NOT NULL CHECK (state IN (0, 1)),
    cause TEXT NOT NULL,
    expected INTEGER,
    found INTEGER,
    is_verifiable INTEGER NOT NULL CHECK (is_verifiable IN (0, 1)),
    applied_count INTEGER NOT NULL,
    resync_count INTEGER NOT NULL,
    checksum_count INTEGER NOT NULL,
    checksum_failure_count INTEGER NOT NULL,
    book BLOB,
    PRIMARY KEY (instrument_id, channel, ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

CREATE VIEW book_checkpoints AS
SELECT c.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_recv - (c.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    c.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (c.ts_event - (c.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (c.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol, c.channel, c.state AS is_valid, c.cause, c.expected, c.found, c.is_verifiable,
    c.applied_count, c.resync_count, c.checksum_count, c.checksum_failure_count,
    c.message_index, c.item, c.connection_id, c.instrument_id, length(c.book) AS book_bytes
FROM book_checkpoint c JOIN instrument i ON i.instrument_id = c.instrument_id;

-- Numbers that a venue publishes about an instrument, from events. value is the number as the venue wrote it.
CREATE VIEW funding_rates AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, CAST(json_extract(e.json, '$.value') AS REAL) AS rate, json_extract(e.json, '$.ts_next') AS ts_next, strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_next')) - ((json_extract(e.json, '$.ts_next')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_next')) % 1000000000 + 1000000000) % 1000000000) AS time_next,
    json_extract(e.json, '$.value') AS value, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'funding_rate' AND e.is_oddity = 0;

CREATE VIEW mark_prices AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, CAST(json_extract(e.json, '$.value') AS REAL) AS price,
    json_extract(e.json, '$.value') AS value, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'mark_price' AND e.is_oddity = 0;

CREATE VIEW index_prices AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, CAST(json_extract(e.json, '$.value') AS REAL) AS price,
    json_extract(e.json, '$.value') AS value, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'index_price' AND e.is_oddity = 0;

CREATE VIEW open_interests AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, CAST(json_extract(e.json, '$.value') AS REAL) AS open_interest,
    json_extract(e.json, '$.value') AS value, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'open_interest' AND e.is_oddity = 0;

CREATE VIEW liquidations AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, CAST(json_extract(e.json, '$.value') AS REAL) AS price, CAST(json_extract(e.json, '$.size') AS REAL) AS size, json_extract(e.json, '$.side') AS aggressor_side,
    json_extract(e.json, '$.value') AS value, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'liquidation' AND e.is_oddity = 0;

-- Positions of an account, from events; an amount that the message lacks is NULL.
CREATE VIEW positions AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    json_extract(e.json, '$.ts_event') AS ts_event,
    strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_event')) - ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_event')) % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, e.symbol, json_extract(e.json, '$.account') AS account,
    json_extract(e.json, '$.side') AS side, CAST(json_extract(e.json, '$.size') AS REAL) AS size, CAST(json_extract(e.json, '$.entry_price') AS REAL) AS entry_price, CAST(json_extract(e.json, '$.mark_price') AS REAL) AS mark_price,
    CAST(json_extract(e.json, '$.liquidation_price') AS REAL) AS liquidation_price, CAST(json_extract(e.json, '$.unrealised_profit') AS REAL) AS unrealised_profit, CAST(json_extract(e.json, '$.realised_profit') AS REAL) AS realised_profit,
    CAST(json_extract(e.json, '$.initial_margin') AS REAL) AS initial_margin, CAST(json_extract(e.json, '$.maintenance_margin') AS REAL) AS maintenance_margin, CAST(json_extract(e.json, '$.leverage') AS REAL) AS leverage,
    json_extract(e.json, '$.margin_mode') AS margin_mode, json_extract(e.json, '$.record') AS json, e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'position' AND e.is_oddity = 0;

-- The terms of an instrument from ts_recv on, as its venue stated them; one row for each change.
CREATE VIEW instrument_terms AS
SELECT e.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (e.ts_recv - (e.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (e.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    f.venue, e.symbol, json_extract(e.json, '$.kind') AS kind, json_extract(e.json, '$.base') AS base, json_extract(e.json, '$.quote') AS quote,
    CAST(json_extract(e.json, '$.tick_size') AS REAL) AS tick_size, CAST(json_extract(e.json, '$.lot_size') AS REAL) AS lot_size,
    CAST(json_extract(e.json, '$.contract_size') AS REAL) AS contract_size, json_extract(e.json, '$.status') AS status,
    json_extract(e.json, '$.ts_expiry') AS ts_expiry, strftime('%Y-%m-%dT%H:%M:%S', ((json_extract(e.json, '$.ts_expiry')) - ((json_extract(e.json, '$.ts_expiry')) % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', ((json_extract(e.json, '$.ts_expiry')) % 1000000000 + 1000000000) % 1000000000) AS time_expiry,
    e.message_index, e.item, e.feed_id
FROM event e LEFT JOIN feed f ON f.feed_id = e.feed_id WHERE e.kind = 'instrument_terms' AND e.is_oddity = 0;
