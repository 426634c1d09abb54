import Archive
import JournalFormat
import MarketModel

/// Continues in another file if the path of the present one no longer leads to it.
///
/// A file that was moved, or whose write-ahead log was deleted, is finished where it is, and nothing is lost. If the
/// file was deleted, its stored data is gone: the messages that the journal still holds go into the new file, and the
/// rest becomes a gap there.
struct FileReplacement {
    let rotation: Rotation
    let place: RecordingPlace
    let journal: Journal?
    let zones: ZoneLookup
    let members: [FeedRecorder]
    let commits: CommitStream?
    /// `nil` if only the archive's lock was deleted.
    let loss: RecordingLoss?

    /// The places of the members in the new file, in order, and which of their messages were restored.
    struct Outcome {
        var places: [RecordingPlace]
        var restored: LostRecording.Outcome?
    }

    /// Begins the new file; if this fails, the old one is unchanged.
    func begin(at time: UnixNanoseconds) async throws -> Outcome {
        let directory = rotation.directory
        let lock = place.writer.lock.isInPlace ? place.writer.lock : try ArchiveLock(creating: directory)
        try journal?.restore()
        var restored: LostRecording.Outcome?
        if loss?.isStoredDataGone == true, journal != nil {
            restored = try await restore(directory, lock)
        }
        let places = try await rotation.begin(
            after: place,
            in: restored?.file,
            lock: lock,
            feeds: members.map(\.configuration),
            at: time
        )
        return Outcome(places: places, restored: restored)
    }

    private func restore(_ directory: String, _ lock: ArchiveLock) async throws -> LostRecording.Outcome? {
        var limits: [UInt64: JournalPosition] = [:]
        for member in members { limits.merge(await member.journalPositions) { $1 } }
        return try await LostRecording(
            recordingID: place.writer.recordingID,
            directory: directory,
            lock: lock,
            zones: zones,
            programVersion: rotation.session.programVersion,
            fileSystem: rotation.fileSystem,
            commits: commits
        ).restore(upTo: limits)
    }

    /// True if the path of the old file still leads to it, so that it can be sealed.
    var isOldInPlace: Bool { loss == nil || loss == .logDeleted }

    /// What happened, in words for the user.
    var problem: String {
        let old = FilePath.lastComponent(of: place.writer.path)
        return switch loss {
        case .deleted: "'\(old)' was deleted or replaced while it was being written"
        case .cut: "'\(old)' was cut short while it was being written"
        case .moved: "'\(old)' was moved while it was being written"
        case .logDeleted: "the write-ahead log of '\(old)' was deleted or replaced while it was being written"
        case nil: "the lock of the archive was deleted"
        }
    }

    /// What happened and how it was handled, in words for the user.
    func report(_ outcome: Outcome) -> String {
        let new = outcome.places.first.map { FilePath.lastComponent(of: $0.writer.path) } ?? ""
        guard loss?.isStoredDataGone == true else {
            return "\(problem); it is complete, and the recording continues in '\(new)'"
        }
        return
            "\(problem); '\(new)' has \(Counted.text(outcome.restored?.messages ?? 0, "message")) from the journal"
    }
}
