import MarketModel
import Testing
import WebSocketProtocol

struct DeflateSendingTests {
    /// Messages of all sizes, similar or not, text and binary; the same for the same seed.
    static func messages(seed: UInt64) -> [Outcome.Message] {
        var generator = SplitMix64(seed: seed)
        return (0..<40).map { index in
            let count = Int.random(in: 0...(index % 5 == 0 ? 70_000 : 400), using: &generator)
            switch index % 4 {
            case 0:
                return .init(kind: .binary, payload: (0..<count).map { _ in .random(in: 0...255, using: &generator) })
            case 1: return .init(kind: .text, payload: Array(String(repeating: "жук ", count: count / 7).utf8))
            case 2:
                let fields = (0..<count / 20).map { "\"price\(index)\":\($0 % 17)" }
                return .init(kind: .text, payload: Array("{\(fields.joined(separator: ","))}".utf8))
            default: return .init(kind: .binary, payload: Array(repeating: UInt8(index), count: count))
            }
        }
    }

    private func engine(_ role: WebSocketRole, _ deflate: DeflateAgreement?) -> WebSocketEngine {
        WebSocketEngine(role: role, maskingKeys: MaskingKeys(seed: [3]), deflate: deflate)
    }

    @Test("messages arrive unchanged under every agreement", arguments: 8...15)
    func roundTrips(bits: Int) throws {
        for keepsContext in [true, false] {
            for (level, memoryLevel) in [(1, 1), (6, 8), (9, 9), (0, 8)] {
                let settings = DeflateSettings(
                    keepsOwnContext: keepsContext,
                    allowsPeerContext: keepsContext,
                    ownWindowBits: bits,
                    peerWindowBits: bits,
                    level: level,
                    memoryLevel: memoryLevel,
                    messageBytesMin: 1
                )
                let deflate = try #require(DeflateAgreement.make(settings))
                #expect(deflate.clientWindowBits == bits && deflate.serverWindowBits == bits)
                for (sender, receiver) in [(WebSocketRole.client, WebSocketRole.server), (.server, .client)] {
                    let messages = Self.messages(seed: UInt64(bits))
                    var sending = engine(sender, deflate)
                    var receiving = engine(receiver, deflate)
                    let wire = sending.frames(messages).flatMap { $0 }
                    var outcome = Outcome()
                    receiving.receive(wire.pieces(of: 1448), into: &outcome)
                    #expect(outcome.messages == messages, "\(sender), level \(level), memory \(memoryLevel)")
                    #expect(outcome.closes.isEmpty)
                    #expect(sending.statistics.bytesSent == UInt64(wire.count))
                }
            }
        }
    }

    @Test("the first example of RFC 7692 §7.2.3 is written if it is shorter, otherwise the plain message")
    func shapes() {
        var sender = engine(.server, .make())
        let short = Outcome.Message(kind: .text, payload: Array("Hello".utf8))
        #expect(sender.frames([short]) == [TestFrame.text("Hello").bytes])
        let long = Outcome.Message(kind: .text, payload: Array(String(repeating: "Hello", count: 50).utf8))
        let frames = sender.frames([long, long])
        #expect(frames[0].first == 0xc1 && frames[1].first == 0xc1)
        #expect(frames[0].count < 30 && frames[1].count < frames[0].count, "the second refers to the first")

        var forgetful = engine(.server, .make(DeflateSettings(keepsOwnContext: false)))
        let same = forgetful.frames([long, long])
        #expect(same[0] == same[1])
    }

    @Test("messages below the threshold, including empty ones, are sent uncompressed")
    func threshold() {
        var sender = engine(.server, .make(DeflateSettings(messageBytesMin: 100)))
        let counts = [0, 1, 99, 100, 5000]
        let frames = sender.frames(counts.map { .init(kind: .binary, payload: Array(repeating: 7, count: $0)) })
        #expect(frames.map { ($0.first ?? 0) & 0x40 != 0 } == [false, false, false, true, true])
    }

    @Test("a message that does not get shorter is sent uncompressed, and nothing later refers to it")
    func incompressible() {
        var generator = SplitMix64(seed: 1)
        let noise = Outcome.Message(
            kind: .binary,
            payload: (0..<3000).map { _ in .random(in: 0...255, using: &generator) }
        )
        let plenty = Outcome.Message(kind: .binary, payload: Array(repeating: 1, count: 3000))
        var sender = engine(.client, .make())
        let messages = [plenty, noise, noise, plenty, noise]
        let frames = sender.frames(messages)
        #expect(frames.map { ($0.first ?? 0) & 0x40 != 0 } == [true, false, false, true, false])
        var receiver = engine(.server, .make())
        var outcome = Outcome()
        receiver.receive([frames.flatMap { $0 }[...]], into: &outcome)
        #expect(outcome.messages == messages)
    }

    @Test("a client that asks for a small window uses it even if the server does not confirm it")
    func ownWindow() {
        let settings = DeflateSettings(ownWindowBits: 9, messageBytesMin: 1)
        var generator = SplitMix64(seed: 4)
        let noise = (0..<600).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // The second half repeats the first, further back than 512 bytes.
        let message = Outcome.Message(kind: .binary, payload: noise + noise)
        var small = engine(.client, .make(settings, offer: "permessage-deflate"))
        var large = engine(.client, .make())
        #expect(small.frames([message])[0].count > 1200)
        #expect(large.frames([message])[0].count < 700)
    }
}
