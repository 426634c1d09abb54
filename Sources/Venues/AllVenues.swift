import Synchronization

/// All venues, in the order of help texts.
///
/// To add a venue, add it to this list.
private let venues = Mutex<[Venue]>([
    .mt4,
    .binanceSpot,
    .binanceUSDM,
    .okx,
    .kraken,
    .krakenV1,
    .bybitSpot,
    .bybitLinear,
    .hyperliquid,
    .coinbase,
    .coinbaseExchange,
    .deribit,
    .genericJSON,
])

extension Venue {
    /// All venues, in the order of help texts.
    package static var all: [Venue] { venues.withLock { $0 } }

    /// Adds a venue that is not part of feedrec.
    ///
    /// This is for programs with a venue of their own, such as tests. Call it before the venue is first used. A
    /// venue with the same name is replaced.
    package static func register(_ venue: Venue) {
        venues.withLock { list in
            list.removeAll { $0 == venue }
            list.append(venue)
        }
    }
}
