import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct InflationTests {
    private static let messageBytes = 64 << 10
    private static let messageCount = 1000
    private static let queueBytesMax = 1 << 20
    /// The size of the queue, plus what 4 KiB inflate to.
    private static let bytesMax = queueBytesMax + (4 << 10) * 1032

    /// 62 MiB in 80 KiB, sent in one piece with the 101 response.
    private static func bomb(for input: [UInt8], ending: [UInt8]) -> [UInt8]? {
        var parser = HTTPHeadParser()
        let result = try? input.withUnsafeBytes { try parser.receiveRequest($0) }
        guard case .head(let head, _) = result,
            let deflate = ServerHandshake.deflate(for: head, settings: DeflateSettings()),
            let answer = try? ServerHandshake.accept(head, subprotocol: nil, deflate: deflate)
        else { return nil }
        var engine = WebSocketEngine(role: .server, maskingKeys: MaskingKeys(seed: []), deflate: deflate)
        var batch = MessageBatch()
        batch.append([UInt8](repeating: 0, count: messageBytes), kind: .binary, direction: .sent, tsRecv: .init(0))
        var frames: [UInt8] = []
        for _ in 0..<messageCount {
            frames += [UInt8](unsafeUninitializedCapacity: engine.frameBytes(for: batch)) { space, count in
                count = engine.encode(batch, into: UnsafeMutableRawBufferPointer(space))
            }
        }
        return answer + frames + ending
    }

    @Test(
        "a deflate bomb never fills the queue much beyond its bound, and no message is lost",
        arguments: [true, false]
    )
    func bomb(hasCloseFrame: Bool) async throws {
        let ending: [UInt8] = hasCloseFrame ? [0x88, 0x02, 0x03, 0xe8] : []
        let server = try await RawServer { input in
            Self.bomb(for: input, ending: ending).map { .sendAndClose($0) } ?? .wait
        }
        let connection = try await connect("ws://\(server.authority)") {
            $0.deflate = DeflateSettings()
            $0.receiveQueueBytesMax = Self.queueBytesMax
        }
        var (count, longest) = (0, 0)
        while let batch = try await connection.receive() {
            #expect(batch.entries.allSatisfy { $0.length == Self.messageBytes })
            count += batch.count
            longest = max(longest, batch.bytes.count)
        }
        #expect(count == Self.messageCount)
        #expect((Self.queueBytesMax...Self.bytesMax).contains(longest))
        #expect(connection.closeInfo?.code == (hasCloseFrame ? 1000 : 1006))
        try await server.close()
    }

    @Test("held messages can be discarded by closing, aborting, or releasing the connection", arguments: 0..<3)
    func ending(way: Int) async throws {
        let server = try await RawServer { input in
            Self.bomb(for: input, ending: []).map { .sendAndClose($0) } ?? .wait
        }
        let connection = try await connect("ws://\(server.authority)") {
            $0.deflate = DeflateSettings()
            $0.receiveQueueBytesMax = Self.queueBytesMax
        }
        while try #require(try await connection.receive()).bytes.count < Self.queueBytesMax {}
        switch way {
        case 0: #expect(await connection.close(discardingReceived: true).code == 1006)
        case 1:
            connection.abort()
            #expect(await connection.ended().code == 1006)
        default: break
        }
        try await server.close()
    }
}
