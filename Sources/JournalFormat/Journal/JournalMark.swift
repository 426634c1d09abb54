/// The content of a mark record, which does not concern a single message.
package enum JournalMark: Hashable, Sendable {
    /// A recording has all of its messages.
    case complete(recordingID: String)

    private static let complete = "complete"

    /// A word and its subject, separated by NUL.
    package var payload: [UInt8] {
        switch self {
        case .complete(let recordingID): Array("\(Self.complete)\0\(recordingID)".utf8)
        }
    }

    /// Parses ``payload``; `nil` for a mark of a later version.
    package init?(_ payload: UnsafeRawBufferPointer) {
        let fields = payload.split(separator: 0, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 2, fields[0] == Self.complete else { return nil }
        self = .complete(recordingID: fields[1])
    }
}
