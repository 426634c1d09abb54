import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// No client can keep a replay server from serving others, and work grows linearly with what a client sends.
@Suite(.timeLimit(.minutes(5)))
struct FloodTests {
    private static func serve(_ body: @Sendable (String) async throws -> Void) async throws {
        let archive = try TapeArchive()
        let trades = (0..<30).map { SpotSample.trade(id: $0) }
        let messages = trades.enumerated().map {
            TapeArchive.Message(connection: 0, offset: Int64($0) * 1_000_000, text: $1)
        }
        let server = try ReplayServer([try await archive.write(messages: messages)])
        try await withServer(server) { try await body($0.url) }
    }

    private static func status(of url: String) async -> TransportError.Code? {
        do {
            _ = try await connect(url)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("kind 10 a query of a megabyte, or of thousands of parameters, is refused at once")
    func longQueries() async throws {
        try await Self.serve { url in
            let long = String(repeating: "x", count: 1 << 20)
            #expect(await Self.status(of: url + "/ws?speed=" + long) == .handshake(status: 431))
            let many = String(repeating: "a&", count: 7000)
            #expect(await Self.status(of: url + "/replay?" + many) == .handshake(status: 400))
            let symbols = (0..<2000).map { "S\($0)" }.joined(separator: ",")
            #expect(await Self.status(of: url + "/replay?symbols=" + symbols) == .handshake(status: 400))
        }
    }

    @Test("kind 10 a client that floods the server with calls does not block another client's tape")
    func floodOfCalls() async throws {
        try await Self.serve { url in
            let flooder = try await connect(url + "/ws")
            let calls = [String](repeating: #"{"method":"LIST_SUBSCRIPTIONS","id":1}"#, count: 5000)
            try await flooder.send(MessageBatch(texts: calls))
            let client = try await connect(url + "/ws/btcusdt@trade")
            #expect(try await client.receiveAll().count == 30)
            #expect(try await flooder.receive(count: 5000).count == 5000, "every call is answered")
            await flooder.close()
        }
    }

    @Test("kind 10 huge and deeply nested calls are errors, and the session continues")
    func hugeCalls() async throws {
        try await Self.serve { url in
            let client = try await connect(url + "/ws")
            let deep = String(repeating: "[", count: 100_000)
            let names = (0..<10_000).map { #""s\#($0)@trade""# }.joined(separator: ",")
            let wide = String(repeating: "n", count: 1 << 20)
            for (call, answer) in [
                (deep, #"{"code":3,"#), (#"{"method":"SUBSCRIBE","params":[\#(deep)],"id":1}"#, #"{"code":3,"#),
                (#"{"method":"SUBSCRIBE","params":[\#(names)],"id":1}"#, #"{"code":2,"#),
                (#"{"method":"SUBSCRIBE","params":["\#(wide)@trade"],"id":1}"#, #"{"code":2,"#),
                (#"{"method":"UNSUBSCRIBE","params":[\#(names)],"id":1}"#, #"{"result":null,"#),
                (#"{"method":"\#(wide)","id":1}"#, #"{"code":2,"#), (#"{"id":"\#(wide)"}"#, #"{"code":2,"#),
            ] {
                try await client.send(call)
                let text = try await client.receive(count: 1).texts[0]
                #expect(text.hasPrefix(answer) && text.utf8.count < 4096, "\(text.prefix(200))")
            }
            await client.close()
        }
    }

    @Test("kind 10 20,000 subscriptions to a hub are made and removed one by one in linear time")
    func manySymbols() {
        var session = MT4HubSession()
        var replies = MessageBatch()
        func say(_ record: String) {
            let bytes = [UInt8]((record + "\u{1E}").utf8)
            bytes.withUnsafeBytes { _ = session.receive($0, kind: .text, replies: &replies) }
        }
        say(#"{"protocol":"json","version":1}"#)
        for method in ["SubscribeToTicks", "UnsubscribeFromTicks"] {
            for number in 0..<20_000 {
                let arguments = #"[{"tradePlatform":"P","symbol":"S\#(number)"}]"#
                say(#"{"type":1,"target":"\#(method)","arguments":\#(arguments)}"#)
            }
            #expect(session.wanted.symbols.count == (method == "SubscribeToTicks" ? 20_000 : 0))
        }
        #expect(!session.isSubscribed && session.hasSubscribed)
    }

    @Test("kind 10 thousands of gaps are skipped at the cost of a few, forwards and backwards")
    func manyGaps() {
        var random = SplitMix64(seed: 7)
        for count in [0, 1, 2, 40] {
            let stretches = (0..<count).map { _ in
                let start = Int64(random.next() % 10_000)
                return start..<start + Int64(random.next() % 300)
            }
            let skips = TapeSkips(stretches)
            let isSkipped = (0..<12_000).map { time in stretches.contains { $0.contains(time) } }
            for _ in 0..<200 {
                let (start, end) = (Int(random.next() % 11_000), Int(random.next() % 11_000))
                let played = (min(start, end)..<max(start, end)).count { !isSkipped[$0] }
                let distance = Int64(start <= end ? played : -played)
                #expect(skips.distance(from: Int64(start), to: Int64(end)) == distance, "seed 7, \(start) to \(end)")
                guard distance >= 0 else { continue }
                let time = skips.time(behind: Int64(start), distance: distance)
                #expect(skips.distance(from: Int64(start), to: time) == distance && !isSkipped[Int(time)])
            }
        }
        let many = TapeSkips((0..<100_000).map { $0 * 10..<$0 * 10 + 5 })
        #expect((0..<100_000).allSatisfy { many.distance(from: 0, to: $0 * 10) == $0 * 5 })
    }
}
