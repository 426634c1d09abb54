import Archive
import JournalFormat
import MarketModel
import Venues

/// The part of a capture that belongs to one connection; a feed may have two at a time.
struct ConnectionLane: Sendable {
    var connectionID: Int64 = 0
    /// The connection's key in the journal; `journalPosition` says how far its messages were captured.
    var journalKey: UInt64?
    private(set) var journalPosition = JournalPosition()
    /// True if the position is not handed over yet.
    var isMoved = false
    /// The unfinished block.
    var block = MessageBlockBuilder()
    var isBlockChanged = false
    var redactor: ConnectionRedactor?
    /// The index of each of the connection's symbols in the ``SequenceWatch``.
    var sequencePlaces: [Int?] = []
    var content = ConnectionContent(VenueReading())
    /// Ticks that the connection delivered; `duplicates` of them had been delivered by another connection.
    private(set) var ticks: Int64 = 0
    private(set) var duplicates: Int64 = 0

    /// Prepares the lane for another connection; the block must have been closed.
    mutating func begin(
        _ id: Int64,
        journalKey: UInt64?,
        position: JournalPosition,
        redactor: ConnectionRedactor?,
        content: ConnectionContent
    ) {
        connectionID = id
        self.journalKey = journalKey
        journalPosition = position
        self.redactor = redactor
        (ticks, duplicates) = (0, 0)
        self.content = content
        sequencePlaces.removeAll(keepingCapacity: true)
    }

    mutating func count(ticks: Int, duplicates: Int64) {
        self.ticks += Int64(ticks)
        self.duplicates += duplicates
    }

    /// Notes the position of messages that were captured or skipped; `nil` if they are not in a journal.
    mutating func moveForward(to position: JournalPosition?) {
        guard let position else { return }
        journalPosition.advance(to: position)
        isMoved = true
    }

    /// The captured position in the journal; `nil` if the journal does not have the connection.
    func watermark(isLast: Bool) -> JournalWatermark? {
        journalKey.map {
            JournalWatermark(connectionID: connectionID, journalKey: $0, position: journalPosition, isLast: isLast)
        }
    }
}
