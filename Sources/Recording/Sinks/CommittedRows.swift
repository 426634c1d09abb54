package import Archive

/// The rows and blocks of one transaction, after its commit.
///
/// Rows replace earlier rows with the same key: a gap its `gapID`, a bar its ``BarRowKey``, and a block its connection
/// and first message. An unfinished block is therefore followed by longer ones. `removedBars` are removed before the
/// bars are stored, and `removedGaps` after the gaps.
package struct CommittedRows: Sendable {
    /// Numbers the transactions of a ``CommitStream`` from 1, without holes.
    package let number: UInt64
    /// The recording that contains the rows; ids and message numbers are those of this recording.
    package let recording: CommittedRecording
    package let rows: WriteBatch
    /// The instruments to which the rows refer, by their ids.
    package let instruments: [Int64: InstrumentRow]
}

/// The recording of a transaction.
package struct CommittedRecording: Hashable, Sendable {
    /// See ``ArchiveWriter/recordingID``.
    package let recordingID: String
    package let path: String
}

/// What the consumer of a ``CommitStream`` gets.
package enum CommitEvent: Sendable {
    case committed(CommittedRows)
    /// Transactions that the consumer does not get, because it was too slow; their rows are in the recordings.
    case missed(MissedCommits)
}

/// Transactions without rows for the consumer.
///
/// To catch up, read the recordings from `first` to `last`, from the last message number that the consumer has.
package struct MissedCommits: Hashable, Sendable {
    package let numbers: ClosedRange<UInt64>
    package let first: CommittedRecording
    package let last: CommittedRecording
}

extension WriteBatch {
    /// The ids of the instruments to which rows refer.
    var instrumentIDs: Set<Int64> {
        var ids = Set(instruments.map(\.instrumentID))
        // Neighbouring ticks are often of the same instrument.
        var last: Int64?
        func note(_ id: Int64) {
            guard id != last else { return }
            ids.insert(id)
            last = id
        }
        for row in quotes { note(row.instrumentID) }
        for row in trades { note(row.instrumentID) }
        for row in venueBars { note(row.instrumentID) }
        for row in bookCheckpoints { note(row.instrumentID) }
        for row in bars { note(row.instrumentID) }
        for key in removedBars { note(key.instrumentID) }
        for gap in gaps { if let id = gap.instrumentID { note(id) } }
        return ids
    }

    /// Approximate memory that the batch keeps, in bytes.
    var approximateBytes: Int {
        let payload = blocks.reduce(0) { $0 + $1.block.count } + events.reduce(0) { $0 + $1.json.count }
        return payload + rowCount * 128
    }
}
