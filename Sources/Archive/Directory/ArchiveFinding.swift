/// An entry of an archive's directory that is named like a recording but is not read, and why.
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
        /// A file of another program.
        case notARecording = "not_a_recording"
        /// A recording of a newer feedrec.
        case newerSchema = "newer_schema"
        /// A recording that is truncated or whose first pages are damaged.
        case damaged
        /// A write-ahead log without its recording.
        case orphanLog = "orphan_log"
        /// A recording whose file extension differs in case, as some file systems change it.
        case otherName = "other_name"
        /// The placeholder of a recording or write-ahead log that a cloud folder has moved away from this disk.
        case evicted
        /// A recording without sessions, such as a live file copied without its write-ahead log; it is read anyway.
        case withoutSession = "without_session"
        /// Another name, or a complete copy, of a recording that is read.
        case copy
        /// A copy that holds less than the recording that is read instead.
        case incompleteCopy = "incomplete_copy"
        /// A copy that was written to separately, so that it holds sessions that the recording read instead lacks.
        case divergedCopy = "diverged_copy"
    }

    package let kind: Kind
    package let path: String
    /// Why the file is not read: a lower-case clause whose subject is the file.
    package let reason: String
    /// The recording that is read instead of a copy.
    package let original: String?
    /// The error of opening the file, if it was opened.
    package let error: ArchiveError?

    init(_ kind: Kind, _ path: String, _ reason: String, original: String? = nil, error: ArchiveError? = nil) {
        self.kind = kind
        self.path = path
        self.reason = reason
        self.original = original
        self.error = error
    }

    /// Why a file cannot be opened, as a clause whose subject is the file, without its path.
    static func reason(_ error: ArchiveError, _ path: String) -> String {
        let cannotOpen = "cannot open '\(path)': "
        guard error.detail.hasPrefix(cannotOpen) else {
            return
                "cannot be read: \(error.detail.replacing("'\(path)'", with: "it").replacing("recording it", with: "it"))"
        }
        return "cannot be read: \(error.detail.dropFirst(cannotOpen.count))"
    }

    /// True if rows may be missing from what is read.
    package var isDataMissing: Bool { kind != .copy && kind != .incompleteCopy }

    /// True for a recording that this program cannot read although it may hold messages.
    package var hidesMessages: Bool { [.newerSchema, .unreadable, .damaged, .evicted].contains(kind) }

    /// True if `verify` counts it as a problem.
    package var isProblem: Bool { kind != .copy }

    package var description: String {
        kind == .withoutSession ? "'\(path)' \(reason)" : "'\(path)' is not read: it \(reason)"
    }
}
