import MarketModel
import Testing
import WebSocketProtocol

struct WebSocketEngineReceivingTests {
    @Test("the examples of RFC 6455 §5.7 are decoded")
    func standardExamples() {
        let client: [([UInt8], String)] = [
            ([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], "Hello"),
            ([0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], "Hello"),
        ]
        for (bytes, text) in client { #expect(outcome(.client, [bytes[...]]).texts == [text]) }
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(outcome(.server, [masked[...]]).texts == ["Hello"])

        let ping: [UInt8] = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        let pong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(outcome(.server, [pong[...]]).pongs == [Array("Hello".utf8)])
        let answer = outcome(.client, [ping[...]])
        #expect(answer.sent.prefix(2) == [0x8a, 0x85])
        #expect(outcome(.server, [answer.sent[...]]).pongs == [Array("Hello".utf8)])

        let zeros256 = [UInt8](repeating: 0, count: 256)
        #expect(outcome(.client, [([0x82, 0x7e, 0x01, 0x00] + zeros256)[...]]).messages.map(\.payload) == [zeros256])
        let zeros64Ki = [UInt8](repeating: 0, count: 65_536)
        let large = [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] + zeros64Ki
        #expect(outcome(.client, [large[...]]).messages.map(\.payload) == [zeros64Ki])
    }

    @Test("every message has its kind, direction and the time of the read that completed it")
    func entries() {
        var engine = WebSocketEngine.make(.client)
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        let bytes = TestFrame.text("ab").bytes + TestFrame(opcode: 2, payload: [9]).bytes
        for (moment, piece) in bytes.pieces(of: 3).enumerated() {
            piece.withUnsafeBytes {
                engine.receive($0, receivedAt: UnixNanoseconds(Int64(moment)), into: &batch, actions: &actions)
            }
        }
        #expect(batch.entries.map(\.kind) == [.text, .binary])
        #expect(batch.entries.map(\.tsRecv.rawValue) == [1, 2])
        #expect(batch.entries.allSatisfy { $0.direction == .received })
        #expect(actions.isEmpty)
    }

    /// Conversations whose outcome must not depend on how they are split.
    static let conversations: [[TestFrame]] = [
        [.text("Hello"), .text(""), TestFrame(opcode: 2, payload: [0, 255, 128])],
        [
            .text("жук", isFinal: false), TestFrame(opcode: 9, payload: [1, 2]),
            TestFrame(opcode: 0, payload: [0xf0, 0x9f], isFinal: false),
            TestFrame(opcode: 10), TestFrame(opcode: 0, payload: [0x90, 0x9e]), .text("next"), .close(1000, "bye"),
            .text("late"),
        ],
        [TestFrame(opcode: 2, payload: Array(repeating: 3, count: 130)), TestFrame(opcode: 0)],
        [.text("a", isFinal: false), .close(1001)],
        [TestFrame(opcode: 1, payload: [0x41, 0xed, 0xa0, 0x80])],
        [TestFrame(opcode: 9), TestFrame(opcode: 9, payload: Array(repeating: 65, count: 125)), TestFrame(opcode: 8)],
    ]

    @Test("the split of the input never changes the outcome", arguments: conversations.indices)
    func splits(conversation: Int) {
        for role in [WebSocketRole.client, .server] {
            let bytes = Self.conversations[conversation].flatMap { $0.sent(to: role).bytes }
            let whole = outcome(role, [bytes[...]])
            for size in 1...max(1, min(bytes.count, 40)) {
                #expect(outcome(role, bytes.pieces(of: size)) == whole, "\(role), pieces of \(size)")
            }
            for first in bytes.indices {
                for second in stride(from: first, to: bytes.count, by: bytes.count > 100 ? 7 : 1) {
                    let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                    #expect(outcome(role, pieces) == whole, "\(role), cut at \(first) and \(second)")
                }
            }
        }
    }

    @Test("every truncation waits, then ends as a lost connection with the complete messages")
    func truncations() {
        for frames in Self.conversations {
            let bytes = frames.flatMap(\.bytes)
            let whole = outcome(.client, [bytes[...]])
            for count in bytes.indices {
                var engine = WebSocketEngine.make(.client)
                var part = Outcome()
                engine.receive([bytes[..<count]], into: &part)
                #expect(whole.messages.starts(with: part.messages))
                let info = engine.connectionEnded()
                if let close = part.closes.first { #expect(info == close) } else { #expect(info.code == 1006) }
            }
        }
    }

    @Test("control frames are answered between the fragments of a message")
    func controlBetweenFragments() {
        let result = outcome(.client, Self.conversations[1])
        #expect(result.texts == ["жук🐞", "next"])
        #expect(result.pongs == [[]])
        #expect(result.closes == [CloseInfo(code: 1000, reason: "bye", initiator: .remote)])
        #expect(result.statistics.messagesReceived == 2)
        #expect(result.statistics.pingsReceived == 1)
        #expect(result.statistics.pongsSent == 1)
    }

    @Test("a run of pings is answered in order by one write")
    func manyPings() {
        var engine = WebSocketEngine.make(.server)
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        let pings = (0..<10).flatMap { TestFrame(opcode: 9, payload: [$0]).sent(to: .server).bytes }
        pings.withUnsafeBytes {
            engine.receive($0, receivedAt: UnixNanoseconds(0), into: &batch, actions: &actions)
        }
        #expect(actions == [.send((0..<10).flatMap { [0x8a, 1, $0] })])
    }

    @Test("65,536 fragments of one byte form one message")
    func manyFragments() {
        var bytes = TestFrame(opcode: 2, payload: [1], isFinal: false).bytes
        for _ in 0..<65_534 { bytes += [0, 1, 1] }
        bytes += [0x80, 1, 1]
        #expect(outcome(.client, [bytes[...]]).messages.map(\.payload) == [Array(repeating: 1, count: 65_536)])
    }
}
