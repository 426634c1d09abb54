import CSQLite

/// Finds the details of a feed's instruments in the files of an archive.
package enum InstrumentDetailsSearch {
    /// The maximum number of files that are read.
    private static let filesMax = 16

    /// The newest details of `symbols` that a venue sent to a feed, by symbol.
    ///
    /// A file in which other feeds recorded the same venue is skipped, because its details may be those of another
    /// server. Files that cannot be read are skipped too: they must not stop a recorder.
    package static func find(_ symbols: Set<String>, of feed: FeedKey, in directory: String) -> [String: String] {
        let names = ((try? FilePath.names(in: directory)) ?? []).filter(RecordingName.isOfRecorder)
        var found: [String: String] = [:]
        // File names sort by time.
        for name in names.sorted(by: >).prefix(filesMax) {
            guard found.count < symbols.count else { break }
            let path = FilePath.joined(directory, name)
            guard case .file(let bytes) = FilePath.kind(of: path), bytes > 0 else { continue }
            let details = (try? details(of: feed, path)) ?? [:]
            found.merge(details.filter { symbols.contains($0.key) }) { newer, _ in newer }
        }
        return found
    }

    private static func details(of feed: FeedKey, _ path: String) throws(ArchiveError) -> [String: String] {
        let (handle, _) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        let sql = """
            SELECT symbol, details FROM instrument WHERE venue = ?1 AND details IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM feed WHERE venue = ?1 AND name <> ?2)
            ORDER BY instrument_id
            """
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statement.bind(1, feed.venue)
        statement.bind(2, feed.name)
        var details: [String: String] = [:]
        while try statement.step() { details[statement.text(0)] = statement.text(1) }
        return details
    }
}
