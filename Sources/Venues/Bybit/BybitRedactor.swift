import JSONScanning
import MarketModel

/// Removes the key and the signature from messages that log in.
///
/// Secrets of the connection that the venue repeats are removed, too.
struct BybitRedactor: MessageRedactor {
    private var known: KnownSecrets

    init(known: @escaping @Sendable () -> [String]) { self.known = KnownSecrets(known) }

    mutating func redact(_ batch: inout MessageBatch) {
        redactLogins(&batch)
        known.redact(&batch)
    }

    private func redactLogins(_ batch: inout MessageBatch) {
        guard batch.entries.indices.contains(where: { Self.isSecret($0, of: batch) }) else { return }
        var output = MessageBatch()
        output.journalPosition = batch.journalPosition
        for (index, entry) in batch.entries.enumerated() {
            guard Self.isSecret(index, of: batch) else {
                output.append(messageAt: index, of: batch)
                continue
            }
            output.append(Self.replacement.utf8, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
            output.entries[output.count - 1].isRedacted = true
        }
        batch = output
    }

    func finish() -> (messages: MessageBatch, withheldBytes: Int) { (MessageBatch(), 0) }

    private static let replacement = #"{"op":"auth","args":["***","***","***"]}"#

    /// True for a request that logs in, or that may be one because it cannot be read.
    private static func isSecret(_ index: Int, of batch: MessageBatch) -> Bool {
        let entry = batch.entries[index]
        guard entry.direction == .sent, entry.kind != .rest else { return false }
        return batch.withPayload(at: index) { payload in
            guard let request = try? BybitRequest(payload) else { return true }
            return request.operation == "auth"
        }
    }
}
