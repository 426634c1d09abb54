import Glibc

/// A file that may be a recording, with what distinguishes it from others.
struct RecordingCandidate {
    let path: String
    /// The file that the path leads to; `nil` if it is gone.
    let file: FileIdentity?
    /// `nil` for a file that cannot be opened at present; the verb that reads it reports why.
    let fingerprint: RecordingFingerprint?
    /// The reason why the file cannot be read, or a note that it contains no session.
    let finding: ArchiveFinding?

    var isGone: Bool { file == nil }

    /// Opens the file and reads its sessions.
    init(_ path: String) {
        self.path = path
        file = FileIdentity(path)
        // Check this first: opening a file in WAL mode may create a log.
        let hasLog = FilePath.kind(of: path + "-wal") != .missing
        do throws(ArchiveError) {
            let fingerprint = try RecordingFingerprint(path)
            self.fingerprint = fingerprint
            finding = fingerprint.sessions.isEmpty ? Self.withoutSession(path, hasLog: hasLog) : nil
        } catch {
            fingerprint = nil
            finding = Self.finding(path, error)
        }
    }

    /// Creates a candidate for a file that is known to be damaged, without opening it.
    init(damaged path: String) {
        self.path = path
        file = FileIdentity(path)
        fingerprint = nil
        finding = nil
    }

    private static func withoutSession(_ path: String, hasLog: Bool) -> ArchiveFinding? {
        // A recorder that has just begun a file holds the lock and has a log beside the file.
        if FilePath.bytes(of: path + "-wal") > 0 || ArchiveLock.isHeld(in: FilePath.parent(of: path)) { return nil }
        // A recorder killed before its first commit leaves a file that never had a log, or one with an empty log.
        if RecordingEntry.standsAlone(path) { return nil }
        if hasLog, let identity = try? ArchiveReader(path: path).identity(), identity.isOriginal(path) { return nil }
        return ArchiveFinding(
            .withoutSession,
            path,
            "contains no session: it was copied without its write-ahead log, or its recorder ended immediately"
        )
    }

    private static func finding(_ path: String, _ error: ArchiveError) -> ArchiveFinding? {
        let kind: ArchiveFinding.Kind
        switch error.code {
        case .corrupted: kind = .damaged
        case .notARecording: kind = .notARecording
        case .newerSchema: kind = .newerSchema
        case .permissionDenied: kind = .unreadable
        default: return nil
        }
        return ArchiveFinding(kind, path, ArchiveFinding.reason(error, path), error: error)
    }
}

/// The identity of a file, whatever its names.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64

    /// Follows links; `nil` if there is no file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
