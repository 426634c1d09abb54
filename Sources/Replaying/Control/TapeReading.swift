import Archive
import BarBuilding
import JSONScanning
import MarketModel
import Venues

/// Answers requests for the tape's contents.
///
/// It blocks while it reads the disk.
struct TapeReading: Sendable {
    let catalog: TapeCatalog
    /// The part of the tape and the symbols that may be reported.
    let range: ReadRange
    let symbols: Set<String>?

    private static let itemsMax = 10_000

    /// The client's name for an instrument.
    ///
    /// It may have several rows with different digits.
    private struct InstrumentName: Hashable {
        let venue: String
        let symbol: String
    }

    /// Runs `body`.
    ///
    /// An archive error is discarded; the client only learns that the recording cannot be read.
    private func reading<Value>(_ body: () throws(ArchiveError) -> Value) throws(APIError) -> Value {
        do throws(ArchiveError) {
            return try body()
        } catch {
            throw .unreadable
        }
    }

    private var bounds: ClosedRange<Int64>? {
        guard let bounds = catalog.bounds else { return nil }
        let first = max(bounds.lowerBound, range.from.rawValue)
        let last = range.to.rawValue == .max ? bounds.upperBound : min(bounds.upperBound, range.to.rawValue - 1)
        return first <= last ? first...last : nil
    }

    private func appendBounds(_ bounds: ClosedRange<Int64>?, to object: inout JSONObjectWriter) {
        object.nullable("from", bounds.map { "\($0.lowerBound)" })
        object.nullable("to", bounds.map { "\($0.upperBound)" })
    }

    // MARK: Lists

    func tape(paths: [String], speed: PlaybackSpeed) throws(APIError) -> String {
        var object = JSONObjectWriter()
        appendBounds(bounds, to: &object)
        let files = catalog.files.map { file in
            var object = JSONObjectWriter()
            object.text("path", file.name)
            appendBounds(file.bounds, to: &object)
            return object.text()
        }
        object.raw("files", Self.list(files))
        let venues = try reading { () throws(ArchiveError) in try catalog.venues() }
        object.raw("venues", Self.list(venues.map { JSONText.quoted($0.name) }))
        object.raw("paths", Self.list(paths.map(JSONText.quoted)))
        object.raw("speed", speed.json)
        object.integer("gap_count", Int64(try gapRows().count))
        return object.text()
    }

    func instruments() throws(APIError) -> String {
        var digits: [InstrumentName: (price: UInt8, size: UInt8)] = [:]
        var names: [InstrumentName] = []
        for file in catalog.files {
            for row in try reading({ () throws(ArchiveError) in try file.reader.instruments() }) where isOffered(row) {
                let name = InstrumentName(venue: row.venue, symbol: row.symbol)
                let known = digits[name]
                if known == nil { names.append(name) }
                digits[name] = (max(known?.price ?? 0, row.priceDigits), max(known?.size ?? 0, row.sizeDigits))
            }
        }
        let list = names.map { name in
            var object = JSONObjectWriter()
            object.text("venue", name.venue)
            object.text("symbol", name.symbol)
            object.integer("price_digits", digits[name].map { Int64($0.price) })
            object.integer("size_digits", digits[name].map { Int64($0.size) })
            return object.text()
        }
        return #"{"instruments":"# + Self.list(list) + "}"
    }

    private func isOffered(_ row: InstrumentRow) -> Bool { symbols?.contains(row.symbol) ?? true }

    private func gapRows() throws(APIError) -> [(gap: GapRow, connection: ConnectionRow?)] {
        var rows: [(gap: GapRow, connection: ConnectionRow?)] = []
        for file in catalog.files {
            let (gaps, connections) = try reading { () throws(ArchiveError) in
                (try file.reader.gaps(), try file.reader.connections())
            }
            let byID = Dictionary(connections.map { ($0.connectionID, $0) }) { first, _ in first }
            let byFeed = Dictionary(connections.map { ($0.opened.feedID, $0) }) { first, _ in first }
            for gap in gaps where isWithin(gap.tsFrom, gap.tsTo) {
                let connection = gap.connectionID.flatMap { byID[$0] } ?? gap.feedID.flatMap { byFeed[$0] }
                rows.append((gap, connection))
            }
        }
        return rows
    }

    private func isWithin(_ from: UnixNanoseconds, _ to: UnixNanoseconds?) -> Bool {
        (from < range.to || range.to.rawValue == .max) && to ?? UnixNanoseconds(.max) >= range.from
    }

    func timeline() throws(APIError) -> String {
        var object = JSONObjectWriter()
        appendBounds(bounds, to: &object)
        object.raw("gaps", Self.list(try gapRows().limited(to: Self.itemsMax).map(Self.json)))
        var connections: [ConnectionRow] = []
        for file in catalog.files {
            connections += try reading { () throws(ArchiveError) in try file.reader.connections() }
                .filter { isWithin($0.opened.tsOpened, $0.closed?.tsClosed) }
        }
        connections.sort { $0.opened.tsOpened < $1.opened.tsOpened }
        object.raw("connections", Self.list(connections.prefix(Self.itemsMax).map(Self.json)))
        return object.text()
    }

    private static func json(of item: (gap: GapRow, connection: ConnectionRow?)) -> String {
        var object = JSONObjectWriter()
        object.integer("from", item.gap.tsFrom.rawValue)
        object.nullable("to", item.gap.tsTo.map { "\($0.rawValue)" })
        object.text("cause", item.gap.cause)
        object.nullable("detail", item.gap.detail.map(JSONText.quoted))
        object.nullable("venue", item.connection.map { JSONText.quoted($0.venue) })
        object.nullable("feed", item.connection.map { JSONText.quoted($0.feedName) })
        return object.text()
    }

    private static func json(of row: ConnectionRow) -> String {
        var object = JSONObjectWriter()
        object.integer("from", row.opened.tsOpened.rawValue)
        object.nullable("to", row.closed.map { "\($0.tsClosed.rawValue)" })
        object.text("venue", row.venue)
        object.text("feed", row.feedName)
        object.nullable("code", row.closed?.closeCode.map { "\($0)" })
        object.nullable("reason", row.closed?.closeReason.map(JSONText.quoted))
        object.nullable("closed_by", row.closed.map { JSONText.quoted($0.closedBy.rawValue) })
        return object.text()
    }

    private static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

    /// Returns the last prices of the instruments before the query's `at`, or at the end of the tape without it.
    func prices(_ query: [(name: String, value: String)]) throws(APIError) -> String {
        var time = range.to
        if let text = query.first(where: { $0.name == "at" })?.value, !text.isEmpty {
            guard let moment = TapeMoment(text: text) else {
                throw .badRequest("at must be ISO 8601 or nanoseconds since 1970, or like '+5m'")
            }
            time = min(time, UnixNanoseconds(moment.time(start: bounds?.lowerBound ?? 0)))
        }
        var prices = LatestPrices()
        for file in catalog.files {
            try reading { () throws(ArchiveError) in
                for row in try file.reader.instruments() where isOffered(row) {
                    try prices.add(row, from: file.reader, within: range, before: time)
                }
            }
        }
        return #"{"prices":"# + prices.json + "}"
    }

    // MARK: Bars

    func bars(_ query: [(name: String, value: String)]) throws(APIError) -> String {
        let order = try BarOrder(query, range: range, start: catalog.bounds?.lowerBound ?? 0)
        var bars = ChartBars(order)
        var venue = order.venue
        var isFound = false
        for file in catalog.files {
            let rows = try reading { () throws(ArchiveError) in try file.reader.instruments() }
                .filter { isOffered($0) && $0.symbol == order.symbol && (venue ?? $0.venue) == $0.venue }
            venue = venue ?? rows.first?.venue
            let own = rows.filter { $0.venue == venue }
            guard !own.isEmpty else { continue }
            isFound = true
            try reading { () throws(ArchiveError) in try bars.add(file, own) }
        }
        guard let venue, isFound else {
            throw .notFound("there is no symbol '\(order.symbol.prefix(64))'\(try hint(for: order.symbol))")
        }
        var object = JSONObjectWriter()
        object.text("symbol", order.symbol)
        object.text("venue", venue)
        object.text("side", order.side.name)
        object.text("interval", order.interval.description)
        object.raw("bars", Self.list(bars.json))
        return object.text()
    }

    private func hint(for symbol: String) throws(APIError) -> String {
        var symbols: Set<String> = []
        for file in catalog.files {
            let rows = try reading { () throws(ArchiveError) in try file.reader.instruments() }
            symbols.formUnion(rows.lazy.filter(isOffered).map(\.symbol))
        }
        return Suggestion.hint(for: symbol, among: symbols)
    }
}

extension [(gap: GapRow, connection: ConnectionRow?)] {
    /// Returns the widest gaps, in order of time.
    fileprivate func limited(to count: Int) -> Self {
        func width(_ gap: GapRow) -> Int64 { (gap.tsTo?.rawValue ?? .max).subtractingSaturated(gap.tsFrom.rawValue) }
        let widest = self.count <= count ? self : Array(sorted { width($0.gap) > width($1.gap) }.prefix(count))
        return widest.sorted { $0.gap.tsFrom < $1.gap.tsFrom }
    }
}
