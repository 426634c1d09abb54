/// The entries of an archive's directory that are named like recordings: the readable ones, and the others.
struct DirectoryListing {
    private(set) var recordings: [RecordingCandidate] = []
    private(set) var findings: [ArchiveFinding] = []

    /// Inspects each entry; if `includingDamaged`, damaged recordings are included in ``recordings``.
    ///
    /// - Throws: ``ArchiveError`` if the directory cannot be read.
    init(_ directory: String, includingDamaged: Bool) throws(ArchiveError) {
        let names = try FilePath.names(in: directory)
        let recordingNames = names.filter { $0.hasSuffix(ArchiveLocation.fileExtension) }
        for name in recordingNames {
            let path = FilePath.joined(directory, name)
            guard let finding = RecordingEntry.finding(path) else {
                add(RecordingCandidate(path), includingDamaged)
                continue
            }
            let isBegun = finding.kind == .empty && name == recordingNames.last && ArchiveLock.isHeld(in: directory)
            if includingDamaged, finding.kind == .damaged {
                recordings.append(RecordingCandidate(damaged: path))
            } else if !isBegun {
                findings.append(finding)
            }
        }
        findings += try Self.others(names, in: directory)
    }

    /// Returns what is known without opening a recording; the recorder uses it because it must start fast.
    static func strays(in directory: String) throws(ArchiveError) -> [ArchiveFinding] {
        let names = try FilePath.names(in: directory)
        let entries = names.filter { $0.hasSuffix(ArchiveLocation.fileExtension) }
            .compactMap { RecordingEntry.finding(FilePath.joined(directory, $0)) }
        return entries + (try others(names, in: directory))
    }

    /// Entries that may hold recorded messages although their names are not exactly those of recordings.
    private static func others(_ names: [String], in directory: String) throws(ArchiveError) -> [ArchiveFinding] {
        orphanLogs(names, in: directory) + otherNames(names, in: directory)
            + (try EvictedFile.findings(in: directory))
    }

    private mutating func add(_ candidate: RecordingCandidate, _ includingDamaged: Bool) {
        if let finding = candidate.finding, finding.kind != .withoutSession {
            // A damaged file has no fingerprint, but a repair can read it.
            if includingDamaged, finding.kind == .damaged {
                recordings.append(RecordingCandidate(damaged: candidate.path))
            } else {
                findings.append(finding)
            }
        } else if !candidate.isGone {
            recordings.append(candidate)
        }
    }

    /// Write-ahead logs with content whose recordings are gone.
    private static func orphanLogs(_ names: [String], in directory: String) -> [ArchiveFinding] {
        let suffix = "-wal"
        return names.filter { $0.hasSuffix(ArchiveLocation.fileExtension + suffix) }.compactMap { name in
            let path = FilePath.joined(directory, name)
            guard !names.contains(String(name.dropLast(suffix.count))), FilePath.bytes(of: path) > 0 else { return nil }
            return ArchiveFinding(.orphanLog, path, "is the write-ahead log of a missing recording")
        }
    }

    /// Recordings whose extension differs in case, as some file systems change it.
    private static func otherNames(_ names: [String], in directory: String) -> [ArchiveFinding] {
        names.compactMap { name in
            guard name.lowercased().hasSuffix(ArchiveLocation.fileExtension),
                !name.hasSuffix(ArchiveLocation.fileExtension)
            else { return nil }
            let reason = "has a name that does not end with '\(ArchiveLocation.fileExtension)'"
            return ArchiveFinding(.otherName, FilePath.joined(directory, name), reason)
        }
    }

    /// Why no entry of `directory` can be read: there are no recordings, or the error of the first entry.
    func failure(_ directory: String) -> ArchiveError {
        guard let first = findings.first else {
            return ArchiveError(
                code: .noRecordings,
                path: directory,
                detail: "there are no recordings (*\(ArchiveLocation.fileExtension)) in '\(directory)'"
            )
        }
        if let error = first.error { return error }
        let others = findings.count == 1 ? "" : ", and \(findings.count - 1) more cannot be read either"
        return ArchiveError(
            code: .noRecordings,
            path: directory,
            detail:
                "there are no recordings in '\(directory)' that can be read: '\(first.path)' \(first.reason)\(others)"
        )
    }
}
