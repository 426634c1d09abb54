import Archive

/// Detects a write-ahead log that grows because a reader holds a transaction.
///
/// The recording continues, and its data is safe in the log, but the log needs disk space until the reader ends its
/// transaction.
struct LogWatch: Sendable {
    private let bytesMax: Int64
    /// The size last reported, in bytes; `nil` while the log is short.
    private var reportedBytes: Int64?

    init(bytesMax: Int64) {
        self.bytesMax = bytesMax
    }

    /// The report for a log of `bytes`, if it is too long, has doubled since the last report, or is short again.
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
