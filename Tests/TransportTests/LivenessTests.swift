import MarketModel
import NIOCore
import Testing
import WebSocketProtocol

@testable import Transport

struct LivenessTests {
    @Test("a ping without a pong ends the connection")
    func noPong() async throws {
        let server = try await RawServer { RawServer.acceptance(of: $0).map { .send($0) } ?? .wait }
        let connection = try await connect("ws://\(server.authority)") { $0.pongTimeout = .milliseconds(50) }
        connection.ping([1])
        #expect(try await connection.receive() == nil)
        #expect(connection.closeInfo?.error == "no pong arrived within 50 ms")
        #expect(connection.lastError?.code == .timedOut(.pong))
        #expect(connection.lastError?.isRetryable == true)
        try await server.close()
    }

    @Test("pings are sent at their interval")
    func pingInterval() async throws {
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url) {
                $0.pingInterval = .milliseconds(5)
                $0.recordsEvents = true
            }
            var pongs = 0
            while pongs < 3, let events = try await connection.receiveEvents() {
                pongs += events.count { if case .pongReceived(_, _?) = $0.kind { true } else { false } }
            }
            #expect(pongs >= 3)
            await connection.close()
        }
    }

    @Test("a peer that accepts no data times out, and waiting senders get the error")
    func stalledSend() async throws {
        let handler = ScriptedHandler { _ = await $0.ended() }
        var server = WebSocketServer.Configuration()
        server.receiveQueueBytesMax = 1
        try await withServer(handler, configuration: server) { server in
            let connection = try await connect(server.url) {
                $0.sendTimeout = .milliseconds(100)
                $0.sendQueueBytesMax = 64 << 10
            }
            let error = await #expect(throws: TransportError.self) {
                while true { try await connection.send(MessageBatch(texts: [String(repeating: "x", count: 100_000)])) }
            }
            #expect(error?.code == .timedOut(.send))
            #expect(error?.isRetryable == true)
            #expect(await connection.ended().error == "the peer accepted no data for 100 ms")
        }
    }

    @Test("a peer that sends pings but never reads times out")
    func pingFlood() async throws {
        let (seen, report) = AsyncStream.makeStream(of: TransportError?.self)
        let handler = ScriptedHandler { connection in
            _ = await connection.ended()
            report.yield(connection.lastError)
        }
        var configuration = WebSocketServer.Configuration()
        configuration.sendTimeout = .milliseconds(200)
        configuration.sendQueueBytesMax = 4 << 10
        try await withServer(handler, configuration: configuration) { server in
            let flood = Task {
                let pings = (0..<1000).flatMap { _ in RawClient.frame(0x89, [UInt8](repeating: 1, count: 125)) }
                try await sendWithoutReading(port: server.localPort, RawClient.upgrade, thenRepeat: pings)
            }
            var iterator = seen.makeAsyncIterator()
            #expect(await iterator.next()??.code == .timedOut(.send))
            _ = await flood.result
        }
    }

    @Test("only silence while reading counts, and it causes one ping")
    func silence() {
        var watch = LivenessWatch()
        watch.tickLength = .seconds(1)
        var silences: [Int64] = []
        var pings: [Bool] = []
        for (count, isReading) in [(0, true), (0, true), (0, false), (0, true), (1, true), (1, true)] {
            silences.append(watch.silence(bytesReceived: UInt64(count), isReading: isReading).components.seconds)
            pings.append(silences.last != 0 && watch.shouldPing())
        }
        #expect(silences == [1, 2, 0, 1, 0, 1])
        #expect(pings == [true, false, false, true, false, true])
    }

    @Test("a peer that accepts a little now and then has not stalled")
    func slowReader() {
        var watch = LivenessWatch()
        watch.tickLength = .seconds(1)
        #expect(watch.stall(bytesWritten: 0, bufferedBytes: 100) == .zero)
        #expect(watch.stall(bytesWritten: 0, bufferedBytes: 100) == .seconds(1))
        #expect(watch.stall(bytesWritten: 1, bufferedBytes: 200) == .zero)
        #expect(watch.stall(bytesWritten: 1, bufferedBytes: 200) == .seconds(1))
        #expect(watch.stall(bytesWritten: 1, bufferedBytes: 0) == .zero)
        #expect(watch.stall(bytesWritten: 1, bufferedBytes: 5) == .zero)
    }

    @Test("a pong answers its ping and all earlier ones")
    func pendingPings() {
        let start = NIODeadline.now()
        var pings = PendingPings()
        for second in 0..<100 { pings.sent([UInt8(second)], at: start + .seconds(Int64(second))) }
        #expect(pings.oldest == start)
        #expect(pings.answered([200], at: start) == nil)
        #expect(pings.answered([1], at: start + .seconds(3)) == .seconds(2))
        #expect(pings.oldest == start + .seconds(2))
        #expect(pings.answered([99], at: start + .seconds(100)) == .seconds(1))
        #expect(pings.oldest == nil)
        pings.sent([], at: start)
        pings.sent([], at: start + .seconds(1))
        #expect(pings.answered([], at: start + .seconds(2)) == .seconds(2))
        #expect(pings.oldest == nil)
    }
}
