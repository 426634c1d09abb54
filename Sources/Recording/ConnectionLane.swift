import JournalFormat
import Archive
import Venues

/// What of a capture belongs to one connection; a feed may have two at a time.
struct ConnectionLane: Sendable {
    var connectionID: Int64 = 0
    /// The connection's name in the journal, and how far its messages have been taken.
    var journalKey: UInt64?
    var journalPosition = JournalPosition()
    /// True where the position is not handed over yet.
    var isMoved = false
    /// The unfinished block.
    var block = MessageBlockBuilder()
    var isBlockChanged = false
    var redactor: (any MessageRedactor)?
    /// The places of the connection's symbols in the watch over numbers.
    var sequencePlaces: [Int?] = []
    /// The instruments of the connection's symbols, while another lane is at work.
    var symbolIndexes: [InstrumentBook.Instrument?] = []
    /// Ticks that the connection brought, and those of them that another had brought before.
    var ticks: Int64 = 0
    var duplicates: Int64 = 0

    /// How far the journal's messages are taken; nothing where the journal does not know the connection.
    func watermark(isLast: Bool) -> JournalWatermark? {
        journalKey.map {
            JournalWatermark(connectionID: connectionID, journalKey: $0, position: journalPosition, isLast: isLast)
        }
    }
}

extension Capture {
    /// Goes on with the connection of the lane `number`; whatever concerns one connection means that from then on.
    mutating func select(_ number: Int) {
        guard number != laneNumber else { return }
        rowBuilder.book.swapSymbolIndexes(&lane.symbolIndexes)
        while parked.count <= max(number, laneNumber) { parked.append(ConnectionLane()) }
        swap(&parked[laneNumber], &lane)
        swap(&parked[number], &lane)
        laneNumber = number
        rowBuilder.book.swapSymbolIndexes(&lane.symbolIndexes)
    }

    /// Calls `body` once for each lane, with that lane selected, and comes back to the present one.
    mutating func forEachLane(_ body: (inout Capture) -> Void) {
        let present = laneNumber
        for number in 0..<max(parked.count, present + 1) {
            select(number)
            body(&self)
        }
        select(present)
    }
}
