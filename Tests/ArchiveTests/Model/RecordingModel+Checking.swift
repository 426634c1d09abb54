import Archive
import JournalFormat
import MarketModel
import Testing

extension RecordingModel {
    /// Compares everything that readers return with the model.
    func check(_ path: String, _ comment: Comment) throws {
        let reader = try ArchiveReader(path: path)
        #expect(try Self.messages(of: reader) == sortedMessages, comment)
        #expect(try reader.instruments() == instruments, comment)
        var quotes = try reader.quotes()
        #expect(try quotes.all() == sortedQuotes, comment)
        var trades = try reader.trades()
        #expect(try trades.all() == sortedTrades, comment)
        var marginUpdates = try reader.marginUpdates()
        #expect(try marginUpdates.all() == self.marginUpdates, comment)
        var events = try reader.events()
        #expect(try events.all() == sortedEvents, comment)
        let series = try reader.bars(
            instrumentID: 1,
            side: .bid,
            intervalNS: ModelDriver.intervalNS,
            from: UnixNanoseconds(.min),
            limit: .max
        )
        #expect(series == sortedBars, comment)
        #expect(try reader.gaps() == sortedGaps, comment)
        try checkSummary(reader, comment)
        try checkSessions(reader, comment)
    }

    private func checkSummary(_ reader: ArchiveReader, _ comment: Comment) throws {
        let summary = try reader.summary()
        #expect(summary.messageCount == Int64(messages.count), comment)
        #expect(summary.payloadBytes == messages.values.reduce(0) { $0 + Int64($1.payload.utf8.count) }, comment)
        #expect(summary.tsFirst == messages.values.map(\.offset).min().map { time($0) }, comment)
        #expect(summary.tsLast == messages.values.map(\.offset).max().map { time($0) }, comment)
        #expect(summary.quoteCount == Int64(quotes.count) && summary.tradeCount == Int64(trades.count), comment)
        #expect(summary.marginUpdateCount == Int64(marginUpdates.count), comment)
        #expect(summary.eventCount + summary.oddityCount == Int64(events.count), comment)
        #expect(summary.barCount == Int64(bars.count) && summary.gapCount == Int64(gaps.count), comment)
        #expect(try reader.lastMessageTime() == summary.tsLast, comment)
        let bounds = try reader.messageTimes()
        #expect(bounds?.lowerBound == summary.tsFirst && bounds?.upperBound == summary.tsLast, comment)
    }

    private func checkSessions(_ reader: ArchiveReader, _ comment: Comment) throws {
        let stored = try reader.sessions()
        #expect(stored.map(\.sessionID) == sessions.map(\.id), comment)
        #expect(stored.map(\.endCause) == sessions.map(\.endCause), comment)
        for (row, session) in zip(stored, sessions) {
            #expect((row.counts != nil) == session.isCounted, comment)
            guard var counts = row.counts else { continue }
            var expected = session.counts
            // Bars belong to no session: those of killed sessions are assigned to one of them.
            if session.endCause == "killed" { (counts.barCount, expected.barCount) = (0, 0) }
            // Messages that are lost count as received.
            if session.endCause == "killed", absentMessages > 0 {
                #expect(
                    counts.messagesReceived + counts.messagesSent == expected.messagesReceived + expected.messagesSent,
                    comment
                )
                (counts.messagesReceived, counts.messagesSent) = (expected.messagesReceived, expected.messagesSent)
            }
            #expect(counts == expected, comment)
        }
    }

    private static func messages(of reader: ArchiveReader) throws -> [Message] {
        var cursor = try reader.messages()
        var messages: [Message] = []
        while let run = try cursor.next() {
            for place in run.range {
                let entry = run.block.batch.entries[place]
                messages.append(
                    Message(
                        index: run.block.messageIndexes[place],
                        connectionID: run.connectionID,
                        offset: entry.tsRecv.rawValue - sampleTime,
                        payload: String(decoding: run.block.batch.payload(at: place), as: UTF8.self),
                        direction: entry.direction
                    )
                )
            }
        }
        return messages
    }
}

extension RowCursor {
    /// All remaining rows.
    mutating func all() throws -> [Row] {
        var rows: [Row] = []
        while let row = try next() { rows.append(row) }
        return rows
    }
}
