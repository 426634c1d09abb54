import Glibc

/// Which recording a file is, whatever the file is called: the row of `identity`.
///
/// A copy has the same row as its original; the inode tells the two apart. The device is left out, because its number may
/// change when the machine starts again.
package struct RecordingIdentity: Hashable, Sendable {
    /// 32 random hexadecimal digits; the same in all copies, and after upkeep.
    package let recordingID: String
    /// The name that the file had when it was begun, without its directory.
    package let fileName: String
    /// The inode that the file had when it was begun, or when upkeep replaced it.
    package let inode: UInt64

    /// True if the file at `path` is the one that was begun, and not a copy of it or one restored from a backup.
    ///
    /// A renamed file keeps its inode.
    package func isOriginal(_ path: String) -> Bool { FilePath.inode(of: path) == inode }
}

extension RecordingIdentity {
    /// The identity that is stored in an open recording; `nil` in one that was begun before schema 5.
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

    /// Gives the recording `path`, which now is the file `file`, an identity of its own if it has none.
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
