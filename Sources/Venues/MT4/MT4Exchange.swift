import JSONScanning
import MarketModel
import SignalRProtocol

/// The encoding of a conversation's records, and the state needed to read and write them.
struct MT4Exchange: Sendable {
    private(set) var notation: HubNotation
    var reader = HubBinaryReader()
    var writer = HubBinaryWriter()
    /// The records of the current message; kept to reuse its memory.
    var records: [UInt8] = []
    /// Incomplete bytes received before the protocol is known.
    private var opening: [UInt8] = []
    /// True if ``opening`` is incomplete JSON.
    private var awaitsSeparator = false

    private static let openingBytesMax = 16 << 20

    init(_ hubProtocol: HubProtocol?) {
        notation = HubNotation(hubProtocol)
    }

    /// A part of a message, and how to read it.
    enum Step: Hashable {
        /// JSON up to this offset.
        case json(end: Int)
        /// MessagePack up to the end.
        case messagePack
        /// No record starts like this.
        case unreadable
        /// There is nothing to read yet.
        case nothing
    }

    /// Detects the protocol from the client's handshake.
    mutating func noteSent(_ payload: UnsafeRawBufferPointer) {
        if notation.settled == nil { notation.note(sent: payload) }
    }

    /// Returns the earlier incomplete bytes followed by `payload`; `nil` if that is still incomplete.
    ///
    /// Use it only while the protocol is not known. Each byte is read once, however many messages a record is split
    /// into.
    mutating func joined(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        let isIncomplete =
            awaitsSeparator && !payload.contains(HubRecordScanner.separator)
            && opening.count + payload.count <= Self.openingBytesMax
        guard isIncomplete else {
            defer { (opening, awaitsSeparator) = ([], false) }
            return opening + payload
        }
        opening.append(contentsOf: payload)
        return nil
    }

    /// Decides how to read the first record of `bytes`, which may be incomplete.
    ///
    /// The first record with a type settles the protocol.
    mutating func step(_ bytes: UnsafeRawBufferPointer, kind: MessageKind) -> Step {
        switch notation.verdict(on: bytes, isFirst: true, kind: kind) {
        case .messagePack:
            notation.settle(.messagePack)
            return .messagePack
        case .neither: return .unreadable
        case .unfinished: return wait(for: bytes)
        case .json:
            guard let separator = bytes.firstIndex(of: HubRecordScanner.separator) else {
                awaitsSeparator = bytes.count <= Self.openingBytesMax
                return wait(for: bytes)
            }
            let record = try? HubRecord(UnsafeRawBufferPointer(rebasing: bytes[..<separator]))
            // A handshake is JSON in both protocols.
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
