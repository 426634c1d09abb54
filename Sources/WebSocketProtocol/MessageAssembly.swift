import MarketModel
import TextEncoding

/// The data message that is arriving in several pieces: fragments, frames split between reads, or inflated bytes.
struct MessageAssembly: Sendable {
    /// Largest capacity kept between messages; a larger buffer is freed.
    private static let capacityKept = 1 << 20

    /// The kind given by the first frame; `nil` between messages.
    private(set) var kind: MessageKind?
    private(set) var isCompressed = false
    /// Frames of the message so far.
    private(set) var fragmentCount = 0
    /// Inflated payload bytes so far, including parts already delivered.
    private(set) var byteCount = 0
    /// Bytes held at most; longer messages are delivered in parts of this length.
    private let partBytesMax: Int
    private var bytes: [UInt8] = []
    private var text = UTF8Validator()
    private var hasGivenPart = false

    init(partBytesMax: Int) {
        self.partBytesMax = partBytesMax
    }

    mutating func begin(_ kind: MessageKind, isCompressed: Bool) {
        self.kind = kind
        self.isCompressed = isCompressed
        byteCount = 0
        fragmentCount = 0
        hasGivenPart = false
        text = UTF8Validator()
    }

    mutating func countFragment() { fragmentCount += 1 }

    /// Takes the next piece, which is still masked if there is a mask; throws as soon as a text is invalid.
    ///
    /// A part goes to `output` only when more bytes follow it. `bytesMax` limits the whole message; the caller has
    /// checked it, and here it bounds the memory.
    mutating func append(
        _ piece: UnsafeRawBufferPointer,
        mask: inout PayloadMask?,
        bytesMax: Int,
        to output: inout EngineOutput
    ) throws(ProtocolViolation) {
        var rest = piece
        while !rest.isEmpty {
            if bytes.count == partBytesMax { givePart(isLast: false, to: &output) }
            let length = min(rest.count, partBytesMax - bytes.count)
            try take(UnsafeRawBufferPointer(rebasing: rest[..<length]), mask: &mask, bytesMax: bytesMax)
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }
    }

    private mutating func take(
        _ piece: UnsafeRawBufferPointer,
        mask: inout PayloadMask?,
        bytesMax: Int
    ) throws(ProtocolViolation) {
        let offset = bytes.count
        reserve(offset + piece.count, bytesMax: min(bytesMax, partBytesMax))
        bytes.append(contentsOf: piece)
        byteCount += piece.count
        mask?.apply(to: &bytes, from: offset)
        guard kind == .text else { return }
        let isValid = bytes.withUnsafeBytes { text.accept(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        guard isValid else { throw .notUTF8 }
    }

    /// Grows by doubling, as an array does, but not beyond the limit.
    private mutating func reserve(_ count: Int, bytesMax: Int) {
        guard count > bytes.capacity else { return }
        bytes.reserveCapacity(max(count, min(2 * bytes.capacity, bytesMax)))
    }

    /// Moves the message, or its last part, to `output`.
    mutating func finish(into output: inout EngineOutput) throws(ProtocolViolation) {
        guard let kind else { return }
        guard text.isAtBoundary else { throw .notUTF8 }
        if hasGivenPart {
            givePart(isLast: true, to: &output)
        } else {
            bytes.withUnsafeBytes {
                output.batch.append($0, kind: kind, direction: .received, tsRecv: output.receivedAt)
            }
        }
        self.kind = nil
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.capacityKept)
    }

    private mutating func givePart(isLast: Bool, to output: inout EngineOutput) {
        guard let kind else { return }
        output.parts.append(MessagePart(entryIndex: output.batch.count, isFirst: !hasGivenPart, isLast: isLast))
        bytes.withUnsafeBytes { output.batch.append($0, kind: kind, direction: .received, tsRecv: output.receivedAt) }
        hasGivenPart = true
        bytes.removeAll(keepingCapacity: true)
    }
}
