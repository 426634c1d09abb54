import JSONScanning
import MarketModel

/// Removes the secrets of a connection from messages, wherever a venue repeats them.
///
/// Connections without secrets, such as those for public data, cost one test per batch.
struct KnownSecrets: Sendable {
    /// A shorter text would also match harmless words.
    private static let bytesMin = 8
    private static let replacement = Array("***".utf8)

    /// Returns the secrets; `nil` after they have been read.
    private var source: (@Sendable () -> [String])?
    private var secrets: [[UInt8]] = []
    /// True for the bytes with which a secret begins.
    private var isFirst = [Bool](repeating: false, count: 256)

    init(_ source: @escaping @Sendable () -> [String]) { self.source = source }

    /// Replaces the secrets in the messages of `batch`, and marks those messages as redacted.
    mutating func redact(_ batch: inout MessageBatch) {
        if let source {
            secrets = source().map { Array($0.utf8) }.filter { $0.count >= Self.bytesMin }
            for secret in secrets { isFirst[Int(secret[0])] = true }
            self.source = nil
        }
        guard !secrets.isEmpty else { return }
        var output = MessageBatch()
        output.journalPosition = batch.journalPosition
        var isChanged = false
        for index in batch.entries.indices {
            guard let text = batch.withPayload(at: index, { redacted($0) }) else {
                output.append(messageAt: index, of: batch)
                continue
            }
            let entry = batch.entries[index]
            output.append(text, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
            output.entries[output.count - 1].isRedacted = true
            isChanged = true
        }
        if isChanged { batch = output }
    }

    /// The message without its secrets; `nil` if it has none.
    private func redacted(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        JSONText.withPlain(payload) { plain in
            var output: [UInt8]?
            var (position, end) = (0, 0)
            while position < plain.count {
                guard isFirst[Int(plain[position])],
                    let secret = secrets.first(where: { Self.begins($0, at: position, of: plain) })
                else {
                    position += 1
                    continue
                }
                output = (output ?? []) + plain[end..<position] + Self.replacement
                position += secret.count
                end = position
            }
            return output.map { $0 + plain[end...] }
        }
    }

    private static func begins(_ secret: [UInt8], at position: Int, of text: UnsafeRawBufferPointer) -> Bool {
        guard secret.count <= text.count - position else { return false }
        return text[position..<position + secret.count].elementsEqual(secret)
    }
}
