import CSQLite
import Glibc
import Migrations
import SQLiteFormat

/// What `verify --repair` did to one recording.
package struct RepairOutcome: Hashable, Sendable {
    package let file: String
    /// The path to which the damaged file was moved; `nil` if the recording was sound.
    package fileprivate(set) var damagedFile: String?
    /// Pages, and in `damagedRows` rows, that could not be read.
    package fileprivate(set) var damagedPages = 0
    package fileprivate(set) var damagedRows = 0
    /// Placeholder rows created because other rows refer to them; their texts are `unknown`.
    package fileprivate(set) var unknownRows = 0
    /// The lost messages, as ranges of their numbers.
    package fileprivate(set) var lostMessages: [ClosedRange<Int64>] = []
    package fileprivate(set) var lostBlocks = 0
    /// The lost rows by kind, as far as the sessions' counts show them.
    package fileprivate(set) var lostRows: [AbsentKind: Int64] = [:]
    /// The verification report of the repaired file.
    package fileprivate(set) var report: RecordingReport

    package var isRepaired: Bool { damagedFile != nil }
    package var lostMessageCount: Int64 {
        lostMessages.reduce(0) { $0 + $1.upperBound - $1.lowerBound + 1 }
    }
}

/// Repairs recordings: copies every intact block and row into a new file and notes what is lost.
package enum ArchiveRepairer {
    /// Verifies the recording at `path`, and repairs it if it is damaged.
    ///
    /// The damaged file is kept as `NAME.damaged`, its write-ahead log as `NAME.damaged-wal`. If a repair was killed,
    /// the next one starts over. A repair of a sound file does nothing.
    ///
    /// - Throws: ``ArchiveError/Code/busy`` while the recording is being written.
    package static func repair(
        _ path: String,
        _ stamp: UpkeepStamp,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) -> RepairOutcome {
        let upkeep = try ArchiveUpkeep(directory: FilePath.parent(of: path))
        try upkeep.checkNotWritten(path)
        return try withExtendedLifetime(upkeep) { () throws(ArchiveError) in
            let damaged = DamagedFiles(of: path)
            if !damaged.isInterrupted {
                let report = try verified(path)
                if let report, report.isSound { return RepairOutcome(file: path, report: report) }
            }
            return try salvage(path, damaged, stamp, fileSystem)
        }
    }

    /// Returns `nil` if the file is too damaged to be opened as a recording.
    private static func verified(_ path: String) throws(ArchiveError) -> RecordingReport? {
        do throws(ArchiveError) {
            return try ArchiveVerifier.verify(path)
        } catch  where [.corrupted, .notARecording, .database].contains(error.code) {
            return nil
        }
    }

    private static func salvage(
        _ path: String,
        _ damaged: DamagedFiles,
        _ stamp: UpkeepStamp,
        _ fileSystem: any FileSystem
    ) throws(ArchiveError) -> RepairOutcome {
        let source = try SalvageSource(path: damaged.source, logPath: damaged.sourceLog)
        let stored = Int(source.header.userVersion)
        let version = source.isRecognised && (1...Migrations.version).contains(stored) ? stored : Migrations.version
        let replacement = try RecordingReplacement(of: path, version: version, fileSystem: fileSystem)
        let salvager = try Salvager(into: replacement)
        try salvager.run(source)
        guard source.isRecognised || !salvager.storedMessages.isEmpty else {
            throw ArchiveError(code: .notARecording, path: path, detail: "'\(path)' is not a recording of feedrec")
        }
        try replacement.migrate(from: version)
        var outcome = RepairOutcome(file: path, report: RecordingReport(file: path))
        outcome.damagedPages = salvager.damagedPages
        outcome.damagedRows = salvager.damagedRows
        outcome.unknownRows = try MissingParents(replacement).make()
        var lost = try LostMessages(replacement)
        let losses = try lost.find(salvager)
        try lost.write(losses, now: stamp.now)
        outcome.lostMessages = losses.map(\.messages)
        outcome.lostBlocks = salvager.damagedBlocks.count
        try replacement.finish()
        try settle(replacement, &outcome, stamp)
        outcome.damagedFile = try damaged.setAside()
        try replacement.putInPlace()
        return outcome
    }

    /// Makes the counts of the new file agree with its content, and verifies it.
    private static func settle(
        _ replacement: RecordingReplacement,
        _ outcome: inout RepairOutcome,
        _ stamp: UpkeepStamp
    ) throws(ArchiveError) {
        let draft = try ArchiveVerifier.verify(replacement.path)
        let bars = try GapBars(ArchiveReader(path: replacement.path)).find()
        try replacement.reopen()
        let settlement = CountSettlement(replacement, stamp)
        try settlement.removeStrangers(outside: draft.sessionBounds)
        try settlement.markIncomplete(bars)
        // Without these rows the counts are different, so verify again.
        try replacement.finish()
        let counted = try ArchiveVerifier.verify(replacement.path)
        try replacement.reopen()
        let second = CountSettlement(replacement, stamp)
        outcome.lostRows = try second.settle(counted)
        try second.note(outcome)
        try Seal.renew(
            replacement,
            messageCount: counted.messagesReceived + counted.messagesSent,
            payloadSHA256: counted.payloadSHA256
        )
        try replacement.finish()
        outcome.report = try ArchiveVerifier.verify(replacement.path)
    }
}

/// The names of the damaged recording, before and after it was moved aside.
private struct DamagedFiles {
    private let path: String
    /// A free name beside the recording, or one that already leads to the same file.
    private let aside: String
    /// True if an earlier repair was killed after it had moved the file aside.
    let isInterrupted: Bool

    init(of path: String) {
        let absolute = FilePath.absolute(path)
        self.path = absolute
        var candidate = absolute + ".damaged"
        var number = 2
        while let inode = FilePath.inode(of: candidate), inode != FilePath.inode(of: absolute) {
            candidate = absolute + ".damaged-\(number)"
            number += 1
        }
        aside = candidate
        isInterrupted = FilePath.inode(of: candidate) != nil
    }

    var source: String { isInterrupted ? aside : path }
    var sourceLog: String {
        isInterrupted && FilePath.inode(of: aside + "-wal") != nil ? aside + "-wal" : path + "-wal"
    }

    /// Links the file under its second name, and removes its write-ahead log, which SQLite would apply to the new file.
    func setAside() throws(ArchiveError) -> String {
        for suffix in ["", "-wal"] where FilePath.inode(of: path + suffix) != nil {
            if FilePath.inode(of: aside + suffix) == FilePath.inode(of: path + suffix) { continue }
            guard link(path + suffix, aside + suffix) == 0 else {
                throw FilePath.failure("keep", path + suffix, errno)
            }
        }
        try FilePath.synchronise(FilePath.parent(of: path))
        for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
        try FilePath.synchronise(FilePath.parent(of: path))
        return aside
    }
}
