/// The fields of an HTTP head in their order; names are compared ignoring case (RFC 9110 §5).
package struct HTTPHeaders: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    /// Adds fields in order; see ``append(_:_:)``.
    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { append(name, value) }
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// Adds a field at the end, even if one with that name exists.
    ///
    /// Whitespace around the value is removed. A control character inside becomes a space, so that a value cannot
    /// inject a line. A field whose name is not a token (RFC 9110 §5.6.2) is ignored; check with ``isToken(_:)`` first.
    package mutating func append(_ name: String, _ value: String) {
        guard Self.isToken(name) else { return }
        let clean = value.utf8.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }
        fields.append(Field(name: name, value: String(decoding: clean.trimmingSpaces(), as: UTF8.self)))
    }

    /// The value of the first field with that name.
    package subscript(name: String) -> String? { fields.first { $0.name.equalsIgnoringCase(name) }?.value }

    /// The values of all fields with that name, in order.
    package func values(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// The members of a comma-separated list, which may span several fields; empty members are skipped.
    package func list(_ name: String) -> [String] {
        values(name).flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
            .map { String(decoding: Array($0).trimmingSpaces(), as: UTF8.self) }
            .filter { !$0.isEmpty }
    }

    /// Whether a list field has this member, ignoring case.
    package func contains(_ name: String, token: String) -> Bool {
        list(name).contains { $0.equalsIgnoringCase(token) }
    }

    /// Whether `text` is valid as a field name or a method.
    package static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(\.isTokenCharacter) }
}
