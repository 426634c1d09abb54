import CZlib
import MarketModel

/// The bytes of a checkpoint: a version, flags, the numbers, both sides, the waiting changes, and a CRC-32 of all that.
extension BookCheckpoint {
    /// The version that is written; each change of the layout needs a new one.
    private static let version: UInt8 = 1

    /// The bits of the second byte.
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let isInvalid = Flags(rawValue: 1)
        static let last = Flags(rawValue: 2)
        static let awaited = Flags(rawValue: 4)
        static let received = Flags(rawValue: 8)
        static let hasChecksum = Flags(rawValue: 16)
        static let expected = Flags(rawValue: 32)
        static let found = Flags(rawValue: 64)
        static let all = Flags(rawValue: 127)
    }

    package var bytes: [UInt8] {
        var writer = CheckpointWriter()
        writer.write(byte: Self.version)
        writer.write(byte: flags.rawValue)
        if let reason = invalidity?.reason { writer.write(byte: reason.code) }
        for number in [last, awaited, received, invalidity?.expected, invalidity?.found] {
            if let number { writer.writeSigned(number) }
        }
        writer.write(staleRun)
        book.bids.write(to: &writer)
        book.asks.write(to: &writer)
        waiting.write(to: &writer)
        writer.write(fixed: Self.checksum(of: writer.bytes[...]))
        return writer.bytes
    }

    private var flags: Flags {
        var flags: Flags = []
        if invalidity != nil { flags.insert(.isInvalid) }
        if last != nil { flags.insert(.last) }
        if awaited != nil { flags.insert(.awaited) }
        if received != nil { flags.insert(.received) }
        if hasChecksum { flags.insert(.hasChecksum) }
        if invalidity?.expected != nil { flags.insert(.expected) }
        if invalidity?.found != nil { flags.insert(.found) }
        return flags
    }

    /// Reads bytes from outside; any damage is an error.
    package init(bytes: [UInt8]) throws(CheckpointError) {
        self.init()
        guard bytes.count > 6 else { throw .truncated }
        guard bytes[0] == Self.version else { throw .unknownVersion(bytes[0]) }
        let content = bytes.dropLast(4)
        let expected = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let found = Self.checksum(of: content)
        guard found == expected else { throw .checksum(expected: expected, found: found) }
        var reader = CheckpointReader(content.dropFirst())
        try read(from: &reader)
        guard reader.remaining == 0 else { throw .malformed("bytes follow the last change") }
        try validate()
    }

    private mutating func read(from reader: inout CheckpointReader) throws(CheckpointError) {
        let flags = Flags(rawValue: try reader.byte())
        guard flags.isSubset(of: .all) else { throw .malformed("a flag is unknown") }
        if flags.contains(.isInvalid) {
            guard let reason = BookInvalidity.Reason(code: try reader.byte()) else {
                throw .malformed("the reason is unknown")
            }
            invalidity = BookInvalidity(reason)
        } else if !flags.isDisjoint(with: [.expected, .found]) {
            throw .malformed("a valid book has numbers that do not fit")
        }
        if flags.contains(.last) { last = try reader.signed() }
        if flags.contains(.awaited) { awaited = try reader.signed() }
        if flags.contains(.received) { received = try reader.signed() }
        if flags.contains(.expected) { invalidity?.expected = try reader.signed() }
        if flags.contains(.found) { invalidity?.found = try reader.signed() }
        hasChecksum = flags.contains(.hasChecksum)
        guard let staleRun = Int32(exactly: try reader.varint()) else { throw .malformed("too many old messages") }
        self.staleRun = Int(staleRun)
        book.bids = try BookLadder(side: .bid, from: &reader)
        book.asks = try BookLadder(side: .ask, from: &reader)
        waiting = try ChangeBuffer(from: &reader)
    }

    /// Checks what belongs together: a book that is not valid is empty and has no number, a valid one waits for
    /// nothing.
    private func validate() throws(CheckpointError) {
        if invalidity == nil {
            guard waiting.messages.isEmpty else { throw .malformed("changes wait for a valid book") }
        } else {
            guard book.isEmpty, last == nil, awaited == nil, !hasChecksum, staleRun == 0 else {
                throw .malformed("a book that is not valid has content")
            }
        }
    }

    private static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return UInt32(truncatingIfNeeded: crc32_z(0, start, buffer.count))
        }
    }
}

extension BookInvalidity.Reason {
    /// The number in a checkpoint.
    ///
    /// Never change a number that has been stored.
    fileprivate var code: UInt8 {
        switch self {
        case .noSnapshot: 0
        case .oldSnapshot: 1
        case .sequence: 2
        case .checksum: 3
        case .crossed: 4
        case .connectionHole: 5
        case .unreadable: 6
        case .unsubscribed: 7
        case .disconnected: 8
        }
    }

    fileprivate init?(code: UInt8) {
        guard let reason = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = reason
    }
}
