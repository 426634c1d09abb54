import JSONScanning
import MarketModel

/// Reads the messages of a feed as its mapping says.
///
/// Each message is read in one pass, which puts all wanted values into slots; then each kind of message that it matches
/// takes its values from there.
struct MappingReader: Sendable {
    typealias Slots = MappingShape.Slots
    typealias Field = MessageMapping.Field
    typealias Entry = MappingPlans.Entry

    /// The message that is being read.
    struct Message {
        let origin: EventOrigin
        /// A cursor before the message.
        let start: JSONCursor
        var bytes: UnsafeRawBufferPointer { start.bytes }
        /// The position of the next row or event.
        var item = 0
        var isKnown = false
        var isData = false
        var hasFailed = false

        /// The origin of the next row or event.
        mutating func next() -> EventOrigin {
            defer { item += 1 }
            return EventOrigin(message: origin.message, item: item)
        }
    }

    /// What messages say about the connection.
    struct Findings: Sendable {
        /// Acknowledged symbols; `nil` for an acknowledgement that names none.
        var accepted: [String?] = []
        var refused: [(symbol: String?, reason: String)] = []
        /// Answers to pings.
        var answers: [[UInt8]] = []
        /// Symbols whose first data has arrived, as the venue writes them.
        var arrived: [String] = []

        var isEmpty: Bool { accepted.isEmpty && refused.isEmpty && answers.isEmpty && arrived.isEmpty }
    }

    let mapping: FeedMapping
    let entries: [Entry]
    let channels: [(name: String, rule: BookRule)]
    private let root: MappingShape
    private let slotCount: Int
    private let hasTexts: Bool

    /// The symbols of the rows.
    var symbols = SymbolTable()
    var books = BookTable()
    var findings = Findings()
    /// The symbols as the venue writes them, and the symbol of the rows for each.
    private var written = SymbolTable()
    private var stored: [SymbolIndex] = []
    /// The book of each symbol, by ``channels`` and the symbol's index; -1 if it has none.
    var bookPlaces: [[Int32]]

    init(_ mapping: FeedMapping) {
        self.mapping = mapping
        entries = mapping.plans.entries
        channels = mapping.plans.channels
        root = mapping.plans.root
        slotCount = mapping.plans.slotCount
        hasTexts = mapping.plans.hasTexts
        bookPlaces = Array(repeating: [], count: channels.count)
    }

    /// Reads one message, whose text must be ``JSONText/plain(_:)``.
    mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        var message = Message(origin: origin, start: start)
        if hasTexts { readText(&message) }
        if !message.isKnown {
            withUnsafeTemporaryAllocation(of: JSONValue?.self, capacity: slotCount) { slots in
                slots.initialize(repeating: nil)
                readJSON(&message, slots, &events)
            }
        }
        if message.isData { outcome.dataMessages += 1 }
        if message.isKnown, !message.hasFailed { outcome.recognised += 1 } else { outcome.unrecognised += 1 }
    }

    /// Compares the whole message, which may not be JSON.
    private mutating func readText(_ message: inout Message) {
        for entry in entries {
            guard let text = entry.plan.text, message.bytes.elementsEqual(text) else { continue }
            message.isKnown = true
            if entry.plan.mapping.kind == .accepted { findings.accepted.append(nil) }
            if let answer = entry.plan.mapping.answer {
                findings.answers.append(answer.message(symbol: "", symbols: [], id: 1))
            }
        }
    }

    private mutating func readJSON(_ message: inout Message, _ slots: Slots, _ events: inout MarketEvents) {
        do throws(JSONError) {
            var cursor = message.start
            try root.read(&cursor, into: slots)
            try cursor.expectEnd()
        } catch {
            fail(error.description, &message, &events)
            // An unreadable message may have changed any book.
            for index in books.entries.indices { appendUnreadable(BookIndex(Int32(index)), &message, &events) }
            return
        }
        for entry in entries where entry.plan.text == nil && entry.plan.matches(slots) {
            message.isKnown = true
            message.isData = message.isData || entry.plan.mapping.kind.isData
            read(entry, level: 0, slots, &message, &events)
        }
        if !message.isKnown { events.venueEvents.append(.unrecognised(message.origin, bytes: message.bytes.count)) }
    }

    /// Reads the values of a kind of message, for each element of the lists that its paths go through.
    private mutating func read(
        _ entry: Entry,
        level: Int,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) {
        guard level < entry.plan.lists.count else { return take(entry, slots, &message, &events) }
        let list = slots[entry.plan.lists[level].slot]
        guard let list, list.kind == .array || list.kind == .object else {
            let path = entry.plan.lists[level].path
            fail("'\(path)' is \(list == nil ? "missing" : "no list")", &message, &events)
            return failBook(entry, nil, &message, &events)
        }
        var cursor = JSONCursor(list)
        do throws(JSONError) {
            if list.kind == .array {
                try cursor.enterArray()
                while try cursor.nextElement() {
                    try readElement(entry, level, &cursor, slots, &message, &events)
                }
            } else {
                try cursor.enterObject()
                while try cursor.nextKey() != nil {
                    try readElement(entry, level, &cursor, slots, &message, &events)
                }
            }
        } catch {
            fail(error.description, &message, &events)
            failBook(entry, nil, &message, &events)
        }
    }

    private mutating func readElement(
        _ entry: Entry,
        _ level: Int,
        _ cursor: inout JSONCursor,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        for slot in entry.plan.lists[level].slots { slots[slot] = nil }
        try entry.plan.lists[level].shape.read(&cursor, into: slots)
        guard MappingPlan.hold(entry.plan.lists[level].tests, slots) else { return }
        read(entry, level: level + 1, slots, &message, &events)
    }

    // MARK: Symbols

    /// The symbol of the rows for a symbol as the venue writes it.
    @inline(__always)
    mutating func symbol(writtenAs bytes: UnsafeRawBufferPointer) -> SymbolIndex {
        let index = Int(written.intern(bytes).value)
        return index < stored.count ? stored[index] : newSymbol(bytes)
    }

    private mutating func newSymbol(_ bytes: UnsafeRawBufferPointer) -> SymbolIndex {
        let text = String(decoding: bytes, as: UTF8.self)
        findings.arrived.append(text)
        let symbol = symbols.intern(mapping.stored(text))
        stored.append(symbol)
        return symbol
    }
}
