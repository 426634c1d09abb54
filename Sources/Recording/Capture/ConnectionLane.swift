import JournalFormat
import Archive
import Venues

/// The part of a capture that belongs to one connection; a feed may have two at a time.
struct ConnectionLane: Sendable {
    var connectionID: Int64 = 0
    /// The connection's key in the journal; `journalPosition` says how many of its messages were captured.
    var journalKey: UInt64?
    var journalPosition = JournalPosition()
    /// True if the position is not handed over yet.
    var isMoved = false
    /// The unfinished block.
    var block = MessageBlockBuilder()
    var isBlockChanged = false
    var redactor: (any MessageRedactor)?
    /// The index of each of the connection's symbols in the ``SequenceWatch``.
    var sequencePlaces: [Int?] = []
    /// The instruments of the connection's symbols, while another lane is active.
    var symbolIndexes: [InstrumentBook.Instrument?] = []
    /// Ticks that the connection delivered; `duplicates` of them had been delivered by another connection.
    var ticks: Int64 = 0
    var duplicates: Int64 = 0

    /// The captured position in the journal; `nil` if the journal does not have the connection.
    func watermark(isLast: Bool) -> JournalWatermark? {
        journalKey.map {
            JournalWatermark(connectionID: connectionID, journalKey: $0, position: journalPosition, isLast: isLast)
        }
    }
}

extension Capture {
    /// Makes the lane `number` the active one: calls that concern one connection then apply to it.
    mutating func select(_ number: Int) {
        guard number != laneNumber else { return }
        rowBuilder.book.swapSymbolIndexes(&lane.symbolIndexes)
        while parked.count <= max(number, laneNumber) { parked.append(ConnectionLane()) }
        swap(&parked[laneNumber], &lane)
        swap(&parked[number], &lane)
        laneNumber = number
        rowBuilder.book.swapSymbolIndexes(&lane.symbolIndexes)
    }

    /// Calls `body` once for each lane, with that lane active, then returns to the present lane.
    mutating func forEachLane(_ body: (inout Capture) -> Void) {
        let present = laneNumber
        for number in 0..<max(parked.count, present + 1) {
            select(number)
            body(&self)
        }
        select(present)
    }
}
