import Archive
import JSONScanning
import MarketModel

/// Rows to leave out because the archive has them already: in an earlier file, or from a message that is gone.
struct RowsElsewhere: Sendable {
    /// Rows that are elsewhere according to stored events; a rebuild knows them in advance.
    var places: Set<RowPlace> = []
    /// Rows whose messages are gone.
    var kept = KeptRows()

    var isEmpty: Bool { places.isEmpty && kept.isEmpty }

    /// True if the row at `place` is elsewhere; each kept row is found only once.
    mutating func take(_ place: RowPlace, _ row: @autoclosure () -> KeptRow?, at time: UnixNanoseconds) -> Bool {
        let isKept = !kept.isEmpty && (row().map { kept.take($0, at: time) } ?? false)
        return isKept || places.contains(place)
    }
}

/// The position of a row among the messages of a recording.
struct RowPlace: Hashable, Sendable {
    /// What the row is: the name of its table, or that of the event.
    enum What: Hashable, Sendable {
        case row(String)
        case event(String)

        static let quote = What.row("quote")
        static let trade = What.row("trade")
        static let marginUpdate = What.row("margin_update")
        static let venueBar = What.row("venue_bar")
        static let orderUpdate = What.row("order_update")
    }

    let messageIndex: Int64
    let item: Int64
    let what: What

    init(_ position: RowPosition, _ what: What) {
        messageIndex = position.messageIndex
        item = position.item
        self.what = what
    }

    var isTick: Bool { what == .quote || what == .trade }

    /// The row that an event of kind ``EventRow/earlierFileKind`` or ``EventRow/rowElsewhereKind`` refers to.
    init?(_ event: EventRow) {
        guard let messageIndex = event.messageIndex, let item = event.item else { return nil }
        let members = StandInMembers(event.json)
        switch event.kind {
        case EventRow.earlierFileKind:
            switch members.tick {
            case "quote": what = .quote
            case "trade": what = .trade
            default: return nil
            }
        case EventRow.rowElsewhereKind:
            guard let row = members.row else { return nil }
            what = members.kind.map { .event($0) } ?? .row(row)
        default: return nil
        }
        self.messageIndex = messageIndex
        self.item = item
    }
}

extension KeptRow {
    /// The tick that an event of kind ``EventRow/earlierFileKind`` refers to; its row is that of another message.
    init?(standingFor event: EventRow) {
        let members = StandInMembers(event.json)
        guard event.kind == EventRow.earlierFileKind, let item = event.item, let symbol = event.symbol,
            let number = members.number
        else { return nil }
        let content: Content =
            members.tick == "quote"
            ? .quote(symbol: symbol, number: number, prices: [], isDerived: false)
            : .trade(symbol: symbol, number: number, values: [])
        self.init(item: item, content)
    }
}

extension EventRow {
    /// The kind of an event which says that a tick of this message is stored as the row of another message: one in the
    /// previous file that the other connection delivered, or one that is missing.
    ///
    /// Without the event, this file alone would not show why the message has no row.
    static let earlierFileKind = "tick_in_earlier_file"
    /// The kind of an event which says that another row of this message is stored as the row of a missing message.
    static let rowElsewhereKind = "row_in_earlier_file"

    /// An event for a row that is left out.
    init(leftOut place: RowPlace, number: Int64?, symbol: String?, _ position: RowPosition, feedID: Int64) {
        var object = JSONObjectWriter()
        var kind = Self.rowElsewhereKind
        switch place.what {
        case .quote, .trade:
            kind = Self.earlierFileKind
            object.text("tick", place.what == .quote ? "quote" : "trade")
            object.integer("number", number)
        case .row(let table): object.text("row", table)
        case .event(let name):
            object.text("row", "event")
            object.text("kind", name)
        }
        self.init(
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            feedID: feedID,
            kind: kind,
            symbol: symbol,
            json: Array(object.text().utf8)
        )
    }
}

/// The members of such an event.
private struct StandInMembers {
    private(set) var tick: String?
    private(set) var number: Int64?
    private(set) var row: String?
    private(set) var kind: String?

    /// Members of malformed JSON are left out.
    init(_ json: [UInt8]) {
        json.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            try? read(&cursor)
        }
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            switch String(decoding: key, as: UTF8.self) {
            case "tick": tick = value.text
            case "number": number = value.integer
            case "row": row = value.text
            case "kind": kind = value.text
            default: break
            }
        }
    }
}
