import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues

@testable import Replaying

/// A recorded hub knows its path and its subscriptions.
@Suite(.timeLimit(.minutes(5)))
struct RecordedVenuesTests {
    private typealias Message = TapeArchive.Message

    private static let tick = HubClient.tick("EURUSD", "1.1")
    private static let item = #"{"type":2,"invocationId":"2","item":{"symbol":"A","digits":2,"bid":1}}"# + "\u{1E}"

    private static func call(_ type: Int, _ id: Int, _ method: String) -> String {
        #"{"type":\#(type),"invocationId":"\#(id)","target":"\#(method)","arguments":["P"]}"# + "\u{1E}"
    }

    /// Sends `call` to a replay of these messages, and returns the answer.
    private static func answer(to call: String, _ messages: [(MessageDirection, String)]) async throws -> String {
        let archive = try TapeArchive()
        let reader = try await archive.write(
            venue: "mt4",
            url: "wss://example.org/base/quotes/HUB",
            messages: messages.enumerated().map { index, message in
                Message(connection: 0, offset: Int64(index), text: message.1, direction: message.0)
            }
        )
        let server = try ReplayServer([reader]) { $0.settling = .seconds(1) }
        return try await withServer(server) { server in
            let client = try await connect(server.url + "/base/quotes/hub")
            try await client.send(#"{"protocol":"json","version":1}"# + "\u{1E}")
            _ = try await client.receive(count: 1)
            try await client.send(call)
            // An accepted stream has no answer.
            try await client.send(Self.call(1, 99, "Connect"))
            return try await client.receive(count: 1).texts.first ?? ""
        }
    }

    private static func error(_ id: Int, _ text: String) -> String {
        #"{"type":3,"invocationId":"\#(id)","error":"\#(text)"}"# + "\u{1E}"
    }

    private static let connected = #"{"type":3,"invocationId":"99","result":true}"# + "\u{1E}"

    @Test("recorded subscriptions are available at the recorded path, others are refused")
    func calls() async throws {
        let tape: [(MessageDirection, String)] = [
            (.sent, Self.call(1, 1, "Connect")), (.sent, Self.call(4, 2, "StreamAllTicks")), (.received, Self.item),
        ]
        #expect(try await Self.answer(to: Self.call(4, 7, "streamAllTicks"), tape) == Self.connected)
        #expect(
            try await Self.answer(to: Self.call(4, 7, "StreamTrades"), tape)
                == Self.error(7, "this recording has no StreamTrades")
        )
        #expect(
            try await Self.answer(to: Self.call(1, 7, "SubscribeToAllTicks"), tape)
                == Self.error(7, "this recording has no SubscribeToAllTicks")
        )
        let acknowledged = #"{"type":3,"invocationId":"7","result":null}"# + "\u{1E}"
        // Ticks that arrived without a subscription are available.
        #expect(
            try await Self.answer(to: Self.call(1, 7, "SubscribeToAllTicks"), tape + [(.received, Self.tick)])
                == acknowledged
        )
        #expect(try await Self.answer(to: Self.call(1, 7, "SubscribeToSymbols"), tape) == acknowledged)
    }

    @Test(
        "if the calls are not known, everything is available",
        arguments: [[], [(MessageDirection.sent, Self.call(1, 1, "Connect"))]]
    )
    func unknownCalls(sent: [(MessageDirection, String)]) async throws {
        let tape = sent + [(.received, Self.tick)]
        #expect(try await Self.answer(to: Self.call(4, 7, "StreamTrades"), tape) == Self.connected)
    }
}
