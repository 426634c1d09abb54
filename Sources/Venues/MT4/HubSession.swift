import JSONScanning
package import MarketModel
package import SignalRProtocol

/// The venue's side of a connection to a hub.
///
/// Hubs differ only in what a call does.
package protocol HubSession: VenueSession {
    var conversation: HubConversation { get set }

    /// Called after the handshake is accepted.
    mutating func begin() -> SessionSignal

    /// Answers a record of type 1 or 4 that has a target.
    mutating func call(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal

    /// Ends a stream because the client cancels it.
    mutating func cancel(_ record: HubRecord, replies: inout MessageBatch) -> SessionSignal

    /// Completes the open streams at the end of the tape.
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
        guard conversation.stage != .awaitingHandshake else { return receiveHandshake(payload, kind, &replies) }
        guard conversation.hubProtocol == .messagePack else { return receiveRecords(payload, replies: &replies) }
        var records: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        conversation.binaryReader.appendRecords(of: payload, to: &records, problems: &problems)
        var signal = records.withUnsafeBytes { receiveRecords($0, replies: &replies) }
        if let problem = problems.first, conversation.stage != .closed {
            signal.add(fail("Connection closed with an error. It was \(problem.reason).", replies: &replies))
        }
        return signal
    }

    /// Reads the handshake, which is JSON in any frame.
    ///
    /// The protocol it selects applies to everything after it.
    private mutating func receiveHandshake(
        _ payload: UnsafeRawBufferPointer,
        _ kind: MessageKind,
        _ replies: inout MessageBatch
    ) -> SessionSignal {
        guard let separator = payload.firstIndex(of: HubRecordScanner.separator) else {
            return receiveRecords(payload, replies: &replies)
        }
        let handshake = UnsafeRawBufferPointer(rebasing: payload[...separator])
        let rest = UnsafeRawBufferPointer(rebasing: payload[(separator + 1)...])
        var signal = receiveRecords(handshake, replies: &replies)
        if conversation.stage == .open, !rest.isEmpty { signal.add(receive(rest, kind: kind, replies: &replies)) }
        return signal
    }

    private mutating func receiveRecords(
        _ payload: UnsafeRawBufferPointer,
        replies: inout MessageBatch
    ) -> SessionSignal {
        var signal = SessionSignal.none
        var scanner = HubRecordScanner(payload)
        if conversation.carry.isPending, case .record(let joined) = conversation.carry.finish(with: &scanner) {
            joined.withUnsafeBytes { signal.add(readRecord($0, replies: &replies)) }
        }
        while conversation.stage != .closed, let record = scanner.next() {
            signal.add(readRecord(record, replies: &replies))
        }
        if conversation.stage != .closed, !conversation.carry.keep(scanner.rest) {
            signal.add(refuseLength(replies: &replies))
        }
        return signal
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        // Before the handshake's answer, the client would read a ping as the answer.
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

    /// Acts as ASP.NET Core when its host stops: streams stay open, and the client may reconnect.
    package mutating func goAway(replies: inout MessageBatch) {
        guard conversation.stage == .open else { return }
        conversation.appendClose(error: nil, allowsReconnect: true, replies: &replies)
    }

    // MARK: Records

    private mutating func readRecord(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        // The length of a MessagePack message was already checked before the conversion to JSON.
        guard conversation.hubProtocol == .messagePack || bytes.count <= HubConversation.recordBytesMax else {
            return refuseLength(replies: &replies)
        }
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
        if answer == .accepted, let accepted = request?.hubProtocol { conversation.hubProtocol = accepted }
        self.answer(answer, replies: &replies)
        guard answer == .accepted else {
            conversation.stage = .closed
            return .close(code: 1000, reason: "handshake refused")
        }
        conversation.stage = .open
        return begin()
    }

    private func answer(_ answer: HubHandshakeResponse, replies: inout MessageBatch) {
        let start = replies.bytes.count
        answer.write(to: &replies.bytes)
        // The handshake is JSON in both hub protocols.
        replies.endMessage(from: start, tsRecv: UnixNanoseconds(0))
        conversation.markKind(from: start, in: &replies)
    }

    private mutating func readCall(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        guard let record = try? HubRecord(bytes), record.typeNumber != nil else {
            return fail("Connection closed with an error. The record is not valid JSON.", replies: &replies)
        }
        if record.hasEscapedKeys, let plain = JSONText.plain(bytes) {
            return plain.withUnsafeBytes { readCall($0, replies: &replies) }
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

    /// Closes the conversation because of `error`.
    private mutating func fail(_ error: String, replies: inout MessageBatch) -> SessionSignal {
        if conversation.stage == .open { conversation.appendClose(error: error, replies: &replies) }
        conversation.stage = .closed
        return .close(code: 1002, reason: "malformed hub record")
    }
}

extension SessionSignal {
    /// Combines the effects of several records in one message.
    ///
    /// A close outweighs everything else.
    fileprivate mutating func add(_ other: SessionSignal) {
        switch (self, other) {
        case (.close, _), (_, .none): break
        default: self = other
        }
    }
}
