import Archive
import JournalFormat
import MarketModel
import Venues

/// Reads the raw messages of one recorded connection, from any message on.
struct ConnectionReading {
    private var dialect: any VenueDialect
    private(set) var events = MarketEvents()
    /// True until the first message after the skipped ones has been read.
    private var isAfterJump = false

    init(_ venue: Venue, _ reading: VenueReading) {
        dialect = venue.makeReader(reading)
    }

    var books: BookTable { dialect.books }

    func symbol(of book: BookIndex) -> String { dialect.symbols.text(of: dialect.books[book].symbol) }

    /// Reads the first block of the connection, up to the message before `index`, and drops its events.
    ///
    /// The venue's answers to subscriptions can state rules of its books, such as their depth.
    mutating func recall(
        _ reader: ArchiveReader,
        connectionID: Int64,
        before index: Int64
    ) throws(ArchiveError) {
        guard index > 0 else { return }
        var blocks = ConnectionBlocks(reader, connectionID: connectionID, after: -1)
        do throws(ArchiveError) {
            guard let block = try blocks.next(upTo: index - 1) else { return }
            read(block)
            events.removeAll()
            isAfterJump = (block.messageIndexes.last ?? index) < index - 1
        } catch {
            // The rules in a damaged block are not known, but the books after it can be read.
            guard error.code == .corrupted else { throw error }
        }
    }

    /// Reads the messages of a block; their events replace those of the block before.
    mutating func read(_ block: DecodedBlock) {
        events.removeAll()
        guard let first = block.batch.entries.first else { return }
        var answers = MessageBatch()
        _ = dialect.receive(block.batch, now: first.tsRecv, events: &events, outgoing: &answers)
        if isAfterJump { dropHole(block.batch) }
    }

    /// Drops the hole of the connection that the skipped messages look like.
    private mutating func dropHole(_ batch: MessageBatch) {
        let isFirst: (MessageBatch.Entry) -> Bool = { $0.direction == .received && $0.kind != .rest }
        guard let first = batch.entries.firstIndex(where: isFirst) else { return }
        isAfterJump = false
        events.bookMessages.removeAll { $0.kind == .connectionHole && $0.origin.message <= first }
    }
}
