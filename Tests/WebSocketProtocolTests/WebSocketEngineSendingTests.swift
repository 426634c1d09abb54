import MarketModel
import Testing
import WebSocketProtocol

struct WebSocketEngineSendingTests {
    private func batch(_ payloads: [[UInt8]]) -> MessageBatch {
        var batch = MessageBatch()
        for (index, payload) in payloads.enumerated() {
            batch.append(
                payload,
                kind: index.isMultiple(of: 2) ? .binary : .text,
                direction: .sent,
                tsRecv: UnixNanoseconds(0)
            )
        }
        return batch
    }

    private func encode(_ engine: inout WebSocketEngine, _ batch: MessageBatch, _ range: Range<Int>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: engine.frameBytes(for: batch, range: range)) { output, count in
            count = engine.encode(batch, range: range, into: UnsafeMutableRawBufferPointer(output))
            #expect(count == output.count)
        }
    }

    @Test("each side decodes what the other encodes", arguments: [WebSocketRole.client, .server])
    func roundTrip(role: WebSocketRole) {
        let sizes = [0, 1, 2, 7, 8, 9, 124, 125, 126, 127, 128, 200, 65_534, 65_535, 65_536, 65_537]
        let source = batch((sizes + sizes).map { size in (0..<size).map { UInt8($0 % 127) } })
        var engine = WebSocketEngine.make(role)
        let bytes = encode(&engine, source, 0..<source.count)
        let peer: WebSocketRole = role == .client ? .server : .client
        for pieces in [[bytes[...]], bytes.pieces(of: 1000), bytes.pieces(of: 4093)] {
            let result = outcome(peer, pieces)
            #expect(result.messages.map(\.payload) == (0..<source.count).map(source.payload))
            #expect(result.messages.map(\.kind) == source.entries.map(\.kind))
            #expect(result.sent.isEmpty && result.closes.isEmpty)
        }
        #expect(engine.statistics.messagesSent == 32)
        #expect(engine.statistics.bytesSent == UInt64(bytes.count))
    }

    @Test("a range of a batch is encoded alone")
    func range() {
        let source = batch([[1], [65, 66], [2, 3], [4]])
        var engine = WebSocketEngine.make(.server)
        #expect(encode(&engine, source, 1..<3) == [0x81, 2, 65, 66, 0x82, 2, 2, 3])
        #expect(encode(&engine, source, 2..<2).isEmpty)
    }

    @Test("a client masks every frame with a new key")
    func freshMasks() {
        var engine = WebSocketEngine.make(.client)
        let bytes = encode(&engine, batch(Array(repeating: [], count: 100)), 0..<100)
        let keys = Set(bytes.pieces(of: 6).map { Array($0.suffix(4)) })
        #expect(keys.count == 100)
    }

    @Test("nothing is encoded after our close frame")
    func afterClose() {
        var engine = WebSocketEngine.make(.server)
        _ = engine.close()
        var output = [UInt8](repeating: 0, count: 16)
        #expect(output.withUnsafeMutableBytes { engine.encode(batch([[1]]), into: $0) } == 0)
    }

    @Test("a ping carries at most 125 bytes")
    func ping() {
        var engine = WebSocketEngine.make(.server)
        #expect(engine.ping([1, 2]) == [0x89, 2, 1, 2])
        #expect(engine.ping(Array(repeating: 9, count: 200)).count == 127)
        #expect(engine.statistics.pingsSent == 2)
    }
}
