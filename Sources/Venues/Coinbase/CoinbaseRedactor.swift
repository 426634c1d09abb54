import JSONScanning
import MarketModel

/// Removes tokens and signatures from requests of other programs; feedrec's own requests have none.
struct CoinbaseRedactor: MessageRedactor {
    private static let secrets: [StaticString] = ["jwt", "signature", "key", "api_key", "passphrase"]
    private static let mark = "***"

    func redact(_ batch: inout MessageBatch) {
        batch.replaceMessages { entry, payload in
            guard entry.direction == .sent, entry.kind != .rest, entry.length > 0 else { return nil }
            return JSONText.withPlain(payload) { plain in
                guard Self.mayBeSecret(plain) else { return nil }
                return (try? Self.redacted(plain)) ?? Array(#""\#(Self.mark)""#.utf8)
            }
        }
    }

    /// True for a request with a secret, or one that cannot be read.
    private static func mayBeSecret(_ plain: UnsafeRawBufferPointer) -> Bool {
        var isSecret = false
        do throws(JSONError) {
            try members(plain) { key, _ in isSecret = isSecret || secrets.contains { key.equals($0) } }
        } catch {
            return true
        }
        return isSecret
    }

    private static func members(
        _ text: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, JSONValue) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(text)
        try cursor.enterObject()
        while let key = try cursor.nextKey() { body(key, try cursor.nextValue()) }
        try cursor.expectEnd()
    }

    /// The request with `***` in place of each secret.
    private static func redacted(_ text: UnsafeRawBufferPointer) throws(JSONError) -> [UInt8] {
        var output: [UInt8] = []
        try members(text) { key, value in
            output.append(UInt8(ascii: output.isEmpty ? "{" : ","))
            output.append(UInt8(ascii: "\""))
            output.append(contentsOf: key)
            output.append(contentsOf: "\":".utf8)
            if secrets.contains(where: { key.equals($0) }) {
                output.append(contentsOf: "\"\(mark)\"".utf8)
            } else if value.kind == .string {
                output.append(UInt8(ascii: "\""))
                output.append(contentsOf: value.bytes)
                output.append(UInt8(ascii: "\""))
            } else {
                output.append(contentsOf: value.bytes)
            }
        }
        output.append(UInt8(ascii: "}"))
        return output
    }
}
