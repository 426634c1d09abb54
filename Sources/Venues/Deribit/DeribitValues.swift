import JSONScanning
import MarketModel

/// Reads single values as Deribit writes them: JSON numbers, also with exponents, and `null` for what is missing.
enum DeribitValue {
    /// The years 2000 to 2100 in milliseconds; a time outside is in another unit, or wrong.
    private static let milliseconds: Range<Int64> = 946_684_800_000..<4_102_444_800_000

    /// The moment of `value`; `nil` if it is no integer, or not from 2000 to 2100.
    @inline(__always)
    static func moment(_ value: JSONValue) -> UnixNanoseconds? {
        guard let count = value.integer, milliseconds.contains(count) else { return nil }
        return UnixTimeUnit.milliseconds.time(count)
    }

    /// The decimal of `value`; `nil` if it is missing, or no number.
    @inline(__always)
    static func decimal(_ value: JSONValue?) -> FixedDecimal? {
        guard let value, value.kind == .number || value.kind == .string else { return nil }
        return FixedDecimal(text: value.bytes)
    }

    /// Calls `body` with each element of an array, or with the object itself.
    static func forEachElement(
        of data: JSONValue?,
        _ body: (JSONValue) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        guard data.kind != .object else { return try body(data) }
        var cursor = JSONCursor(data)
        try cursor.enterArray()
        while try cursor.nextElement() { try body(try cursor.nextValue()) }
    }
}

/// The members of an object, in place; for messages that are rare.
struct DeribitObject {
    private var members: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []

    init(_ value: JSONValue) throws(JSONError) { try self.init(JSONCursor(value)) }

    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() { members.append((key, try cursor.nextValue())) }
        try cursor.expectEnd()
    }

    /// The last member of this name that is not `null`.
    subscript(name: StaticString) -> JSONValue? {
        members.last { $0.key.equals(name) }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    /// The text of a string, or of a number as written; `nil` for anything else.
    func text(_ name: StaticString) -> String? {
        guard let value = self[name] else { return nil }
        return value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : value.text
    }

    func decimal(_ name: StaticString) -> FixedDecimal? { DeribitValue.decimal(self[name]) }
}
