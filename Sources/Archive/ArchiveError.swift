/// Something that could not be done with an archive or one of its recordings.
package struct ArchiveError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// There is no such file or directory.
        case notFound
        /// The directory holds no `*.feedrec` file.
        case noRecordings
        /// The file is not SQLite, or its `application_id` is not that of feedrec.
        case notARecording
        /// The recording was made by a newer feedrec.
        case newerSchema
        /// Another process is writing, or holds the database too long.
        case busy
        /// The file or its directory cannot be written to.
        case readOnly
        case permissionDenied
        /// There is no room, or the user's quota is used up.
        case diskFull
        /// The file is as large as a file of this process may be.
        case fileTooLarge
        case ioFailed
        /// The database or a block inside it is damaged.
        case corrupted
        /// The SQL given by the user is wrong.
        case badSQL
        /// The work was cancelled.
        case interrupted
        /// Anything else SQLite reports.
        case database
    }

    package let code: Code
    /// The file or directory concerned.
    package let path: String
    /// What failed, on what and why: one lower-case line that names the file.
    package let detail: String
    /// What to do about it.
    package let hint: String?
    /// SQLite's extended result code, where SQLite was asked.
    package let sqliteExtendedCode: Int32?
    /// Bytes from the start of the SQL to the token at fault, for ``Code/badSQL``.
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

    /// True when the same call may succeed later without anybody changing the request: the rows are not stored yet.
    package var isRetryable: Bool {
        switch code {
        case .busy, .diskFull, .ioFailed, .readOnly: true
        default: false
        }
    }

    package var description: String { detail }
}
