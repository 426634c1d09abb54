/// The lines of the keys and tables of a TOML text, which the TOML parser does not report.
///
/// Paths are `key`, `table.key`, `list[0].key`. The text should be well-formed; for any other text the result is
/// arbitrary, but the time stays proportional to the length.
struct TOMLLines {
    private var lines: [String: Int] = [:]
    /// The number of elements so far in each list of tables.
    private var counts: [String: Int] = [:]

    /// Returns the line of a path, or else of its closest parent.
    subscript(path: String) -> Int? {
        var path = path[...]
        while !path.isEmpty {
            if let line = lines[String(path)] { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<end]
        }
        return nil
    }

    init(_ text: String) {
        var scanner = TOMLScanner(text)
        var table = ""
        while let statement = scanner.nextStatement() {
            switch statement.kind {
            case .table: table = resolve(statement.path)
            case .element:
                let list = resolve(statement.path)
                let index = counts[list, default: 0]
                counts[list] = index + 1
                table = "\(list)[\(index)]"
            case .key: break
            }
            let key = statement.kind == .key ? statement.path.joined(separator: ".") : ""
            let path = [table, key].filter { !$0.isEmpty }.joined(separator: ".")
            if lines[path] == nil { lines[path] = statement.line }
        }
    }

    /// Resolves a header's path.
    ///
    /// A list of tables stands for its latest element.
    private func resolve(_ parts: [String]) -> String {
        var path = ""
        for (index, part) in parts.enumerated() {
            path = path.isEmpty ? part : "\(path).\(part)"
            if index < parts.count - 1, let count = counts[path] { path += "[\(count - 1)]" }
        }
        return path
    }
}

/// Steps through the headers and keys of a TOML text.
///
/// It skips strings, comments and values that span lines.
private struct TOMLScanner {
    enum Kind { case table, element, key }
    typealias Statement = (kind: Kind, path: [String], line: Int)

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func nextStatement() -> Statement? {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        while peek() == UInt8(ascii: "#") {
            skipRestOfLine()
            skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        }
        guard let first = peek() else { return nil }
        let start = line
        guard first == UInt8(ascii: "[") else {
            let path = keyPath(until: UInt8(ascii: "="))
            advance()
            skipValue()
            return (.key, path, start)
        }
        advance()
        let isElement = peek() == UInt8(ascii: "[")
        if isElement { advance() }
        let path = keyPath(until: UInt8(ascii: "]"))
        skipRestOfLine()
        return (isElement ? .element : .table, path, start)
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func advance() {
        guard let byte = peek() else { return }
        if byte == 0x0A { line += 1 }
        position += 1
    }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) {
        while let byte = peek(), isSkipped(byte) { advance() }
    }

    private mutating func skipRestOfLine() {
        skip { $0 != 0x0A }
    }

    /// Reads a dotted key of bare and quoted parts.
    private mutating func keyPath(until end: UInt8) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        while let byte = peek(), byte != end, byte != 0x0A {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let start = position + 1
                skipString(byte)
                part += bytes[min(start, bytes.count)..<max(start, min(position - 1, bytes.count))]
            case UInt8(ascii: "."):
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
                advance()
            default:
                if byte != 0x20, byte != 0x09 { part.append(byte) }
                advance()
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }

    /// Skips to the end of the line on which the value ends.
    private mutating func skipValue() {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte)
            case UInt8(ascii: "#"): skipRestOfLine()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                advance()
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                advance()
            case 0x0A where depth <= 0: return
            default: advance()
            }
        }
    }

    /// Skips past the closing quotes of the string that starts here.
    private mutating func skipString(_ quote: UInt8) {
        let isLong = peek(1) == quote && peek(2) == quote
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        while let byte = peek() {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance()
                advance()
            } else if byte == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                for _ in 0..<(isLong ? 3 : 1) { advance() }
                return
            } else if byte == 0x0A, !isLong {
                return
            } else {
                advance()
            }
        }
    }
}
