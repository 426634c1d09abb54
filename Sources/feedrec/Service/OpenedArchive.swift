import Archive
import MarketModel
import Recording

/// An archive that is ready to record into.
///
/// The journal of a dead recorder is recovered, and files of earlier days are ended.
///
/// Slow work is done after connecting: counting and sealing read whole files.
struct OpenedArchive {
    let writer: ArchiveWriter
    let journal: Journal

    init(directory: String, _ files: FileSettings) async throws {
        try FileSizeLimit.current?.check(directory)
        let lock = try await Self.takeLock(directory)
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
                "feedrec: warning: '\(path)' is a copy of a recording, or was restored from a backup; it is not changed"
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

    /// Takes the lock of the archive.
    ///
    /// Waits for a reader that is folding in the journal of a dead recorder, but not for another recorder.
    private static func takeLock(_ directory: String) async throws -> ArchiveLock {
        let deadline = ContinuousClock.now + .seconds(60)
        var refusals = 0
        while true {
            do throws(ArchiveError) {
                return try ArchiveLock(creating: directory)
            } catch {
                guard error.code == .busy, ContinuousClock.now < deadline else { throw error }
                // The owner may not have said yet what it has the lock for.
                if !ArchiveLock.isHeldForRecovery(in: directory) { refusals += 1 }
                guard refusals < 3 else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Opens the day's file, or starts another file if a reader blocks writing to it.
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

    /// Closes the journal.
    ///
    /// If not everything `isStored`, the next feedrec recovers the remainder.
    func close(isStored: Bool) throws {
        try journal.close(isStored: isStored)
    }
}

/// Recovers the journal of a dead recorder before a verb reads an archive, and reports it.
enum JournalNotice {
    /// Recovers the archives of `paths`, unless a recorder is running or the archive is not writable.
    ///
    /// With `isRequired` it throws if the journal cannot be recovered; otherwise it warns.
    static func fold(_ paths: [String], isRequired: Bool = false) async throws {
        for directory in Set(paths.map(ArchiveLocation.directory)).sorted() {
            do {
                guard try ArchiveRecovery.isJournalPresent(in: directory) else { continue }
                let lock = try ArchiveLock(directory: directory, for: .recovery)
                let recovery = ArchiveRecovery(
                    directory: directory,
                    lock: lock,
                    zones: BrokerTimeZone.lookup,
                    programVersion: Program.version
                )
                tell(try await recovery.run())
            } catch let error as ArchiveError where error.code == .busy {
                // A recorder is running; it stores its own messages.
                continue
            } catch let error as CancellationError {
                throw error
            } catch {
                if isRequired { throw unreadable(directory, error) }
                // The recordings themselves can be read.
                StandardError.write(
                    "feedrec: warning: the journal of '\(directory)' has messages that are not shown: a recorder was "
                        + "killed, and they cannot be recovered (\(error))"
                )
            }
        }
    }

    private static func unreadable(_ directory: String, _ error: any Error) -> ArchiveError {
        let failure = error as? ArchiveError
        return ArchiveError(
            code: failure?.code ?? .ioFailed,
            path: directory,
            detail: "cannot tell which messages are new: the journal of '\(directory)' cannot be recovered (\(error))",
            hint: failure?.hint ?? "move the journal away, or use --force to import whatever it contains"
        )
    }

    static func tell(_ report: RecoveryReport) {
        guard !report.isEmpty else { return }
        if report.killedSessions > 0 || report.messages > 0 {
            let files = report.files.map { "'\($0)'" }.joined(separator: ", ")
            let folded =
                report.messages == 0
                ? "nothing was lost" : "recovered \(Counted.text(report.messages, "message")) from its journal"
            StandardError.write("feedrec: a recorder was killed; \(folded)" + (files.isEmpty ? "" : " into \(files)"))
        }
        for file in report.replacedFiles {
            StandardError.write(
                "feedrec: warning: '\(file)' is gone or not writable; its messages in the journal go to another file"
            )
        }
        for warning in report.warnings { StandardError.write("feedrec: warning: \(warning)") }
        for damage in report.damages { StandardError.write("feedrec: warning: the journal is damaged: \(damage)") }
        if let directory = report.asideDirectory {
            StandardError.write(
                "feedrec: warning: \(Counted.text(report.strayMessages, "message")) of the journal "
                    + "\(Counted.word(report.strayMessages, "does not", "do not")) belong to any recording; the segments "
                    + "were moved to '\(directory)'"
            )
        }
    }
}
