import Archive
import JSONScanning
import MarketModel

/// The facts about one recording that `info` prints.
struct RecordingFacts {
    let path: String
    let summary: RecordingSummary
    let sessions: [SessionRow]
    let feeds: [FeedRow]
    let subscriptions: [Int64: String]
    let connections: [ConnectionRow]
    let gaps: [GapRow]
    let closedSpans: [ClosedSpanRow]
    let absences: [AbsenceRow]
    let coverage: Coverage
    let books: [BookHealth]
    let logBytes: Int64
    let fileBytes: Int64

    init(reader: ArchiveReader) throws(ArchiveError) {
        path = reader.path
        logBytes = reader.logBytes
        fileBytes = reader.fileBytes
        summary = try reader.summary()
        sessions = try reader.sessions()
        feeds = try reader.feeds()
        subscriptions = try reader.subscriptions()
        connections = try reader.connections()
        gaps = try reader.gaps()
        closedSpans = try reader.closedSpans()
        books = try BookHealth.all(of: reader)
        absences = try reader.absences()
        coverage = Coverage(
            sessions: sessions,
            feeds: feeds,
            instruments: summary.instruments.map(\.instrument),
            gaps: gaps,
            closedSpans: closedSpans,
            connections: connections,
            owners: try InstrumentFeeds(reader, feeds: feeds, instruments: summary.instruments.map(\.instrument)),
            tsLast: summary.tsLast
        )
    }

    /// Seconds between the first and the last message.
    private var seconds: Double? {
        guard let first = summary.tsFirst, let last = summary.tsLast, last > first else { return nil }
        return last.since(first) / .seconds(1)
    }
}

// MARK: For people

extension RecordingFacts {
    var lines: [String] {
        var lines = [path]
        if let first = summary.tsFirst, let last = summary.tsLast {
            lines.append("  time         \(first) to \(last) (\(Self.text(seconds: seconds ?? 0)))")
        }
        lines.append("  messages     \(Self.grouped(summary.messageCount))\(rate(of: summary.messageCount))")
        if summary.blockBytes > 0 {
            let ratio = Double(summary.payloadBytes) / Double(summary.blockBytes)
            lines.append(
                "  raw          \(Self.text(bytes: summary.payloadBytes)) in \(Counted.text(summary.blockCount, "block")) of "
                    + "\(Self.text(bytes: summary.blockBytes)) (\(Self.text(tenths: ratio))x)"
            )
        }
        if logBytes > 0 { lines.append("  WAL          \(Self.text(bytes: logBytes)), being written") }
        for (name, count) in [
            ("quotes", summary.quoteCount), ("trades", summary.tradeCount), ("margin", summary.marginUpdateCount),
            ("orders", summary.orderUpdateCount), ("venue bars", summary.venueBarCount),
            ("bars", summary.barCount), ("events", summary.eventCount), ("oddities", summary.oddityCount),
            ("redacted", summary.redactedCount),
        ] where count > 0 {
            lines.append("  \(Self.padded(name, 13))\(Self.grouped(count))")
        }
        lines += feedLines
        lines += instrumentLines + sessionLines + gapLines + closedLines + absenceLines
        lines += BookHealthText.lines(of: books) + CoverageText.lines(of: coverage)
        return lines
    }

    /// A line for each feed and address, however many sessions and reloads began it.
    private var feedLines: [String] {
        var counts: [String: Int] = [:]
        var names: [String] = []
        for feed in feeds {
            let name = "\(feed.name) (\(feed.venue))\(feed.url.map { " " + $0 } ?? "")"
            if counts[name] == nil { names.append(name) }
            counts[name, default: 0] += 1
        }
        return names.map { name in
            let count = counts[name] ?? 1
            return "  feed         \(name)" + (count > 1 ? ", started \(count) times" : "")
        }
    }

    private var instrumentLines: [String] {
        summary.instruments.map { row in
            let span = [row.tsFirst, row.tsLast].compactMap { $0.map { String($0.iso8601.prefix(19)) } }
            return
                "  instrument   \(VisibleText.padded(row.instrument.symbol, to: 10)) "
                + "\(Self.counted(row.quoteCount, "quote")), \(Self.counted(row.tradeCount, "trade")), "
                + Self.counted(row.barCount, "bar")
                + (span.count == 2 ? ", \(span[0]) to \(span[1])" : "")
        }
    }

    private var sessionLines: [String] {
        sessions.map { session in
            let ending = session.tsEnd.map { "to \($0) (\(session.endCause ?? "unknown"))" } ?? "not ended"
            return "  session \(Self.padded(String(session.sessionID), 4)) \(session.start.kind.rawValue) "
                + "\(session.start.tsStart) \(ending)"
        }
    }

    private var gapLines: [String] {
        guard !gaps.isEmpty else { return ["  gaps         none"] }
        return gaps.map { gap in
            "  gap          \(gap.tsFrom) to \(gap.tsTo.map(\.iso8601) ?? "now"): \(gap.cause)"
                + (gap.detail.map { ", \($0)" } ?? "")
        }
    }

    private var closedLines: [String] {
        let names = Dictionary(feeds.map { ($0.feedID, $0.name) }, uniquingKeysWith: { first, _ in first })
        return closedSpans.map { span in
            "  closed       \(span.tsFrom) to \(span.tsTo.map(\.iso8601) ?? "further notice")"
                + (names[span.feedID].map { ": the market of \($0)" } ?? "")
        }
    }

    private var absenceLines: [String] {
        absences.map { absence in
            let range = absence.messages.map { " (\($0.lowerBound) to \($0.upperBound))" } ?? ""
            return "  absent       \(Self.counted(absence.rowCount, "row")) of \(absence.kind.rawValue)\(range): "
                + "\(absence.cause.rawValue), noted \(absence.tsNoted)"
        }
    }

    private func rate(of count: Int64) -> String {
        guard let seconds, seconds > 0 else { return "" }
        return ", \(Self.text(tenths: Double(count) / seconds)) a second"
    }

    /// `1,234,567`.
    static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3), digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `1,234 quotes`.
    static func counted(_ count: Int64, _ one: String) -> String { "\(grouped(count)) \(Counted.word(count, one))" }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func text(tenths value: Double) -> String { "\((value * 10).rounded() / 10)" }

    static func text(bytes: Int64) -> String {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= Int64(size) {
            return "\(text(tenths: Double(bytes) / Double(size))) \(unit)"
        }
        return "\(bytes) B"
    }

    private static func text(seconds: Double) -> String {
        if seconds < 120 { return "\(text(tenths: seconds)) s" }
        if seconds < 7200 { return "\(text(tenths: seconds / 60)) min" }
        return "\(text(tenths: seconds / 3600)) h"
    }
}

// MARK: For programs

extension RecordingFacts {
    var json: String {
        var object = JSONObjectWriter()
        object.text("file", path)
        object.integer("ts_first", summary.tsFirst?.rawValue)
        object.integer("ts_last", summary.tsLast?.rawValue)
        for (name, count) in [
            ("messages", summary.messageCount), ("blocks", summary.blockCount),
            ("payload_bytes", summary.payloadBytes), ("block_bytes", summary.blockBytes),
            ("quotes", summary.quoteCount), ("trades", summary.tradeCount),
            ("margin_updates", summary.marginUpdateCount),
            ("order_updates", summary.orderUpdateCount), ("venue_bars", summary.venueBarCount),
            ("redacted_messages", summary.redactedCount), ("bars", summary.barCount),
            ("events", summary.eventCount), ("oddities", summary.oddityCount), ("gap_count", summary.gapCount),
            ("wal_bytes", logBytes),
        ] {
            object.integer(name, count)
        }
        object.raw("instruments", Self.array(summary.instruments.map(Self.json)))
        object.raw("feeds", Self.array(feeds.map(json)))
        object.raw("sessions", Self.array(sessions.map(Self.json)))
        object.raw("connections", Self.array(connections.map(Self.json)))
        object.raw("gaps", Self.array(gaps.map(Self.json)))
        object.raw("closed_spans", Self.array(closedSpans.map(Self.json)))
        object.raw("books", BookHealthText.json(of: books))
        object.raw("coverage", CoverageText.json(of: coverage))
        return object.text()
    }

    private static func array(_ objects: [String]) -> String { "[" + objects.joined(separator: ",") + "]" }

    private static func json(of row: InstrumentSummary) -> String {
        var object = JSONObjectWriter()
        object.integer("instrument_id", row.instrument.instrumentID)
        object.text("venue", row.instrument.venue)
        object.text("symbol", row.instrument.symbol)
        object.integer("price_digits", Int64(row.instrument.priceDigits))
        object.integer("size_digits", Int64(row.instrument.sizeDigits))
        object.integer("quotes", row.quoteCount)
        object.integer("trades", row.tradeCount)
        object.integer("bars", row.barCount)
        object.integer("ts_first", row.tsFirst?.rawValue)
        object.integer("ts_last", row.tsLast?.rawValue)
        return object.text()
    }

    private func json(of row: FeedRow) -> String {
        var object = JSONObjectWriter()
        object.integer("feed_id", row.feedID)
        object.integer("session_id", row.sessionID)
        object.text("name", row.name)
        object.text("venue", row.venue)
        object.text("url", row.url)
        object.raw("subscription", row.subscription)
        object.raw("accepted", subscriptions[row.feedID])
        return object.text()
    }

    private static func json(of row: SessionRow) -> String {
        var object = JSONObjectWriter()
        object.integer("session_id", row.sessionID)
        object.text("kind", row.start.kind.rawValue)
        object.integer("ts_start", row.start.tsStart.rawValue)
        object.integer("ts_end", row.tsEnd?.rawValue)
        object.text("end_cause", row.endCause)
        object.text("program_version", row.start.programVersion)
        object.integer("messages_received", row.counts?.messagesReceived)
        object.integer("messages_sent", row.counts?.messagesSent)
        return object.text()
    }

    private static func json(of row: ConnectionRow) -> String {
        var object = JSONObjectWriter()
        object.integer("connection_id", row.connectionID)
        object.text("venue", row.venue)
        object.integer("ts_opened", row.opened.tsOpened.rawValue)
        object.text("remote_address", row.opened.remoteAddress)
        object.text("tls_version", row.opened.tlsVersion)
        object.integer("ts_closed", row.closed?.tsClosed.rawValue)
        object.integer("close_code", row.closed?.closeCode)
        object.text("close_reason", row.closed?.closeReason)
        object.text("closed_by", row.closed?.closedBy.rawValue)
        return object.text()
    }

    private static func json(of row: ClosedSpanRow) -> String {
        var object = JSONObjectWriter()
        object.integer("feed_id", row.feedID)
        object.integer("ts_from", row.tsFrom.rawValue)
        object.integer("ts_to", row.tsTo?.rawValue)
        object.text("source", row.source.rawValue)
        return object.text()
    }

    private static func json(of row: GapRow) -> String {
        var object = JSONObjectWriter()
        object.integer("gap_id", row.gapID)
        object.integer("session_id", row.sessionID)
        object.integer("feed_id", row.feedID)
        object.integer("ts_from", row.tsFrom.rawValue)
        object.integer("ts_to", row.tsTo?.rawValue)
        object.text("cause", row.cause)
        object.text("detail", row.detail)
        return object.text()
    }
}
