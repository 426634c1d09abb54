package import MarketModel
package import SignalRProtocol

/// Redacts the messages of one connection to a hub, in both directions.
///
/// Records are read by the protocol that the client's handshake asks for (``HubNotation``), so that neither the kind of a
/// frame nor a split can hide a secret. Messages whose last record is not whole wait for its end.
package struct MT4Redactor: MessageRedactor {
    /// What waits of one direction at most, in bytes of memory; a record that needs more is withheld.
    package static let heldBytesMax = 16 << 20

    private var redaction: MT4Redaction
    /// Asked for the secrets of the connection when its first messages come: when it is made they may not be known.
    private var known: (@Sendable () -> [String])?
    private var notation: HubNotation
    private var received = MT4RedactedStream()
    private var sent = MT4RedactedStream()

    /// - Parameters:
    ///   - keepsPersonalData: Whether personal data may stay.
    ///   - hubProtocol: The protocol of the connection where it is known before its handshake.
    ///   - known: Texts that go wherever they stand; short ones are found in honest words as well, and ignored.
    package init(
        keepsPersonalData: Bool,
        hubProtocol: HubProtocol? = nil,
        known: @escaping @Sendable () -> [String] = { [] }
    ) {
        redaction = MT4Redaction(keepsPersonalData: keepsPersonalData)
        notation = HubNotation(hubProtocol)
        self.known = known
    }

    package mutating func redact(_ batch: inout MessageBatch) {
        if let known {
            redaction = MT4Redaction(keepsPersonalData: redaction.keepsPersonalData, known: known())
            self.known = nil
        }
        // Nearly every batch is harmless, and stays as it is.
        var rewriting: MessageBatch?
        for index in batch.entries.indices {
            let entry = batch.entries[index]
            let stays = batch.withPayload(at: index) { isHarmless($0, entry) }
            guard !stays else {
                rewriting?.append(messageAt: index, of: batch)
                continue
            }
            var output = rewriting ?? batch.first(index)
            rewriting = nil
            batch.withPayload(at: index) { take($0, entry, into: &output) }
            rewriting = output
        }
        if let rewriting { batch = rewriting }
    }

    package mutating func finish() -> (messages: MessageBatch, withheldBytes: Int) {
        var messages = MessageBatch()
        let receivedBytes = received.finish(redaction, into: &messages)
        let sentBytes = sent.finish(redaction, into: &messages)
        return (messages, receivedBytes + sentBytes)
    }

    private func isHarmless(_ payload: UnsafeRawBufferPointer, _ entry: MessageBatch.Entry) -> Bool {
        entry.direction == .received
            ? received.isHarmless(payload, notation, redaction) : sent.isHarmless(payload, notation, redaction)
    }

    private mutating func take(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        into output: inout MessageBatch
    ) {
        switch entry.direction {
        case .received: received.take(payload, entry, &notation, redaction, into: &output)
        case .sent: sent.take(payload, entry, &notation, redaction, into: &output)
        }
    }
}

extension MessageBatch {
    /// A copy of the first `count` messages.
    fileprivate func first(_ count: Int) -> MessageBatch {
        var copy = MessageBatch()
        for index in 0..<count { copy.append(messageAt: index, of: self) }
        return copy
    }
}
