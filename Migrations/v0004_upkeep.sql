-- Schema 4: what became of a recording after it was made.

-- What was stored once and is not here any more, so that nobody takes it for lost in silence: `damage` was found by
-- `verify --repair`, `prune` was asked for. Messages are named by their numbers (both ends belong to the range, and
-- row_count says how many of it are missing); of other rows only the count is known. session_id is NULL for bars, which
-- belong to no session, and where nobody knows.
CREATE TABLE absence (
    absence_id INTEGER PRIMARY KEY,
    session_id INTEGER REFERENCES session,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('damage', 'prune')),
    first_message_index INTEGER,
    last_message_index INTEGER,
    row_count INTEGER NOT NULL,
    ts_noted INTEGER NOT NULL
) STRICT;

-- One run of `compact`, `prune`, `rebuild` or `verify --repair` that changed this file; detail is JSON.
CREATE TABLE upkeep (
    upkeep_id INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('compact', 'prune', 'rebuild', 'repair')),
    program_version TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE VIEW absences AS
SELECT absence_id, session_id, kind, cause, first_message_index, last_message_index, row_count,
    ts_noted, strftime('%Y-%m-%dT%H:%M:%S', (ts_noted - (ts_noted % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts_noted % 1000000000 + 1000000000) % 1000000000) AS time_noted
FROM absence;

CREATE VIEW upkeeps AS
SELECT upkeep_id, ts, strftime('%Y-%m-%dT%H:%M:%S', (ts - (ts % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%09dZ', (ts % 1000000000 + 1000000000) % 1000000000) AS time, kind, program_version, detail
FROM upkeep;
