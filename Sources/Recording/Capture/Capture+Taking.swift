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
        lane: Int = 0,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        let batch = redacted(batch, lane)
        let tsBefore = tsLast
        let firstMessageIndex = store(batch, lane)
        let duplicates = pipeline.rows.totals.duplicates
        var outcome = pipeline.read(
            batch,
            from: ReadingPipeline.Source(
                connectionID: lanes[lane].connectionID,
                firstMessageIndex: firstMessageIndex
            ),
            content: &lanes[lane].content,
            dialect: &dialect,
            now: now,
            outgoing: &outgoing
        )
        let events = pipeline.events
        messageTotals.dataMessages += Int64(outcome.dataMessages)
        if let warning = pipeline.rows.times.takeWarning() { outcome.notices.append(warning) }
        if let warning = recognition.note(outcome) { outcome.notices.append(warning) }
        lanes[lane].count(
            ticks: events.quotes.count + events.trades.count,
            duplicates: pipeline.rows.totals.duplicates - duplicates
        )
        for change in events.linkChanges {
            linkChanges.append((change, batch.entries[change.origin.message].tsRecv))
        }
        if !events.connectionHoles.isEmpty { noteConnectionHoles(in: batch, tsBefore: tsBefore) }
        noteSessions(dialect.symbols)
        noteLatency(in: batch)
        if sequence != nil { noteNumbers(of: batch, lane: lane, symbols: dialect.symbols, now: now) }
        return outcome
    }

    /// Lets `dialect` read received messages and answer them, but stores nothing.
    mutating func drop(
        _ batch: MessageBatch,
        lane: Int = 0,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        // If the connection is lost while messages are dropped, the gap begins at the last of them.
        for entry in batch.entries where entry.direction == .received {
            tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv)
        }
        skip(batch, lane: lane)
        var events = MarketEvents()
        return dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
    }

    /// Lets `dialect` read messages that are already stored, so that it understands what follows; stores nothing.
    ///
    /// `messageIndexes` are their numbers, if books continue from stored states.
    @discardableResult
    mutating func recall(
        _ batch: MessageBatch,
        lane: Int = 0,
        messageIndexes: [Int64] = [],
        dialect: inout any VenueDialect,
        now: UnixNanoseconds
    ) -> DialectOutcome {
        let outcome = pipeline.recall(batch, dialect: &dialect, now: now)
        lanes[lane].content.books.follow(
            pipeline.events,
            batch,
            messageIndexes: messageIndexes,
            symbols: dialect.symbols,
            books: dialect.books
        )
        if sequence != nil { noteNumbers(of: batch, lane: lane, symbols: dialect.symbols, now: now) }
        return outcome
    }

    /// Captures messages that need no reading, such as those we send; returns the number of the first.
    @discardableResult
    mutating func takeRaw(_ batch: MessageBatch, lane: Int = 0) -> Int64 {
        store(redacted(batch, lane), lane)
    }

    /// The changes of the venue's own link in the batches since the last call.
    mutating func takeLinkChanges() -> [(change: LinkChange, time: UnixNanoseconds)] {
        guard !linkChanges.isEmpty else { return [] }
        defer { linkChanges.removeAll() }
        return linkChanges
    }

    /// The batch without secrets; unchanged if its venue has none.
    private mutating func redacted(_ batch: MessageBatch, _ lane: Int) -> MessageBatch {
        guard lanes[lane].redactor != nil else { return batch }
        var batch = batch
        lanes[lane].redactor?.redact(&batch)
        return batch
    }

    private mutating func store(_ batch: MessageBatch, _ lane: Int) -> Int64 {
        let firstMessageIndex = pendingIndex + Int64(pendingCount)
        pendingCount += batch.count
        var start = 0
        while start < batch.count {
            if !lanes[lane].block.isEmpty, batch.entries[start].length >= Self.blockBytes { seal(lane) }
            let end = endOfBlock(batch, from: start, lanes[lane].block)
            lanes[lane].block.append(
                batch: batch,
                range: start..<end,
                firstMessageIndex: firstMessageIndex + Int64(start)
            )
            lanes[lane].isBlockChanged = true
            if Self.isFull(lanes[lane].block) { seal(lane) }
            start = end
        }
        lanes[lane].moveForward(to: batch.journalPosition)
        count(batch)
        return firstMessageIndex
    }

    // MARK: Blocks

    /// The end of the block as an index into `batch`; a message that fills a block by itself does not share it.
    private func endOfBlock(_ batch: MessageBatch, from start: Int, _ block: borrowing MessageBlockBuilder) -> Int {
        var bytes = block.payloadBytes
        var end = start
        let endMax = min(batch.count, start + max(1, Self.blockMessagesMax - block.count))
        while end < endMax, bytes < Self.blockBytes {
            if end > start, batch.entries[end].length >= Self.blockBytes { break }
            bytes += batch.entries[end].length
            end += 1
        }
        return max(end, start + 1)
    }

    private static func isFull(_ block: borrowing MessageBlockBuilder) -> Bool {
        block.payloadBytes >= blockBytes || block.count >= blockMessagesMax
    }

    mutating func seal(_ lane: Int) {
        if lanes[lane].isBlockChanged, !lanes[lane].block.isEmpty {
            sealed.append(PendingBlock(connectionID: lanes[lane].connectionID, builder: lanes[lane].block))
        }
        lanes[lane].isBlockChanged = false
        lanes[lane].block = MessageBlockBuilder()
    }

    private mutating func count(_ batch: MessageBatch) {
        for entry in batch.entries {
            if entry.isRedacted { messageTotals.redacted += 1 }
            guard entry.direction == .received else {
                messageTotals.messagesSent += 1
                continue
            }
            messageTotals.messagesReceived += 1
            messageTotals.bytesReceived += Int64(entry.length)
            tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv)
        }
    }
}
