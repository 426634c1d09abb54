import MarketModel

/// The data message that is arriving in several pieces: fragments, frames cut by the reads, or inflated bytes.
struct MessageAssembly: Sendable {
    /// Capacity kept from one message to the next; the buffer of a larger one is given back.
    private static let capacityKept = 1 << 20

    /// The kind given by the first frame; `nil` between messages.
    private(set) var kind: MessageKind?
    private(set) var isCompressed = false
    /// Frames of the message so far.
    private(set) var fragmentCount = 0
    /// Payload bytes taken so far, inflated, parts that were handed over included.
    private(set) var byteCount = 0
    /// Bytes that are held at most; what is longer is handed over in parts of that length.
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

    /// Takes the next piece, still masked if there is a mask; a text that has become invalid is noticed here.
    ///
    /// Parts go to `output` only when more follows them. `bytesMax` is the limit of the whole message, which the caller
    /// has checked: no more memory than that is taken.
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

    /// Grows by doubling as an array does, but not beyond the limit.
    private mutating func reserve(_ count: Int, bytesMax: Int) {
        guard count > bytes.capacity else { return }
        bytes.reserveCapacity(max(count, min(2 * bytes.capacity, bytesMax)))
    }

    /// Moves the message, or what is left of it, to `output`.
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
