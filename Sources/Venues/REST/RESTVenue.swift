package import MarketModel

/// A venue whose HTTP interface a replay answers, as of the position of the client's tape.
///
/// The venue reads the request and writes the answer; the replay finds the facts. Keys and signatures in a request are
/// ignored.
package protocol RESTVenue: VenueDefinition {
    /// What a request asks for; `nil` if the path is not one of the venue's, or is one that it does not answer.
    func question(_ request: VenueRequest) -> VenueQuestion?

    /// The answer for a path of the venue's interface that the replay does not answer, in the venue's format; `nil` for
    /// other paths.
    func notServed(_ request: VenueRequest) -> RESTAnswer?

    /// The symbol of the tape that a client means by `name`; `nil` if there is none. By default, it has this name.
    func symbol(ofRequested name: String, among symbols: [String]) -> String?

    /// The channel whose books a snapshot over HTTP continues, of those that a tape has; `nil` if none does.
    func snapshotChannel(of channels: [String]) -> String?

    /// The venue's time is `now`.
    func answer(time now: UnixNanoseconds) -> RESTAnswer

    /// The best levels of a book, `depth` of each side; `nil` if the book has no number that a change could continue.
    func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer?

    /// The list of `instruments` that `query` asks for; they are not yet restricted to ``InstrumentQuery/group``.
    func answer(instruments: [VenueInstrument], to query: InstrumentQuery, now: UnixNanoseconds) -> RESTAnswer

    /// The refusal of a question that cannot be answered.
    func answer(refusal: VenueRefusal) -> RESTAnswer
}

extension RESTVenue {
    package func symbol(ofRequested name: String, among symbols: [String]) -> String? {
        symbols.contains(name) ? name : nil
    }
}

/// What a client asks over HTTP.
package enum VenueQuestion: Sendable, Hashable {
    /// The answer does not depend on the tape.
    case answered(RESTAnswer)
    /// Instruments of a product that this venue does not have.
    ///
    /// The answer counts if no other venue of the tape has them.
    case foreign(RESTAnswer)
    case time
    case instruments(InstrumentQuery)
    case book(symbol: String, depth: Int)
}

/// Why a question cannot be answered.
package enum VenueRefusal: Sendable, Hashable {
    /// The tape does not have the symbol.
    case unknownSymbol(String)
    /// The tape has no right book of the symbol then.
    case noBook(String)
}

/// An instrument of a tape.
package struct VenueInstrument: Sendable, Hashable {
    package let symbol: String
    /// The digits after the point that its prices and sizes have on the tape.
    package let priceDigits: UInt8
    package let sizeDigits: UInt8
    /// The instrument as the venue has described it, as JSON; `nil` if that was not recorded.
    package let details: String?

    package init(symbol: String, priceDigits: UInt8, sizeDigits: UInt8, details: String?) {
        self.symbol = symbol
        self.priceDigits = priceDigits
        self.sizeDigits = sizeDigits
        self.details = details
    }

    /// The smallest step of prices that the digits allow, such as `0.01`.
    var tick: String { Self.step(priceDigits) }
    /// The smallest step of sizes that the digits allow.
    var step: String { Self.step(sizeDigits) }

    private static func step(_ digits: UInt8) -> String {
        FixedDecimal(mantissa: 1, digits: min(digits, FixedDecimal.digitsMax)).description
    }
}

extension RESTAnswer {
    init(status: Int = 200, json: String) { self.init(status: status, body: Array(json.utf8)) }
}
