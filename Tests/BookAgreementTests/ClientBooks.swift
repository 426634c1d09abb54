import JSONScanning
import MarketModel
import Testing

@testable import Replaying

/// The books of a client of `/replay` that follows docs/REPLAY.md, kept as simply as possible.
struct ClientBooks {
    struct Name: Hashable, CustomStringConvertible {
        var venue = ""
        var symbol = ""
        var channel = ""
        var description: String { "\(venue) \(symbol) \(channel)" }
    }

    /// Sides as prices and sizes with the digits that were sent.
    struct Book: Equatable {
        var bids: [BookLevel] = []
        var asks: [BookLevel] = []

        mutating func apply(_ level: BookLevel) {
            if level.side == .bid { Self.apply(level, &bids) } else { Self.apply(level, &asks) }
        }

        private static func apply(_ level: BookLevel, _ side: inout [BookLevel]) {
            side.removeAll { !$0.price.precedes(level.price) && !level.price.precedes($0.price) }
            if !level.size.isZero { side.append(level) }
        }

        /// Best prices first.
        var sorted: Book {
            Book(
                bids: bids.sorted { $1.price.precedes($0.price) },
                asks: asks.sorted { $0.price.precedes($1.price) }
            )
        }
    }

    private(set) var books: [Name: Book] = [:]
    /// Every book that was ever shown.
    private(set) var names: Set<Name> = []
    private(set) var kinds: [String: Int] = [:]
    /// The causes of books that stopped being right.
    private(set) var causes: [String] = []

    /// Applies an event of type `book`.
    mutating func apply(_ text: String) throws {
        var (name, kind, levels) = (Name(), "", [BookLevel]())
        try Array(text.utf8).withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("venue") { name.venue = value.text ?? "" }
                if key.equals("symbol") { name.symbol = value.text ?? "" }
                if key.equals("channel") { name.channel = value.text ?? "" }
                if key.equals("kind") { kind = value.text ?? "" }
                if key.equals("cause") { causes.append(value.text ?? "") }
                if key.equals("bids") { levels += try Self.levels(value, .bid) }
                if key.equals("asks") { levels += try Self.levels(value, .ask) }
            }
        }
        kinds[kind, default: 0] += 1
        names.insert(name)
        if kind == "snapshot" { books[name] = Book() }
        if kind == "invalid" { books[name] = nil }
        if kind == "change" { #expect(books[name] != nil, "a change before a snapshot: \(text)") }
        for level in levels { books[name]?.apply(level) }
    }

    private static func levels(_ list: JSONValue, _ side: BookSide) throws -> [BookLevel] {
        var levels: [BookLevel] = []
        var cursor = JSONCursor(list.bytes)
        try cursor.enterArray()
        while try cursor.nextElement() {
            var pair = JSONCursor(try cursor.nextValue().bytes)
            var numbers: [FixedDecimal] = []
            try pair.enterArray()
            while try pair.nextElement() {
                let value = try pair.nextValue()
                #expect(value.kind == .number)
                numbers.append(try #require(FixedDecimal(String(decoding: value.bytes, as: UTF8.self))))
            }
            try #require(numbers.count == 2)
            levels.append(BookLevel(side: side, price: numbers[0], size: numbers[1]))
        }
        return levels
    }
}
