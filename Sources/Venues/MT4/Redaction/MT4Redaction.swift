import JSONScanning
import SignalRProtocol
import TextEncoding

/// What is removed from the records of a hub: always secrets, and personal data unless it is kept.
struct MT4Redaction: Sendable {
    let keepsPersonalData: Bool
    /// Texts that are removed wherever they occur: tokens, which a hub may repeat under any name.
    let known: KnownSecrets
    private let scan = MT4SecretScan()

    /// `[0]` with its length: a message of a type that neither protocol has.
    static let withheldPacked: [UInt8] = [2, 0x91, 0]

    init(keepsPersonalData: Bool, known: KnownSecrets = KnownSecrets()) {
        self.keepsPersonalData = keepsPersonalData
        self.known = known
    }

    /// True if `text`, JSON or not, needs closer inspection.
    ///
    /// False means certainly harmless.
    func isSuspicious(_ text: UnsafeRawBufferPointer) -> Bool {
        if !known.isEmpty, known.areIn(text) { return true }
        guard scan.isSuspicious(text) else { return false }
        return text.contains(UInt8(ascii: "\\")) || MT4SecretNames.areNamed(in: text)
    }

    /// True if a MessagePack message needs closer inspection.
    ///
    /// Its names and texts are unescaped.
    func isSuspicious(packed message: UnsafeRawBufferPointer) -> Bool {
        message.contains(UInt8(ascii: "\\")) || MT4SecretNames.areNamed(in: message)
            || MT4SecretNames.holdsPackedName(message, self) || known.areIn(message)
    }

    /// Returns `json` as it may be stored; `nil` if it may be stored unchanged.
    func redacted(_ json: UnsafeRawBufferPointer) -> [UInt8]? {
        let edits = edits(of: json)
        return edits.isEmpty ? nil : MT4Edit.apply(edits, to: json)
    }

    /// Returns the edits of a JSON record, which is given without its separator.
    ///
    /// Values of members with secret names become `"***"`, at any depth and in JSON inside strings. So do texts that
    /// mention secrets. Invalid JSON that names secrets becomes an object that says so.
    func edits(of json: UnsafeRawBufferPointer) -> [MT4Edit] {
        guard isSuspicious(json) else { return [] }
        do throws(JSONError) {
            var rewriter = MT4JSONRewriter(json, redaction: self, level: 0)
            let edits = try rewriter.run()
            // A secret outside of string values, such as in a member name, cannot be replaced.
            guard holdsKnownSecret(json, after: edits) else { return edits }
            return [Self.withheld(0..<json.count, reason: "a secret outside of texts")]
        } catch {
            return isNamedAnywhere(in: json) ? [Self.withheld(0..<json.count, reason: error.detail)] : []
        }
    }

    /// Returns the edits of a MessagePack message, which is given with its length prefix.
    ///
    /// The rules are those of JSON. An unreadable message that names secrets becomes ``withheldPacked``.
    func edits(ofPacked message: UnsafeRawBufferPointer) -> [MT4Edit] {
        let start = message.prefix(5).prefix { $0 & 0x80 != 0 }.count + 1
        let body = UnsafeRawBufferPointer(rebasing: message[min(start, message.count)...])
        guard isSuspicious(packed: body) else { return [] }
        let whole = [MT4Edit(range: 0..<message.count, replacement: Self.withheldPacked)]
        do throws(MessagePackError) {
            var rewriter = MT4PackedRewriter(body, redaction: self)
            let edits = try rewriter.run()
            guard !holdsKnownSecret(body, after: edits) else { return whole }
            guard !edits.isEmpty else { return [] }
            let growth = edits.reduce(0) { $0 + $1.replacement.count - $1.range.count }
            let prefix = MT4Edit(
                range: 0..<start,
                replacement: HubTranscoder.lengthPrefix(body.count + growth)
            )
            return [prefix]
                + edits.map { edit in
                    let range = edit.range.lowerBound + start..<edit.range.upperBound + start
                    return MT4Edit(range: range, replacement: edit.replacement)
                }
        } catch {
            return whole
        }
    }

    /// Returns how many bytes of an incomplete record may stay.
    ///
    /// An incomplete string or word is removed, because its missing end might have shown that it is a secret.
    func harmlessBytes(ofUnfinished json: UnsafeRawBufferPointer) -> Int {
        guard json.first == UInt8(ascii: "{"), !isSuspicious(json) else { return 0 }
        var harmless = 0
        var isInText = false
        // It has no escapes, because those would be suspicious.
        for (index, byte) in json.enumerated() {
            if byte == UInt8(ascii: "\"") { isInText.toggle() }
            if !isInText, "{}[],:\"".utf8.contains(byte) { harmless = index + 1 }
        }
        return harmless
    }

    /// True for members whose value must be removed.
    func applies(to key: UnsafeRawBufferPointer) -> Bool {
        switch MT4SecretNames.kind(of: key) {
        case .harmless: false
        case .personal: !keepsPersonalData
        case .secret: true
        }
    }

    /// Returns the replacement for a text without escapes; `nil` if it stays.
    ///
    /// `level` is the number of JSON texts around it.
    func rewritten(_ text: UnsafeRawBufferPointer, level: Int) -> [UInt8]? {
        let isJSON = text.first { $0 > 0x20 }.map { "{[\"".utf8.contains($0) } ?? false
        guard isJSON else { return isTelling(text) ? Self.mark : nil }
        // JSON nested deeper than any honest message is not parsed.
        guard level < MT4JSONRewriter.levelsMax else { return Self.mark }
        do throws(JSONError) {
            var inner = MT4JSONRewriter(text, redaction: self, level: level + 1)
            let edits = try inner.run()
            return edits.isEmpty ? nil : MT4Edit.apply(edits, to: text)
        } catch {
            let isNamed = MT4SecretNames.areNamed(in: text) || known.areIn(text)
            return isNamed || text.contains(UInt8(ascii: "\\")) ? Self.mark : nil
        }
    }

    /// True if a text for people, or of unknown meaning, reveals a secret.
    func isTelling(_ text: UnsafeRawBufferPointer) -> Bool {
        MT4SecretNames.areMentioned(in: text) || known.areIn(text)
    }

    /// The replacement for a secret.
    ///
    /// It reveals nothing, not even the length.
    static let mark = Array("***".utf8)

    /// Returns the replacement for a record, or a part of it, that could not be redacted.
    static func withheld(_ range: Range<Int>, reason: String) -> MT4Edit {
        let json = #"{"withheld_bytes":\#(range.count),"reason":\#(JSONText.quoted(reason))}"#
        return MT4Edit(range: range, replacement: Array(json.utf8))
    }

    private func holdsKnownSecret(_ record: UnsafeRawBufferPointer, after edits: [MT4Edit]) -> Bool {
        guard !known.isEmpty else { return false }
        return MT4Edit.apply(edits, to: record).withUnsafeBytes(known.areIn)
    }

    /// Looks for secret names and known secrets after undoing up to ``MT4JSONRewriter/levelsMax`` layers of escapes.
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
