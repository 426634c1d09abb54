import JournalFormat
package import MarketModel

/// A recording that is finished: nothing is written to it any more.
extension ArchiveWriter {
    /// Closes the recording for good: its digest stored, nothing beside it, read-only.
    ///
    /// The writer is of no use afterwards. The whole recording is read, on a thread of its own.
    ///
    /// - Throws: ``ArchiveError/Code/busy`` where a reader keeps the file from standing alone, and
    ///   ``ArchiveError/Code/interrupted`` where it `isCancelled`; see ``sealEarlier(file:lock:at:fileSystem:isCancelled:)``.
    package func seal(
        at time: UnixNanoseconds,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) async throws(ArchiveError) {
        try await countKilledSessions(isCancelled: isCancelled)
        let path = path
        let (count, digest) = try await BackgroundWork.run { () throws(ArchiveError) in
            try Self.digest(of: path, isCancelled: isCancelled)
        }
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run(
                "INSERT OR REPLACE INTO seal (seal_id, ts_sealed, message_count, payload_sha256) VALUES (1, ?, ?, ?)"
            ) {
                $0.bind(1, time.rawValue)
                $0.bind(2, count)
                $0.bind(3, digest)
            }
        }
        await close()
        try Self.lockAway(path)
    }

    /// Seals a recording that was left before: by an earlier recorder, or while another program had it open.
    ///
    /// Where its digest is stored already, this costs little and may be tried time and again.
    ///
    /// - Throws: as ``seal(at:isCancelled:)``.
    package static func sealEarlier(
        file: String,
        lock: ArchiveLock,
        at time: UnixNanoseconds,
        fileSystem: any FileSystem = SystemFileSystem(),
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) async throws(ArchiveError) {
        let writer = try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem)
        do throws(ArchiveError) {
            if try Seal(ArchiveReader(path: file)) == nil {
                return try await writer.seal(at: time, isCancelled: isCancelled)
            }
        } catch {
            await writer.close()
            throw error
        }
        await writer.close()
        try lockAway(file)
    }

    /// Makes a file that was closed read-only, if it stands alone.
    private static func lockAway(_ path: String) throws(ArchiveError) {
        guard FilePath.kind(of: path + "-wal") == .missing else {
            throw ArchiveError(
                code: .busy,
                path: path,
                detail: "cannot seal '\(path)': another program has it open",
                hint: "it is sealed when that program lets go"
            )
        }
        try FilePath.makeReadOnly(path)
    }

    /// Ends every recording of an archive but those named that is not sealed, as a recorder does before it begins: sessions
    /// without an end are ended, and no gap stays open.
    ///
    /// It takes no time to speak of, unlike sealing them, which comes later; what cannot be opened is left for then.
    package static func endEarlier(
        in directory: String,
        except kept: Set<String>,
        lock: ArchiveLock
    ) async throws(ArchiveError) {
        for file in try OwnRecordings.unsealed(in: directory) where !kept.contains(file) {
            do throws(ArchiveError) {
                let writer = try ArchiveWriter.open(file: file, lock: lock)
                _ = try await writer.endKilledSessions()
                try await writer.settleGaps()
                await writer.close()
            } catch  where error.code != .diskFull && error.code != .interrupted {
                // What is wrong with one file stops no recorder. Sealing, later, reports what still is.
                continue
            }
        }
    }

    /// How many messages a recording holds, and the digest of those received, as `verify` tells it.
    private static func digest(
        of path: String,
        isCancelled: () -> Bool
    ) throws(ArchiveError) -> (messages: Int64, digest: String) {
        let reader = try ArchiveReader(path: path)
        var messages = try reader.messages()
        let digest = MessageDigest()
        var count: Int64 = 0
        while let run = try messages.next() {
            guard !isCancelled() else {
                throw ArchiveError(code: .interrupted, path: path, detail: "interrupted")
            }
            count += Int64(run.range.count)
            for position in run.range where run.block.batch.entries[position].direction == .received {
                run.block.batch.withPayload(at: position) { digest.update($0) }
                digest.update(0x0A)
            }
        }
        return (count, digest.finish())
    }
}
