import JSONScanning
import MarketModel
import Telemetry
import Venues

/// A snapshot of a session, for the status of docs/REPLAY.md.
struct SessionStatus {
    private let record: SessionRecord
    private let figures: SessionRecord.Figures
    private let clock: ClockStatus

    init(_ record: SessionRecord, now: Int64) {
        self.record = record
        figures = record.figures
        clock = ClockStatus(record.clock, now: now)
    }

    /// Returns the status as a JSON object: a message of `type`, or the answer to a command.
    func json(type: String? = nil, command: DeckCommand? = nil, id: String? = nil) -> String {
        var object = JSONObjectWriter()
        object.text("type", type)
        if let command {
            object.text("cmd", command.name)
            object.raw("id", id)
            object.integer("session", Int64(record.id))
        } else {
            object.integer("id", Int64(record.id))
        }
        object.text("path", record.path)
        object.text("protocol", record.name)
        object.text("client", record.client)
        object.nullable("clock", record.clock.name.map(JSONText.quoted))
        clock.append(to: &object, isAtEnd: figures.isAtEnd)
        object.nullable("from", record.bounds.map { "\($0.lowerBound)" })
        object.nullable("to", record.bounds.map { "\($0.upperBound)" })
        object.integer("sent", figures.messages)
        object.integer("sent_bytes", figures.bytes)
        object.integer("lag_ns", figures.lag)
        object.boolean("is_slow", figures.lag > 0)
        object.raw("lateness", figures.lateness.json)
        object.raw("write", figures.writes.json)
        if let report = figures.report { object.raw("subscriptions", Self.json(of: report, figures.unanswered)) }
        if !figures.counts.isEmpty {
            // The clock may have sought before the player has.
            let isCurrent = figures.take == clock.take
            object.raw("counts", Self.json(of: isCurrent ? figures.counts : figures.counts.map { _ in 0 }))
        }
        return object.text()
    }

    private static func json(of report: SubscriptionReport, _ unanswered: [String]) -> String {
        var object = JSONObjectWriter()
        object.integer("count", Int64(report.count))
        object.integer("skipped_messages", report.skippedMessages)
        let skipped = report.skipped.map { item in
            var object = JSONObjectWriter()
            object.text("name", item.name)
            object.integer("messages", item.messages)
            return object.text()
        }
        object.raw("skipped", "[" + skipped.joined(separator: ",") + "]")
        object.integer("refused_count", Int64(report.refusedCount))
        object.raw("refused", list(report.refused))
        object.raw("unanswered", list(unanswered))
        return object.text()
    }

    private static func list(_ names: [String]) -> String {
        "[" + names.map(JSONText.quoted).joined(separator: ",") + "]"
    }

    private static func json(of counts: [Int64]) -> String {
        var object = JSONObjectWriter()
        for (kind, count) in zip(EventKind.allCases, counts) where !kind.isOptional || count > 0 {
            object.integer(kind.countName, count)
        }
        return object.text()
    }
}

/// A snapshot of a clock.
struct ClockStatus {
    private let name: String?
    private let sessionIDs: [Int]
    private let deck: TapeDeck
    private let position: Int64

    var take: Int { deck.take }

    init(_ clock: PlaybackClock, now: Int64) {
        name = clock.name
        sessionIDs = clock.sessionIDs
        deck = clock.deck
        position = deck.position(at: now)
    }

    func append(to object: inout JSONObjectWriter, isAtEnd: Bool) {
        object.text("state", isAtEnd && deck.state != .stopped ? "ended" : deck.state.rawValue)
        object.raw("speed", deck.speed.json)
        object.integer("position", position)
        object.text("time", UnixNanoseconds(position).iso8601)
        object.nullable("loop", deck.loop?.json)
        object.integer("take", Int64(deck.take))
        object.integer("expect", Int64(deck.expect))
        object.integer("joined", Int64(sessionIDs.count))
    }

    /// The clock's status as JSON, without a session.
    var json: String {
        var object = JSONObjectWriter()
        object.text("clock", name)
        append(to: &object, isAtEnd: deck.isAtEnd)
        object.raw("sessions", "[" + sessionIDs.map { "\($0)" }.joined(separator: ",") + "]")
        return object.text()
    }
}

extension PlaybackSpeed {
    /// A number, or `"max"`.
    var json: String { self == .max ? "\"max\"" : description }
}

extension TapeDeck.Loop {
    fileprivate var json: String {
        var object = JSONObjectWriter()
        object.integer("from", from)
        object.nullable("to", to == .max ? nil : "\(to)")
        return object.text()
    }
}

extension DurationHistogram {
    /// Count and percentiles, in nanoseconds.
    var json: String {
        var object = JSONObjectWriter()
        object.integer("count", Int64(clamping: count))
        object.integer("p50_ns", percentile(0.5))
        object.integer("p99_ns", percentile(0.99))
        object.integer("max_ns", max)
        return object.text()
    }
}

extension JSONObjectWriter {
    /// Adds a member that is `null` if there is no value.
    mutating func nullable(_ name: String, _ json: String?) {
        raw(name, json ?? "null")
    }
}

extension TapeLength {
    /// Milliseconds, or seconds with one decimal place.
    var shortText: String {
        let (seconds, tenths) = (nanoseconds / 1_000_000_000, nanoseconds / 100_000_000 % 10)
        if seconds > 0 { return tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s" }
        return "\(nanoseconds / 1_000_000)ms"
    }
}
