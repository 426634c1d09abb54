import MarketModel

/// Removes what a ``RetentionPolicy`` does not keep: whole tiers of whole recordings, the oldest first.
///
/// Sessions, feeds, connections, instruments and gaps are always kept. What was pruned is noted, so that `verify` knows
/// about it. Recordings that are being written are skipped. Each recording is replaced in one step. After a killed run,
/// the next one prunes the remaining recordings.
package struct ArchivePruner: Sendable {
    private let policy: RetentionPolicy
    private let stamp: UpkeepStamp
    private let fileSystem: any FileSystem
    private let interruption: Interruption?

    package init(
        _ policy: RetentionPolicy,
        _ stamp: UpkeepStamp,
        fileSystem: any FileSystem = SystemFileSystem()
    ) {
        self.init(policy, stamp, fileSystem: fileSystem, interruption: nil)
    }

    init(
        _ policy: RetentionPolicy,
        _ stamp: UpkeepStamp,
        fileSystem: any FileSystem,
        interruption: Interruption?
    ) {
        self.policy = policy
        self.stamp = stamp
        self.fileSystem = fileSystem
        self.interruption = interruption
    }

    /// Prunes recordings of one directory, given in the order of their days.
    ///
    /// - Parameters:
    ///  - files: paths of the recordings.
    ///  - isDryRun: true to change nothing and only return what would be done.
    /// - Returns: an outcome for each recording that loses data or is being written.
    /// - Throws: ``ArchiveError`` if a recording cannot be read or replaced; the recordings after it, which are newer,
    ///   are done.
    package func prune(_ files: [String], isDryRun: Bool = false) throws(ArchiveError) -> [PruneOutcome] {
        guard let first = files.first else { return [] }
        let upkeep = try ArchiveUpkeep(directory: FilePath.parent(of: first))
        return try withExtendedLifetime(upkeep) { () throws(ArchiveError) in
            var outcomes: [PruneOutcome] = []
            var kept: [RetentionTier: Int64] = [:]
            for file in files.reversed() {
                try interruption?.check(file)
                guard let outcome = try plan(file, &kept, upkeep) else { continue }
                outcomes.append(isDryRun || outcome.isWritten ? outcome : try apply(outcome, upkeep))
            }
            return outcomes.reversed()
        }
    }

    /// Returns what a recording loses; `nil` if it loses nothing.
    private func plan(
        _ file: String,
        _ kept: inout [RetentionTier: Int64],
        _ upkeep: ArchiveUpkeep
    ) throws(ArchiveError) -> PruneOutcome? {
        var outcome = PruneOutcome(file: file)
        outcome.fileBytesBefore = FilePath.bytes(of: file)
        outcome.fileBytesAfter = outcome.fileBytesBefore
        let isWritten = upkeep.isWritten(file)
        let reader = try ArchiveReader(path: file)
        let newest = try newestTime(reader)
        for tier in RetentionTier.allCases where policy[tier] != .keep {
            // Counting reads much of a file, so young recordings are skipped before.
            if case .age(let age) = policy[tier], newest.map({ stamp.now.since($0) <= age }) ?? true { continue }
            let rows = try rowCount(of: tier, reader)
            guard rows > 0 else { continue }
            let bytes = try self.bytes(of: tier, reader)
            kept[tier, default: 0] += bytes
            if case .bytes(let most) = policy[tier], kept[tier, default: 0] <= most { continue }
            if isWritten {
                outcome.isWritten = true
            } else {
                outcome.tiers[tier] = bytes
                outcome.rows[tier] = rows
            }
        }
        return outcome.tiers.isEmpty && !outcome.isWritten ? nil : outcome
    }

    /// The receive time of the newest message, or the end of the last session if that is later.
    private func newestTime(_ reader: ArchiveReader) throws(ArchiveError) -> UnixNanoseconds? {
        let sessions = try reader.sessions()
        let times = sessions.compactMap(\.tsEnd) + [try reader.lastMessageTime()].compactMap { $0 }
        return times.max() ?? sessions.map(\.start.tsStart).max()
    }

    private func rowCount(of tier: RetentionTier, _ reader: ArchiveReader) throws(ArchiveError) -> Int64 {
        try reader.read { handle throws(ArchiveError) in
            var count: Int64 = 0
            for table in tier.tables {
                let what = tier == .raw ? "coalesce(sum(message_count), 0)" : "count(*)"
                let condition = table == "event" ? " WHERE message_index IS NOT NULL" : ""
                count += try RowQueries.integer(
                    "SELECT \(what) FROM \(table)\(condition)",
                    on: handle,
                    path: reader.path
                )
            }
            return count
        }
    }

    /// The size of the pages that hold the tier, including its indexes, in bytes.
    ///
    /// It is an estimate if SQLite was built without `dbstat`.
    private func bytes(of tier: RetentionTier, _ reader: ArchiveReader) throws(ArchiveError) -> Int64 {
        let names = tier.tables.map { "'\($0)'" }.joined(separator: ", ")
        let measured = try? reader.read { handle throws(ArchiveError) in
            try RowQueries.integer(
                """
                SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = true AND name IN (
                    SELECT name FROM sqlite_schema WHERE tbl_name IN (\(names)))
                """,
                on: handle,
                path: reader.path
            )
        }
        if let measured { return measured }
        guard tier == .raw else { return try rowCount(of: tier, reader) * 48 }
        return try reader.read { handle throws(ArchiveError) in
            let sql = "SELECT coalesce(sum(length(block)), 0) FROM message_block"
            return try RowQueries.integer(sql, on: handle, path: reader.path)
        }
    }

    // MARK: Pruning

    private func apply(_ plan: PruneOutcome, _ upkeep: ArchiveUpkeep) throws(ArchiveError) -> PruneOutcome {
        var outcome = plan
        try upkeep.foldLog(of: plan.file)
        let replacement = try RecordingReplacement(of: plan.file, fileSystem: fileSystem)
        if let interruption { replacement.obey(interruption) }
        let copy = try TableCopy(replacement)
        let pruned = Set(plan.tiers.keys.flatMap(\.tables))
        for table in copy.tables where !pruned.contains(table.name) { try copy.copy(table) }
        if plan.tiers[.ticks] != nil {
            // Our own events are part of the ledger and are kept.
            try replacement.execute(
                "INSERT INTO main.event SELECT * FROM source.event WHERE message_index IS NULL"
            )
        }
        let notes = PruneNotes(replacement, stamp)
        if plan.tiers[.raw] != nil {
            try notes.noteMessages()
            try Seal.renew(replacement, messageCount: 0, payloadSHA256: MessageDigest().finish())
        }
        if plan.tiers[.ticks] != nil { try notes.noteTicks() }
        if plan.tiers[.bars] != nil { try notes.noteBars() }
        try copy.detach()
        let tiers = plan.tiers.keys.map { "\"\($0.rawValue)\"" }.sorted().joined(separator: ",")
        let detail = "{\"tiers\":[\(tiers)],\"file_bytes_before\":\(plan.fileBytesBefore)}"
        let row = UpkeepRow(kind: .prune, ts: stamp.now, programVersion: stamp.programVersion, detail: detail)
        try row.insert(on: replacement.handle, path: replacement.path)
        try replacement.finish()
        guard !upkeep.isWritten(plan.file) else {
            replacement.abandon()
            var written = PruneOutcome(file: plan.file)
            written.isWritten = true
            return written
        }
        try replacement.putInPlace()
        outcome.fileBytesAfter = FilePath.bytes(of: plan.file)
        return outcome
    }
}
