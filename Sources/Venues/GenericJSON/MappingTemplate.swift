import JSONScanning

/// A message to send, with placeholders for symbols, a number and values of the message that it answers.
///
/// `{symbol}` is a symbol inside a JSON string, `{symbols}` a JSON list of all symbols, `{id}` the number of the
/// message from 1, and `{value:PATH}` the JSON of a value in the message that is answered.
struct MappingTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case text(String)
        case symbol
        case symbols
        case id
        case value(MappingPath)
    }

    let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            plain += rest[..<brace]
            rest = rest[brace...]
            guard let end = rest.firstIndex(of: "}"), let part = Self.part(rest[rest.index(after: brace)..<end]) else {
                plain += "{"
                rest = rest.dropFirst()
                continue
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            plain = ""
            parts.append(part)
            rest = rest[rest.index(after: end)...]
        }
        plain += rest
        if !plain.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    private static func part(_ name: Substring) -> Part? {
        switch name {
        case "symbol": return .symbol
        case "symbols": return .symbols
        case "id": return .id
        default:
            guard name.hasPrefix("value:") else { return nil }
            return MappingPath(String(name.dropFirst("value:".count))).map { .value($0) }
        }
    }

    var needsSymbol: Bool { parts.contains(.symbol) }
    var needsSymbols: Bool { parts.contains(.symbols) || needsSymbol }

    /// The paths whose values the template needs.
    var values: [MappingPath] {
        parts.compactMap { part in
            if case .value(let path) = part { path } else { nil }
        }
    }

    /// The message for `symbol`, or for all `symbols`.
    ///
    /// `value` returns the JSON at a path of the answered message.
    func message(
        symbol: String,
        symbols: [String],
        id: Int,
        value: (MappingPath) -> [UInt8] = { _ in [] }
    ) -> [UInt8] {
        var output: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): output += text.utf8
            case .symbol: output += JSONText.quoted(symbol).utf8.dropFirst().dropLast()
            case .symbols: output += JSONText.list(symbols).utf8
            case .id: output += String(id).utf8
            case .value(let path): output += value(path)
            }
        }
        return output
    }
}
