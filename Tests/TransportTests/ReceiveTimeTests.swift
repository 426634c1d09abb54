import MarketModel
import Synchronization
import Testing
import Transport
import WebSocketProtocol

/// Receive times while the wall clock is being set.
struct ReceiveTimeTests {
    /// A wall clock that the test sets.
    private final class WallClock: Sendable {
        private let time = Atomic<Int64>(1_767_571_200_000_000_000)

        var now: UnixNanoseconds { UnixNanoseconds(time.load(ordering: .sequentiallyConsistent)) }

        func step(by duration: Duration) {
            time.add(duration.wholeNanoseconds, ordering: .sequentiallyConsistent)
        }
    }

    private func connect(_ url: String, by wall: WallClock) async throws -> WebSocketConnection {
        let configuration = WebSocketClient.Configuration(url: try WebSocketURL(url))
        return try await WebSocketClient.connect(configuration, group: testGroup, now: { wall.now })
    }

    @Test("receive times never decrease in a connection, and follow a clock set forwards", arguments: [3600, -3600])
    func steps(seconds: Int) async throws {
        let wall = WallClock()
        let start = wall.now
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url, by: wall)
            var times: [UnixNanoseconds] = []
            for step in [0, seconds, 1, 3600] {
                wall.step(by: .seconds(step))
                try await connection.send(MessageBatch(texts: ["tick"]))
                times += try await connection.receive(count: 1).entries.map(\.tsRecv)
            }
            await connection.close()
            let wanted = seconds > 0 ? [0, 3600, 3601, 7201] : [0, 0, 0, 1]
            #expect(times == wanted.map { start.advanced(by: .seconds($0)) })
            // A new connection starts from the current clock.
            wall.step(by: .seconds(-7200))
            let next = try await connect(server.url, by: wall)
            try await next.send(MessageBatch(texts: ["tick"]))
            #expect(try await next.receive(count: 1).entries.map(\.tsRecv) == [wall.now])
            await next.close()
        }
    }
}
