import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct CompressionTests {
    @Test("permessage-deflate is used and reported if both sides want it", arguments: [true, false], [true, false])
    func negotiation(client: Bool, server: Bool) async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.deflate = server ? DeflateSettings() : nil
        let isCompressed = client && server
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let connection = try await connect(server.url) { $0.deflate = client ? DeflateSettings() : nil }
            #expect(connection.info.extensions.contains { $0.hasPrefix("permessage-deflate") } == isCompressed)
            let text = String(repeating: "quote ", count: 10_000)
            try await connection.send(MessageBatch(texts: [text, "short", text]))
            #expect(try await connection.receive(count: 3).texts == [text, "short", text])
            #expect((connection.statistics.bytesReceived < 60_000) == isCompressed)
            await connection.close()
        }
    }
}
