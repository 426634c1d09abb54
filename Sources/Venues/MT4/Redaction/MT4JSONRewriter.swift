import JSONScanning

/// Finds the parts of a JSON text that a redaction must replace.
struct MT4JSONRewriter {
    /// The maximum nesting of JSON inside strings inside JSON.
    static let levelsMax = 4
    private static let depthMax = 64
    private static let mark = Array("\"***\"".utf8)

    private let source: UnsafeRawBufferPointer
    private let redaction: MT4Redaction
    private let level: Int
    private var edits: [MT4Edit] = []

    init(_ source: UnsafeRawBufferPointer, redaction: MT4Redaction, level: Int) {
        self.source = source
        self.redaction = redaction
        self.level = level
    }

    /// Returns the edits, in order.
    ///
    /// A value that is `null` is not replaced.
    ///
    /// A value that is already `"***"` counts as changed.
    mutating func run() throws(JSONError) -> [MT4Edit] {
        var cursor = JSONCursor(source)
        try rewrite(&cursor, depth: 0)
        try cursor.expectEnd()
        return edits
    }

    private mutating func rewrite(_ cursor: inout JSONCursor, depth: Int) throws(JSONError) {
        guard depth < Self.depthMax else {
            throw JSONError(offset: cursor.position, detail: "nested deeper than \(Self.depthMax)")
        }
        switch cursor.nextByte {
        case UInt8(ascii: "{"):
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if isTelling(key) {
                    let value = try cursor.nextValue()
                    if !value.isNull { replace(value, endingAt: cursor.position, with: Self.mark) }
                } else {
                    try rewrite(&cursor, depth: depth + 1)
                }
            }
        case UInt8(ascii: "["):
            try cursor.enterArray()
            while try cursor.nextElement() { try rewrite(&cursor, depth: depth + 1) }
        default:
            let value = try cursor.nextValue()
            guard value.kind == .string, let text = rewritten(value) else { return }
            replace(value, endingAt: cursor.position, with: text)
        }
    }

    private func isTelling(_ key: UnsafeRawBufferPointer) -> Bool {
        guard key.contains(UInt8(ascii: "\\")) else { return redaction.applies(to: key) }
        return JSONText.unescaped(key).withUnsafeBytes(redaction.applies)
    }

    /// Returns the replacement for a string, including quotes; `nil` if it stays.
    private func rewritten(_ value: JSONValue) -> [UInt8]? {
        guard value.hasEscapes else { return redaction.isTelling(value.bytes) ? Self.mark : nil }
        let text = JSONText.unescaped(value.bytes)
        guard let clean = text.withUnsafeBytes({ redaction.rewritten($0, level: level) }) else { return nil }
        var quoted: [UInt8] = []
        clean.withUnsafeBytes { JSONText.appendString($0, to: &quoted) }
        return quoted
    }

    private mutating func replace(_ value: JSONValue, endingAt end: Int, with text: [UInt8]) {
        let start = end - value.bytes.count - (value.kind == .string ? 2 : 0)
        edits.append(MT4Edit(range: start..<end, replacement: text))
    }
}
