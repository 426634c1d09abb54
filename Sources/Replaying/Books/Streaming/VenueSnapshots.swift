import Archive
import MarketModel
import Venues

/// The snapshots of order books that a venue would send to a client that joins a tape in the middle.
enum VenueSnapshots {
    /// Returns the snapshots at the start of `range`, as messages of that time; `nil` if there are none.
    ///
    /// The numbers in them are those that the first recorded changes continue.
    static func chunk(
        _ files: [TapeCatalog.File],
        _ venue: any SnapshotVenue,
        _ range: ReadRange,
        follows: Bool
    ) throws(ArchiveError) -> TapeChunk? {
        var order = BookTape.Order(range: range, follows: follows)
        order.venue = venue.name
        let tape = try BookTape(files, order)
        var chunk = TapeChunk()
        for book in try tape.beginningBooks(withLastMessages: venue.usesLastMessage) {
            guard let text = venue.snapshot(of: book) else { continue }
            chunk.batch.append(text.utf8, direction: .received, tsRecv: range.from)
        }
        chunk.snapshotCount = chunk.count
        return chunk.count > 0 ? chunk : nil
    }
}
