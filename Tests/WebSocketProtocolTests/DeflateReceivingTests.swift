import MarketModel
import Testing
import WebSocketProtocol

extension DeflateAgreement {
    /// The agreement of a server with these settings for an offer without restrictions.
    static func make(
        _ settings: DeflateSettings = DeflateSettings(messageBytesMin: 1),
        offer: String = "permessage-deflate; client_max_window_bits"
    ) -> DeflateAgreement? {
        let head = HTTPRequestHead(
            method: "GET",
            target: "/",
            headers: HTTPHeaders([("Sec-WebSocket-Extensions", offer)])
        )
        return ServerHandshake.deflate(for: head, settings: settings)
    }
}

struct DeflateReceivingTests {
    private func outcome(
        _ frames: [TestFrame],
        role: WebSocketRole = .client,
        pieceBytes: Int = .max,
        limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateAgreement? = .make()
    ) -> Outcome {
        let bytes = frames.flatMap { $0.sent(to: role).bytes }
        return outcome(bytes, role: role, pieceBytes: pieceBytes, limits: limits, deflate: deflate)
    }

    private func outcome(
        _ bytes: [UInt8],
        role: WebSocketRole = .client,
        pieceBytes: Int = .max,
        limits: WebSocketLimits = WebSocketLimits(),
        deflate: DeflateAgreement? = .make()
    ) -> Outcome {
        var engine = WebSocketEngine(
            role: role,
            limits: limits,
            maskingKeys: MaskingKeys(seed: [7]),
            deflate: deflate
        )
        var outcome = Outcome()
        engine.receive(pieceBytes == .max ? [bytes[...]] : bytes.pieces(of: pieceBytes), into: &outcome)
        return outcome
    }

    private func compressed(_ payload: [UInt8], opcode: UInt8 = 1, isFinal: Bool = true) -> TestFrame {
        TestFrame(opcode: opcode, payload: payload, isFinal: isFinal, reservedBits: 4)
    }

    @Test("the examples of RFC 7692 §7.2.3 are decoded")
    func standardExamples() {
        let one: [UInt8] = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
        #expect(outcome(one).texts == ["Hello"])
        let fragments: [UInt8] = [0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00]
        #expect(outcome(fragments).texts == ["Hello"])
        let sharedWindow: [UInt8] = [0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00]
        #expect(outcome(one + sharedWindow + one + sharedWindow).texts == Array(repeating: "Hello", count: 4))
        let stored: [UInt8] = [0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]
        #expect(outcome(stored).texts == ["Hello"])
        let last: [UInt8] = [0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]
        #expect(outcome(last + sharedWindow + last).texts == ["Hello", "Hello", "Hello"])
        let twoBlocks: [UInt8] = [
            0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
        ]
        #expect(outcome(twoBlocks + sharedWindow).texts == ["Hello", "Hello"])
    }

    @Test("a window without context takeover is reset, and uncompressed messages do not change it")
    func window() {
        let hello = compressed([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])
        let again = compressed([0xf2, 0x00, 0x11, 0x00, 0x00])
        #expect(outcome([hello, .text("plain"), again]).texts == ["Hello", "plain", "Hello"])
        let forgetful = DeflateAgreement.make(DeflateSettings(keepsOwnContext: false, allowsPeerContext: false))
        for role in [WebSocketRole.client, .server] {
            let result = outcome([hello, hello, again], role: role, deflate: forgetful)
            #expect(result.texts == ["Hello", "Hello"])
            #expect(result.closes.map(\.code) == [1007])
        }
    }

    @Test("an empty message may be compressed to one byte or none, also between fragments")
    func emptyMessages() {
        let hello = compressed([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])
        for payload in [[], [0x00], [0x02, 0x00]] as [[UInt8]] {
            #expect(
                outcome([compressed(payload), hello, compressed(payload), hello]).texts == ["", "Hello", "", "Hello"]
            )
        }
        let empty = TestFrame(opcode: 0, isFinal: false)
        let parts = [
            compressed([], isFinal: false), empty, TestFrame(opcode: 0, payload: [0xf2, 0x48, 0xcd], isFinal: false),
        ]
        let end = TestFrame(opcode: 0, payload: [0xc9, 0xc9, 0x07, 0x00])
        let ping = TestFrame(opcode: 9, payload: [1])
        #expect(outcome(parts + [ping, empty, end]).texts == ["Hello"])
    }

    @Test("a block marked as the last may end a message without a following byte")
    func lastBlock() {
        let last = compressed([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])
        let again = compressed([0xf2, 0x00, 0x11, 0x00, 0x00])
        #expect(outcome([last, again, last]).texts == ["Hello", "Hello", "Hello"])
    }

    @Test("the split of the input never changes the outcome")
    func splits() {
        let frames = [
            compressed([0xf2, 0x48, 0xcd], isFinal: false), TestFrame(opcode: 9, payload: [7]),
            TestFrame(opcode: 0, payload: [0xc9, 0xc9, 0x07, 0x00]), compressed([0xf2, 0x00, 0x11, 0x00, 0x00]),
            .text("plain"), compressed([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], opcode: 2), compressed([0]),
            .close(1000),
        ]
        for role in [WebSocketRole.client, .server] {
            let whole = outcome(frames, role: role)
            #expect(whole.texts == ["Hello", "Hello", "plain", ""])
            #expect(whole.messages.count == 5 && whole.closes.map(\.code) == [1000])
            for size in 1...40 { #expect(outcome(frames, role: role, pieceBytes: size) == whole, "pieces of \(size)") }
        }
    }

    @Test("the compression bit is refused on other frames")
    func compressionBit() {
        let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
        #expect(outcome([compressed(hello)], deflate: nil).closes.map(\.code) == [1002])
        for bits in [1, 2, 3, 5, 6, 7] as [UInt8] {
            let frame = TestFrame(opcode: 1, payload: hello, reservedBits: bits)
            #expect(outcome([frame]).closes.map(\.code) == [1002])
        }
        let first = compressed([0xf2, 0x48, 0xcd], isFinal: false)
        let second = TestFrame(opcode: 0, payload: [0xc9, 0xc9, 0x07, 0x00], reservedBits: 4)
        #expect(outcome([first, second]).closes.map(\.code) == [1002])
        #expect(outcome([.text("a", isFinal: false), second]).closes.map(\.code) == [1002])
        for opcode in [8, 9, 10] as [UInt8] {
            #expect(outcome([compressed([], opcode: opcode)]).closes.map(\.code) == [1002])
        }
        #expect(outcome([.text("plain")]).texts == ["plain"])
    }

    @Test("data that is not deflate, or ends inside a block, is refused")
    func invalidData() {
        let wrong: [[UInt8]] = [
            [0xff], [0x07, 0x00], [0xf2, 0x48], [0xf2, 0x48, 0xcd, 0xc9, 0xc9], [0x00, 0x06, 0x00, 0xf9, 0xff, 0x48],
            [0x00, 0x05, 0x00, 0x05, 0x00], [0xf2, 0x00, 0x11, 0x00, 0x00],
        ]
        for payload in wrong {
            for size in [1, 2, .max] {
                let result = outcome([compressed(payload, opcode: 2)], pieceBytes: size)
                #expect(result.closes.map(\.code) == [1007], "\(payload)")
                #expect(result.messages.isEmpty)
            }
        }
    }

    @Test("inflated text is checked while it is inflated")
    func invalidText() {
        // "ab" and a byte that cannot begin a character, stored uncompressed.
        let payload: [UInt8] = [0x00, 0x03, 0x00, 0xfc, 0xff, 0x61, 0x62, 0xff]
        let begun = compressed(payload, isFinal: false)
        #expect(outcome([begun]).closes.first?.error == "the peer sent a text message is not UTF-8")
        let halfCharacter: [UInt8] = [0x00, 0x01, 0x00, 0xfe, 0xff, 0xe2, 0x00]
        #expect(outcome([compressed(halfCharacter)]).closes.map(\.code) == [1007])
        #expect(outcome([compressed(halfCharacter, opcode: 2)]).messages.map(\.payload) == [[0xe2]])
    }

    @Test("inflating stops at the message limit")
    func bomb() throws {
        var sender = WebSocketEngine(role: .server, maskingKeys: MaskingKeys(seed: [1]), deflate: .make())
        let zeros = [UInt8](repeating: 0, count: 1_000_000)
        let frame = try #require(sender.frames([.init(kind: .binary, payload: zeros)]).first)
        #expect(frame.count < 1100)
        for (bytesMax, isWhole) in [(1_000_000, true), (999_999, false), (100, false)] {
            let limits = WebSocketLimits(messageBytesMax: bytesMax, frameBytesMax: 2000)
            for size in [1, 100, .max] {
                let result = outcome(frame, pieceBytes: size, limits: limits)
                #expect(result.messages.map(\.payload) == (isWhole ? [zeros] : []))
                #expect(result.closes.map(\.code) == (isWhole ? [] : [1009]))
            }
        }
    }

    /// Inputs found by fuzzing: the output before an error must not depend on the split.
    @Test(
        "inputs found by fuzzing give the same outcome for every split",
        arguments: [
            [
                0xc1, 0xa1, 0x37, 0xfa, 0x21, 0x3d, 0x9d, 0xac, 0x0b, 0x15, 0xfd, 0xb6, 0x6f, 0x68, 0x85, 0xc8, 0xf5,
                0x0e,
                0x05, 0x2f, 0x70, 0x17, 0xf9, 0xb6, 0x55, 0xdf, 0xce, 0x10, 0x7c, 0x00, 0x00, 0x56, 0x23, 0x8c, 0x3a,
                0x90,
                0x8a, 0x7a, 0xf2, 0xbd, 0xe4, 0x7a, 0xf2, 0xfd, 0x9c, 0x05, 0x37,
            ]
        ] as [[UInt8]]
    )
    func fuzzed(bytes: [UInt8]) {
        for role in [WebSocketRole.client, .server] {
            let whole = outcome(bytes, role: role)
            for size in 1...bytes.count { #expect(outcome(bytes, role: role, pieceBytes: size) == whole) }
        }
    }
}
