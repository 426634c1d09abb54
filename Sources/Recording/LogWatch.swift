import Archive

/// Notices a write-ahead log that grows because a reader holds a transaction.
///
/// The recording goes on: the log is where it is safe. But it needs room until the reader lets go.
struct LogWatch {
    private let bytesMax: Int64
    /// What was reported last; `nil` while it is short.
    private var reportedBytes: Int64?

    init(bytesMax: Int64) {
        self.bytesMax = bytesMax
    }

    /// What there is to report of a log of `bytes`: that it is too long, has doubled since, or is short again.
    mutating func look(at bytes: Int64) -> RecorderReport? {
        if bytes <= bytesMax {
            defer { reportedBytes = nil }
            return reportedBytes == nil ? nil : .logFreed
        }
        guard bytes / 2 >= reportedBytes ?? 0 else { return nil }
        reportedBytes = bytes
        return .logHeld(bytes: bytes)
    }
}

extension FeedRecorder {
    func reportLog() {
        guard let found = logWatch.look(at: place.writer.logBytes) else { return }
        report(found)
    }
}
