package import MarketModel
package import SignalRProtocol
package import TextEncoding

/// Redacts the messages of one connection to a hub, in both directions.
///
/// The protocol from the client's handshake decides how records are read (``HubNotation``), so that neither the kind of
/// a frame nor a split can hide a secret. A message whose last record is incomplete is held until its end arrives.
package struct MT4Redactor: MessageRedactor {
    /// The maximum memory for held messages of one direction, in bytes.
    ///
    /// A record that needs more is withheld.
    package static let heldBytesMax = 16 << 20

    private var redaction: MT4Redaction
    private var notation: HubNotation
    private var received = MT4RedactedStream()
    private var sent = MT4RedactedStream()

    /// Makes a redactor.
    ///
    /// - Parameters:
    ///   - keepsPersonalData: Whether personal data may stay.
    ///   - hubProtocol: The protocol of the connection, if it is known before the handshake.
    package init(keepsPersonalData: Bool, hubProtocol: HubProtocol? = nil) {
        redaction = MT4Redaction(keepsPersonalData: keepsPersonalData)
        notation = HubNotation(hubProtocol)
    }

    /// Removes `secrets` wherever they occur, also from records that are split over several messages.
    package mutating func learn(_ secrets: KnownSecrets) {
        redaction = MT4Redaction(keepsPersonalData: redaction.keepsPersonalData, known: secrets)
    }

    package mutating func redact(_ batch: inout MessageBatch) {
        // Nearly every batch is harmless and stays unchanged.
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
    /// Returns a copy of the first `count` messages.
    fileprivate func first(_ count: Int) -> MessageBatch {
        var copy = MessageBatch()
        for index in 0..<count { copy.append(messageAt: index, of: self) }
        return copy
    }
}
