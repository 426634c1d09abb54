import GRDBSQLite

/// Finds where feeds were recorded last, in the files of an archive.
package enum FeedEndSearch {
    /// The ends of `feeds` in the recordings of `directory`, without the file `current`.
    ///
    /// It reads the newest files first and stops when it has found all feeds. A file that cannot be read says nothing:
    /// what is wrong with it stops no recorder.
    package static func find(
        _ feeds: Set<FeedKey>,
        in directory: String,
        except current: String
    ) -> [FeedKey: FeedEnd] {
        var ends: [FeedKey: FeedEnd] = [:]
        let names = (try? FilePath.names(in: directory)) ?? []
        // Copies and files of imports have other names; the order of names is that of time.
        let own = names.filter { RecordingName.isOfRecorder($0) && $0 != FilePath.lastComponent(of: current) }
        for name in own.sorted(by: >) where ends.count < feeds.count {
            let path = FilePath.joined(directory, name)
            guard case .file(let bytes) = FilePath.kind(of: path), bytes > 0 else { continue }
            let missing = feeds.filter { ends[$0] == nil }
            guard let found = try? find(missing, path) else { continue }
            ends.merge(found) { first, _ in first }
        }
        return ends
    }

    private static func find(_ feeds: Set<FeedKey>, _ path: String) throws(ArchiveError) -> [FeedKey: FeedEnd] {
        let (handle, _) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        let query = FeedEndQuery(handle: handle, path: path)
        var ends: [FeedKey: FeedEnd] = [:]
        for feed in feeds { ends[feed] = try query.end(of: feed) }
        return ends
    }
}
