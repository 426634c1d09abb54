import Archive
import Interchange
import MarketModel

/// The checks of an import before it stores anything.
extension MessageImporter {
    /// Rejects an import if a recording cannot be read, because that may already hold the messages.
    static func check(_ findings: [ArchiveFinding]) throws(ArchiveError) {
        guard let finding = findings.first(where: \.hidesMessages) else { return }
        throw ArchiveError(
            code: finding.error?.code ?? code(of: finding),
            path: finding.path,
            detail: "cannot tell which messages are new: '\(finding.path)' \(finding.reason)",
            hint: "import into another directory, or move that file away; --force imports whatever it contains"
        )
    }

    private static func code(of finding: ArchiveFinding) -> ArchiveError.Code {
        switch finding.kind {
        case .unreadable: .permissionDenied
        case .evicted: .notFound
        default: .corrupted
        }
    }

    /// Rejects an import, before anything is stored, if the archive is damaged at the times of its messages.
    func check(_ files: [(path: String, first: UnixNanoseconds)], _ checks: RecordingChecks) throws {
        guard !configuration.isForced, let known = try knownMessages(checks) else { return }
        for file in files where known.reach(file.first) {
            try known.check(times(in: file.path, from: file.first))
        }
    }

    /// The times from the first to the last message of a file, up to the first unreadable line.
    private func times(in path: String, from first: UnixNanoseconds) throws -> ClosedRange<UnixNanoseconds> {
        var range = first...first
        var batch = MessageBatch()
        var opened: [Interchange.ConnectionOpened] = []
        do {
            var reader = try open(path)
            while try reader.next(maxMessages: Self.batchMessages, into: &batch, opened: &opened) {
                for entry in batch.entries {
                    range = min(range.lowerBound, entry.tsRecv)...max(range.upperBound, entry.tsRecv)
                }
                try Task.checkCancellation()
            }
        } catch is ImportError {
            // The import reports this error after it has stored the lines before it.
        }
        return range
    }

    /// The kind of receive times that all files have; `nil` if there are only pipes and empty files.
    ///
    /// - Throws: `ImportError` if they differ: a session has one kind.
    static func receiveTimes(of files: [ImportFile]) throws(ImportError) -> ReceiveTimeSource? {
        var common: ReceiveTimeSource?
        for file in files {
            guard let source = file.source else { continue }
            if let common, common != source { throw mixedTimes(file.path) }
            common = source
        }
        return common
    }

    /// The error for a file whose receive times are of another kind than those of the files before it.
    static func mixedTimes(_ path: String) -> ImportError {
        ImportError(
            code: .mixedReceiveTimes,
            path: path,
            place: .wholeFile,
            detail: "its receive times are of another kind than those of the other files"
        )
    }

    /// Reduces or removes the gaps of repaired recordings whose lost messages are stored again.
    func settle(_ restored: RestoredCounts, _ outcome: inout Outcome) {
        for (path, counts) in restored.sorted(by: { $0.key < $1.key }) {
            let count = counts.values.reduce(0, +)
            let what = Counted.text(count, "message that '\(path)' had lost is", "messages that '\(path)' had lost are")
            do throws(ArchiveError) {
                try DamageSettlement.settle(path, counts, configuration.stamp)
                outcome.remarks.append("\(what) stored again")
            } catch {
                outcome.notices.append("\(what) stored again, but its gap stays: \(error)")
            }
        }
    }

    func knownMessages(_ checks: RecordingChecks) throws(ArchiveError) -> KnownMessages? {
        guard let archive = configuration.archive else { return nil }
        return try KnownMessages(ArchiveLocation(addingTo: archive).files, venue: configuration.venue, checks)
    }
}
