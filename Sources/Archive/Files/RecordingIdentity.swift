import Glibc

/// Identifies a recording independently of its file name: the row of `identity`.
///
/// A copy has the same row as its original; the inode distinguishes them. The device is left out, because its number
/// may change after a reboot.
package struct RecordingIdentity: Hashable, Sendable {
    /// 32 random hexadecimal digits; the same in all copies and after upkeep.
    package let recordingID: String
    /// The file's name when it was begun, without its directory.
    package let fileName: String
    /// The file's inode when it was begun, or when upkeep replaced it.
    package let inode: UInt64

    /// True if the file at `path` is the original, not a copy or a file restored from a backup.
    ///
    /// A renamed file keeps its inode.
    package func isOriginal(_ path: String) -> Bool { FilePath.inode(of: path) == inode }
}

extension RecordingIdentity {
    /// The stored identity of an open recording; `nil` if it was begun before schema 5.
    static func stored(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> RecordingIdentity? {
        guard try RowQueries.hasTable("identity", on: handle, path: path) else { return nil }
        let sql = "SELECT recording_id, file_name, inode FROM identity"
        let statement = try PreparedStatement(sql, on: handle, path: path)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return RecordingIdentity(
            recordingID: statement.text(0),
            fileName: statement.text(1),
            inode: UInt64(bitPattern: statement.integer(2))
        )
    }

    /// Gives the recording `path`, whose present file is `file`, an identity if it has none.
    static func make(on handle: OpaquePointer?, path: String, file: String) throws(ArchiveError) {
        let statement = try PreparedStatement(
            """
            INSERT OR IGNORE INTO identity (identity_id, recording_id, file_name, inode)
            VALUES (1, lower(hex(randomblob(16))), ?, ?)
            """,
            on: handle,
            path: path
        )
        statement.bind(1, FilePath.lastComponent(of: path))
        statement.bind(2, FilePath.inode(of: file).map { Int64(bitPattern: $0) } ?? 0)
        try statement.run()
    }
}
