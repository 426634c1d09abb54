/// The tokens of a SQL statement, without comments.
struct SQLTokens {
    /// A name, a keyword, a string, or a single character.
    struct Token: Hashable {
        /// In lower case and without quotes.
        var text: String
        /// True for a string, or a name in `"…"`, `[…]` or backticks: it is not a keyword.
        var isQuoted = false
        /// True for `'…'`, which SQLite accepts as a name where only a name is possible.
        var isString = false
    }

    private(set) var tokens: [Token] = []
    private var bytes: [UInt8] = []
    private var position = 0

    private init() {}

    init(_ statement: some Sequence<UInt8>) {
        bytes = Array(statement)
        while position < bytes.count { take() }
    }

    /// The first token of a statement, in lower case.
    static func firstWord(of statement: some Sequence<UInt8>) -> String? {
        var tokens = SQLTokens()
        tokens.bytes = Array(statement)
        while tokens.tokens.isEmpty, tokens.position < tokens.bytes.count { tokens.take() }
        return tokens.tokens.first?.text
    }

    private mutating func take() {
        let byte = bytes[position]
        switch byte {
        case _ where starts(with: "--"): position = first("\n", from: position) ?? bytes.count
        case _ where starts(with: "/*"): skipComment()
        case UInt8(ascii: "'"): append(quoted(until: byte), isQuoted: true, isString: true)
        case UInt8(ascii: "\""), UInt8(ascii: "`"): append(quoted(until: byte), isQuoted: true)
        case UInt8(ascii: "["): append(quoted(until: UInt8(ascii: "]")), isQuoted: true)
        case _ where Self.isWord(byte):
            let end = bytes[position...].firstIndex { !Self.isWord($0) } ?? bytes.count
            append(bytes[position..<end])
            position = end
        default:
            if byte > 0x20 { append(bytes[position...position]) }
            position += 1
        }
    }

    private mutating func append(_ text: some Collection<UInt8>, isQuoted: Bool = false, isString: Bool = false) {
        let text = String(decoding: text, as: UTF8.self).lowercased()
        tokens.append(Token(text: text, isQuoted: isQuoted, isString: isString))
    }

    /// Reads the text between quotes; a doubled quote stands for one quote character.
    private mutating func quoted(until end: UInt8) -> [UInt8] {
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == end else {
                text.append(byte)
                continue
            }
            guard position < bytes.count, bytes[position] == end, end != UInt8(ascii: "]") else { break }
            text.append(byte)
            position += 1
        }
        return text
    }

    private mutating func skipComment() {
        position += 2
        while position < bytes.count, !starts(with: "*/") { position += 1 }
        position = min(position + 2, bytes.count)
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private func first(_ sign: Unicode.Scalar, from start: Int) -> Int? {
        bytes[start...].firstIndex(of: UInt8(ascii: sign))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...: true
        default: false
        }
    }
}
