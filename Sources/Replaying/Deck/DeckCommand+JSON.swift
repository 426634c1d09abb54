import JSONScanning
import MarketModel

/// Commands as JSON, see docs/REPLAY.md.
extension DeckCommand {
    /// The members of a command, as far as there are.
    fileprivate struct Members {
        var cmd: String?
        var to: TapeMoment?
        var from: TapeMoment?
        var by: Int64?
        var speed: PlaybackSpeed?
        var events: Int64?
        var interval: Int64?
        var off = false
    }

    /// Reads `{"cmd":…}`, and its `id` as it is written, which comes back with the answer.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> (id: String?, Result<DeckCommand, DeckError>) {
        var id: String?
        do throws(DeckError) {
            let members = try read(bytes, id: &id)
            guard let name = members.cmd else { throw DeckError(.badCommand, "'cmd' is missing") }
            return (id, .success(try command(name, members)))
        } catch {
            return (id, .failure(error))
        }
    }

    /// Reads the members of the command `name`; nothing at all is an object without members.
    static func parse(_ name: String, members bytes: UnsafeRawBufferPointer) throws(DeckError) -> DeckCommand {
        var id: String?
        let members = bytes.isEmpty ? Members() : try read(bytes, id: &id)
        return try command(name, members)
    }

    private static func command(_ name: String, _ members: Members) throws(DeckError) -> DeckCommand {
        switch name {
        case "play": return .play
        case "pause": return .pause
        case "status": return .status
        case "stop": return .stop
        case "seek":
            if let to = members.to { return .seek(.to(to)) }
            guard let by = members.by else { throw DeckError(.badCommand, "seek needs 'to' or 'by'") }
            return .seek(.by(by))
        case "speed":
            guard let speed = members.speed else { throw DeckError(.badCommand, "speed needs 'speed'") }
            return .speed(speed)
        case "step":
            if let interval = members.interval { return .stepInterval(interval) }
            guard let count = Int(exactly: members.events ?? 1), (1...1_000_000).contains(count) else {
                throw DeckError(.badCommand, "'events' must be a whole number from 1 to 1000000")
            }
            return .stepEvents(count)
        case "loop":
            if members.off { return .loopOff }
            guard let from = members.from, let to = members.to else {
                throw DeckError(.badCommand, "loop needs 'from' and 'to', or 'off'")
            }
            return .loop(from: from, to: to)
        default:
            throw DeckError(.badCommand, "there is no command '\(name.prefix(40))'")
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, id: inout String?) throws(DeckError) -> Members {
        var members = Members()
        var problem: DeckError?
        do throws(JSONError) {
            var cursor = JSONCursor(bytes)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = String(decoding: key, as: UTF8.self)
                let value = try cursor.nextValue()
                if name == "id" { id = idText(value) }
                if let error = members.take(name, value), problem == nil { problem = error }
            }
            try cursor.expectEnd()
        } catch {
            throw DeckError(.badJSON, "the command is not a JSON object: \(error)")
        }
        if let problem { throw problem }
        return members
    }

    private static func idText(_ value: JSONValue) -> String? {
        switch value.kind {
        case .string: value.text.map { JSONText.quoted(String($0.prefix(100))) }
        case .number: value.integer.map { "\($0)" }
        default: nil
        }
    }
}

extension DeckCommand.Members {
    /// Takes a member; returns what is wrong with it.
    ///
    /// Those that are not known are passed over.
    fileprivate mutating func take(_ name: String, _ value: JSONValue) -> DeckError? {
        func bad(_ wanted: String) -> DeckError {
            DeckError(.badCommand, "'\(name)' must be \(wanted)")
        }
        switch name {
        case "cmd": cmd = value.text
        case "to", "from":
            guard let moment = TapeMoment(value) else { return bad("nanoseconds, ISO 8601 or '+5m'") }
            if name == "to" { to = moment } else { from = moment }
        case "by":
            guard let length = value.text.flatMap(TapeLength.init(signedText:)) else { return bad("like '-10s'") }
            by = length.nanoseconds
        case "speed":
            let text = value.text ?? (value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : "")
            guard let speed = PlaybackSpeed(text: text) else { return bad("'max' or a positive number") }
            self.speed = speed
        case "events":
            guard let count = value.integer else { return bad("a whole number from 1 to 1000000") }
            events = count
        case "interval":
            guard let length = value.text.flatMap(TapeLength.init(text:)), length.nanoseconds > 0 else {
                return bad("a length such as '1m'")
            }
            interval = length.nanoseconds
        case "off": off = value.boolean ?? false
        default: break
        }
        return nil
    }
}

extension TapeMoment {
    fileprivate init?(_ value: JSONValue) {
        if value.kind == .number, let time = value.integer {
            self = .absolute(time)
        } else {
            guard let text = value.text, let moment = TapeMoment(text: text) else { return nil }
            self = moment
        }
    }

    /// Reads nanoseconds since 1970, ISO 8601, or `+5m` behind the tape's start.
    package init?(text: String) {
        // An unescaped plus sign in a URL reads as a space to many programs.
        if text.hasPrefix("+") || text.hasPrefix(" ") {
            guard let length = TapeLength(text: String(text.dropFirst())) else { return nil }
            self = .behindStart(length.nanoseconds)
        } else if let time = Int64(text) {
            self = .absolute(time)
        } else if let time = UnixNanoseconds(iso8601: text) {
            self = .absolute(time.rawValue)
        } else {
            return nil
        }
    }
}

/// A length of time as people write it: `500ms`, `10s`, `5m`, `2h`, `1d`, also with a fraction.
package struct TapeLength: Sendable, Hashable {
    package let nanoseconds: Int64

    private static let units: [(suffix: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9),
    ]

    /// Reads a length that is not negative, at most a hundred years.
    package init?(text: String) {
        guard let unit = Self.units.first(where: { text.hasSuffix($0.suffix) }),
            let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            let count = Double(text.dropLast(unit.suffix.count)), count * unit.nanoseconds <= 3.2e18
        else { return nil }
        nanoseconds = Int64((count * unit.nanoseconds).rounded())
    }

    /// Reads a length with or without a sign.
    init?(signedText text: String) {
        let isNegative = text.hasPrefix("-")
        guard let length = TapeLength(text: isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text) else {
            return nil
        }
        nanoseconds = isNegative ? -length.nanoseconds : length.nanoseconds
    }

    init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }
}
