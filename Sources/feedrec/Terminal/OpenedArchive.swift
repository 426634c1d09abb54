import Archive
import MarketModel
import Recording

/// An archive made ready to record into: what a dead recorder left is folded in, files of earlier days are ended.
///
/// Whatever needs time comes after connecting: counting and sealing read whole files.
struct OpenedArchive {
    let writer: ArchiveWriter
    let journal: Journal

    init(directory: String, _ files: FileSettings) async throws {
        try FileSizeLimit.current?.check(directory)
        let lock = try ArchiveLock(creating: directory)
        let recovery = ArchiveRecovery(
            directory: directory,
            lock: lock,
            zones: BrokerTimeZone.lookup,
            countsSessions: false,
            programVersion: Program.version
        )
        JournalNotice.tell(try await recovery.run())
        for path in try OwnRecordings.unsealedCopies(in: directory) {
            StandardError.write(
                "feedrec: warning: '\(path)' is a copy of a recording, or was restored from a backup; it stays as it is"
            )
        }
        for finding in (try? ArchiveLocation.strays(in: directory)) ?? [] { ArchiveNotice.warn(of: finding) }
        DraftNotice.clear([directory])
        let file = try RecordingName.current(in: directory, day: Clocks.wall().utcDay)
        try await ArchiveWriter.endEarlier(in: directory, except: [file], lock: lock)
        writer = try Self.openWriter(file, in: directory, lock)
        if files.durability == .power { try writer.makePowerSafe() }
        var configuration = Journal.Configuration(directory: directory)
        configuration.durability = files.durability
        configuration.bytesMax = files.journalLimit
        journal = try Journal(configuration)
    }

    /// Opens the day's file, or begins another where a reader keeps that from being written to.
    private static func openWriter(
        _ file: String,
        in directory: String,
        _ lock: ArchiveLock
    ) throws(ArchiveError) -> ArchiveWriter {
        do throws(ArchiveError) {
            return try ArchiveWriter.open(file: file, lock: lock)
        } catch {
            guard error.code == .busy else { throw error }
            return try ArchiveWriter.open(
                file: RecordingName.next(in: directory, day: Clocks.wall().utcDay),
                lock: lock
            )
        }
    }

    /// Ends the journal; unless everything `isStored`, the next feedrec finds it.
    func close(isStored: Bool) throws {
        try journal.close(isStored: isStored)
    }
}

/// Folds in what a dead recorder left, where a verb is about to read an archive, and tells of it.
enum JournalNotice {
    /// Recovers the archives that `paths` belong to, where no recorder is at work and they may be written to.
    ///
    /// With `isRequired` it fails if the journal cannot be folded in; otherwise it warns.
    static func fold(_ paths: [String], isRequired: Bool = false) async throws {
        for directory in Set(paths.map(ArchiveLocation.directory)).sorted() {
            do {
                guard try ArchiveRecovery.isJournalPresent(in: directory) else { continue }
                let lock = try ArchiveLock(directory: directory)
                let recovery = ArchiveRecovery(
                    directory: directory,
                    lock: lock,
                    zones: BrokerTimeZone.lookup,
                    programVersion: Program.version
                )
                tell(try await recovery.run())
            } catch let error as ArchiveError where error.code == .busy {
                // A recorder is alive; what it has not stored yet is its own affair.
                continue
            } catch let error as CancellationError {
                throw error
            } catch {
                if isRequired { throw unreadable(directory, error) }
                // The recordings themselves can be read.
                StandardError.write(
                    "feedrec: warning: the journal of '\(directory)' holds messages that are not shown: a recorder was "
                        + "killed, and they cannot be folded in (\(error))"
                )
            }
        }
    }

    private static func unreadable(_ directory: String, _ error: any Error) -> ArchiveError {
        let failure = error as? ArchiveError
        return ArchiveError(
            code: failure?.code ?? .ioFailed,
            path: directory,
            detail: "cannot tell what is new: the journal of '\(directory)' cannot be folded in (\(error))",
            hint: failure?.hint ?? "move the journal away; --force imports whatever it holds"
        )
    }

    static func tell(_ report: RecoveryReport) {
        guard !report.isEmpty else { return }
        if report.killedSessions > 0 || report.messages > 0 {
            let files = report.files.map { "'\($0)'" }.joined(separator: ", ")
            let folded = report.messages == 0 ? "nothing was lost" : "took \(report.messages) messages from its journal"
            StandardError.write("feedrec: a recorder was killed; \(folded)" + (files.isEmpty ? "" : " into \(files)"))
        }
        for file in report.replacedFiles {
            StandardError.write(
                "feedrec: warning: '\(file)' is gone or cannot be written to; another file took what the journal has of it"
            )
        }
        for warning in report.warnings { StandardError.write("feedrec: warning: \(warning)") }
        for damage in report.damages { StandardError.write("feedrec: warning: the journal is damaged: \(damage)") }
        if let directory = report.asideDirectory {
            StandardError.write(
                "feedrec: warning: no recording can take \(report.strayMessages) messages of the journal; their "
                    + "segments are in '\(directory)' now"
            )
        }
    }
}
