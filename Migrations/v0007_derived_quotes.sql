-- Schema 7: quotes that feedrec derives from order books.

-- is_derived: 1 if the quote is the top of an order book after the message; no message states it, and no bar uses it.
ALTER TABLE quote ADD COLUMN is_derived INTEGER NOT NULL DEFAULT 0;

DROP VIEW ticks;
DROP VIEW quotes;

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
    q.sequence, q.message_index, q.item, s.instrument_id, s.price_digits, s.size_digits, q.is_derived
FROM instrument i
CROSS JOIN instruments s ON s.venue = i.venue AND s.symbol = i.symbol
CROSS JOIN quote q ON q.instrument_id = i.instrument_id;

CREATE VIEW ticks AS
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'quote' AS kind,
    bid, bid_size, ask, ask_size, NULL AS price, NULL AS size, NULL AS aggressor_side, sequence, NULL AS trade_id,
    message_index, item, instrument_id, price_digits, size_digits, NULL AS is_aggregate, NULL AS in_bars, is_derived
FROM quotes
UNION ALL
SELECT ts_recv, time_recv, ts_event, time_event, venue, symbol, 'trade',
    NULL, NULL, NULL, NULL, price, size, aggressor_side, NULL, trade_id,
    message_index, item, instrument_id, price_digits, size_digits, is_aggregate, in_bars, NULL
FROM trades;
