import Archive

/// Rejects an import beside a damaged recording: messages in the damaged part would be stored a second time.
///
/// Each recording is checked once, when it may contain messages of the import.
final class RecordingChecks {
    /// True if damaged recordings are compared as far as they can be read.
    let isForced: Bool
    private var checked: Set<String> = []

    init(isForced: Bool) { self.isForced = isForced }

    /// - Throws: ``ArchiveError/Code/corrupted`` for a damaged recording.
    func check(_ reader: ArchiveReader) throws(ArchiveError) {
        guard !isForced, !checked.contains(reader.path) else { return }
        do throws(ArchiveError) {
            try reader.checkBlocks()
        } catch {
            throw Self.refusal(error)
        }
        checked.insert(reader.path)
    }

    /// Returns `error` with its meaning for an import, and a hint.
    static func refusal(_ error: ArchiveError) -> ArchiveError {
        let isDamage = [.corrupted, .notARecording].contains(error.code)
        let repair = "run 'feedrec verify --repair \(error.path)', then import again"
        return ArchiveError(
            code: error.code,
            path: error.path,
            detail: "cannot tell which messages are new: \(error.detail)",
            hint: isDamage ? "\(repair); --force imports the messages of the damaged part a second time" : error.hint,
            sqliteExtendedCode: error.sqliteExtendedCode
        )
    }
}
