import JSONScanning
import MarketModel

/// Reads numbers, names and times of Coinbase's messages, of both interfaces.
enum CoinbaseField {
    /// True if there is no value; the venue also sends empty texts.
    static func isAbsent(_ value: JSONValue?) -> Bool {
        guard let value else { return true }
        return value.isNull || value.kind == .string && value.bytes.isEmpty
    }

    /// A decimal with the digits that the venue wrote.
    ///
    /// - Throws: `JSONError` if `value` is missing or no decimal.
    static func decimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal {
        guard let value, value.kind == .string || value.kind == .number,
            let decimal = FixedDecimal(text: value.bytes)
        else { throw JSONError(offset: 0, detail: "no decimal as \(name)") }
        return decimal
    }

    /// The same as ``decimal(_:_:)``; `nil` if there is no value.
    static func optionalDecimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal? {
        isAbsent(value) ? nil : try decimal(value, name)
    }

    /// A decimal that is not negative.
    @inline(__always)
    static func magnitude(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal {
        let decimal = try decimal(value, name)
        guard decimal.mantissa >= 0 else { throw JSONError(offset: 0, detail: "a negative \(name)") }
        return decimal
    }

    /// - Throws: `JSONError` if `value` is missing or no symbol.
    static func symbol(_ value: JSONValue?) throws(JSONError) -> UnsafeRawBufferPointer {
        guard let value, value.kind == .string, !value.bytes.isEmpty else {
            throw JSONError(offset: 0, detail: "no product_id")
        }
        return value.bytes
    }

    /// The taker's side, from that of the maker; `nil` for another word.
    static func taker(ofMaker value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equalsIgnoringCase("sell") { return .buyer }
        return value.equalsIgnoringCase("buy") ? .seller : nil
    }
}

/// A time in a message.
enum CoinbaseTime: Equatable {
    case absent
    case moment(UnixNanoseconds)
    /// Not a time, or one that cannot be right.
    case impossible

    /// Years 2000 to 2099, in nanoseconds.
    private static let plausible: Range<Int64> = 946_684_800_000_000_000..<4_102_444_800_000_000_000

    /// Reads ISO 8601, as in `2026-09-30T02:39:53.76027728Z`.
    init(text value: JSONValue?) {
        guard let value, !CoinbaseField.isAbsent(value) else {
            self = .absent
            return
        }
        self.init(value.kind == .string ? UnixNanoseconds(iso8601: value.bytes) : nil)
    }

    /// Reads whole seconds since 1970, as in `"1688998200"`.
    init(seconds value: JSONValue?) {
        guard let value, !CoinbaseField.isAbsent(value) else {
            self = .absent
            return
        }
        let product = value.integer?.multipliedReportingOverflow(by: 1_000_000_000)
        self.init(product.flatMap { $0.overflow ? nil : UnixNanoseconds($0.partialValue) })
    }

    private init(_ time: UnixNanoseconds?) {
        guard let time, Self.plausible.contains(time.rawValue) else {
            self = .impossible
            return
        }
        self = .moment(time)
    }

    /// The time, after noting an impossible one as an oddity; `nil` if there is none.
    func noting(_ origin: EventOrigin, in events: inout MarketEvents, bytes: Int) -> UnixNanoseconds? {
        switch self {
        case .moment(let time): return time
        case .absent: return nil
        case .impossible:
            let reason = "a time that cannot be right: not in the stated unit, or outside of the years 2000 to 2099"
            events.venueEvents.append(.malformed(origin, reason: reason, bytes: bytes))
            return nil
        }
    }
}
