import Interchange
import MarketModel
import Venues

/// The first messages of a file, held back until it is clear what to do with them.
struct FirstMessages {
    static let messagesMax = 4096
    static let bytesMax = 8 << 20

    private var batches: [MessageBatch] = []
    /// The number of received messages.
    private(set) var received = 0
    private var bytes = 0

    var isEmpty: Bool { batches.isEmpty }
    /// True if no more should be held back.
    var isFull: Bool { received >= Self.messagesMax || bytes >= Self.bytesMax }

    mutating func append(_ batch: MessageBatch) {
        guard !batch.isEmpty else { return }
        batches.append(batch)
        received += batch.entries.count { $0.direction == .received }
        bytes += batch.bytes.count
    }

    /// Returns the batches, and removes them.
    mutating func take() -> [MessageBatch] {
        defer { self = FirstMessages() }
        return batches
    }

    /// True if the venue's reader recognises one of the messages.
    func isUnderstood(by venue: Venue, _ reading: VenueReading) -> Bool {
        VenueDetection.score(of: venue, reading, batches).recognised > 0
    }

    /// The error for messages that are not from `venue`; it names the venues that they may come from.
    func refusal(by venue: Venue, _ path: String) -> ImportError {
        let which = received == 1 ? "its message is not" : "none of its first \(received) messages is"
        let others = VenueDetection.candidates(for: batches, among: Venue.all.filter { $0 != venue })
        let guess = others.isEmpty ? "" : "; it looks like \(VenueDetection.words(others))"
        return ImportError(
            code: .notUnderstood,
            path: path,
            place: .wholeFile,
            detail: "\(which) from '\(venue.name)', so nothing was imported\(guess)"
        )
    }
}
