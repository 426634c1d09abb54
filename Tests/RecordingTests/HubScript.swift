import FeedrecTestKit
import MarketModel
import Transport
import Venues

/// The hub's side of a connection, as far as a recorder needs it.
struct HubScript {
    let connection: WebSocketConnection
    /// Everything that clients sent, over all connections.
    var heard = EventLog<String>()

    /// Answers handshake and calls until the client has subscribed.
    func answerUntilSubscribed() async throws {
        var session = MT4HubSession()
        while !session.hasSubscribed, let batch = try await connection.receive() {
            var replies = MessageBatch()
            for index in 0..<batch.count {
                heard.append(String(decoding: batch.payload(at: index), as: UTF8.self))
                _ = batch.withPayload(at: index) { session.receive($0, kind: .text, replies: &replies) }
            }
            try await connection.send(replies)
        }
    }

    func send(_ records: String...) async throws {
        try await connection.send(MessageBatch(texts: records.map { $0 + "\u{1E}" }))
    }

    /// Receives until the client leaves.
    func listen() async throws {
        while let batch = try await connection.receive() { for text in batch.texts { heard.append(text) } }
    }

    static func tick(_ bid: String) -> String {
        #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":\#(bid),"#
            + #""ask":1.2,"lastTime":"2026-01-05T00:00:00"}}]}"#
    }
}
