import MarketModel
import SignalRProtocol

/// The server side that all hubs share on one connection: handshake, records split over messages, limits, pings and the
/// goodbye (HubProtocol.md).
package struct HubConversation: Sendable {
    /// The longest record of a client, in bytes: .NET's `MaximumReceiveMessageSize`.
    package static let recordBytesMax = 32 << 10
    /// The time limit for a client's handshake, and for its silence after it has sent a ping.
    static let handshakeTimeout = Duration.seconds(15)
    static let clientTimeout = Duration.seconds(30)

    enum Stage: Sendable {
        case awaitingHandshake
        case open
        case closed
    }

    var stage = Stage.awaitingHandshake
    /// True after a ping.
    ///
    /// Only a client that pings can be timed out for silence.
    var hasPinged = false
    var carry = HubRecordCarry(bytesMax: HubConversation.recordBytesMax)
    /// The protocol that the handshake selected.
    ///
    /// This code writes and reads JSON records only.
    var hubProtocol = HubProtocol.json
    var binaryReader = HubBinaryReader(bytesMax: HubConversation.recordBytesMax)
    let behavior: HubBehavior

    package init(_ behavior: HubBehavior = HubBehavior()) {
        self.behavior = behavior
    }

    /// Makes one message of the JSON records appended to `batch` since it had `start` bytes, or none if there are none.
    ///
    /// Every outgoing record of a hub passes here. For a MessagePack client it is rewritten. A record that MessagePack
    /// cannot express, such as a malformed record of the tape, is left out.
    func endMessage(from start: Int, in batch: inout MessageBatch, tsRecv: UnixNanoseconds = UnixNanoseconds(0)) {
        if hubProtocol == .messagePack { Self.encode(&batch.bytes, from: start) }
        batch.endMessage(from: start, tsRecv: tsRecv)
        markKind(from: start, in: &batch)
    }

    /// Marks the message that starts at `start` as binary, if the hub sends binary messages.
    func markKind(from start: Int, in batch: inout MessageBatch) {
        if hubProtocol == .messagePack || behavior.sendsBinary { batch.makeLastBinary(from: start) }
    }

    private static func encode(_ bytes: inout [UInt8], from start: Int) {
        let records = Array(bytes[start...])
        bytes.removeSubrange(start...)
        records.withUnsafeBytes { records in
            var scanner = HubRecordScanner(records)
            while let record = scanner.next() { try? HubTranscoder.appendMessagePack(of: record, to: &bytes) }
        }
    }

    func appendCompletion(
        of id: some Collection<UInt8>,
        _ outcome: HubRecordWriter.Outcome,
        to replies: inout MessageBatch
    ) {
        let start = replies.bytes.count
        HubRecordWriter.appendCompletion(of: id, outcome, to: &replies.bytes)
        endMessage(from: start, in: &replies)
    }

    /// Refuses a call.
    ///
    /// Errors of a call without an ID are not sent (HubProtocol.md, "Non-Blocking Invocations").
    func refuse(_ record: HubRecord, _ text: String, replies: inout MessageBatch) {
        guard let id = record.invocationID else { return }
        appendCompletion(of: id, .error(text), to: &replies)
    }

    /// Appends a Close record.
    ///
    /// `allowsReconnect` overrides the hub's behaviour.
    mutating func appendClose(error: String?, allowsReconnect: Bool? = nil, replies: inout MessageBatch) {
        let start = replies.bytes.count
        HubRecordWriter.appendClose(
            error: error,
            allowReconnect: error == nil && (allowsReconnect ?? behavior.allowsReconnect),
            to: &replies.bytes
        )
        endMessage(from: start, in: &replies)
        stage = .closed
    }
}

extension MessageBatch {
    /// Marks the message that starts at `start`, if there is one, as binary.
    mutating func makeLastBinary(from start: Int) {
        guard let last = entries.last, last.offset == start, bytes.count > start else { return }
        entries[entries.count - 1].kind = .binary
    }
}
