package import MarketModel
package import SignalRProtocol

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

    fileprivate(set) var stage = Stage.awaitingHandshake
    /// Only a client that pings is known to do so, and may be missed.
    fileprivate var hasPinged = false
    fileprivate var carry = HubRecordCarry(bytesMax: HubConversation.recordBytesMax)
    /// What the client's handshake asked for.
    fileprivate var hubProtocol = HubProtocol.json
    fileprivate var reader = HubBinaryReader(bytesMax: HubConversation.recordBytesMax)
    let behavior: HubBehavior

    package init(_ behavior: HubBehavior = HubBehavior()) {
        self.behavior = behavior
    }

    /// Makes a message of the JSON records that were appended to `batch` since it had `start` bytes; nothing of none.
    ///
    /// Every record of a hub passes here on its way out, and leaves in the protocol that the client speaks.
    func endMessage(from start: Int, in batch: inout MessageBatch, tsRecv: UnixNanoseconds = UnixNanoseconds(0)) {
        switch hubProtocol {
        case .json: batch.endMessage(from: start, tsRecv: tsRecv)
        case .messagePack: batch.endBinaryMessage(from: start, tsRecv: tsRecv)
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

    fileprivate mutating func appendClose(error: String?, replies: inout MessageBatch) {
        let start = replies.bytes.count
        HubRecordWriter.appendClose(
            error: error,
            allowReconnect: error == nil && behavior.allowsReconnect,
            to: &replies.bytes
        )
        endMessage(from: start, in: &replies)
        stage = .closed
    }
}

/// The venue's side of a connection to a hub: what differs from hub to hub is what a call does.
package protocol HubSession: VenueSession {
    var conversation: HubConversation { get set }

    /// Called once the handshake is accepted.
    mutating func begin() -> SessionSignal

    /// Answers a record of type 1 or 4, which has a target.
    mutating func call(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal

    /// Ends a stream at the client's wish.
    mutating func cancel(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal

    /// Completes the open streams, because the tape is over.
    mutating func endStreams(replies: inout MessageBatch)
}

extension HubSession {
    package var keepAliveInterval: Duration? { .seconds(15) }
    package var ending: SessionEnding { conversation.behavior.ending }

    package var clientTimeout: Duration? {
        switch conversation.stage {
        case .awaitingHandshake: HubConversation.handshakeTimeout
        case .open: conversation.hasPinged ? HubConversation.clientTimeout : nil
        case .closed: nil
        }
    }

    package mutating func begin() -> SessionSignal { .none }
    package mutating func cancel(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal { .none }
    package mutating func endStreams(replies: inout MessageBatch) {}

    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard conversation.hubProtocol == .json else { return receiveBinary(payload, replies: &replies) }
        var signal = SessionSignal.none
        var scanner = HubRecordScanner(payload)
        if conversation.carry.isPending, case .record(let joined) = conversation.carry.finish(with: &scanner) {
            joined.withUnsafeBytes { signal.add(readRecord($0, replies: &replies)) }
        }
        while conversation.stage != .closed, conversation.hubProtocol == .json, let record = scanner.next() {
            signal.add(readRecord(record, replies: &replies))
        }
        if conversation.hubProtocol == .messagePack {
            // What stands behind the handshake.
            signal.add(receiveBinary(scanner.rest, replies: &replies))
            return signal
        }
        if conversation.stage != .closed, !conversation.carry.keep(scanner.rest) {
            signal.add(refuseLength(replies: &replies))
        }
        return signal
    }

    /// Reads MessagePack as the JSON records that say the same.
    private mutating func receiveBinary(
        _ payload: UnsafeRawBufferPointer,
        replies: inout MessageBatch
    ) -> SessionSignal {
        var signal = SessionSignal.none
        var (records, problems) = ([UInt8](), [HubBinaryReader.Problem]())
        conversation.reader.appendRecords(of: payload, to: &records, problems: &problems)
        records.withUnsafeBytes { records in
            var scanner = HubRecordScanner(records)
            while conversation.stage != .closed, let record = scanner.next() {
                signal.add(readRecord(record, replies: &replies))
            }
        }
        if conversation.stage != .closed, let problem = problems.first {
            signal.add(fail("Connection closed with an error: \(problem.reason).", replies: &replies))
        }
        return signal
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        // Before the handshake's answer the client would take a ping for it.
        guard conversation.stage == .open else { return }
        let start = replies.bytes.count
        HubRecordWriter.appendPing(to: &replies.bytes)
        conversation.endMessage(from: start, in: &replies)
    }

    package mutating func timeOut(replies: inout MessageBatch) {
        switch conversation.stage {
        case .awaitingHandshake: answer(.refused("Handshake was canceled."), replies: &replies)
        case .open: conversation.appendClose(error: "Connection closed with an error.", replies: &replies)
        case .closed: break
        }
        conversation.stage = .closed
    }

    package mutating func finish(replies: inout MessageBatch) {
        guard conversation.stage == .open else { return }
        endStreams(replies: &replies)
        conversation.appendClose(error: nil, replies: &replies)
    }

    // MARK: Records

    private mutating func readRecord(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        guard bytes.count <= HubConversation.recordBytesMax else { return refuseLength(replies: &replies) }
        return switch conversation.stage {
        case .awaitingHandshake: readHandshake(bytes, replies: &replies)
        case .open: readCall(bytes, replies: &replies)
        case .closed: .none
        }
    }

    private mutating func readHandshake(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        let request = try? HubHandshakeRequest(bytes)
        let answer =
            request?.answer(of: HubProtocol.allCases)
            ?? .refused("An unexpected error occurred during connection handshake.")
        let hubProtocol = request?.hubProtocol ?? .json
        self.answer(answer, hubProtocol, replies: &replies)
        guard answer == .accepted else {
            conversation.stage = .closed
            return .close(code: 1000, reason: "handshake refused")
        }
        conversation.stage = .open
        conversation.hubProtocol = hubProtocol
        return begin()
    }

    private func answer(
        _ answer: HubHandshakeResponse,
        _ hubProtocol: HubProtocol = .json,
        replies: inout MessageBatch
    ) {
        let start = replies.bytes.count
        answer.write(to: &replies.bytes)
        // The handshake is JSON in every hub protocol, in messages of its kind.
        replies.endMessage(from: start, tsRecv: UnixNanoseconds(0))
        if hubProtocol == .messagePack { replies.entries[replies.entries.count - 1].kind = .binary }
    }

    private mutating func readCall(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        guard let record = try? HubRecord(bytes), record.typeNumber != nil else {
            return fail("Connection closed with an error. The record is not valid JSON.", replies: &replies)
        }
        switch record.type {
        case .invocation, .streamInvocation:
            guard record.target != nil, record.type == .invocation || record.invocationID != nil else {
                return fail("Connection closed with an error. The record lacks members.", replies: &replies)
            }
            return call(record, replies: &replies)
        case .cancelInvocation:
            return cancel(record, replies: &replies)
        case .close:
            conversation.stage = .closed
            return .close(code: 1000, reason: "")
        case .ping:
            conversation.hasPinged = true
            return .none
        case .streamItem, .completion, .ack, .sequence, nil:
            return .none
        }
    }

    private mutating func refuseLength(replies: inout MessageBatch) -> SessionSignal {
        fail("The maximum message size of \(HubConversation.recordBytesMax)B was exceeded.", replies: &replies)
    }

    /// Says goodbye because of `error`.
    private mutating func fail(_ error: String, replies: inout MessageBatch) -> SessionSignal {
        if conversation.stage == .open { conversation.appendClose(error: error, replies: &replies) }
        conversation.stage = .closed
        return .close(code: 1002, reason: "malformed hub record")
    }
}

extension SessionSignal {
    /// Joins what several records of one message changed: a close outweighs the rest.
    fileprivate mutating func add(_ other: SessionSignal) {
        switch (self, other) {
        case (.close, _), (_, .none): break
        default: self = other
        }
    }
}
