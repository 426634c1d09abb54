import Archive
import MarketModel
import OrderBooks
import Venues

/// What the tape has of one venue at a moment.
///
/// It blocks while it reads the disk.
struct TapeFacts {
    let readers: [ArchiveReader]
    let venue: Venue
    /// The symbols that clients may see; `nil` for all.
    let symbols: Set<String>?

    /// The instruments in their order on the tape.
    func instruments() throws -> [VenueInstrument] {
        var found: [String: VenueInstrument] = [:]
        var names: [String] = []
        for reader in readers {
            for row in try reader.instruments() where row.venue == venue.name && isOffered(row.symbol) {
                if found[row.symbol] == nil { names.append(row.symbol) }
                found[row.symbol] = Self.merged(found[row.symbol], row)
            }
        }
        return names.compactMap { found[$0] }
    }

    private func isOffered(_ symbol: String) -> Bool { symbols?.contains(symbol) ?? true }

    /// A symbol may have several rows: the most digits and the latest description count.
    private static func merged(_ known: VenueInstrument?, _ row: InstrumentRow) -> VenueInstrument {
        VenueInstrument(
            symbol: row.symbol,
            priceDigits: max(known?.priceDigits ?? 0, row.priceDigits),
            sizeDigits: max(known?.sizeDigits ?? 0, row.sizeDigits),
            details: row.details ?? known?.details
        )
    }

    /// The book that a snapshot over HTTP continues, after everything before `position`; `nil` if none is right then.
    func book(_ symbol: String, of venue: any RESTVenue, before position: UnixNanoseconds) throws -> VenueBook? {
        guard let (search, subject) = try subject(symbol, of: venue) else { return nil }
        return try Self.book(search, subject, at: UnixNanoseconds(position.rawValue.subtractingSaturated(1)))
    }

    /// The first right book at or after `position`.
    func firstBook(_ symbol: String, of venue: any RESTVenue, from position: UnixNanoseconds) throws -> VenueBook? {
        guard let (search, subject) = try subject(symbol, of: venue) else { return nil }
        guard let time = try search.firstTime(of: subject, from: position) else { return nil }
        return try Self.book(search, subject, at: time)
    }

    private func subject(
        _ symbol: String,
        of venue: any RESTVenue
    ) throws -> (BookSearch, BookSearch.Subject)? {
        let search = try BookSearch(readers)
        guard let subjects = try? search.subjects(symbol: symbol, venue: venue.name, channel: nil) else { return nil }
        let channel = venue.snapshotChannel(of: subjects.map(\.channel))
        return subjects.first { $0.channel == channel }.map { (search, $0) }
    }

    private static func book(
        _ search: BookSearch,
        _ subject: BookSearch.Subject,
        at time: UnixNanoseconds
    ) throws -> VenueBook? {
        do {
            return VenueBook(try search.book(subject, at: time))
        } catch is BookAbsence {
            return nil
        }
    }
}

extension VenueBook {
    fileprivate init(_ recorded: RecordedBook) {
        self.init(
            symbol: recorded.symbol,
            channel: recorded.channel,
            bids: Array(recorded.book.bids),
            asks: Array(recorded.book.asks),
            tsRecv: recorded.tsRecv
        )
        number = recorded.number
        tsEvent = recorded.tsEvent
    }
}
