import CSQLite

/// What distinguishes one recording from another, but not from its copies.
struct RecordingFingerprint: Hashable {
    /// One run of a recorder or an import.
    struct Session: Hashable {
        let kind: String
        let tsStart: Int64
        let host: String
        let configuration: String
    }

    /// One connection of a recorder; its key is random.
    struct Connection: Hashable {
        let tsOpened: Int64
        let journalKey: Int64
    }

    /// `nil` for a file of a schema before 5.
    let recordingID: String?
    let sessions: Set<Session>
    let connections: Set<Connection>

    /// Reads the recording at `path` without changing it.
    init(_ path: String) throws(ArchiveError) {
        let (handle, version) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        recordingID = try RecordingIdentity.stored(on: handle, path: path)?.recordingID
        var sessions: Set<Session> = []
        let runs = try PreparedStatement(
            "SELECT kind, ts_start, host, configuration FROM session",
            on: handle,
            path: path
        )
        while try runs.step() {
            sessions.insert(
                Session(
                    kind: runs.text(0),
                    tsStart: runs.integer(1),
                    host: runs.text(2),
                    configuration: runs.text(3)
                )
            )
        }
        self.sessions = sessions
        var connections: Set<Connection> = []
        if version >= 3 {
            let sql = "SELECT ts_opened, journal_key FROM connection WHERE journal_key IS NOT NULL"
            let sockets = try PreparedStatement(sql, on: handle, path: path)
            while try sockets.step() {
                connections.insert(Connection(tsOpened: sockets.integer(0), journalKey: sockets.integer(1)))
            }
        }
        self.connections = connections
    }

    /// True if both are the same recording, or one is a copy that was written to separately.
    ///
    /// A file of a schema before 5 has no identity. In that case the sessions decide, and the random keys of the
    /// connections.
    func isSameRecording(as other: RecordingFingerprint) -> Bool {
        if let recordingID, let otherID = other.recordingID { return recordingID == otherID }
        guard !sessions.isDisjoint(with: other.sessions) else { return false }
        let haveKeys = !connections.isEmpty && !other.connections.isEmpty
        return !haveKeys || !connections.isDisjoint(with: other.connections)
    }
}

/// How much a recording holds, to detect incomplete copies.
struct RecordingContent: Comparable {
    let messages: Int64
    let ticks: Int64

    /// Counts what is stored, by reading the index of the messages and the ticks.
    init(_ path: String) throws(ArchiveError) {
        let (handle, _) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        func count(_ sql: String) throws(ArchiveError) -> Int64 {
            try RowQueries.integer(sql, on: handle, path: path)
        }
        messages = try count("SELECT coalesce(sum(message_count), 0) FROM message_block")
        ticks = try count("SELECT (SELECT count(*) FROM quote) + (SELECT count(*) FROM trade)")
    }

    static func < (left: RecordingContent, right: RecordingContent) -> Bool {
        (left.messages, left.ticks) < (right.messages, right.ticks)
    }
}
