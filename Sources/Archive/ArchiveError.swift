/// A failed operation on an archive or one of its recordings.
package struct ArchiveError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The file or directory does not exist.
        case notFound
        /// The directory holds no `*.feedrec` file.
        case noRecordings
        /// The file is not SQLite, or its `application_id` is not that of feedrec.
        case notARecording
        /// The recording was made by a newer feedrec.
        case newerSchema
        /// Another process is writing, or has held the database locked for too long.
        case busy
        /// The file or its directory cannot be written to.
        case readOnly
        case permissionDenied
        /// The disk is full, or the user's quota is used up.
        case diskFull
        /// The process's file size limit was reached.
        case fileTooLarge
        case ioFailed
        /// The database or a block inside it is damaged.
        case corrupted
        /// The stored settings for reading a feed's messages have mistakes.
        case badReading
        /// The SQL given by the user is wrong.
        case badSQL
        /// The work was cancelled.
        case interrupted
        /// Any other error of SQLite.
        case database
    }

    package let code: Code
    /// The file or directory that the error is about.
    package let path: String
    /// What failed, on what and why: one lower-case line that names the file.
    package let detail: String
    /// A hint for the user, if there is one.
    package let hint: String?
    /// SQLite's extended result code, if the error came from SQLite.
    package let sqliteExtendedCode: Int32?
    /// The byte offset of the offending token in the SQL, for ``Code/badSQL``.
    package let sqlOffset: Int?

    package init(
        code: Code,
        path: String,
        detail: String,
        hint: String? = nil,
        sqliteExtendedCode: Int32? = nil,
        sqlOffset: Int? = nil
    ) {
        self.code = code
        self.path = path
        self.detail = detail
        self.hint = hint
        self.sqliteExtendedCode = sqliteExtendedCode
        self.sqlOffset = sqlOffset
    }

    /// True if the same call may succeed later without a change; nothing of it has been stored.
    package var isRetryable: Bool {
        switch code {
        case .busy, .diskFull, .ioFailed, .readOnly: true
        default: false
        }
    }

    package var description: String { detail }
}

extension ArchiveError {
    /// The stored mapping of a feed has mistakes, which `reason` lists.
    package static func wrongMapping(ofFeed feedID: Int64, in path: String, _ reason: String) -> ArchiveError {
        ArchiveError(
            code: .badReading,
            path: path,
            detail: "cannot read the messages of feed \(feedID) in '\(path)': its stored mapping is wrong: \(reason)",
            hint: "use the version of feedrec that recorded or imported the messages"
        )
    }
}
