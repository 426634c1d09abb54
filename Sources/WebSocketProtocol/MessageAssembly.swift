import MarketModel

/// The data message that is arriving in several pieces: fragments, or frames cut by the reads.
struct MessageAssembly: Sendable {
    /// Capacity kept from one message to the next; the buffer of a larger one is given back.
    private static let capacityKept = 1 << 20

    /// The kind given by the first frame; `nil` between messages.
    private(set) var kind: MessageKind?
    private var bytes: [UInt8] = []
    private var text = UTF8Validator()

    /// Payload bytes taken so far.
    var byteCount: Int { bytes.count }

    mutating func begin(_ kind: MessageKind) {
        self.kind = kind
        text = UTF8Validator()
    }

    /// Takes the next piece, still masked; a text that has become invalid is noticed here.
    mutating func append(_ piece: UnsafeRawBufferPointer, mask: inout PayloadMask?) throws(ProtocolViolation) {
        let offset = bytes.count
        bytes.append(contentsOf: piece)
        mask?.apply(to: &bytes, from: offset)
        guard kind == .text else { return }
        let isValid = bytes.withUnsafeBytes { text.accept(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        guard isValid else { throw .notUTF8 }
    }

    /// Moves the whole message to the end of `batch`.
    mutating func finish(at tsRecv: UnixNanoseconds, into batch: inout MessageBatch) throws(ProtocolViolation) {
        guard let kind else { return }
        guard text.isAtBoundary else { throw .notUTF8 }
        bytes.withUnsafeBytes { batch.append($0, kind: kind, direction: .received, tsRecv: tsRecv) }
        reset()
    }

    mutating func reset() {
        kind = nil
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.capacityKept)
    }
}
