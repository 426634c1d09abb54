import MarketModel
import WebSocketProtocol

/// Builds valid and invalid frames byte by byte from RFC 6455 §5.2, without the encoder under test.
struct TestFrame {
    enum LengthForm {
        case shortest
        case twoBytes
        case eightBytes
    }

    var opcode: UInt8
    var payload: [UInt8] = []
    var isFinal = true
    var reservedBits: UInt8 = 0
    var mask: [UInt8]?
    var lengthForm = LengthForm.shortest

    static func text(_ text: String, isFinal: Bool = true, mask: [UInt8]? = nil) -> TestFrame {
        TestFrame(opcode: 1, payload: Array(text.utf8), isFinal: isFinal, mask: mask)
    }

    static func close(_ code: UInt16, _ reason: String = "") -> TestFrame {
        TestFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xff)] + Array(reason.utf8))
    }

    var bytes: [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reservedBits << 4 | opcode]
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        let count = payload.count
        switch lengthForm {
        case .shortest where count < 126: bytes.append(maskBit | UInt8(count))
        case .shortest where count > 0xffff, .eightBytes:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(count >> shift & 0xff)) }
        case .shortest, .twoBytes: bytes += [maskBit | 126, UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    /// The same frame as the peer of `role` would send it.
    func sent(to role: WebSocketRole) -> TestFrame {
        var frame = self
        frame.mask = role == .server ? [0x37, 0xfa, 0x21, 0x3d] : nil
        return frame
    }
}

/// Everything that an engine returned for its input.
struct Outcome: Equatable {
    struct Message: Equatable {
        var kind: MessageKind
        var payload: [UInt8]
    }

    var messages: [Message] = []
    /// All bytes to send, joined.
    var sent: [UInt8] = []
    var pongs: [[UInt8]] = []
    var closes: [CloseInfo] = []
    /// The messages that are parts, for an engine that makes them.
    var parts: [MessagePart] = []
    var statistics = WebSocketStatistics()

    var texts: [String] { messages.filter { $0.kind == .text }.map { String(decoding: $0.payload, as: UTF8.self) } }
}

extension WebSocketEngine {
    static func make(_ role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) -> WebSocketEngine {
        WebSocketEngine(role: role, limits: limits, maskingKeys: MaskingKeys(seed: [7]))
    }

    /// Passes `input` in the given pieces, and adds the results to the outcome.
    mutating func receive(_ pieces: [ArraySlice<UInt8>], into outcome: inout Outcome) {
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        for piece in pieces {
            piece.withUnsafeBytes {
                receive($0, receivedAt: UnixNanoseconds(5), into: &batch, parts: &outcome.parts, actions: &actions)
            }
        }
        for index in 0..<batch.count {
            outcome.messages.append(.init(kind: batch.entries[index].kind, payload: batch.payload(at: index)))
        }
        outcome.append(actions)
        outcome.statistics = statistics
    }

    /// The frame of every message, encoded one after another.
    mutating func frames(_ messages: [Outcome.Message]) -> [[UInt8]] {
        messages.map { message in
            var batch = MessageBatch()
            batch.append(message.payload, kind: message.kind, direction: .sent, tsRecv: UnixNanoseconds(0))
            let frame = [UInt8](unsafeUninitializedCapacity: frameBytes(for: batch)) { space, count in
                count = encode(batch, into: UnsafeMutableRawBufferPointer(space))
            }
            return frame
        }
    }
}

extension Outcome {
    mutating func append(_ actions: [EngineAction]) {
        for action in actions {
            switch action {
            case .send(let bytes): sent += bytes
            case .pongReceived(let payload): pongs.append(payload)
            case .closed(let info): closes.append(info)
            }
        }
    }
}

func outcome(
    _ role: WebSocketRole,
    _ pieces: [ArraySlice<UInt8>],
    limits: WebSocketLimits = WebSocketLimits()
) -> Outcome {
    var engine = WebSocketEngine.make(role, limits: limits)
    var outcome = Outcome()
    engine.receive(pieces, into: &outcome)
    return outcome
}

func outcome(_ role: WebSocketRole, _ frames: [TestFrame], limits: WebSocketLimits = WebSocketLimits()) -> Outcome {
    outcome(role, [frames.flatMap { $0.sent(to: role).bytes }[...]], limits: limits)
}

extension [UInt8] {
    /// Splits into pieces of `size` bytes; the last one may be shorter.
    func pieces(of size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
