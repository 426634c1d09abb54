import Venues

/// Detects a feed whose messages are not those of its venue, because the venue or the URL is wrong.
struct RecognitionWatch: Sendable {
    private static let messagesMin = 100

    private var unrecognised = 0
    /// True after a message was recognised or the warning was given.
    private var isDecided = false

    /// Counts a batch; returns the warning, once, if no message was ever recognised.
    mutating func note(_ outcome: DialectOutcome) -> String? {
        guard !isDecided else { return nil }
        if outcome.recognised > 0 { isDecided = true }
        unrecognised += outcome.unrecognised
        guard !isDecided, unrecognised >= Self.messagesMin else { return nil }
        isDecided = true
        return "nothing was recognised in the first \(unrecognised) messages: is this the right venue and URL?"
    }
}
