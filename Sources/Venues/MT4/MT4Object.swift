import JSONScanning
import MarketModel

/// The members of one JSON object, found by name without regard to case; for payloads that come rarely.
struct MT4Object {
    /// The object's own text.
    let bytes: UnsafeRawBufferPointer
    private var members: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []

    /// Reads the object in `bytes`.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        self.bytes = bytes
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() { members.append((key, try cursor.nextValue())) }
    }

    /// The object that `value` is; `nil` for anything else.
    init?(_ value: JSONValue?) throws(JSONError) {
        guard let value, value.kind == .object else { return nil }
        try self.init(value.bytes)
    }

    /// The value of a member, of repeated ones the last; `nil` where it is absent or null.
    subscript(name: StaticString) -> JSONValue? {
        guard let value = members.last(where: { $0.key.equalsIgnoringCase(name) })?.value else { return nil }
        return value.isNull ? nil : value
    }

    /// A number or a text exactly as written.
    func text(_ name: StaticString) -> String? { self[name]?.verbatim }

    func integer(_ name: StaticString) -> Int64? { self[name]?.integer }

    func decimal(_ name: StaticString) -> FixedDecimal? { self[name]?.decimal }

    /// A member of an enumeration: its name, also where the hub sends its number.
    func word(_ name: StaticString, of words: [StaticString]) -> String? {
        guard let value = self[name] else { return nil }
        if let number = value.integer, words.indices.contains(Int(clamping: number)) { return "\(words[Int(number)])" }
        guard value.kind == .string else { return value.verbatim }
        return words.first { value.equalsIgnoringCase($0) }.map { "\($0)" } ?? value.text
    }
}

extension JSONValue {
    /// A number, or a number in a string, exactly as written.
    var decimal: FixedDecimal? {
        kind == .number || kind == .string ? withText { FixedDecimal(text: $0) } : nil
    }

    /// The text of a number or of a string; `nil` for anything else.
    var verbatim: String? {
        switch kind {
        case .number: String(decoding: bytes, as: UTF8.self)
        case .string: text
        default: nil
        }
    }

    /// `true`, `false`, their texts, or a number that is zero or not.
    var flag: Bool? { boolean ?? integer.map { $0 != 0 } }
}

/// The hub's enumerations that are stored as words, in the order of their numbers.
enum MT4Words {
    static let tradeCommand: [StaticString] = [
        "Buy", "Sell", "BuyLimit", "SellLimit", "BuyStop", "SellStop", "Balance", "Credit",
    ]
    static let tradeState: [StaticString] = [
        "OpenNormal", "OpenRemand", "OpenRestored", "ClosedNormal", "ClosedPart", "ClosedBy", "Deleted",
    ]
    static let tradeReason: [StaticString] = [
        "Client", "Expert", "Dealer", "Signal", "Gateway", "Mobile", "Web", "API",
    ]
    static let transaction: [StaticString] = ["Add", "Delete", "Update", "ChangeGrp"]
}
