import JSONScanning
import MarketModel
import SignalRProtocol

/// How the records of a conversation are written, and what reading and writing them has to remember.
struct MT4Exchange: Sendable {
    private(set) var notation: HubNotation
    var reader = HubBinaryReader()
    var writer = HubBinaryWriter()
    /// The records of the message that is being read; kept for its room.
    var records: [UInt8] = []
    /// What came before the protocol is known, and is no whole record.
    private var opening: [UInt8] = []

    private static let openingBytesMax = 16 << 20

    init(_ hubProtocol: HubProtocol?) {
        notation = HubNotation(hubProtocol)
    }

    /// A part of a message, and how to read it.
    enum Step: Hashable {
        /// JSON up to this place.
        case json(end: Int)
        /// MessagePack up to the end.
        case messagePack
        /// No record begins like this.
        case unreadable
        /// There is nothing to read yet.
        case nothing
    }

    /// Learns the protocol from the client's handshake.
    mutating func noteSent(_ payload: UnsafeRawBufferPointer) {
        if notation.settled == nil { notation.note(sent: payload) }
    }

    /// What came before, with `payload` behind it; only while the protocol is not known.
    mutating func joined(_ payload: UnsafeRawBufferPointer) -> [UInt8] {
        defer { opening = [] }
        return opening + payload
    }

    /// Says how to read the first record of `bytes`, of which more may come; the first one with a type settles it.
    mutating func step(_ bytes: UnsafeRawBufferPointer, kind: MessageKind) -> Step {
        switch notation.verdict(on: bytes, isFirst: true, kind: kind) {
        case .messagePack:
            notation.settle(.messagePack)
            return .messagePack
        case .neither: return .unreadable
        case .unfinished: return wait(for: bytes)
        case .json:
            guard let separator = bytes.firstIndex(of: HubRecordScanner.separator) else { return wait(for: bytes) }
            let record = try? HubRecord(UnsafeRawBufferPointer(rebasing: bytes[..<separator]))
            // A handshake is JSON in either protocol.
            guard record?.typeNumber != nil else { return .json(end: separator + 1) }
            notation.settle(.json)
            return .json(end: bytes.count)
        }
    }

    private mutating func wait(for bytes: UnsafeRawBufferPointer) -> Step {
        guard bytes.count <= Self.openingBytesMax else { return .unreadable }
        opening = Array(bytes)
        return .nothing
    }
}
