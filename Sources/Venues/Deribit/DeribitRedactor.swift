import JSONScanning
import MarketModel

/// Removes keys, signatures and tokens: from requests that log in, and from the answers to them.
struct DeribitRedactor: MessageRedactor {
    private static let mark = "***"
    private static let secretNames: [StaticString] = ["_token", "client_secret", "signature"]

    func redact(_ batch: inout MessageBatch) {
        batch.replaceMessages { entry, payload in
            guard entry.kind != .rest else { return nil }
            let isSecret = entry.direction == .sent ? Self.isSecret(sent: payload) : Self.isSecret(received: payload)
            return isSecret ? Array(Self.replacement(payload, entry.direction).utf8) : nil
        }
    }

    /// True for an answer with a token; notifications have none.
    private static func isSecret(received payload: UnsafeRawBufferPointer) -> Bool {
        var cursor = JSONCursor(payload)
        if (try? cursor.enterObject()) != nil {
            while let key = try? cursor.nextKey() {
                if key.equals("method") { return false }
                guard !key.equals("result"), (try? cursor.skipValue()) != nil else { break }
            }
        }
        return contains(secretNames[0], in: payload)
    }

    /// True for a request with a key, a signature or a token, and for one that cannot be read.
    private static func isSecret(sent payload: UnsafeRawBufferPointer) -> Bool {
        guard let request = try? DeribitRequest(payload) else { return true }
        return request.method == "public/auth" || secretNames.contains { contains($0, in: payload) }
    }

    private static func contains(_ word: StaticString, in payload: UnsafeRawBufferPointer) -> Bool {
        let count = word.utf8CodeUnitCount
        guard payload.count >= count else { return false }
        for start in 0...(payload.count - count) where payload[start] == word.utf8Start[0] {
            if UnsafeRawBufferPointer(rebasing: payload[start..<start + count]).equals(word) { return true }
        }
        // An escape may hide a letter of a name.
        return payload.contains(UInt8(ascii: "\\"))
    }

    /// The message without its secrets; its number stays.
    private static func replacement(_ payload: UnsafeRawBufferPointer, _ direction: MessageDirection) -> String {
        let request = try? DeribitRequest(payload)
        let id = request?.id ?? "null"
        guard direction == .sent else {
            return #"{"jsonrpc":"2.0","id":\#(id),"result":{"access_token":"\#(mark)","refresh_token":"\#(mark)"}}"#
        }
        let method = JSONText.quoted(request?.method ?? "public/auth")
        let parameters = #"{"client_id":"\#(mark)","signature":"\#(mark)"}"#
        return #"{"jsonrpc":"2.0","id":\#(id),"method":\#(method),"params":\#(parameters)}"#
    }
}
