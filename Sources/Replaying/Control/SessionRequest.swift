import Archive
package import BarBuilding
import MarketModel
import Venues

/// How a client is served: the server's defaults, changed by the query of its URL.
package struct SessionRequest: Sendable {
    package var speed = PlaybackSpeed.factor(1)
    /// The symbols to play; `nil` for all.
    package var symbols: Set<String>?
    package var from: TapeMoment?
    package var to: TapeMoment?
    package var startsPaused = false
    package var loop: LoopRequest?
    package var end = EndRule.close
    package var clock: String?
    package var expect = 1
    package var joinsAtStart = false
    package var lagLimit = Duration.seconds(5)
    package var lagRule = LagRule.wait
    package var breaks = BreakRule.silence
    package var kinds = EventKind.byDefault
    /// The best levels of each side of an order book to send; `nil` for all.
    package var depth: Int?
    package var intervals: [BarInterval] = []
    package var rebasesToNow = false
    package var follows = false
    package var statusInterval: Int64?
    /// How long a venue's client must be quiet before its tape starts; `nil` for the rule of ``StartWait``.
    package var startAfter: Duration?
    /// The tape of a venue's client starts after this many subscriptions; `nil` to wait for a quiet time instead.
    package var subscriptionsMin: Int?
    package var absent = AbsentRule.refuse

    package enum LoopRequest: Sendable, Hashable {
        case whole
        case part(TapeMoment, TapeMoment)
    }

    package init() {}

    /// The kind of client that opens a session: a client of `/replay`, or a client of a venue.
    enum Opener: Hashable {
        case events
        case venue(Venue)
    }

    private static let sharedParameters = [
        "speed", "from", "to", "paused", "loop", "end", "clock", "expect", "join", "lag_limit", "lag_rule", "breaks",
        "follow", "access_token",
    ]
    private static let eventParameters = ["symbols", "types", "depth", "bars", "rebase", "status"]
    private static let venueParameters = ["start_after", "subscriptions", "absent"]

    /// Applies a query, see docs/REPLAY.md.
    ///
    /// An unknown or invalid parameter is an error.
    ///
    /// `start` is the start of the tape, which moments may refer to.
    mutating func apply(_ query: [(name: String, value: String)], by opener: Opener, start: Int64) throws(BadRequest) {
        let own: [String]
        let foreign: (names: [String], place: String)
        switch opener {
        case .events: (own, foreign) = (Self.eventParameters, (Self.venueParameters, "the venue's own paths"))
        case .venue(let venue):
            own = Self.venueParameters + venue.definition.queryParameters
            foreign = (Self.eventParameters, "/replay")
        }
        let known = Self.sharedParameters + own
        for (name, value) in query {
            if foreign.names.contains(name) {
                throw BadRequest(description: "'\(name)' is a parameter of \(foreign.place)")
            }
            if case .venue(let venue) = opener, venue.definition.takesParameter(name) { continue }
            guard known.contains(name) else {
                let hint = Suggestion.hint(for: name, among: known)
                throw BadRequest(description: "there is no parameter '\(name.prefix(40))'\(hint)")
            }
            try set(name, value)
        }
        let given = Set(query.map(\.name))
        if clock == nil, let name = ["expect", "join"].first(where: given.contains) {
            throw BadRequest(description: "'\(name)' is for shared clocks: give 'clock' too")
        }
        if given.contains("depth"), !kinds.contains(.book) {
            throw BadRequest(description: "'depth' is for order books: give 'types' with book too")
        }
        if opener == .events, given.contains("breaks"), breaks == .close {
            throw BadRequest(description: "breaks=close is for the venue's own paths")
        }
        if given.contains("loop") || given.isSuperset(of: ["from", "to"]) { try checkTimes(start: start) }
    }

    /// Refuses times that leave nothing to play.
    func checkTimes(start: Int64) throws(BadRequest) {
        if let from, let to, from.time(start: start) >= to.time(start: start) {
            throw BadRequest(description: "from must come before to")
        }
        if case .part(let from, let to) = loop, from.time(start: start) >= to.time(start: start) {
            throw BadRequest(description: "a loop must end after its start")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(BadRequest) {
        switch name {
        case "speed":
            speed = try Self.value(PlaybackSpeed(text: value), name, value, "'max' or a positive number")
        case "from": from = try Self.moment(name, value)
        case "to": to = try Self.moment(name, value)
        case "symbols":
            let wanted = Set(value.split(separator: ",").map(String.init))
            guard !wanted.isEmpty else { throw Self.bad(name, value, "symbols, separated by commas") }
            symbols = wanted
        case "paused": startsPaused = try Self.flag(name, value)
        case "loop": loop = try Self.loop(value)
        case "end": end = try Self.value(EndRule(rawValue: value), name, value, "close or hold")
        case "clock":
            guard Self.isClockName(value[...]) else {
                throw BadRequest(description: "clock must be a name of 1 to 64 letters, digits, '.', '_' or '-'")
            }
            clock = value
        case "expect":
            let count = Int(value).flatMap { (1...1000).contains($0) ? $0 : nil }
            expect = try Self.value(count, name, value, "a whole number from 1 to 1000")
        case "join":
            guard value == "live" || value == "start" else { throw Self.bad(name, value, "live or start") }
            joinsAtStart = value == "start"
        case "lag_limit":
            lagLimit = .nanoseconds(try Self.length(name, value, "a length such as '5s'"))
        case "lag_rule": lagRule = try Self.value(LagRule(rawValue: value), name, value, "wait or close")
        case "breaks":
            breaks = try Self.value(BreakRule(rawValue: value), name, value, "silence, close or skip")
        case "types":
            kinds = try Self.kinds(value)
        case "depth":
            let count = Int(value).flatMap { (1...Self.depthMax).contains($0) ? $0 : nil }
            depth = try Self.value(count, name, value, "a whole number from 1 to \(Self.depthMax)")
        case "bars":
            intervals = []
            for part in value.split(separator: ",", omittingEmptySubsequences: false) {
                intervals.append(
                    try Self.value(BarInterval(text: String(part)), name, value, "lengths such as '1s,1m'")
                )
            }
            guard intervals.count <= 8 else { throw Self.bad(name, value, "at most 8 lengths") }
        case "rebase":
            guard value == "now" else { throw Self.bad(name, value, "now") }
            rebasesToNow = true
        case "follow": follows = try Self.flag(name, value)
        case "status":
            let interval = try Self.length(name, value, "a length of at least '10ms'")
            guard interval >= 10_000_000 else { throw Self.bad(name, value, "a length of at least '10ms'") }
            statusInterval = interval
        case "start_after":
            let length = TapeLength(text: value)?.nanoseconds
            startAfter = .nanoseconds(try Self.value(length, name, value, "a length such as '2s', or 0"))
        case "subscriptions":
            let count = Int(value).flatMap { (1...100_000).contains($0) ? $0 : nil }
            subscriptionsMin = try Self.value(count, name, value, "a whole number from 1 to 100000")
        case "absent": absent = try Self.value(AbsentRule(rawValue: value), name, value, "refuse or ignore")
        // The venue checks its own parameters.
        default: break
        }
    }

    // MARK: Values

    /// The most levels of each side that can be asked for.
    package static let depthMax = 100_000

    /// Reads the names of types, separated by commas.
    package static func kinds(_ text: String) throws(BadRequest) -> Set<EventKind> {
        var kinds: Set<EventKind> = [.bar]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let kind = EventKind.allCases.first { $0.name == part && $0 != .bar }
            kinds.insert(
                try value(kind, "types", text, "some of quote, trade, book, margin_update, gap and disconnect")
            )
        }
        return kinds
    }

    private static func loop(_ text: String) throws(BadRequest) -> LoopRequest? {
        if text == "1" || text == "true" { return .whole }
        if text == "0" || text == "false" { return nil }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = TapeMoment(text: String(parts[0])),
            let to = TapeMoment(text: String(parts[1]))
        else { throw bad("loop", text, "1, or two moments separated by a comma") }
        return .part(from, to)
    }

    private static func moment(_ name: String, _ text: String) throws(BadRequest) -> TapeMoment {
        try value(TapeMoment(text: text), name, text, "ISO 8601 or nanoseconds since 1970, or like '+5m'")
    }

    private static func length(_ name: String, _ text: String, _ wanted: String) throws(BadRequest) -> Int64 {
        let length = TapeLength(text: text)?.nanoseconds
        return try value(length.flatMap { $0 > 0 ? $0 : nil }, name, text, wanted)
    }

    private static func flag(_ name: String, _ text: String) throws(BadRequest) -> Bool {
        switch text {
        case "1", "true": return true
        case "0", "false": return false
        default: throw bad(name, text, "1 or 0")
        }
    }

    private static func value<Value>(
        _ value: Value?,
        _ name: String,
        _ text: String,
        _ wanted: String
    ) throws(BadRequest) -> Value {
        guard let value else { throw bad(name, text, wanted) }
        return value
    }

    private static func bad(_ name: String, _ text: String, _ wanted: String) -> BadRequest {
        BadRequest(description: "\(name) must be \(wanted), not '\(text.prefix(100))'")
    }

    static func isClockName(_ name: Substring) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    // MARK: Results

    /// Returns the requested part of a tape with these `bounds`.
    func range(within bounds: ClosedRange<Int64>?) -> ReadRange {
        let start = bounds?.lowerBound ?? 0
        return ReadRange(
            from: UnixNanoseconds(from?.time(start: start) ?? .min),
            to: UnixNanoseconds(to?.time(start: start) ?? .max)
        )
    }

    /// Makes a deck for a tape with these `bounds`.
    func deck(bounds: ClosedRange<Int64>?, skips: [Range<Int64>]) -> TapeDeck {
        let start = bounds?.lowerBound ?? 0
        let loop: TapeDeck.Loop? =
            switch loop {
            case nil: nil
            case .whole: TapeDeck.Loop(from: start, to: .max)
            case .part(let from, let to): TapeDeck.Loop(from: from.time(start: start), to: to.time(start: start))
            }
        return TapeDeck(
            speed: speed,
            loop: loop.flatMap { $0.from < $0.to ? $0 : nil },
            expect: clock == nil ? 1 : expect,
            startsPaused: startsPaused,
            start: loop.flatMap { $0.to == .max ? nil : $0.from },
            skips: TapeSkips(skips),
            bounds: bounds
        )
    }
}

/// A request that cannot be met or is invalid.
package struct BadRequest: Error, Hashable, CustomStringConvertible {
    /// In lower case; says what is wrong and, if possible, what to do.
    package let description: String
}
