import JSONScanning
import MarketModel

/// The members of one JSON object, by name without regard to case.
///
/// It is for rare payloads, because it allocates.
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

    /// Reads the object in `value`; `nil` if it is not an object.
    init?(_ value: JSONValue?) throws(JSONError) {
        guard let value, value.kind == .object else { return nil }
        try self.init(value.bytes)
    }

    /// The value of a member; the last one if it is repeated; `nil` if it is missing or null.
    subscript(name: StaticString) -> JSONValue? {
        guard let value = members.last(where: { $0.key.equalsIgnoringCase(name) })?.value else { return nil }
        return value.isNull ? nil : value
    }

    /// Returns a number or a string exactly as written.
    func text(_ name: StaticString) -> String? { self[name]?.verbatim }

    func integer(_ name: StaticString) -> Int64? { self[name]?.integer }

    func decimal(_ name: StaticString) -> FixedDecimal? { self[name]?.decimal }

    /// Returns the name of an enumeration value, which the hub may send as a number.
    func word(_ name: StaticString, of words: [StaticString]) -> String? {
        guard let value = self[name] else { return nil }
        if let number = value.integer, words.indices.contains(Int(clamping: number)) { return "\(words[Int(number)])" }
        guard value.kind == .string else { return value.verbatim }
        return words.first { value.equalsIgnoringCase($0) }.map { "\($0)" } ?? value.text
    }
}

extension JSONValue {
    /// The value of a number, or of a number in a string, exactly as written.
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

    /// `true`, `false`, the same as strings, or a number: zero is false.
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
