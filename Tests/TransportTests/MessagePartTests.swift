import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct MessagePartTests {
    @Test("a message much longer than the queue arrives in parts while the socket waits for the consumer")
    func longMessage() async throws {
        let long = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url + "/echo") {
                $0.partBytesMax = 64 * 1024
                $0.receiveQueueBytesMax = 256 * 1024
            }
            var batch = MessageBatch(texts: ["before"])
            batch.append(long, kind: .binary, direction: .sent, tsRecv: UnixNanoseconds(0))
            batch.append("after".utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
            try await connection.send(batch)
            var joined: [UInt8] = []
            var whole: [String] = []
            var isOpen = false
            while whole.count < 2, let (received, parts) = try await connection.receiveParts() {
                // NIO reads at most a few hundred KiB before it asks for more.
                #expect(received.bytes.count < 2_000_000)
                for index in 0..<received.count {
                    guard let part = parts.first(where: { $0.entryIndex == index }) else {
                        #expect(!isOpen)
                        whole.append(String(decoding: received.payload(at: index), as: UTF8.self))
                        continue
                    }
                    #expect(part.isFirst == !isOpen)
                    isOpen = !part.isLast
                    joined += received.payload(at: index)
                }
            }
            #expect(whole == ["before", "after"])
            #expect(joined == long)
            await connection.close()
        }
    }
}
