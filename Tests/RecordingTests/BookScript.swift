import Archive
import MarketModel

/// Random messages of Bybit's order books, and the quotes that they give by a naive model.
///
/// Some messages are missing, some change nothing at the top, and some repeat a price with other digits.
struct BookScript {
    /// The best prices and sizes after a message, as the view `quotes` shows them.
    struct Expected: Hashable {
        /// The place of the message among all of them.
        let message: Int
        let symbol: String
        let values: [SQLValue]
    }

    private struct Book {
        var levels: [[Int: Int]] = [[:], [:]]
        var number = 1000
        var isValid = false
        /// Price and size of the best bid and ask at the last quote.
        var top = [Int?](repeating: nil, count: 4)
    }

    /// The chance of a missing message and of a snapshot, in a thousand.
    struct Chances {
        var hole: UInt64 = 30
        var snapshot: UInt64 = 40
    }

    static let symbols = ["BTCUSDT", "ETHUSDT"]

    private(set) var messages: [String] = []
    private(set) var expected: [Expected] = []
    private var books = symbols.map { _ in Book() }
    private var generator: SplitMix64
    private let chances: Chances
    private let padding: String

    /// `paddingBytes` makes each message longer.
    init(count: Int, seed: UInt64, chances: Chances = Chances(), paddingBytes: Int = 0) {
        generator = SplitMix64(seed: seed)
        self.chances = chances
        padding = String(repeating: "x", count: paddingBytes)
        for index in 0..<count { append(index < Self.symbols.count ? index : Int(generator.next() % 2)) }
    }

    private mutating func append(_ place: Int) {
        let isFirst = messages.count < Self.symbols.count
        let chance = generator.next() % 1000
        let isSnapshot = isFirst || chance < chances.snapshot
        let hasHole = !isFirst && chance >= 1000 - chances.hole
        books[place].number += hasHole ? 2 : 1
        if isSnapshot {
            books[place].levels = [[:], [:]]
            books[place].isValid = true
        } else if hasHole {
            books[place].isValid = false
            // The first state after an absence is a quote in any case.
            books[place].top = [nil, nil, nil, nil]
        }
        var sides: [[String]] = [[], []]
        for side in 0..<2 {
            let count = isSnapshot ? 8 : generator.next() % 3
            for _ in 0..<count { sides[side].append(level(of: place, side, isSnapshot)) }
        }
        write(place, sides, isSnapshot)
        expect(place)
    }

    /// A level as text; prices of bids are below 1000, those of asks above.
    private mutating func level(of place: Int, _ side: Int, _ isSnapshot: Bool) -> String {
        let distance = 1 + Int(generator.next() % 12)
        let price = side == 0 ? 1000 - distance : 1000 + distance
        let isRemoved = !isSnapshot && generator.next().isMultiple(of: 3)
        let size = isRemoved ? 0 : 1 + Int(generator.next() % 4)
        if books[place].isValid { books[place].levels[side][price] = size == 0 ? nil : size }
        let digits = generator.next().isMultiple(of: 2) ? "5" : "50"
        return #"["\#(price).\#(digits)","\#(size)"]"#
    }

    private mutating func write(_ place: Int, _ sides: [[String]], _ isSnapshot: Bool) {
        let time = 1_767_571_200_000 + messages.count
        let symbol = Self.symbols[place]
        // The last of repeated prices counts, as in the model.
        messages.append(
            #"{"topic":"orderbook.50.\#(symbol)","type":"\#(isSnapshot ? "snapshot" : "delta")","ts":\#(time),"#
                + #""data":{"s":"\#(symbol)","b":[\#(sides[0].joined(separator: ","))],"#
                + #""a":[\#(sides[1].joined(separator: ","))],"u":\#(books[place].number),"seq":7},"#
                + #""cts":\#(time),"pad":"\#(padding)"}"#
        )
    }

    private mutating func expect(_ place: Int) {
        let book = books[place]
        guard book.isValid else { return }
        let bid = book.levels[0].max { $0.key < $1.key }
        let ask = book.levels[1].min { $0.key < $1.key }
        let top = [bid?.key, bid?.value, ask?.key, ask?.value]
        guard top != book.top else { return }
        books[place].top = top
        let values: [SQLValue] = top.enumerated().map { index, value in
            value.map { SQLValue.real(Double($0) + (index.isMultiple(of: 2) ? 0.5 : 0)) } ?? .null
        }
        expected.append(
            Expected(
                message: messages.count - 1,
                symbol: Self.symbols[place],
                values: values + [.integer(Int64(book.number))]
            )
        )
    }
}
