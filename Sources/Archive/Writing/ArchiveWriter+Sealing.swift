import JournalFormat
package import MarketModel

/// Seals finished recordings, which are not written any more.
extension ArchiveWriter {
    /// Closes the recording for good: stores its digest, leaves no file beside it, and makes it read-only.
    ///
    /// The writer cannot be used after this. The whole recording is read, on a thread of its own.
    ///
    /// - Throws: ``ArchiveError/Code/busy`` if a reader has the file open, and ``ArchiveError/Code/interrupted`` if
    ///   `isCancelled`; use ``sealEarlier(file:lock:at:fileSystem:isCancelled:)`` to retry.
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

    /// Seals a recording that was left unsealed by an earlier recorder, or because another program had it open.
    ///
    /// If its digest is already stored, this is cheap and can be retried often.
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

    /// Makes a closed file read-only if it has no write-ahead log.
    private static func lockAway(_ path: String) throws(ArchiveError) {
        guard FilePath.kind(of: path + "-wal") == .missing else {
            throw ArchiveError(
                code: .busy,
                path: path,
                detail: "cannot seal '\(path)': another program has it open",
                hint: "it will be sealed after that program has closed it"
            )
        }
        try FilePath.makeReadOnly(path)
    }

    /// Ends all unsealed recordings of an archive, except those in `kept`: ends open sessions and closes open gaps.
    ///
    /// A recorder calls this before it begins. It is fast, unlike sealing, which follows later; a file that cannot be
    /// opened is left for that.
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
                // A problem with one file must not stop the recorder. Sealing reports it later, if it persists.
                continue
            }
        }
    }

    /// The number of messages in a recording, and the digest of the received ones, as in
    /// ``RecordingReport/payloadSHA256``.
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
            for position in run.range {
                let entry = run.block.batch.entries[position]
                guard entry.direction == .received, entry.kind != .rest else { continue }
                run.block.batch.withPayload(at: position) { digest.update($0) }
                digest.update(0x0A)
            }
        }
        return (count, digest.finish())
    }
}
