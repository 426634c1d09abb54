-- Schema 2: what a MetaTrader hub says beyond ticks, and which raw messages were redacted.

-- Messages of the block whose payload had something taken out before it was stored.
ALTER TABLE message_block ADD COLUMN redacted_count INTEGER NOT NULL DEFAULT 0;

-- controlling_type: 0 percent, 1 currency. The texts are the amounts exactly as the venue wrote them; an amount that no
-- mantissa can hold beside the others of its row has a text only.
ALTER TABLE margin_update ADD COLUMN controlling_type INTEGER;
ALTER TABLE margin_update ADD COLUMN balance_text TEXT;
ALTER TABLE margin_update ADD COLUMN equity_text TEXT;
ALTER TABLE margin_update ADD COLUMN volume_text TEXT;
ALTER TABLE margin_update ADD COLUMN margin_text TEXT;
ALTER TABLE margin_update ADD COLUMN margin_free_text TEXT;
ALTER TABLE margin_update ADD COLUMN margin_level_text TEXT;

-- Bars that the venue made. The venue says neither how long they are (interval_ns is NULL then) nor when they began:
-- ts_event is the time of their end. Highest bid and highest ask need not belong to one moment, nor do the lowest.
-- tick_count is the number of ticks that the venue put together.
CREATE TABLE venue_bar (
    instrument_id INTEGER NOT NULL REFERENCES instrument,
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    ts_event INTEGER,
    interval_ns INTEGER CHECK (interval_ns > 0),
    bid_open INTEGER,
    bid_high INTEGER,
    bid_low INTEGER,
    bid_close INTEGER,
    ask_open INTEGER,
    ask_high INTEGER,
    ask_low INTEGER,
    ask_close INTEGER,
    tick_count INTEGER,
    PRIMARY KEY (instrument_id, ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

-- What became of an order. change: 0 opened, 1 updated, 2 closed, 3 deleted; NULL where the venue's word for it is
-- unknown. Amounts and prices are decimals as text, exactly as the venue wrote them; json is the record itself.
CREATE TABLE order_update (
    ts_recv INTEGER NOT NULL,
    message_index INTEGER NOT NULL,
    item INTEGER NOT NULL,
    feed_id INTEGER NOT NULL REFERENCES feed,
    ts_event INTEGER,
    change INTEGER CHECK (change IN (0, 1, 2, 3)),
    ticket INTEGER NOT NULL,
    login INTEGER,
    symbol TEXT,
    command TEXT,
    state TEXT,
    reason TEXT,
    volume_lots TEXT,
    open_price TEXT,
    close_price TEXT,
    stop_loss TEXT,
    take_profit TEXT,
    commission TEXT,
    swap TEXT,
    profit TEXT,
    ts_open INTEGER,
    ts_close INTEGER,
    ts_expires INTEGER,
    json TEXT NOT NULL,
    PRIMARY KEY (ts_recv, message_index, item)
) STRICT, WITHOUT ROWID;

DROP VIEW message_blocks;
CREATE VIEW message_blocks AS
SELECT connection_id, first_message_index, last_message_index, message_count,
    ts_first, strftime('%Y-%m-%dT%H:%M:%S', (ts_first - (ts_first % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_first % 1000000000 + 1000000000) % 1000000000) AS time_first,
    ts_last, strftime('%Y-%m-%dT%H:%M:%S', (ts_last - (ts_last % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_last % 1000000000 + 1000000000) % 1000000000) AS time_last,
    payload_bytes, length(block) AS block_bytes, redacted_count
FROM message_block;

DROP VIEW margin_updates;
CREATE VIEW margin_updates AS
SELECT m.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_recv - (m.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    m.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (m.ts_event - (m.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (m.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, f.name AS feed, m.login, m.account_group, m.leverage,
    coalesce(m.balance / CAST('1e' || m.digits AS REAL), CAST(m.balance_text AS REAL)) AS balance,
    coalesce(m.equity / CAST('1e' || m.digits AS REAL), CAST(m.equity_text AS REAL)) AS equity,
    coalesce(m.volume / CAST('1e' || m.digits AS REAL), CAST(m.volume_text AS REAL)) AS volume,
    coalesce(m.margin / CAST('1e' || m.digits AS REAL), CAST(m.margin_text AS REAL)) AS margin,
    coalesce(m.margin_free / CAST('1e' || m.digits AS REAL), CAST(m.margin_free_text AS REAL)) AS margin_free,
    coalesce(m.margin_level / CAST('1e' || m.digits AS REAL), CAST(m.margin_level_text AS REAL)) AS margin_level,
    CASE m.state WHEN 0 THEN 'ok' WHEN 1 THEN 'margin_call' WHEN 2 THEN 'stop_out' END AS state,
    m.message_index, m.item, m.feed_id, m.digits,
    CASE m.controlling_type WHEN 0 THEN 'percent' WHEN 1 THEN 'currency' END AS controlling_type,
    m.balance_text, m.equity_text, m.volume_text, m.margin_text, m.margin_free_text, m.margin_level_text
FROM margin_update m LEFT JOIN feed f ON f.feed_id = m.feed_id;

-- The venue's own bars; those that feedrec made of ticks are in `bars`.
CREATE VIEW venue_bars AS
SELECT b.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (b.ts_recv - (b.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (b.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    b.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (b.ts_event - (b.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (b.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    i.venue, i.symbol, 'venue' AS source, b.interval_ns,
    b.bid_open / i.price_scale AS bid_open,
    b.bid_high / i.price_scale AS bid_high,
    b.bid_low / i.price_scale AS bid_low,
    b.bid_close / i.price_scale AS bid_close,
    b.ask_open / i.price_scale AS ask_open,
    b.ask_high / i.price_scale AS ask_high,
    b.ask_low / i.price_scale AS ask_low,
    b.ask_close / i.price_scale AS ask_close,
    b.tick_count, b.message_index, b.item, b.instrument_id, i.price_digits
FROM instrument i CROSS JOIN venue_bar b ON b.instrument_id = i.instrument_id;

CREATE VIEW order_updates AS
SELECT o.ts_recv, strftime('%Y-%m-%dT%H:%M:%S', (o.ts_recv - (o.ts_recv % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (o.ts_recv % 1000000000 + 1000000000) % 1000000000) AS time_recv,
    o.ts_event, strftime('%Y-%m-%dT%H:%M:%S', (o.ts_event - (o.ts_event % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (o.ts_event % 1000000000 + 1000000000) % 1000000000) AS time_event,
    f.venue, f.name AS feed,
    CASE o.change WHEN 0 THEN 'opened' WHEN 1 THEN 'updated' WHEN 2 THEN 'closed' WHEN 3 THEN 'deleted' END AS change,
    o.ticket, o.login, o.symbol, o.command, o.state, o.reason, o.volume_lots, o.open_price, o.close_price, o.stop_loss,
    o.take_profit, o.commission, o.swap, o.profit,
    o.ts_open, strftime('%Y-%m-%dT%H:%M:%S', (o.ts_open - (o.ts_open % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (o.ts_open % 1000000000 + 1000000000) % 1000000000) AS time_open,
    o.ts_close, strftime('%Y-%m-%dT%H:%M:%S', (o.ts_close - (o.ts_close % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (o.ts_close % 1000000000 + 1000000000) % 1000000000) AS time_close,
    o.ts_expires, strftime('%Y-%m-%dT%H:%M:%S', (o.ts_expires - (o.ts_expires % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (o.ts_expires % 1000000000 + 1000000000) % 1000000000) AS time_expires,
    o.message_index, o.item, o.feed_id, o.json
FROM order_update o LEFT JOIN feed f ON f.feed_id = o.feed_id;
