import Archive
import MarketModel
import Recording

/// An archive made ready to record into: what a dead recorder left is folded in, files of earlier days are ended.
///
/// Whatever needs time comes after connecting: counting and sealing read whole files.
struct OpenedArchive {
    let writer: ArchiveWriter
    let journal: Journal
    let carriedGaps: [CarriedGap]

    init(directory: String, _ files: FileSettings) async throws {
        let lock = try ArchiveLock(creating: directory)
        let recovery = ArchiveRecovery(
            directory: directory,
            lock: lock,
            zones: BrokerTimeZone.lookup,
            countsSessions: false
        )
        JournalNotice.tell(try await recovery.run())
        DraftNotice.clear([directory])
        let file = try RecordingName.current(in: directory, day: Clocks.wall().utcDay)
        carriedGaps = try await ArchiveWriter.endEarlier(
            in: directory,
            except: [file],
            lock: lock,
            now: Clocks.wall
        )
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
    static func fold(_ paths: [String]) async throws {
        for directory in Set(paths.map(ArchiveLocation.directory)).sorted() {
            do {
                guard try ArchiveRecovery.isJournalPresent(in: directory) else { continue }
                let lock = try ArchiveLock(directory: directory)
                tell(try await ArchiveRecovery(directory: directory, lock: lock, zones: BrokerTimeZone.lookup).run())
            } catch let error as ArchiveError where error.code == .busy {
                // A recorder is alive; what it has not stored yet is its own affair.
                continue
            } catch let error as ArchiveError where error.isForWantOfWriting {
                StandardError.write(
                    "feedrec: warning: the journal of '\(directory)' holds messages that are not shown: a recorder was "
                        + "killed, and they cannot be folded in (\(error))"
                )
            }
        }
    }

    static func tell(_ report: RecoveryReport) {
        guard !report.isEmpty else { return }
        if report.killedSessions > 0 || report.messages > 0 {
            let files = report.files.map { "'\($0)'" }.joined(separator: ", ")
            let folded = report.messages == 0 ? "nothing was lost" : "took \(report.messages) messages from its journal"
            StandardError.write("feedrec: a recorder was killed; \(folded)" + (files.isEmpty ? "" : " into \(files)"))
        }
        for damage in report.damages { StandardError.write("feedrec: warning: the journal is damaged: \(damage)") }
        if report.strayMessages > 0 {
            StandardError.write(
                "feedrec: warning: \(report.strayMessages) messages stay in the journal: their recording is gone"
            )
        }
    }
}

extension ArchiveError {
    /// True where a file or directory may be read but not changed.
    fileprivate var isForWantOfWriting: Bool {
        [.readOnly, .permissionDenied, .diskFull].contains(code)
    }
}
