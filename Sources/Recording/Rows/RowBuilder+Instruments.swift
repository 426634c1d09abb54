import Archive
import JSONScanning
import MarketModel

// Instruments and what venues say about them.
//
// A venue's list has thousands of instruments. Only those that the feed requests by name or records are stored: the
// others wait in `listings` until their data is recorded.
extension RowBuilder {
    /// Stores the venue's details of an instrument, with a row of its own if it has none yet.
    mutating func append(
        _ details: InstrumentDetails,
        _ position: RowPosition,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        let symbol = symbols.text(of: details.symbol)
        if details.isListed, !requested.contains(symbol), !book.hasRow(of: symbol) {
            return listings[symbol, default: InstrumentListing()].note(details, position)
        }
        let instrument =
            instruments[details.symbol]
            ?? adopt(details.symbol, prices: details.zeroPrice, sizes: [], symbols, &instruments)
        book.describe(symbol, instrument, String(decoding: details.json, as: UTF8.self))
        append(details.terms, of: symbol, position)
    }

    /// Makes an instrument for a symbol that was only listed so far, because its data is being recorded.
    mutating func admitListed(
        _ symbol: SymbolIndex,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        guard !listings.isEmpty, instruments[symbol] == nil, listings[symbols.text(of: symbol)] != nil else { return }
        _ = adopt(symbol, prices: [], sizes: [], symbols, &instruments)
    }

    /// Makes the row that can hold these numbers the symbol's instrument; `nil` if no row can hold them all.
    mutating func adopt(
        _ symbol: SymbolIndex,
        prices: [FixedDecimal],
        sizes: [FixedDecimal],
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) -> InstrumentBook.Instrument? {
        let name = symbols.text(of: symbol)
        let listing = listings.removeValue(forKey: name)
        let listed = listing?.details?.zeroPrice ?? []
        var instrument = book.adopt(name, prices: prices + listed, sizes: sizes, bars: &bars)
        // Drop the listed digits if the numbers do not fit with them.
        if instrument == nil, !listed.isEmpty {
            instrument = book.adopt(name, prices: prices, sizes: sizes, bars: &bars)
        }
        if let instrument { instruments.set(instrument, for: symbol) }
        if let listing { append(listing, of: name, instrument) }
        return instrument
    }

    private mutating func append(
        _ listing: InstrumentListing,
        of symbol: String,
        _ instrument: InstrumentBook.Instrument?
    ) {
        if let details = listing.details {
            book.describe(symbol, instrument, String(decoding: details.json, as: UTF8.self))
        }
        for change in listing.changes { append(change.terms, of: symbol, change.position) }
    }

    /// Stores the terms of an instrument if they differ from those that the feed had before.
    private mutating func append(_ new: InstrumentTerms, of symbol: String, _ position: RowPosition) {
        guard !new.isEmpty, terms[symbol] != new else { return }
        terms[symbol] = new
        var object = JSONObjectWriter()
        object.text("kind", new.kind)
        object.text("base", new.base)
        object.text("quote", new.quote)
        object.text("tick_size", new.tickSize?.description)
        object.text("lot_size", new.lotSize?.description)
        object.text("contract_size", new.contractSize?.description)
        object.text("status", new.status)
        object.integer("ts_expiry", new.tsExpiry?.rawValue)
        append("instrument_terms", symbol, object, position)
    }
}

/// What the venue's lists said about one symbol.
struct InstrumentListing: Sendable {
    /// The latest details.
    private(set) var details: InstrumentDetails?
    /// Each change of the terms, and the message that brought it.
    private(set) var changes: [(terms: InstrumentTerms, position: RowPosition)] = []

    /// If there are more changes, the oldest are forgotten.
    private static let changesMax = 64

    mutating func note(_ new: InstrumentDetails, _ position: RowPosition) {
        if changes.last?.terms != new.terms { changes.append((new.terms, position)) }
        if changes.count > Self.changesMax { changes.removeFirst() }
        details = new
    }

    /// The listing for another file, which does not have the messages.
    var withoutPositions: InstrumentListing {
        var listing = self
        listing.changes = []
        return listing
    }
}

extension InstrumentDetails {
    /// A price with the venue's digits; empty if it does not state them.
    fileprivate var zeroPrice: [FixedDecimal] { priceDigits.map { [FixedDecimal(mantissa: 0, digits: $0)] } ?? [] }
}
