/// Keeps the start of a record that ends in a later message.
///
/// .NET may split a record over several WebSocket messages, because it treats them as a byte stream. For each message
/// call ``finish(with:)``, then read the scanner's records, then ``keep(_:)`` its rest.
package struct HubRecordCarry: Sendable {
    /// The effect of the start of a message on the kept record.
    package enum Completed: Sendable {
        /// No record was completed.
        case none
        /// The completed record, without its separator.
        case record([UInt8])
    }

    /// Most bytes of a split record that are kept.
    package let bytesMax: Int
    private var bytes: [UInt8] = []
    /// True from the moment a record became too long until its separator arrives.
    private var isSkipping = false

    package init(bytesMax: Int = 16 << 20) {
        self.bytesMax = bytesMax
    }

    /// True between the messages of a split record.
    package var isPending: Bool { isSkipping || !bytes.isEmpty }

    /// Completes the kept record with the first bytes of the scanner's message.
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

    /// Keeps the end of a message.
    ///
    /// - Returns: False if the record has grown beyond ``bytesMax``; it is then dropped up to its separator.
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

    /// Drops the kept start of a record.
    package mutating func removeAll() {
        bytes = []
        isSkipping = false
    }
}
