import Glibc
import JournalFormat
import MarketModel

/// The result of compacting one recording.
package struct CompactionOutcome: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        case compacted
        /// It was compacted at this level or a higher one before.
        case unchanged
        /// Compacting would save less than one hundredth; the recording is unchanged.
        case incompressible
        /// It is being written.
        case written
    }

    package let file: String
    package fileprivate(set) var status: Status
    package fileprivate(set) var fileBytesBefore: Int64 = 0
    package fileprivate(set) var fileBytesAfter: Int64 = 0
    package fileprivate(set) var blockCountBefore: Int64 = 0
    package fileprivate(set) var blockCountAfter: Int64 = 0

    package var savedBytes: Int64 { fileBytesBefore - fileBytesAfter }
}

/// Compresses recordings that are no longer written: larger blocks and a high zstd level.
///
/// A recording is replaced in one step after the new file has been verified: the same message digest and the same rows.
/// A killed run leaves the current recording unchanged; the next run continues with the first file that is not done.
package struct ArchiveCompactor: Sendable {
    package struct Settings: Hashable, Sendable {
        /// The zstd level, 1 to 22.
        package var level: Int
        /// A block is closed at this size, in payload bytes.
        package var blockBytes: Int

        package init(level: Int = 12, blockBytes: Int = 1 << 20) {
            self.level = level
            self.blockBytes = blockBytes
        }
    }

    private let settings: Settings
    private let stamp: UpkeepStamp
    private let fileSystem: any FileSystem
    /// Called now and then with the path and the completed share of its messages, 0 to 1.
    private let progress: @Sendable (String, Double) -> Void

    package init(
        _ settings: Settings,
        _ stamp: UpkeepStamp,
        fileSystem: any FileSystem = SystemFileSystem(),
        progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.stamp = stamp
        self.fileSystem = fileSystem
        self.progress = progress
    }

    /// Compacts one recording.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted`` if the recording does not verify; `CancellationError` if the task was
    ///   cancelled. In both cases the recording is unchanged.
    package func compact(_ path: String) throws -> CompactionOutcome {
        let upkeep = try ArchiveUpkeep(directory: FilePath.parent(of: path))
        return try withExtendedLifetime(upkeep) { try compact(path, upkeep) }
    }

    private func compact(_ path: String, _ upkeep: ArchiveUpkeep) throws -> CompactionOutcome {
        var outcome = CompactionOutcome(file: path, status: .written)
        outcome.fileBytesBefore = FilePath.bytes(of: path)
        outcome.fileBytesAfter = outcome.fileBytesBefore
        guard !upkeep.isWritten(path) else { return outcome }
        try upkeep.foldLog(of: path)
        guard try !isCompacted(path) else {
            outcome.status = .unchanged
            return outcome
        }
        let before = try verified(path)
        let replacement = try RecordingReplacement(of: path, fileSystem: fileSystem)
        let copy = try TableCopy(replacement)
        for table in copy.tables where table.name != "message_block" { try copy.copy(table) }
        try copy.detach()
        outcome.blockCountBefore = before.blockCount
        outcome.blockCountAfter = try rewriteBlocks(of: path, into: replacement)
        let row = UpkeepRow(
            kind: .compact,
            ts: stamp.now,
            programVersion: stamp.programVersion,
            detail: detail(before: outcome)
        )
        try row.insert(on: replacement.handle, path: replacement.path)
        try replacement.finish()
        let bytes = FilePath.bytes(of: replacement.path)
        guard bytes < outcome.fileBytesBefore - outcome.fileBytesBefore / 100 else {
            replacement.abandon()
            outcome.status = .incompressible
            outcome.blockCountAfter = outcome.blockCountBefore
            return outcome
        }
        try check(replacement, path, against: before)
        try Task.checkCancellation()
        guard !upkeep.isWritten(path) else {
            replacement.abandon()
            return outcome
        }
        try replacement.putInPlace()
        outcome.fileBytesAfter = bytes
        outcome.status = .compacted
        return outcome
    }

    /// True if the latest compaction was at this level or a higher one.
    private func isCompacted(_ path: String) throws(ArchiveError) -> Bool {
        let reader = try ArchiveReader(path: path)
        return try reader.read { handle throws(ArchiveError) in
            guard try RowQueries.hasTable("upkeep", on: handle, path: path) else { return false }
            let level = try RowQueries.integer(
                "SELECT detail ->> '$.level' FROM upkeep WHERE kind = 'compact' ORDER BY upkeep_id DESC LIMIT 1",
                on: handle,
                path: path
            )
            return level >= settings.level
        }
    }

    private func detail(before: CompactionOutcome) -> String {
        "{\"level\":\(settings.level),\"block_bytes\":\(settings.blockBytes),\"file_bytes_before\":"
            + "\(before.fileBytesBefore),\"blocks_before\":\(before.blockCountBefore)}"
    }

    private func verified(_ path: String) throws(ArchiveError) -> RecordingReport {
        let report = try ArchiveVerifier.verify(path)
        guard report.isSound else {
            throw ArchiveError(
                code: .corrupted,
                path: path,
                detail: "'\(path)' is not compacted, because it does not verify (\(report.problems[0].reason))",
                hint: "run 'feedrec verify --repair' on it first"
            )
        }
        return report
    }

    private func check(_ new: RecordingReplacement, _ path: String, against old: RecordingReport) throws(ArchiveError) {
        let report = try ArchiveVerifier.verify(new.path)
        let isSame =
            report.isSound && report.payloadSHA256 == old.payloadSHA256
            && report.messagesReceived == old.messagesReceived && report.messagesSent == old.messagesSent
            && report.quoteCount == old.quoteCount && report.tradeCount == old.tradeCount
            && report.marginUpdateCount == old.marginUpdateCount && report.barCount == old.barCount
            && report.eventCount == old.eventCount && report.gapCount == old.gapCount
        guard isSame else {
            new.abandon()
            throw ArchiveError(
                code: .corrupted,
                path: path,
                detail: "compacting '\(path)' did not give the same content; the recording is unchanged"
            )
        }
    }

    // MARK: Blocks

    /// Writes the messages of each connection in blocks of the configured size, and returns the number of blocks.
    private func rewriteBlocks(of path: String, into replacement: RecordingReplacement) throws -> Int64 {
        let reader = try ArchiveReader(path: path)
        let inserter = try RowInserter(on: replacement.handle, path: replacement.path)
        let compressor = ZstdCompressor(level: settings.level)
        let last = try reader.lastMessageIndex()
        var builders: [Int64: MessageBlockBuilder] = [:]
        var count: Int64 = 0
        func seal(_ connectionID: Int64) throws {
            guard let builder = builders.removeValue(forKey: connectionID), !builder.isEmpty else { return }
            try inserter.insert(BlockRow(connectionID: connectionID, builder.encode(with: compressor)))
            count += 1
        }
        var blocks = try reader.blocks()
        while let (connectionID, block) = try blocks.next() {
            try Task.checkCancellation()
            let bytes = block.batch.entries.reduce(0) { $0 + $1.length }
            if let builder = builders[connectionID],
                builder.payloadBytes + bytes > settings.blockBytes
                    || builder.count + block.batch.count > BlockLimits.messageCountMax
            {
                try seal(connectionID)
            }
            builders[connectionID, default: MessageBlockBuilder()].append(block)
            // Blocks of ended connections must not wait for the end: this bounds memory by the present connections.
            if builders.count > 64, let oldest = builders.min(by: { $0.value.lastIndex < $1.value.lastIndex }) {
                try seal(oldest.key)
            }
            progress(path, Double(block.messageIndexes.last ?? 0) / Double(max(1, last)))
        }
        for connectionID in builders.keys.sorted() { try seal(connectionID) }
        return count
    }
}

extension MessageBlockBuilder {
    fileprivate var lastIndex: Int64 { lastMessageIndex }

    /// Appends all messages of a block, one run of consecutive numbers at a time.
    fileprivate mutating func append(_ block: DecodedBlock) {
        var start = 0
        while start < block.batch.count {
            var end = start + 1
            while end < block.batch.count, block.messageIndexes[end] == block.messageIndexes[end - 1] + 1 { end += 1 }
            append(batch: block.batch, range: start..<end, firstMessageIndex: block.messageIndexes[start])
            start = end
        }
    }
}
