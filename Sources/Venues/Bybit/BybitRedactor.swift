import JSONScanning
import MarketModel

/// Removes the key and the signature from messages that log in.
struct BybitRedactor: MessageRedactor {
    private static let replacement = #"{"op":"auth","args":["***","***","***"]}"#

    func redact(_ batch: inout MessageBatch) {
        batch.replaceMessages { entry, payload in
            guard entry.direction == .sent, entry.kind != .rest else { return nil }
            // A request that cannot be read may be a login.
            if let request = try? BybitRequest(payload), request.operation != "auth" { return nil }
            return Array(Self.replacement.utf8)
        }
    }
}
