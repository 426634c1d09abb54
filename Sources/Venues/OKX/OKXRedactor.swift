import JSONScanning
import MarketModel

/// Removes the key, the passphrase and the signature from messages that log in.
///
/// Secrets of the connection that the venue repeats are removed, too.
struct OKXRedactor: MessageRedactor {
    private static let mark = "***"
    private var known: KnownSecrets

    init(known: @escaping @Sendable () -> [String]) { self.known = KnownSecrets(known) }

    mutating func redact(_ batch: inout MessageBatch) {
        redactLogins(&batch)
        known.redact(&batch)
    }

    private func redactLogins(_ batch: inout MessageBatch) {
        guard batch.entries.contains(where: { isSecret($0, of: batch) }) else { return }
        var output = MessageBatch()
        output.journalPosition = batch.journalPosition
        for index in batch.entries.indices {
            let entry = batch.entries[index]
            guard isSecret(entry, of: batch) else {
                output.append(messageAt: index, of: batch)
                continue
            }
            let time = batch.withPayload(at: index) { Self.timestamp($0) }
            let text = OKXLogin.redacted(timestamp: time, with: Self.mark)
            output.append(text.utf8, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
            output.entries[output.count - 1].isRedacted = true
        }
        batch = output
    }

    func finish() -> (messages: MessageBatch, withheldBytes: Int) { (MessageBatch(), 0) }

    /// True for a request that logs in, or that may be one because it cannot be read.
    private func isSecret(_ entry: MessageBatch.Entry, of batch: MessageBatch) -> Bool {
        guard entry.direction == .sent, entry.kind != .rest, entry.length > 4 else { return false }
        return batch.bytes.withUnsafeBytes { bytes in
            let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
            guard let request = try? OKXRequest(payload) else { return true }
            return request.operation == "login"
        }
    }

    private static func timestamp(_ payload: UnsafeRawBufferPointer) -> String {
        let login = try? OKXRequest(payload).login
        return login?.timestamp ?? ""
    }
}

extension OKXLogin {
    /// The message without its secrets.
    static func redacted(timestamp: String, with mark: String) -> String {
        let time = timestamp.allSatisfy { ("0"..."9").contains($0) } ? timestamp : mark
        return #"{"op":"login","args":[{"apiKey":"\#(mark)","passphrase":"\#(mark)","timestamp":"\#(time)","#
            + #""sign":"\#(mark)"}]}"#
    }
}
