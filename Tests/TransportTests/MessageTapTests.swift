import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct MessageTapTests {
    /// Replaces the digits of every message with X, and shortens messages that begin with a minus.
    private struct Redaction: MessageTap {
        func take(_ batch: inout MessageBatch) {
            #expect(!batch.isEmpty)
            for index in batch.entries.indices {
                let range = batch.entries[index].range
                if batch.bytes[range].first == UInt8(ascii: "-") { batch.entries[index].length = 1 }
                for place in range where (0x30...0x39).contains(batch.bytes[place]) {
                    batch.bytes[place] = UInt8(ascii: "X")
                }
            }
        }
    }

    @Test("a tap changes received messages, including those already queued", arguments: [true, false])
    func redaction(isCompressed: Bool) async throws {
        var configuration = WebSocketServer.Configuration()
        configuration.deflate = isCompressed ? DeflateSettings() : nil
        try await withServer(EchoHandler(), configuration: configuration) { server in
            let connection = try await connect(server.url) {
                $0.tap = Redaction()
                $0.deflate = isCompressed ? DeflateSettings() : nil
            }
            let long = String(repeating: "token 1 ", count: 1000)
            for text in ["account 4711", "-1", long] { try await connection.send(MessageBatch(texts: [text, "end"])) }
            let expected = ["account XXXX", "end", "-", "end", long.replacing("1", with: "X"), "end"]
            #expect(try await connection.receive(count: 6).texts == expected)
            await connection.close()
        }
    }

    @Test("a tap sees messages that arrive with the 101 response")
    func gluedMessages() async throws {
        let server = try await RawServer { input in
            RawServer.acceptance(of: input).map { .send($0 + [0x81, 0x02] + Array("a1".utf8)) } ?? .wait
        }
        let connection = try await connect("ws://\(server.authority)") { $0.tap = Redaction() }
        #expect(try await connection.receive(count: 1).texts == ["aX"])
        connection.abort()
        try await server.close()
    }

    @Test("a tap sees parts, and their marks stay correct")
    func parts() async throws {
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url) {
                $0.tap = Redaction()
                $0.partBytesMax = 10
            }
            let text = String(repeating: "a1", count: 12)
            try await connection.send(MessageBatch(texts: ["b2", text, "c3"]))
            var log: [String] = []
            while log.last != "cX", let (batch, parts) = try await connection.receiveParts() {
                for index in 0..<batch.count {
                    let part = parts.first { $0.entryIndex == index }
                    log.append(batch.texts[index] + (part.map { $0.isLast ? "." : "…" } ?? ""))
                }
            }
            #expect(log == ["bX", "aXaXaXaXaX…", "aXaXaXaXaX…", "aXaX.", "cX"])
            await connection.close()
        }
    }
}
