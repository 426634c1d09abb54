import MarketModel
import SignalRProtocol

/// What a conversation in MessagePack has to remember; nothing of it is touched in one that is JSON.
struct MT4BinaryExchange: Sendable {
    var reader = HubBinaryReader()
    var writer = HubBinaryWriter()
    /// The records of the message that is being read; kept for its room.
    var records: [UInt8] = []
}

extension MT4Dialect {
    /// True where binary messages hold MessagePack; a recording that is read tells by their kind alone.
    var readsBinary: Bool { hubProtocol == .messagePack || stage == .offline }

    /// Reads a binary message as the JSON records that say the same.
    mutating func readBinaryMessage(
        _ payload: UnsafeRawBufferPointer,
        _ context: inout MT4Reception,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) {
        var records: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        swap(&records, &binary.records)
        records.removeAll(keepingCapacity: true)
        binary.reader.appendRecords(of: payload, to: &records, problems: &problems)
        records.withUnsafeBytes { readMessage($0, &context, events: &events, outgoing: &outgoing) }
        swap(&records, &binary.records)
        for problem in problems {
            appendMalformed(problem.reason, bytes: problem.bytes, &context, events: &events)
        }
        if binary.reader.isBroken { end("the hub's messages are no MessagePack any more", isFailure: true) }
    }

    /// Writes what was appended to `outgoing` from entry `first` on as the hub wants it.
    mutating func encode(_ outgoing: inout MessageBatch, from first: Int) {
        guard hubProtocol == .messagePack else { return }
        binary.writer.encode(&outgoing, from: first)
    }
}
