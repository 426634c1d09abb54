import JSONScanning
import MarketModel

/// The members of one JSON object with short names, in any order; the last of a repeated name counts.
///
/// For messages that are not frequent: a look-up is linear, and reading allocates. The values are valid only as long as
/// the bytes are, which must be the result of ``JSONText/plain(_:)``.
struct BinanceFields {
    private var members: [(name: UnsafeRawBufferPointer, value: JSONValue)] = []

    init(_ object: UnsafeRawBufferPointer) throws(BinancePayloadError) {
        try self.init(JSONCursor(object))
    }

    init(_ start: JSONCursor) throws(BinancePayloadError) {
        do throws(JSONError) {
            var cursor = start
            try cursor.enterObject()
            while let key = try cursor.nextKey() { members.append((key, try cursor.nextValue())) }
        } catch {
            throw BinancePayloadError(reason: error.description)
        }
    }

    /// The value of `name`; `nil` if it is missing or null.
    subscript(_ name: StaticString) -> JSONValue? {
        guard let value = members.last(where: { $0.name.equals(name) })?.value, !value.isNull else { return nil }
        return value
    }

    /// The object in `name`.
    func object(_ name: StaticString) throws(BinancePayloadError) -> BinanceFields {
        guard let value = self[name], value.kind == .object else {
            throw BinancePayloadError(reason: "no object '\(name)'")
        }
        return try BinanceFields(value.bytes)
    }

    /// The elements of the array in `name`; none if it is missing.
    func elements(_ name: StaticString) throws(BinancePayloadError) -> [JSONValue] {
        guard let value = self[name] else { return [] }
        guard value.kind == .array else { throw BinancePayloadError(reason: "'\(name)' is not an array") }
        return try Self.elements(of: value.bytes)
    }

    static func elements(of array: UnsafeRawBufferPointer) throws(BinancePayloadError) -> [JSONValue] {
        do throws(JSONError) {
            var cursor = JSONCursor(array)
            var elements: [JSONValue] = []
            try cursor.enterArray()
            while try cursor.nextElement() { elements.append(try cursor.nextValue()) }
            return elements
        } catch {
            throw BinancePayloadError(reason: error.description)
        }
    }

    /// A text that must be there and not be empty.
    func name(_ name: StaticString) throws(BinancePayloadError) -> String {
        guard let text = self[name]?.text, !text.isEmpty else { throw BinancePayloadError(reason: "no text '\(name)'") }
        return text
    }

    /// A string or a number as written.
    func text(_ name: StaticString) -> String? {
        guard let value = self[name], value.kind == .string || value.kind == .number else { return nil }
        return value.text ?? String(decoding: value.bytes, as: UTF8.self)
    }

    func decimal(_ name: StaticString) throws(BinancePayloadError) -> FixedDecimal? {
        guard let value = self[name] else { return nil }
        guard value.kind == .string || value.kind == .number, let number = FixedDecimal(text: value.bytes) else {
            throw BinancePayloadError(reason: "'\(name)' is not a decimal number that fits")
        }
        return number
    }

    /// The first of two numbers that is there.
    func integer(_ name: StaticString, or other: StaticString) throws(BinancePayloadError) -> Int64? {
        if let number = try integer(name) { return number }
        return try integer(other)
    }

    func integer(_ name: StaticString) throws(BinancePayloadError) -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer else {
            throw BinancePayloadError(reason: "'\(name)' is not a whole number that fits")
        }
        return number
    }
}
