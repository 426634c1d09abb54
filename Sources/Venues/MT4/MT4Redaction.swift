import JSONScanning

/// What is taken out of the JSON of a hub: secrets always, what is about persons unless they are kept.
struct MT4Redaction: Sendable {
    let keepsPersonalData: Bool
    /// Texts that go wherever they stand: tokens, which a hub may repeat under any name.
    let known: MT4KnownSecrets
    private let scan = MT4SecretScan()

    init(keepsPersonalData: Bool, known: [String] = []) {
        self.keepsPersonalData = keepsPersonalData
        self.known = MT4KnownSecrets(known)
    }

    /// True where `text`, JSON or not, needs a closer look; false is certain.
    func isSuspicious(_ text: UnsafeRawBufferPointer) -> Bool {
        if !known.isEmpty, known.areIn(text) { return true }
        guard scan.isSuspicious(text) else { return false }
        return text.contains(UInt8(ascii: "\\")) || MT4SecretNames.areNamed(in: text)
    }

    /// True where a MessagePack message needs a closer look; names and texts stand in it in plain sight.
    func isSuspicious(packed message: UnsafeRawBufferPointer) -> Bool {
        message.contains(UInt8(ascii: "\\")) || MT4SecretNames.areNamed(in: message)
            || MT4SecretNames.holdsPackedName(message, self) || known.areIn(message)
    }

    /// `json` as it may be stored; `nil` where it may be stored as it is.
    ///
    /// Values of members with telling names become `"***"`, at any depth and in JSON that travels as a string; so does
    /// a text that mentions secrets. What is no JSON but names secrets becomes an object that says so.
    func redacted(_ json: UnsafeRawBufferPointer) -> [UInt8]? {
        guard isSuspicious(json) else { return nil }
        do throws(JSONError) {
            var rewriter = MT4JSONRewriter(json, redaction: self, level: 0)
            let clean = try rewriter.run()
            // Outside texts, such as in the name of a member, nothing is replaced.
            guard clean?.withUnsafeBytes(known.areIn) ?? known.areIn(json) else { return clean }
            return Self.withheld(bytes: json.count, reason: "a secret outside of texts")
        } catch {
            return isNamedAnywhere(in: json) ? Self.withheld(bytes: json.count, reason: error.detail) : nil
        }
    }

    /// True for members whose value has to go.
    func applies(to key: UnsafeRawBufferPointer) -> Bool {
        switch MT4SecretNames.kind(of: key) {
        case .harmless: false
        case .personal: !keepsPersonalData
        case .secret: true
        }
    }

    /// True where a text for people, or of no known meaning, gives something away.
    func isTelling(_ text: UnsafeRawBufferPointer) -> Bool {
        MT4SecretNames.areMentioned(in: text) || known.areIn(text)
    }

    /// What is stored in place of something that could not be redacted.
    static func withheld(bytes: Int, reason: String) -> [UInt8] {
        Array(#"{"withheld_bytes":\#(bytes),"reason":\#(JSONText.quoted(reason))}"#.utf8)
    }

    /// Undoes escapes as often as something honest nests them, and looks for names in each layer.
    private func isNamedAnywhere(in bytes: UnsafeRawBufferPointer) -> Bool {
        if MT4SecretNames.areNamed(in: bytes) || known.areIn(bytes) { return true }
        var text = Array(bytes)
        for _ in 0..<MT4JSONRewriter.levelsMax {
            guard text.contains(UInt8(ascii: "\\")) else { return false }
            text = text.withUnsafeBytes(JSONText.unescaped)
            if text.withUnsafeBytes({ MT4SecretNames.areNamed(in: $0) || known.areIn($0) }) { return true }
        }
        return text.contains(UInt8(ascii: "\\"))
    }
}

/// Copies a JSON text and leaves out what a redaction takes away.
struct MT4JSONRewriter {
    /// JSON inside strings inside JSON is followed this far down.
    static let levelsMax = 4
    private static let depthMax = 64
    private static let mark = Array("\"***\"".utf8)

    private let source: UnsafeRawBufferPointer
    private let redaction: MT4Redaction
    private let level: Int
    private var output: [UInt8] = []
    /// Up to here the source is copied or left out.
    private var copied = 0
    private var isChanged = false

    init(_ source: UnsafeRawBufferPointer, redaction: MT4Redaction, level: Int) {
        self.source = source
        self.redaction = redaction
        self.level = level
    }

    /// The text without what had to go; `nil` where nothing had to.
    ///
    /// A value that is `"***"` already counts as gone.
    mutating func run() throws(JSONError) -> [UInt8]? {
        var cursor = JSONCursor(source)
        try rewrite(&cursor, depth: 0)
        try cursor.expectEnd()
        guard isChanged else { return nil }
        output.append(contentsOf: source[copied...])
        return output
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

    /// What a string becomes, quotes included; `nil` where it stays.
    private func rewritten(_ value: JSONValue) -> [UInt8]? {
        guard value.hasEscapes else { return redaction.isTelling(value.bytes) ? Self.mark : nil }
        let text = JSONText.unescaped(value.bytes)
        return text.withUnsafeBytes { text in
            let isJSON = text.first { $0 > 0x20 }.map { "{[\"".utf8.contains($0) } ?? false
            if isJSON {
                // Deeper than anything honest goes, nobody looks.
                guard level < Self.levelsMax else { return Self.mark }
                do throws(JSONError) {
                    var inner = MT4JSONRewriter(text, redaction: redaction, level: level + 1)
                    guard let inside = try inner.run() else { return nil }
                    var quoted: [UInt8] = []
                    inside.withUnsafeBytes { JSONText.appendString($0, to: &quoted) }
                    return quoted
                } catch {
                    let isNamed = MT4SecretNames.areNamed(in: text) || redaction.known.areIn(text)
                    return isNamed || text.contains(UInt8(ascii: "\\")) ? Self.mark : nil
                }
            }
            return redaction.isTelling(text) ? Self.mark : nil
        }
    }

    private mutating func replace(_ value: JSONValue, endingAt end: Int, with text: [UInt8]) {
        let start = end - value.bytes.count - (value.kind == .string ? 2 : 0)
        output.append(contentsOf: source[copied..<start])
        output.append(contentsOf: text)
        copied = end
        isChanged = true
    }
}
