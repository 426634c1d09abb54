import JSONScanning
import MarketModel

/// Reads numbers and times of Kraken's messages, of both versions of its interface.
enum KrakenValues {
    /// A decimal with the digits that the venue wrote, from a JSON number or a string.
    ///
    /// - Throws: `JSONError` if `value` is missing or no decimal.
    static func decimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal {
        guard let value, value.kind == .number || value.kind == .string,
            let decimal = FixedDecimal(text: value.bytes)
        else { throw JSONError(offset: 0, detail: "no decimal as \(name)") }
        return decimal
    }

    /// The same as ``decimal(_:_:)``; `nil` if the value is missing or `null`.
    static func optionalDecimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal? {
        guard let value, !value.isNull else { return nil }
        return try decimal(value, name)
    }

    /// A decimal that is not negative: a size, or the price of a book's level.
    static func magnitude(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal {
        let decimal = try decimal(value, name)
        guard decimal.mantissa >= 0 else { throw JSONError(offset: 0, detail: "a negative \(name)") }
        return decimal
    }

    /// - Throws: `JSONError` if `value` is missing or no symbol.
    static func symbol(_ value: JSONValue?) throws(JSONError) -> UnsafeRawBufferPointer {
        guard let value, value.kind == .string, !value.bytes.isEmpty else {
            throw JSONError(offset: 0, detail: "no symbol")
        }
        return value.bytes
    }

    /// The side of the taker: `buy` or `b`, `sell` or `s`; `nil` for another word.
    static func side(_ value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equals("buy") || value.equals("b") { return .buyer }
        return value.equals("sell") || value.equals("s") ? .seller : nil
    }

    /// A checksum, from a number or a string; `nil` if it is missing.
    ///
    /// - Throws: `JSONError` if it does not fit into 32 bits.
    static func checksum(_ value: JSONValue?) throws(JSONError) -> UInt32? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.integer, let checksum = UInt32(exactly: number) else {
            throw JSONError(offset: 0, detail: "no 32-bit checksum")
        }
        return checksum
    }
}

/// A time in a message.
enum KrakenTime: Equatable {
    case absent
    case moment(UnixNanoseconds)
    /// Not a time, or one that cannot be right.
    case impossible

    /// Years 2000 to 2099, in nanoseconds.
    private static let plausible: Range<Int64> = 946_684_800_000_000_000..<4_102_444_800_000_000_000

    /// Reads RFC 3339, as in `2026-08-01T02:53:53.646219Z`.
    init(text value: JSONValue?) {
        guard let value, !value.isNull else {
            self = .absent
            return
        }
        self.init(value.kind == .string ? UnixNanoseconds(iso8601: value.bytes) : nil)
    }

    /// Reads decimal seconds since 1970, as in `1618678142.557535`.
    init(seconds value: JSONValue?) {
        guard let value, !value.isNull else {
            self = .absent
            return
        }
        let isDecimal = value.kind == .number || value.kind == .string
        let seconds = isDecimal ? FixedDecimal(text: value.bytes) : nil
        self.init((seconds?.truncated(to: 9)).map { UnixNanoseconds($0) })
    }

    private init(_ time: UnixNanoseconds?) {
        guard let time, Self.plausible.contains(time.rawValue) else {
            self = .impossible
            return
        }
        self = .moment(time)
    }

    var moment: UnixNanoseconds? {
        guard case .moment(let time) = self else { return nil }
        return time
    }

    /// The same time, after noting an impossible one as an oddity.
    func noting(_ origin: EventOrigin, in events: inout MarketEvents, bytes: Int) -> UnixNanoseconds? {
        if self == .impossible {
            let reason = "a time that cannot be right: not in the stated unit, or outside of the years 2000 to 2099"
            events.venueEvents.append(.malformed(origin, reason: reason, bytes: bytes))
        }
        return moment
    }
}
