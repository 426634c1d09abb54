import CSQLite

/// Reads what the files of an archive know of feeds.
package enum FeedEndSearch {
    /// The maximum number of files that are read only for the rate of a feed whose end is known.
    private static let filesForRateMax = 16

    /// What the recordings of `directory`, except the file `current`, know of `feeds`.
    ///
    /// It reads the newest files first and stops when it knows all. Files that cannot be read are skipped: they must
    /// not stop a recorder.
    package static func find(
        _ feeds: Set<FeedKey>,
        in directory: String,
        except current: String
    ) -> [FeedKey: FeedPast] {
        var pasts = Dictionary(uniqueKeysWithValues: feeds.map { ($0, FeedPast()) })
        let names = (try? FilePath.names(in: directory)) ?? []
        // Copies and files of imports have other names; the order of names is that of time.
        let own = names.filter { RecordingName.isOfRecorder($0) && $0 != FilePath.lastComponent(of: current) }
        var filesForRate = 0
        for name in own.sorted(by: >) {
            let open = pasts.filter { !$0.value.isComplete }
            guard !open.isEmpty, filesForRate < filesForRateMax else { break }
            if open.values.allSatisfy({ $0.end != nil }) { filesForRate += 1 }
            let path = FilePath.joined(directory, name)
            guard case .file(let bytes) = FilePath.kind(of: path), bytes > 0 else { continue }
            guard let found = try? find(Set(open.keys), path) else { continue }
            for (feed, past) in found { pasts[feed]?.complete(by: past) }
        }
        return pasts
    }

    private static func find(_ feeds: Set<FeedKey>, _ path: String) throws(ArchiveError) -> [FeedKey: FeedPast] {
        let (handle, _) = try RecordingFile.openHandle(path)
        defer { sqlite3_close_v2(handle) }
        let query = FeedEndQuery(handle: handle, path: path)
        var pasts: [FeedKey: FeedPast] = [:]
        for feed in feeds { pasts[feed] = try query.past(of: feed) }
        return pasts
    }
}
