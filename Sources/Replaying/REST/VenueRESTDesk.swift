import Archive
import MarketModel
import Transport
import Venues
import WebSocketProtocol

/// Answers the HTTP requests of venues' clients as the venue would at the position of the client's tape.
struct VenueRESTDesk: Sendable {
    private let desk: ReplayDesk
    /// What the recorders were answered.
    private let recorded: RecordedExchanges
    private let venues: [(venue: Venue, rest: any RESTVenue)]

    init(_ desk: ReplayDesk) throws(ArchiveError) {
        self.desk = desk
        recorded = try RecordedExchanges(desk.catalog.readers, venues: desk.venues, range: desk.offeredRange)
        venues = desk.venues.compactMap { venue in (venue.definition as? any RESTVenue).map { (venue, $0) } }
    }

    /// `nil` if no venue of the tape has the path.
    func answer(_ request: HTTPRequest) async -> HTTPResponse? {
        let asked = VenueRequest(
            method: request.head.method == "HEAD" ? "GET" : request.head.method,
            path: request.head.path,
            query: request.head.queryItems
        )
        var foreign: RESTAnswer?
        for (venue, rest) in venues {
            switch rest.question(asked) {
            case nil: continue
            case .answered(let answer): return HTTPResponse(answer)
            case .foreign(let answer): foreign = answer
            case .some(let question): return await answer(question, of: venue, rest, to: request)
            }
        }
        if let answer = recorded.answer(to: request) { return answer }
        return (foreign ?? venues.lazy.compactMap { $0.rest.notServed(asked) }.first).map(HTTPResponse.init)
    }

    private func answer(
        _ question: VenueQuestion,
        of venue: Venue,
        _ rest: any RESTVenue,
        to request: HTTPRequest
    ) async -> HTTPResponse {
        let moment = desk.moment(of: request, venue)
        let facts = TapeFacts(readers: desk.catalog.readers, venue: venue, symbols: desk.options.defaults.symbols)
        do {
            return try await desk.pool.run {
                switch question {
                case .instruments(let query): try instruments(query, facts, rest, moment, request)
                case .book(let symbol, let depth): try book(symbol, depth, facts, rest, moment, request)
                case .answered(let answer), .foreign(let answer): HTTPResponse(answer)
                case .time: HTTPResponse(rest.answer(time: moment.position))
                }
            }
        } catch {
            return APIError.unreadable.response
        }
    }

    /// The recorded answer to the same request, or a list of what the tape has.
    private func instruments(
        _ query: InstrumentQuery,
        _ facts: TapeFacts,
        _ rest: any RESTVenue,
        _ moment: ClientMoment,
        _ request: HTTPRequest
    ) throws -> HTTPResponse {
        if facts.symbols == nil, let answer = recorded.answer(to: request) { return answer }
        var instruments = try facts.instruments()
        if let wanted = query.symbols {
            let names = instruments.map(\.symbol)
            let symbols = wanted.map { rest.symbol(ofRequested: $0, among: names) }
            if let missing = symbols.firstIndex(of: nil) {
                return HTTPResponse(rest.answer(refusal: .unknownSymbol(wanted[missing])))
            }
            instruments.removeAll { !symbols.contains($0.symbol) }
        }
        return HTTPResponse(rest.answer(instruments: instruments, to: query, now: moment.position))
    }

    /// The book at the client's position: what it gets next continues it.
    ///
    /// Before the first book of the tape, the client gets that one, and the changes up to it are old for it. At full
    /// speed, the position is ahead of the client, so a recorded answer comes first.
    private func book(
        _ name: String,
        _ depth: Int,
        _ facts: TapeFacts,
        _ rest: any RESTVenue,
        _ moment: ClientMoment,
        _ request: HTTPRequest
    ) throws -> HTTPResponse {
        guard let symbol = rest.symbol(ofRequested: name, among: try facts.instruments().map(\.symbol)) else {
            return HTTPResponse(rest.answer(refusal: .unknownSymbol(name)))
        }
        let exact = recorded.answer(to: request)
        if !moment.isPaced, let exact { return exact }
        let now = moment.position
        if let book = try facts.book(symbol, of: rest, before: now),
            let answer = rest.answer(book: book, depth: depth, now: now)
        {
            return HTTPResponse(answer)
        }
        if let exact { return exact }
        let first = try facts.firstBook(symbol, of: rest, from: now)
        let answer = first.flatMap { rest.answer(book: $0, depth: depth, now: now) }
        return HTTPResponse(answer ?? rest.answer(refusal: .noBook(symbol)))
    }
}
