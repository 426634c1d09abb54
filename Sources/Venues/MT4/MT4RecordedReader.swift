package import MarketModel
import SignalRProtocol

/// Learns the paths of recorded hubs, and the subscriptions that were made there.
package struct MT4RecordedReader: RecordedVenueReader {
    private var server = MT4HubServer()
    private var recorded = MT4Recorded()
    /// The calls of the present connection.
    private var own = MT4Recorded()
    private var conversation = HubOpening()

    package init() {}

    package mutating func note(url: String) {
        guard let path = Self.path(ofURL: url), !path.isEmpty else { return }
        server.paths.insert(path.lowercased())
    }

    package mutating func beginConnection() {
        own = MT4Recorded()
        conversation = HubOpening()
    }

    package mutating func note(_ payload: UnsafeRawBufferPointer, _ entry: MessageBatch.Entry) {
        conversation.withRecords(of: payload, entry) { records in
            guard entry.direction == .sent else { return recorded.noteReceived(records) }
            own.note(records)
            recorded.note(records)
        }
    }

    package var knowsSubscriptions: Bool { own.hasCalls }

    package func makeServer(isComplete: Bool) -> any VenueServer {
        var server = server
        server.behavior.recorded = isComplete ? recorded : nil
        return server
    }
}

/// Both directions of a connection.
///
/// Messages recorded in MessagePack are converted to JSON records.
private struct HubOpening: Sendable {
    private var notation = HubNotation()
    private var received = HubBinaryReader()
    private var sent = HubBinaryReader()

    mutating func withRecords(
        of payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        if entry.direction == .sent, notation.settled == nil { notation.note(sent: payload) }
        guard notation.isPacked(opening: payload, kind: entry.kind) else { return body(payload) }
        notation.settle(.messagePack)
        var records: [UInt8] = []
        var problems: [HubBinaryReader.Problem] = []
        if entry.direction == .received {
            received.appendRecords(of: payload, to: &records, problems: &problems)
        } else {
            sent.appendRecords(of: payload, to: &records, problems: &problems)
        }
        records.withUnsafeBytes(body)
    }
}
