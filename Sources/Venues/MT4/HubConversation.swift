import MarketModel
import SignalRProtocol

/// What every hub does alike on the server's side of one connection: handshake, records split over messages, limits,
/// pings and the goodbye (HubProtocol.md).
package struct HubConversation: Sendable {
    /// .NET's `MaximumReceiveMessageSize`: a client's record may be this long.
    package static let recordBytesMax = 32 << 10
    /// How long a client may take for its handshake, and be silent once it has sent a ping.
    static let handshakeTimeout = Duration.seconds(15)
    static let clientTimeout = Duration.seconds(30)

    enum Stage: Sendable {
        case awaitingHandshake
        case open
        case closed
    }

    var stage = Stage.awaitingHandshake
    /// Only a client that pings is known to do so, and may be missed.
    var hasPinged = false
    var carry = HubRecordCarry(bytesMax: HubConversation.recordBytesMax)
    /// What the handshake settled on; everything here is written and read as JSON records.
    var hubProtocol = HubProtocol.json
    var binaryReader = HubBinaryReader(bytesMax: HubConversation.recordBytesMax)
    let behavior: HubBehavior

    package init(_ behavior: HubBehavior = HubBehavior()) {
        self.behavior = behavior
    }

    /// Makes a message of the JSON records that were appended to `batch` since it had `start` bytes; nothing of none.
    ///
    /// Every record of a hub passes here on its way out. For a client of MessagePack it is written anew; what cannot be
    /// said in that, such as a malformed record of the tape, is left out.
    func endMessage(from start: Int, in batch: inout MessageBatch, tsRecv: UnixNanoseconds = UnixNanoseconds(0)) {
        if hubProtocol == .messagePack { Self.encode(&batch.bytes, from: start) }
        batch.endMessage(from: start, tsRecv: tsRecv)
        markKind(from: start, in: &batch)
    }

    /// Marks the message that begins at `start` as binary, where the hub sends such.
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

    /// Refuses a call; without an id errors are silent (HubProtocol.md, "Non-Blocking Invocations").
    func refuse(_ record: HubRecord, _ text: String, replies: inout MessageBatch) {
        guard let id = record.invocationID else { return }
        appendCompletion(of: id, .error(text), to: &replies)
    }

    /// Says goodbye; whether the client may come back is as the hub behaves, where nothing else is given.
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
    /// Marks the message that begins at `start`, if there is one, as binary.
    mutating func makeLastBinary(from start: Int) {
        guard let last = entries.last, last.offset == start, bytes.count > start else { return }
        entries[entries.count - 1].kind = .binary
    }
}
