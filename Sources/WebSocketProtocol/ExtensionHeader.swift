/// One member of `Sec-WebSocket-Extensions`, an offer or an answer (RFC 6455 §9.1).
struct ExtensionHeader: Hashable {
    struct Parameter: Hashable {
        let name: String
        /// `nil` for a parameter without a value.
        let value: String?
    }

    let name: String
    let parameters: [Parameter]

    /// Parses the values of all fields of this name in order; skips empty list members, as in every HTTP list.
    ///
    /// `nil` unless everything matches the grammar of RFC 6455 §9.1:
    ///
    ///     token *( ";" token [ "=" ( token / quoted token ) ] ), then a comma before the next member
    static func list(_ values: [String]) -> [ExtensionHeader]? {
        var extensions: [ExtensionHeader] = []
        for value in values {
            var scanner = ExtensionScanner(bytes: Array(value.utf8))
            while scanner.skipToMember() {
                guard let next = scanner.member() else { return nil }
                extensions.append(next)
            }
        }
        return extensions
    }
}

/// Parses one field value from the front.
private struct ExtensionScanner {
    let bytes: [UInt8]
    var position = 0

    /// Skips commas and spaces; returns false at the end.
    mutating func skipToMember() -> Bool {
        while let byte = next, byte == UInt8(ascii: ",") || Self.isSpace(byte) { position += 1 }
        return next != nil
    }

    /// Parses a name and its parameters, up to a comma or the end.
    mutating func member() -> ExtensionHeader? {
        guard let name = token() else { return nil }
        var parameters: [ExtensionHeader.Parameter] = []
        while true {
            skipSpaces()
            guard let byte = next, byte != UInt8(ascii: ",") else { break }
            guard take(";") else { return nil }
            skipSpaces()
            guard let parameter = parameter() else { return nil }
            parameters.append(parameter)
        }
        return ExtensionHeader(name: name, parameters: parameters)
    }

    private mutating func parameter() -> ExtensionHeader.Parameter? {
        guard let name = token() else { return nil }
        skipSpaces()
        guard take("=") else { return ExtensionHeader.Parameter(name: name, value: nil) }
        skipSpaces()
        let isQuoted = take("\"")
        guard let value = token(), !isQuoted || take("\"") else { return nil }
        return ExtensionHeader.Parameter(name: name, value: value)
    }

    private mutating func token() -> String? {
        let start = position
        while let byte = next, byte.isTokenCharacter { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() {
        while let byte = next, Self.isSpace(byte) { position += 1 }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
