import MarketModel
import Testing
import WebSocketProtocol

struct WebSocketEngineViolationTests {
    /// Checks that `bytes` end the connection with `code`, also byte by byte, and that the peer gets that code.
    private func check(
        _ role: WebSocketRole,
        _ bytes: [UInt8],
        _ code: UInt16,
        limits: WebSocketLimits = WebSocketLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let whole = outcome(role, [bytes[...]], limits: limits)
        #expect(whole.closes.map(\.code) == [code], sourceLocation: sourceLocation)
        #expect(whole.closes.first?.error != nil, sourceLocation: sourceLocation)
        #expect(whole.closes.first?.initiator == .local, sourceLocation: sourceLocation)
        let peer = outcome(role == .client ? .server : .client, [whole.sent[...]])
        #expect(peer.closes.map(\.code) == [code], "the peer gets the code", sourceLocation: sourceLocation)
        #expect(outcome(role, bytes.pieces(of: 1), limits: limits) == whole, sourceLocation: sourceLocation)
    }

    private func check(
        _ frames: [TestFrame],
        _ code: UInt16,
        limits: WebSocketLimits = WebSocketLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for role in [WebSocketRole.client, .server] {
            let bytes = frames.flatMap { $0.sent(to: role).bytes }
            check(role, bytes, code, limits: limits, sourceLocation: sourceLocation)
        }
    }

    @Test("reserved bits are refused in every kind of frame", arguments: 1...7 as ClosedRange<UInt8>)
    func reservedBits(bits: UInt8) {
        for opcode in [1, 2, 8, 9, 10] as [UInt8] { check([TestFrame(opcode: opcode, reservedBits: bits)], 1002) }
    }

    @Test("unknown opcodes are refused", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func unknownOpcodes(opcode: UInt8) {
        check([TestFrame(opcode: opcode)], 1002)
        check([.text("before"), TestFrame(opcode: opcode, payload: [1, 2, 3])], 1002)
    }

    @Test("missing masks from a client and masks from a server are refused")
    func masks() {
        check(.client, TestFrame.text("x", mask: [1, 2, 3, 4]).bytes, 1002)
        check(.server, TestFrame.text("x").bytes, 1002)
    }

    @Test("lengths that are not in their shortest form are refused")
    func lengths() {
        check([TestFrame(opcode: 2, payload: Array(repeating: 0, count: 125), lengthForm: .twoBytes)], 1002)
        check([TestFrame(opcode: 2, payload: [], lengthForm: .twoBytes)], 1002)
        check([TestFrame(opcode: 2, payload: Array(repeating: 0, count: 126), lengthForm: .eightBytes)], 1002)
        check([TestFrame(opcode: 2, payload: Array(repeating: 0, count: 0xffff), lengthForm: .eightBytes)], 1002)
        check(.client, [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1], 1002)
        check(.client, [0x82, 127] + Array(repeating: 0xff, count: 8), 1002)
    }

    @Test("control frames must be short and not fragmented", arguments: [8, 9, 10] as [UInt8])
    func controlFrames(opcode: UInt8) {
        check([TestFrame(opcode: opcode, isFinal: false)], 1002)
        check([TestFrame(opcode: opcode, payload: Array(repeating: 65, count: 126))], 1002)
        check(.client, [0x80 | opcode, 127, 0, 0, 0, 0, 0, 1, 0, 0], 1002)
    }

    @Test("fragments out of order are refused")
    func fragments() {
        check([TestFrame(opcode: 0)], 1002)
        check([TestFrame(opcode: 0, isFinal: false)], 1002)
        check([.text("a", isFinal: false), .text("b")], 1002)
        check([.text("a", isFinal: false), TestFrame(opcode: 2, payload: [1], isFinal: false)], 1002)
        check([.text("a", isFinal: false), TestFrame(opcode: 0), TestFrame(opcode: 0)], 1002)
    }

    @Test("text that is not UTF-8 is refused, binary messages are not checked")
    func invalidText() {
        let wrong: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x8f, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5], [0xff], [0x41, 0xe2, 0x82], [0xe2, 0x28],
        ]
        for payload in wrong {
            check([TestFrame(opcode: 1, payload: payload)], 1007)
            check([.text("€", isFinal: false), TestFrame(opcode: 0, payload: payload)], 1007)
            #expect(outcome(.client, [TestFrame(opcode: 2, payload: payload)]).messages.count == 1)
        }
    }

    @Test("an invalid byte of text ends the connection before its frame is complete")
    func failsFast() {
        let payload = Array("Hello ".utf8) + [0xf4, 0x90] + Array(repeating: 0x80, count: 50)
        for role in [WebSocketRole.client, .server] {
            let bytes = TestFrame(opcode: 1, payload: payload).sent(to: role).bytes
            let headerBytes = bytes.count - payload.count
            #expect(outcome(role, [bytes[..<(headerBytes + 7)]]).closes.isEmpty)
            #expect(outcome(role, [bytes[..<(headerBytes + 8)]]).closes.map(\.code) == [1007])
        }
    }

    @Test("frames and messages over the limit are refused at their headers")
    func limits() {
        let limits = WebSocketLimits(messageBytesMax: 1000, frameBytesMax: 600)
        let full = TestFrame(opcode: 2, payload: Array(repeating: 1, count: 600), isFinal: false)
        let end = TestFrame(opcode: 0, payload: Array(repeating: 1, count: 400))
        #expect(outcome(.client, [full, end], limits: limits).messages.map(\.payload.count) == [1000])
        check([TestFrame(opcode: 2, payload: Array(repeating: 1, count: 601))], 1009, limits: limits)
        let over = TestFrame(opcode: 0, payload: Array(repeating: 1, count: 401))
        check([full, over], 1009, limits: limits)
        check(.client, [0x82, 127, 0x7f] + Array(repeating: 0xff, count: 7), 1009)
        check(.client, full.bytes + [0x80, 126, 0x01, 0x91], 1009, limits: limits)
    }

    @Test("a message with more fragments than the limit is refused, but 65,536 are allowed")
    func fragmentLimit() {
        let limits = WebSocketLimits(fragmentsMax: 3)
        let empty = TestFrame(opcode: 0, isFinal: false)
        let whole = [.text("a", isFinal: false), empty, TestFrame(opcode: 9), TestFrame(opcode: 0)]
        #expect(outcome(.client, whole + whole, limits: limits).texts == ["a", "a"])
        check([.text("a", isFinal: false), empty, empty, TestFrame(opcode: 0)], 1009, limits: limits)
        check([.text("a")], 1009, limits: WebSocketLimits(fragmentsMax: 0))
        #expect(WebSocketLimits().fragmentsMax >= 65_536)
        let flood =
            TestFrame(opcode: 2, isFinal: false).bytes
            + Array(repeatElement([0, 0], count: WebSocketLimits().fragmentsMax).joined())
        #expect(outcome(.client, [flood[...]]).closes.map(\.code) == [1009])
    }

    @Test("announced lengths of 1 TiB and 2^63 - 1 bytes are refused before they arrive")
    func hugeLengths() {
        for length in [1 << 40, 1 << 63 - 1] as [UInt64] {
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) }
            check(.client, [0x82, 127] + bytes, 1009)
        }
    }

    @Test("messages before a violation are delivered, input after it is ignored")
    func aroundViolation() {
        let frames: [TestFrame] = [.text("before"), TestFrame(opcode: 3), .text("behind"), TestFrame(opcode: 9)]
        let result = outcome(.client, frames)
        #expect(result.texts == ["before"])
        #expect(result.closes.count == 1)
        #expect(result.statistics.pongsSent == 0)
    }

    @Test("arbitrary bytes never trap, and give the same outcome for every split")
    func garbage() {
        let seed = UInt64.random(in: 0...(.max))
        var generator = SplitMix64(seed: seed)
        let limits = WebSocketLimits(messageBytesMax: 500, frameBytesMax: 300)
        for round in 0..<3000 {
            let role: WebSocketRole = Bool.random(using: &generator) ? .client : .server
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                var frame = TestFrame(opcode: [0, 1, 2, 8, 9, 10].randomElement(using: &generator) ?? 0)
                frame.isFinal = Int.random(in: 0..<4, using: &generator) > 0
                let length = Int.random(in: 0...140, using: &generator)
                frame.payload = (0..<length).map { _ in .random(in: 0...127, using: &generator) }
                bytes += frame.sent(to: role).bytes
            }
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                pieces.append(rest.prefix(Int.random(in: 1...60, using: &generator)))
                rest = rest.dropFirst(pieces.last?.count ?? 0)
            }
            let isSame = outcome(role, pieces, limits: limits) == outcome(role, [bytes[...]], limits: limits)
            #expect(isSame, "seed \(seed), round \(round)")
        }
    }
}
