import MarketModel
import OrderBooks
import Testing
import Venues

@testable import Replaying

/// A client that keeps its books as the recorder does, from the messages that it gets.
struct VenueClient {
    var outlet: VenueOutlet
    var dialect: any VenueDialect
    var set = BookSet()
    var messages = 0
    var holes: [String] = []

    init(_ venue: Venue, path: String, login: String? = nil) throws {
        let server = venue.definition.makeServer()
        let place = try #require(server.place(ofPath: path))
        let session = server.makeSession(at: place, target: path)
        outlet = VenueOutlet(session, hasher: nil, hasSnapshots: true, observe: nil)
        dialect = venue.makeReader()
        if let login { send(login) }
    }

    /// Subscribes; the answers also go to the client's dialect.
    mutating func send(_ request: String) {
        var replies = MessageBatch()
        let bytes = Array(request.utf8)
        bytes.withUnsafeBytes { _ = outlet.receive($0, kind: .text, replies: &replies) }
        read(replies)
    }

    mutating func take(_ chunk: TapeChunk, _ range: Range<Int>) { read(outlet.deliver(chunk, range)) }

    private mutating func read(_ output: MessageBatch) {
        guard let first = output.entries.first else { return }
        var batch = output
        for index in batch.entries.indices { batch.entries[index].direction = .received }
        var (events, answers) = (MarketEvents(), MessageBatch())
        _ = dialect.receive(batch, now: first.tsRecv, events: &events, outgoing: &answers)
        for index in events.bookMessages.indices {
            messages += 1
            guard let outcome = set.apply(messageAt: index, of: events, books: dialect.books) else { continue }
            if outcome.needsSnapshot || outcome.effect == .waiting {
                holes.append("\(outcome.effect) \(String(describing: outcome.invalidity))")
            }
        }
    }
}
