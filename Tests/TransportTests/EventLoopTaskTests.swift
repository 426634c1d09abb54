import MarketModel
import NIOPosix
import Testing
import Transport
import WebSocketProtocol

struct EventLoopTaskTests {
    private static var isOnEventLoop: Bool { MultiThreadedEventLoopGroup.currentEventLoop != nil }

    @Test("a consumer on the event loop stays there while it waits, sends and receives")
    func client() async throws {
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url)
            let texts = try await connection.onEventLoop {
                var texts: [String] = []
                for number in 0..<100 {
                    try await connection.send(MessageBatch(texts: ["\(number)"]))
                    texts += try await connection.receive(count: 1).texts
                    #expect(Self.isOnEventLoop)
                }
                return texts
            }
            #expect(texts == (0..<100).map(String.init))
            #expect(!Self.isOnEventLoop)
            await connection.close()
        }
    }

    @Test("a server serves on its event loops only if it may", arguments: [true, false])
    func server(servesOnEventLoop: Bool) async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.servesOnEventLoop = servesOnEventLoop
        let handler = ScriptedHandler { connection in
            while let batch = try await connection.receive() {
                try await connection.send(MessageBatch(texts: batch.texts.map { "\($0) \(Self.isOnEventLoop)" }))
            }
        }
        try await withServer(handler, configuration: configuration) { server in
            let connection = try await connect(server.url)
            for number in 0..<20 {
                try await connection.send(MessageBatch(texts: ["\(number)"]))
                #expect(try await connection.receive(count: 1).texts == ["\(number) \(servesOnEventLoop)"])
            }
            // The server's shutdown cancels the task that waits on the event loop.
        }
    }
}
