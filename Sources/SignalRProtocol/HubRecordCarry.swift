/// Keeps the beginning of a record whose end comes in a later message.
///
/// The .NET side may split a record over WebSocket messages, because it reads a byte stream. For each message call
/// ``finish(with:)``, then read the scanner's records, then ``keep(_:)`` its rest.
package struct HubRecordCarry: Sendable {
    /// What the beginning of a message did to the kept record.
    package enum Completed: Sendable {
        /// There is no whole record yet.
        case none
        /// The whole record, without its separator.
        case record([UInt8])
    }

    /// Bytes of a split record that are kept at most.
    package let bytesMax: Int
    private var bytes: [UInt8] = []
    /// True from the moment a record grew too long until its separator comes.
    private var isSkipping = false

    package init(bytesMax: Int = 16 << 20) {
        self.bytesMax = bytesMax
    }

    /// True between the messages of a split record.
    package var isPending: Bool { isSkipping || !bytes.isEmpty }

    /// Takes the end of the kept record from the front of the scanner's message.
    package mutating func finish(with scanner: inout HubRecordScanner) -> Completed {
        guard isPending, let end = scanner.next() else { return .none }
        if isSkipping {
            isSkipping = false
            return .none
        }
        var record: [UInt8] = []
        swap(&record, &bytes)
        record.append(contentsOf: end)
        return .record(record)
    }

    /// Keeps what a message ends with.
    ///
    /// - Returns: False when the record has grown beyond ``bytesMax``: it is dropped up to its separator.
    package mutating func keep(_ rest: UnsafeRawBufferPointer) -> Bool {
        guard !isSkipping, !rest.isEmpty else { return true }
        guard rest.count <= bytesMax - bytes.count else {
            bytes = []
            isSkipping = true
            return false
        }
        bytes.append(contentsOf: rest)
        return true
    }

    /// Forgets the kept beginning.
    package mutating func removeAll() {
        bytes = []
        isSkipping = false
    }
}
