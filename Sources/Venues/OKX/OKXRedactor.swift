import JSONScanning
import MarketModel
import TextEncoding

/// Removes the key, the passphrase and the signature from messages that log in.
struct OKXRedactor: MessageRedactor {
    func redact(_ batch: inout MessageBatch) {
        batch.replaceMessages { entry, payload in
            guard entry.direction == .sent, entry.kind != .rest, entry.length > 4 else { return nil }
            // A request that cannot be read may be a login.
            let request = try? OKXRequest(payload)
            guard request == nil || request?.operation == "login" else { return nil }
            return Array(OKXLogin.redacted(timestamp: request?.login.timestamp ?? "").utf8)
        }
    }
}

extension OKXLogin {
    /// The message without its secrets.
    static func redacted(timestamp: String) -> String {
        let mark = KnownSecrets.mark
        let time = timestamp.allSatisfy { ("0"..."9").contains($0) } ? timestamp : mark
        return #"{"op":"login","args":[{"apiKey":"\#(mark)","passphrase":"\#(mark)","timestamp":"\#(time)","#
            + #""sign":"\#(mark)"}]}"#
    }
}
