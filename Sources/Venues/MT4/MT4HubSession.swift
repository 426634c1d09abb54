import JSONScanning
package import MarketModel
import SignalRProtocol

/// The MT4 hub as one client sees it, for replays and for the simulator.
///
/// It answers the calls of unmodified SignalR clients and picks from a tape what each subscribed to. Which MT4 server a
/// call names makes no difference.
package struct MT4HubSession: VenueSession {
    /// Symbols one client may subscribe to; more are refused.
    package static let symbolsMax = 100_000
    /// Streams one client may have open at once.
    package static let streamsMax = 1000
    /// A client's record that is split over messages may become this long.
    package static let recordBytesMax = 1 << 20

    package internal(set) var wanted = MT4Wanted()
    package internal(set) var hasSubscribed = false
    package var keepAliveInterval: Duration? { .seconds(15) }

    private var stage = Stage.awaitingHandshake
    private var carry = HubRecordCarry(bytesMax: MT4HubSession.recordBytesMax)
    /// Numbers for the symbols of subscriptions and of the tape.
    var symbols = SymbolTable()
    /// By symbol number: true where ``wanted`` has the symbol.
    var isSymbolWanted: [Bool] = []
    /// By symbol number: true where the symbol may be delivered; `nil` where every one may.
    var isSymbolAllowed: [Bool]?
    /// The beginning of a taped record that the next taped message completes.
    var tapeCarry = HubRecordCarry()

    private enum Stage: Sendable {
        case awaitingHandshake
        case open
        case closed
    }

    package init() {}

    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        var signal = SessionSignal.none
        var scanner = HubRecordScanner(payload)
        if carry.isPending, case .record(let joined) = carry.finish(with: &scanner) {
            joined.withUnsafeBytes { signal.add(readRecord($0, replies: &replies)) }
        }
        while stage != .closed, let record = scanner.next() {
            signal.add(readRecord(record, replies: &replies))
        }
        if stage != .closed, !carry.keep(scanner.rest) {
            signal.add(fail("The maximum message size of \(Self.recordBytesMax)B was exceeded.", replies: &replies))
        }
        return signal
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        // Before the handshake's answer the client would take a ping for it.
        guard stage == .open else { return }
        let start = replies.bytes.count
        HubRecordWriter.appendPing(to: &replies.bytes)
        replies.endMessage(from: start, tsRecv: UnixNanoseconds(0))
    }

    package mutating func finish(replies: inout MessageBatch) {
        guard stage == .open else { return }
        for stream in wanted.streams {
            appendCompletion(of: stream.invocationID, .void, to: &replies)
        }
        wanted.streams = []
        close(error: nil, replies: &replies)
    }

    // MARK: Records

    private mutating func readRecord(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        switch stage {
        case .awaitingHandshake: readHandshake(bytes, replies: &replies)
        case .open: readCall(bytes, replies: &replies)
        case .closed: .none
        }
    }

    private mutating func readHandshake(_ bytes: UnsafeRawBufferPointer, replies: inout MessageBatch) -> SessionSignal {
        let request = try? HubHandshakeRequest(bytes)
        let answer = request?.answer ?? .refused("An unexpected error occurred during connection handshake.")
        let start = replies.bytes.count
        answer.write(to: &replies.bytes)
        replies.endMessage(from: start, tsRecv: UnixNanoseconds(0))
        guard answer == .accepted else {
            stage = .closed
            return .close(code: 1000, reason: "handshake refused")
        }
        stage = .open
        return .none
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
            stage = .closed
            return .close(code: 1000, reason: "")
        case .streamItem, .completion, .ping, .ack, .sequence, nil:
            return .none
        }
    }

    /// Says goodbye because of `error`.
    private mutating func fail(_ error: String, replies: inout MessageBatch) -> SessionSignal {
        guard stage == .open else {
            stage = .closed
            return .close(code: 1002, reason: "malformed hub record")
        }
        close(error: error, replies: &replies)
        return .close(code: 1002, reason: "malformed hub record")
    }

    private mutating func close(error: String?, replies: inout MessageBatch) {
        let start = replies.bytes.count
        HubRecordWriter.appendClose(error: error, to: &replies.bytes)
        replies.endMessage(from: start, tsRecv: UnixNanoseconds(0))
        stage = .closed
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
