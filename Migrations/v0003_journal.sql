-- Schema 3: columns and tables for the journal and for sealing.

-- journal_key identifies the connection in the journal, across all files and runs. journal_received and journal_sent
-- are the sequences of its last received and last sent message that this file, or an earlier one, has in a committed
-- block.
ALTER TABLE connection ADD COLUMN journal_key INTEGER;
ALTER TABLE connection ADD COLUMN journal_received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN journal_sent INTEGER NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX connection_by_journal_key ON connection (journal_key) WHERE journal_key IS NOT NULL;

-- One row in a finished recording. payload_sha256 is over all received payloads in stored order, each followed by a
-- line feed.
CREATE TABLE seal (
    seal_id INTEGER PRIMARY KEY CHECK (seal_id = 1),
    ts_sealed INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    payload_sha256 TEXT NOT NULL
) STRICT;
