import MarketModel
import Testing
import WebSocketProtocol

struct MessagePartTests {
    private func receive(
        _ frames: [TestFrame],
        role: WebSocketRole = .client,
        partBytesMax: Int? = 4,
        pieceBytes: Int = .max,
        limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateAgreement? = nil
    ) -> Outcome {
        var engine = WebSocketEngine(
            role: role,
            limits: limits,
            maskingKeys: MaskingKeys(seed: [7]),
            deflate: deflate,
            partBytesMax: partBytesMax
        )
        let bytes = frames.flatMap { $0.sent(to: role).bytes }
        var outcome = Outcome()
        engine.receive(pieceBytes == .max ? [bytes[...]] : bytes.pieces(of: pieceBytes), into: &outcome)
        return outcome
    }

    /// Every entry: `<abcd`, `=efgh`, `ij>` for parts, `|abc|` for complete messages.
    private func shape(_ outcome: Outcome) -> [String] {
        var shapes = outcome.texts.map { "|\($0)|" }
        for part in outcome.parts {
            let text = outcome.texts[part.entryIndex]
            shapes[part.entryIndex] = (part.isFirst ? "<" : "=") + text + (part.isLast ? ">" : "")
        }
        return shapes
    }

    @Test("longer messages come in parts of one length, and other messages keep their place")
    func parts() {
        let frames: [TestFrame] = [
            .text("abc"), .text("abcd"), .text("abcde"), .text(""), .text("abcdefgh"), .text("ab", isFinal: false),
            TestFrame(opcode: 9), TestFrame(opcode: 0, payload: Array("cdefg".utf8), isFinal: false),
            TestFrame(opcode: 0, payload: Array("hij".utf8)), .text("abcd", isFinal: false), TestFrame(opcode: 0),
        ]
        let expected = [
            "|abc|", "|abcd|", "<abcd", "=e>", "||", "<abcd", "=efgh>", "<abcd", "=efgh", "=ij>", "|abcd|",
        ]
        for role in [WebSocketRole.client, .server] {
            let whole = receive(frames, role: role)
            #expect(shape(whole) == expected)
            #expect(whole.statistics.messagesReceived == 7)
            for size in 1...30 { #expect(receive(frames, role: role, pieceBytes: size) == whole) }
        }
        #expect(receive(frames, partBytesMax: nil).parts.isEmpty)
    }

    @Test("a text may be split inside a character, and an invalid one ends the connection before its last part")
    func text() {
        let good = receive([.text("жукжук")], partBytesMax: 3)
        #expect(good.messages.flatMap(\.payload) == Array("жукжук".utf8))
        #expect(good.parts.map(\.isLast) == [false, false, false, true])
        let bad = receive([TestFrame(opcode: 1, payload: Array("abcdefg".utf8) + [0xff, 0x41])])
        #expect(shape(bad) == ["<abcd"])
        #expect(bad.closes.map(\.code) == [1007])
    }

    @Test("inflated messages come in parts too, within the limit of the whole message")
    func inflated() throws {
        var sender = WebSocketEngine(role: .server, maskingKeys: MaskingKeys(seed: [1]), deflate: .make())
        let zeros = [UInt8](repeating: 0, count: 100_000)
        let frame = try #require(sender.frames([.init(kind: .binary, payload: zeros)]).first)
        for limit in [100_000, 50_000] {
            var receiver = WebSocketEngine(
                role: .client,
                limits: WebSocketLimits(messageBytesMax: limit),
                maskingKeys: MaskingKeys(seed: [1]),
                deflate: .make(),
                partBytesMax: 30_000
            )
            var outcome = Outcome()
            receiver.receive([frame[...]], into: &outcome)
            let counts = outcome.messages.map(\.payload.count)
            #expect(counts == (limit == 100_000 ? [30_000, 30_000, 30_000, 10_000] : [30_000]))
            #expect(outcome.parts.last?.isLast == (limit == 100_000))
            #expect(outcome.closes.map(\.code) == (limit == 100_000 ? [] : [1009]))
        }
    }

    @Test("a message of 256 MiB needs no more memory than one part")
    func hugeMessage() {
        let limits = WebSocketLimits(messageBytesMax: .max, frameBytesMax: .max)
        var engine = WebSocketEngine(
            role: .client,
            limits: limits,
            maskingKeys: MaskingKeys(seed: [1]),
            partBytesMax: 1 << 20
        )
        var batch = MessageBatch()
        var parts: [MessagePart] = []
        var actions: [EngineAction] = []
        var received = 0
        func receive(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes {
                engine.receive($0, receivedAt: UnixNanoseconds(0), into: &batch, parts: &parts, actions: &actions)
            }
            received += batch.bytes.count
            #expect(batch.bytes.count <= 2 << 20)
            batch.removeAll()
        }
        receive([0x82, 127, 0, 0, 0, 0, 0x10, 0, 0, 0])
        let chunk = [UInt8](repeating: 5, count: 1 << 20)
        for _ in 0..<256 { receive(chunk) }
        #expect(received == 256 << 20)
        #expect(parts.count == 256 && parts.last?.isLast == true && actions.isEmpty)
    }

    @Test("a message is sent in parts, with only control frames between them", arguments: [true, false])
    func sending(isCompressed: Bool) throws {
        for (sender, receiver) in [(WebSocketRole.client, WebSocketRole.server), (.server, .client)] {
            let deflate = isCompressed ? DeflateAgreement.make() : nil
            var engine = WebSocketEngine(role: sender, maskingKeys: MaskingKeys(seed: [2]), deflate: deflate)
            var peer = WebSocketEngine(role: receiver, maskingKeys: MaskingKeys(seed: [2]), deflate: deflate)
            let texts = [String(repeating: "abc", count: 30_000), "", "жук", String(repeating: "жук", count: 100), ""]
            var wire: [UInt8] = []
            for _ in 0..<2 {
                for (index, text) in texts.enumerated() {
                    let isLast = index == texts.count - 1
                    let isSent = Array(text.utf8).withUnsafeBytes {
                        engine.appendPart($0, kind: .text, isLast: isLast, to: &wire)
                    }
                    #expect(isSent && engine.isSendingParts == !isLast)
                    wire += engine.ping([9])
                    let other = engine.frames([.init(kind: .text, payload: [65])])
                    #expect(other[0].isEmpty == !isLast)
                    wire += other[0]
                }
            }
            var outcome = Outcome()
            peer.receive(wire.pieces(of: 999), into: &outcome)
            #expect(outcome.texts == [texts.joined(), "A", texts.joined(), "A"])
            #expect(outcome.statistics.pingsReceived == 10 && outcome.closes.isEmpty)
            #expect(engine.statistics.messagesSent == 4)
            #expect(engine.statistics.bytesSent == UInt64(wire.count))
            #expect(!isCompressed || wire.count < 3000)
            _ = engine.close()
            #expect(![UInt8(1)].withUnsafeBytes { engine.appendPart($0, kind: .text, isLast: true, to: &wire) })
        }
    }
}
