-- Schema 3: what the journal and sealing need.

-- journal_key names the connection in the journal, over all files and runs. journal_received and journal_sent are the
-- sequences of the last received and sent message of it that this file, or an earlier one, has in a committed block.
ALTER TABLE connection ADD COLUMN journal_key INTEGER;
ALTER TABLE connection ADD COLUMN journal_received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN journal_sent INTEGER NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX connection_by_journal_key ON connection (journal_key) WHERE journal_key IS NOT NULL;

-- One row in a recording that is finished. payload_sha256 is over all received payloads in stored order, each followed
-- by a line feed.
CREATE TABLE seal (
    seal_id INTEGER PRIMARY KEY CHECK (seal_id = 1),
    ts_sealed INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    payload_sha256 TEXT NOT NULL
) STRICT;
