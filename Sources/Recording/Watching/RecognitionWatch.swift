import Venues

/// Notices a feed whose messages are not those of its venue: a wrong venue, or a wrong URL.
struct RecognitionWatch: Sendable {
    private static let messagesMin = 100

    private var unrecognised = 0
    /// True once a message was recognised, or the feed was warned about.
    private var isDecided = false

    /// Counts what a batch meant; returns the warning, once, if nothing was ever recognised.
    mutating func note(_ outcome: DialectOutcome) -> String? {
        guard !isDecided else { return nil }
        if outcome.recognised > 0 { isDecided = true }
        unrecognised += outcome.unrecognised
        guard !isDecided, unrecognised >= Self.messagesMin else { return nil }
        isDecided = true
        return "nothing was recognised in the first \(unrecognised) messages: is this the right venue and URL?"
    }
}
