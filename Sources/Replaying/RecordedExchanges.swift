import Archive
import JournalFormat
import MarketModel
import Transport
import Venues
import WebSocketProtocol

/// The HTTP answers that a recorder got when its connections began: lists of instruments, and snapshots of books.
///
/// A client of a replay asks for the same, and gets the first answer that the tape has. Later snapshots are not served,
/// because a tape starts at its beginning for every client.
struct RecordedExchanges: Sendable {
    /// The connections of a recording to inspect, and the first blocks of each.
    private static let connectionsMax = 16
    private static let blocksMax = 16
    private static let asksWithin = Duration.seconds(300)

    /// By request: its URL without the host.
    private var answers: [RESTExchange: RESTAnswer] = [:]

    /// Reads the answers of `venues` that `range` contains; answers without success are left out.
    init(_ readers: [ArchiveReader], venues: [Venue], range: ReadRange) throws(ArchiveError) {
        let names = Set(venues.map(\.name))
        for reader in readers {
            let connections = try reader.connections().filter { names.contains($0.venue) }
            for connection in connections.prefix(Self.connectionsMax) { try read(connection, of: reader, range) }
        }
    }

    /// The recorded answer to a client's request; `nil` if there is none.
    func answer(to request: HTTPRequest) -> HTTPResponse? {
        let body = request.body.isEmpty ? nil : String(decoding: request.body, as: UTF8.self)
        let exchange = RESTExchange(method: request.head.method, url: request.head.target, requestBody: body)
        return answers[exchange].map {
            HTTPResponse(
                status: $0.status,
                headers: HTTPHeaders([("Content-Type", "application/json")]),
                body: $0.body
            )
        }
    }

    private mutating func read(
        _ connection: ConnectionRow,
        of reader: ArchiveReader,
        _ range: ReadRange
    ) throws(ArchiveError) {
        let opened = connection.opened.tsOpened
        let from = max(opened, range.from)
        let to = min(opened.advanced(by: Self.asksWithin), range.to)
        guard from < to else { return }
        var cursor = try reader.blocks(ReadRange(from: from, to: to), order: .time)
        var blocks = 0
        while blocks < Self.blocksMax, let (connectionID, block) = try cursor.next() {
            guard connectionID == connection.connectionID else { continue }
            blocks += 1
            for index in block.batch.entries.indices where block.batch.entries[index].kind == .rest {
                block.batch.withPayload(at: index) { note($0) }
            }
        }
    }

    private mutating func note(_ payload: UnsafeRawBufferPointer) {
        guard let (exchange, offset) = RESTExchange.read(payload), exchange.status == 200 else { return }
        let request = RESTExchange(method: exchange.method, url: exchange.target, requestBody: exchange.requestBody)
        if answers[request] == nil { answers[request] = RESTAnswer(body: Array(payload[offset...])) }
    }
}

extension RESTExchange {
    /// The URL without its host: the path, and the query if there is one.
    fileprivate var target: String {
        let query = url.firstIndex(of: "?").map { url[$0...] } ?? ""
        return String(path) + query
    }
}
