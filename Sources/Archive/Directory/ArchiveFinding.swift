/// Something in the directory of an archive that is named like a recording and is not read, and why.
package struct ArchiveFinding: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// A symbolic link whose target does not exist.
        case danglingLink = "dangling_link"
        /// A file without content.
        case empty
        /// A directory, a socket, a pipe or a device.
        case notAFile = "not_a_file"
        /// A file that this user may not read.
        case unreadable
        /// A file that another program made.
        case notARecording = "not_a_recording"
        /// A recording of a newer feedrec.
        case newerSchema = "newer_schema"
        /// A recording that is cut or whose first pages are damaged.
        case damaged
        /// A write-ahead log whose recording is gone.
        case orphanLog = "orphan_log"
        /// A file whose name is that of a recording in other letters, as other systems leave it.
        case otherName = "other_name"
        /// A recording without a session, as a copy of a live file without its write-ahead log is. It is read.
        case withoutSession = "without_session"
        /// A further name, or a complete copy, of a recording that is read.
        case copy
        /// A copy that holds less than the recording that is read.
        case incompleteCopy = "incomplete_copy"
        /// A copy that was continued by itself, so that it holds sessions that the recording that is read lacks.
        case divergedCopy = "diverged_copy"
    }

    package let kind: Kind
    package let path: String
    /// Why it is not read: a lower-case clause whose subject is the file.
    package let reason: String
    /// The recording that is read instead of a copy.
    package let original: String?
    /// What opening it said, if it was opened.
    package let error: ArchiveError?

    init(_ kind: Kind, _ path: String, _ reason: String, original: String? = nil, error: ArchiveError? = nil) {
        self.kind = kind
        self.path = path
        self.reason = reason
        self.original = original
        self.error = error
    }

    /// True if rows may be missing from what is read.
    package var isDataMissing: Bool { kind != .copy && kind != .incompleteCopy }

    /// True for a recording whose messages this program cannot see, although they may be there.
    package var hidesMessages: Bool { [.newerSchema, .unreadable, .damaged].contains(kind) }

    /// True if `verify` counts it as a problem.
    package var isProblem: Bool { kind != .copy }

    package var description: String {
        kind == .withoutSession ? "'\(path)' \(reason)" : "'\(path)' is not read: it \(reason)"
    }
}
