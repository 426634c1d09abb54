import JSONScanning
import MarketModel

/// The reason why a message that matches gives no row.
struct MappingFailure: Error {
    let reason: String
}

extension MappingReader {
    /// A value of a message; `nil` if it is missing, null or an empty text.
    @inline(__always)
    func value(_ field: Field, _ entry: Entry, _ slots: Slots) -> JSONValue? {
        guard let slot = entry.plan.slot(field), let value = slots[slot], !value.isNull,
            value.kind != .string || !value.bytes.isEmpty
        else { return nil }
        return value
    }

    /// The name of a value for errors: its key and its path.
    private func name(_ field: Field, _ entry: Entry) -> String {
        "'\(field.key)' (\(entry.plan.mapping.fields[field]?.text ?? ""))"
    }

    private func missing(_ field: Field, _ entry: Entry) -> MappingFailure {
        MappingFailure(reason: "\(name(field, entry)) is missing")
    }

    /// A decimal with the digits that the venue wrote; `nil` if there is none.
    @inline(__always)
    func decimal(_ field: Field, _ entry: Entry, _ slots: Slots) throws(MappingFailure) -> FixedDecimal? {
        guard let value = value(field, entry, slots) else { return nil }
        guard value.kind == .string || value.kind == .number, let decimal = value.withText({ FixedDecimal(text: $0) })
        else { throw MappingFailure(reason: "\(name(field, entry)) is no decimal of up to 18 digits") }
        return decimal
    }

    @inline(__always)
    func requiredDecimal(_ field: Field, _ entry: Entry, _ slots: Slots) throws(MappingFailure) -> FixedDecimal {
        guard let decimal = try decimal(field, entry, slots) else { throw missing(field, entry) }
        return decimal
    }

    /// A size, which is not negative.
    @inline(__always)
    func size(_ field: Field, _ entry: Entry, _ slots: Slots) throws(MappingFailure) -> FixedDecimal? {
        guard let size = try decimal(field, entry, slots) else { return nil }
        guard size.mantissa >= 0 else { throw MappingFailure(reason: "\(name(field, entry)) is negative") }
        return size
    }

    /// A whole number; `nil` if there is none, or if the venue numbers with letters.
    @inline(__always)
    func integer(_ field: Field, _ entry: Entry, _ slots: Slots) -> Int64? { value(field, entry, slots)?.integer }

    /// A whole number of a book; `nil` if the mapping does not name it.
    ///
    /// - Throws: `MappingFailure` if the message does not have it, or if it is not a whole number.
    func number(_ field: Field, _ entry: Entry, _ slots: Slots) throws(MappingFailure) -> Int64? {
        guard entry.plan.slot(field) != nil else { return nil }
        guard let value = value(field, entry, slots) else { throw missing(field, entry) }
        guard let number = value.integer else {
            throw MappingFailure(reason: "\(name(field, entry)) is no whole number")
        }
        return number
    }

    /// - Throws: `MappingFailure` if the message has no symbol.
    @inline(__always)
    mutating func symbol(_ entry: Entry, _ slots: Slots) throws(MappingFailure) -> SymbolIndex {
        if let constant = entry.plan.constantSymbol {
            return constant.withUnsafeBytes { symbol(writtenAs: $0) }
        }
        guard let value = value(.symbol, entry, slots) else { throw missing(.symbol, entry) }
        guard value.kind == .string || value.kind == .number else {
            throw MappingFailure(reason: "\(name(.symbol, entry)) is no text")
        }
        guard value.hasEscapes || entry.plan.mapping.symbolPattern != nil else { return symbol(writtenAs: value.bytes) }
        guard
            let symbol = value.withText({ text in
                entry.plan.symbol(in: text).map { symbol(writtenAs: $0) }
            })
        else { throw MappingFailure(reason: "\(name(.symbol, entry)) does not fit 'symbol_pattern'") }
        return symbol
    }

    /// The symbol that an answer names, as the venue writes it; `nil` if it names none.
    func name(_ entry: Entry, _ slots: Slots) -> String? {
        guard let value = value(.symbol, entry, slots) else { return entry.plan.mapping.constantSymbol }
        return value.withText { text in
            entry.plan.symbol(in: text).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The venue's time; `nil` if there is none, or if it cannot be one, which is an oddity.
    @inline(__always)
    mutating func time(
        _ field: Field,
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) -> UnixNanoseconds? {
        guard let value = value(field, entry, slots) else { return nil }
        if let time = MappingTime.read(value, entry.plan.mapping.timeForm) { return time }
        fail("\(name(field, entry)) is no time in the stated unit between 2000 and 2100", &message, &events)
        return nil
    }

    /// The side that took liquidity; an unknown word is an oddity.
    @inline(__always)
    mutating func side(
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) -> AggressorSide? {
        guard let value = value(.side, entry, slots) else { return nil }
        if let side = Self.side(value, entry) { return side }
        fail("\(name(.side, entry)) is none of the words for a side", &message, &events)
        return nil
    }

    static func side(_ value: JSONValue, _ entry: Entry) -> AggressorSide? {
        guard value.kind != .object, value.kind != .array else { return nil }
        return value.withText { text in
            func isOne(of words: [[UInt8]]) -> Bool {
                for word in words
                where word.count == text.count && zip(word, text).allSatisfy({ $0 == $1.asciiLowercased }) {
                    return true
                }
                return false
            }
            if isOne(of: entry.plan.buyWords) { return .buyer }
            return isOne(of: entry.plan.sellWords) ? .seller : nil
        }
    }

    /// Appends an oddity.
    mutating func fail(_ reason: String, _ message: inout Message, _ events: inout MarketEvents) {
        message.hasFailed = true
        events.venueEvents.append(.malformed(message.next(), reason: reason, bytes: message.bytes.count))
    }
}

/// Times in the forms that a mapping can name.
enum MappingTime {
    /// Years 2000 to 2099, in nanoseconds.
    private static let plausible: Range<Int64> = 946_684_800_000_000_000..<4_102_444_800_000_000_000

    /// Reads a time, exactly to the nanosecond; `nil` if it is not a time in the years 2000 to 2099.
    static func read(_ value: JSONValue, _ form: MessageMapping.TimeForm) -> UnixNanoseconds? {
        let time =
            switch form {
            case .iso: value.kind == .string ? value.withText { UnixNanoseconds(iso8601: $0) } : nil
            case .number(let unit): value.integer.map { unit.time($0) } ?? fraction(value, unit)
            }
        guard let time, plausible.contains(time.rawValue) else { return nil }
        return time
    }

    /// Reads a number with a fraction, such as `1526559000.123` seconds; drops digits below a nanosecond.
    private static func fraction(_ value: JSONValue, _ unit: UnixTimeUnit) -> UnixNanoseconds? {
        guard value.kind == .number || value.kind == .string,
            let decimal = value.withText({ FixedDecimal(text: $0) })
        else { return nil }
        var scale: Int128 = 1
        for _ in 0..<decimal.digits { scale *= 10 }
        return Int64(exactly: Int128(decimal.mantissa) * Int128(unit.nanoseconds) / scale).map { UnixNanoseconds($0) }
    }
}
