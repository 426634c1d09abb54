/// What a mark says: something that concerns no single message.
package enum JournalMark: Hashable, Sendable {
    /// A recording has all of its messages.
    case complete(recordingID: String)

    private static let complete = "complete"

    /// A word and what it is about, with a NUL between them.
    package var payload: [UInt8] {
        switch self {
        case .complete(let recordingID): Array("\(Self.complete)\0\(recordingID)".utf8)
        }
    }

    /// Reads ``payload``; `nil` for a mark of a later build.
    package init?(_ payload: UnsafeRawBufferPointer) {
        let fields = payload.split(separator: 0, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 2, fields[0] == Self.complete else { return nil }
        self = .complete(recordingID: fields[1])
    }
}
