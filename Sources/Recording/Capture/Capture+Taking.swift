import Archive
import JournalFormat
import MarketModel
import Venues

/// Puts messages into blocks and, through the dialect, into rows.
extension Capture {
    /// Captures received messages, lets `dialect` read them, and captures its events; its answers go into `outgoing`.
    ///
    /// The raw bytes are stored first, so that a failing dialect cannot cost any.
    mutating func take(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        let batch = redacted(batch)
        let firstMessageIndex = store(batch)
        events.removeAll()
        var outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        messageTotals.dataMessages += Int64(outcome.dataMessages)
        let duplicates = rowBuilder.totals.duplicates
        rowBuilder.append(
            events,
            symbols: dialect.symbols,
            batch: batch,
            firstMessageIndex: firstMessageIndex,
            connectionID: lane.connectionID
        )
        if let warning = rowBuilder.times.takeWarning() { outcome.notices.append(warning) }
        if let warning = recognition.note(outcome) { outcome.notices.append(warning) }
        lane.ticks += Int64(events.quotes.count + events.trades.count)
        lane.duplicates += rowBuilder.totals.duplicates - duplicates
        for change in events.linkChanges {
            linkChanges.append((change, batch.entries[change.origin.message].tsRecv))
        }
        noteSessions(dialect.symbols)
        noteLatency(in: batch)
        if sequence != nil { noteNumbers(of: batch, symbols: dialect.symbols, now: now) }
        return outcome
    }

    /// Lets `dialect` read received messages and answer them, but stores nothing.
    mutating func drop(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        events.removeAll()
        let received = batch.entries.count { $0.direction == .received }
        // If the connection is lost while messages are dropped, the gap begins at the last of them.
        for entry in batch.entries where entry.direction == .received {
            tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv)
        }
        skip(to: JournalPosition(received: lane.journalPosition.received + UInt64(received)))
        return dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
    }

    /// Lets `dialect` read messages that are already stored, so that it understands what follows; stores nothing.
    mutating func recall(_ batch: MessageBatch, dialect: inout any VenueDialect, now: UnixNanoseconds) {
        events.removeAll()
        var answers = MessageBatch()
        _ = dialect.receive(batch, now: now, events: &events, outgoing: &answers)
        if sequence != nil { noteNumbers(of: batch, symbols: dialect.symbols, now: now) }
    }

    /// Skips messages that were to be sent.
    mutating func skip(sent count: Int) {
        skip(to: JournalPosition(sent: lane.journalPosition.sent + UInt64(count)))
    }

    /// Captures messages that need no reading, such as those we send; returns the number of the first.
    @discardableResult
    mutating func takeRaw(_ batch: MessageBatch) -> Int64 {
        store(redacted(batch))
    }

    /// The changes of the venue's own link in the batches since the last call.
    mutating func takeLinkChanges() -> [(change: LinkChange, time: UnixNanoseconds)] {
        guard !linkChanges.isEmpty else { return [] }
        defer { linkChanges.removeAll() }
        return linkChanges
    }

    /// The batch without secrets; unchanged if its venue has none.
    mutating func redacted(_ batch: MessageBatch) -> MessageBatch {
        guard lane.redactor != nil else { return batch }
        var batch = batch
        lane.redactor?.redact(&batch)
        return batch
    }

    mutating func store(_ batch: MessageBatch) -> Int64 {
        let firstMessageIndex = pendingIndex + Int64(pendingCount)
        pendingCount += batch.count
        var start = 0
        while start < batch.count {
            if !lane.block.isEmpty, batch.entries[start].length >= Self.blockBytes { seal() }
            let end = endOfBlock(batch, from: start)
            lane.block.append(
                batch: batch,
                range: start..<end,
                firstMessageIndex: firstMessageIndex + Int64(start)
            )
            lane.isBlockChanged = true
            if lane.block.payloadBytes >= Self.blockBytes || lane.block.count >= Self.blockMessagesMax { seal() }
            start = end
        }
        count(batch)
        return firstMessageIndex
    }

    // MARK: Blocks

    /// The end of the block as an index into `batch`; a message that fills a block by itself does not share it.
    private func endOfBlock(_ batch: MessageBatch, from start: Int) -> Int {
        var bytes = lane.block.payloadBytes
        var end = start
        let endMax = min(batch.count, start + max(1, Self.blockMessagesMax - lane.block.count))
        while end < endMax, bytes < Self.blockBytes {
            if end > start, batch.entries[end].length >= Self.blockBytes { break }
            bytes += batch.entries[end].length
            end += 1
        }
        return max(end, start + 1)
    }

    mutating func seal() {
        if lane.isBlockChanged, !lane.block.isEmpty {
            sealed.append(PendingBlock(connectionID: lane.connectionID, builder: lane.block))
        }
        lane.isBlockChanged = false
        lane.block = MessageBlockBuilder()
    }

    mutating func count(_ batch: MessageBatch) {
        lane.isMoved = lane.isMoved || !batch.isEmpty
        for entry in batch.entries {
            if entry.isRedacted { messageTotals.redacted += 1 }
            guard entry.direction == .received else {
                messageTotals.messagesSent += 1
                lane.journalPosition.sent += 1
                continue
            }
            messageTotals.messagesReceived += 1
            messageTotals.bytesReceived += Int64(entry.length)
            lane.journalPosition.received += 1
            tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv)
        }
    }
}
