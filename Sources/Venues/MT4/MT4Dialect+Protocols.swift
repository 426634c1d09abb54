import MarketModel
import SignalRProtocol

extension MT4Dialect {
    /// Reads a message in the protocol of the conversation.
    ///
    /// The kind of frame counts only while the protocol is not known.
    mutating func readPayload(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        switch exchange.notation.settled {
        case .json: readMessage(payload, &context, events: &events, outgoing: &outgoing)
        case .messagePack: readBinaryMessage(payload, &context, events: &events, outgoing: &outgoing)
        case nil: readOpening(payload, kind: kind, &context, events: &events, outgoing: &outgoing)
        }
    }

    /// Reads the first messages of a conversation of unknown protocol, record by record.
    private mutating func readOpening(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        exchange.joined(payload)?.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(rebasing: bytes[...])
            while !rest.isEmpty {
                guard exchange.notation.settled == nil else {
                    return readPayload(rest, kind: kind, &context, events: &events, outgoing: &outgoing)
                }
                switch exchange.step(rest, kind: kind) {
                case .json(let end):
                    let record = UnsafeRawBufferPointer(rebasing: rest[..<end])
                    readMessage(record, &context, events: &events, outgoing: &outgoing)
                    rest = UnsafeRawBufferPointer(rebasing: rest[end...])
                case .messagePack:
                    return readBinaryMessage(rest, &context, events: &events, outgoing: &outgoing)
                case .unreadable:
                    let reason = "the beginning of a record is missing"
                    return appendMalformed(reason, bytes: rest.count, &context, events: &events)
                case .nothing: return
                }
            }
        }
    }

    /// Reads a MessagePack message by converting it to the equivalent JSON records.
    private mutating func readBinaryMessage(
        _ payload: UnsafeRawBufferPointer,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        var records: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        swap(&records, &exchange.records)
        records.removeAll(keepingCapacity: true)
        exchange.reader.appendRecords(of: payload, to: &records, problems: &problems)
        records.withUnsafeBytes { readMessage($0, &context, events: &events, outgoing: &outgoing) }
        swap(&records, &exchange.records)
        for problem in problems {
            appendMalformed(problem.reason, bytes: problem.bytes, &context, events: &events)
        }
        if exchange.reader.isBroken { end("the hub's messages are no longer MessagePack", .failure) }
    }

    /// Converts what was appended to `outgoing` from entry `first` on to the hub's protocol.
    mutating func encode(_ outgoing: inout MessageBatch, from first: Int) {
        guard hubProtocol == .messagePack else { return }
        exchange.writer.encode(&outgoing, from: first)
    }
}
