import MarketModel
import OrderBooks

/// A venue of one book that writes its own messages, and remembers the right book after each.
struct SyntheticVenue {
    /// One rule of each kind.
    static let rules: [BookRule] = [
        rule { $0.chain = .following },
        rule {
            $0.start = .request(offset: 1)
            $0.chain = .following
        },
        rule { $0.chain = .previous },
        rule {
            $0.start = .request(offset: 0)
            $0.chain = .previous
        },
        rule {
            $0.checksum = .sides
            $0.depth = 10
        },
        rule { $0.start = .everyMessage },
    ]

    private static func rule(_ configure: (inout BookRule) -> Void) -> BookRule {
        var rule = BookRule()
        configure(&rule)
        return rule
    }

    let rule: BookRule
    private(set) var messages: [BookMessage] = []
    private(set) var levels: [BookLevel] = []
    /// The venue's book after each message: bids, then asks, best prices first.
    private(set) var states: [[BookLevel]] = []
    private var random: SplitMix64
    private var book = NaiveBook()
    private var number: Int64 = 100
    /// The answer to a requested snapshot, and the number of messages until it arrives.
    private var answer: (message: BookMessage, levels: [BookLevel])?
    private var delay = 0
    private var isStarted = false

    init(rule: BookRule, seed: UInt64) {
        self.rule = rule
        random = SplitMix64(seed: seed)
        for _ in 0..<40 { _ = book.apply(randomLevel()) }
        if let depth = rule.depth { book.cut(to: depth) }
    }

    /// Appends one message, now and then a snapshot.
    mutating func step() {
        guard isStarted || isRequested else {
            isStarted = true
            return emit(snapshot())
        }
        if isRequested, answer == nil, Int.random(in: 0..<40, using: &random) == 0 || !isStarted {
            isStarted = true
            answer = snapshot()
            delay = Int.random(in: 0..<5, using: &random)
        }
        if let ready = answer, delay == 0 {
            answer = nil
            return emit(ready)
        }
        delay -= 1
        if rule.start == .everyMessage { _ = changes() }
        if rule.start == .everyMessage || (!isRequested && Int.random(in: 0..<50, using: &random) == 0) {
            return emit(snapshot())
        }
        emit(change())
    }

    private var isRequested: Bool {
        if case .request = rule.start { return true }
        return false
    }

    private mutating func emit(_ made: (message: BookMessage, levels: [BookLevel])) {
        var message = made.message
        message.levels = levels.count..<levels.count + made.levels.count
        levels += made.levels
        messages.append(message)
        states.append(book.levels(.bid) + book.levels(.ask))
    }

    private func empty(_ kind: BookMessage.Kind) -> BookMessage {
        BookMessage(origin: EventOrigin(message: messages.count, item: 0), book: BookIndex(0), kind: kind)
    }

    private mutating func snapshot() -> (BookMessage, [BookLevel]) {
        var message = empty(.snapshot)
        if rule.chain != .none { message.last = number }
        message.checksum = checksum()
        return (message, book.levels(.bid) + book.levels(.ask))
    }

    private mutating func change() -> (BookMessage, [BookLevel]) {
        var message = empty(.change)
        let before = number
        let changed = changes()
        switch rule.chain {
        case .none: break
        case .following:
            message.first = before + 1
            number = before + Int64.random(in: 1...4, using: &random)
        case .previous:
            message.previous = before
            message.first = before + Int64.random(in: 1...3, using: &random)
            number = before + Int64.random(in: 3...9, using: &random)
        }
        if rule.chain != .none { message.last = number }
        message.checksum = checksum()
        return (message, changed)
    }

    private mutating func changes() -> [BookLevel] {
        let count = Int.random(in: 1...4, using: &random)
        let changed = (0..<count).map { _ in randomLevel() }
        for level in changed { _ = book.apply(level) }
        if let depth = rule.depth { book.cut(to: depth) }
        return changed
    }

    /// Bids lie below 1000 and asks above, so that a right book never crosses.
    private mutating func randomLevel() -> BookLevel {
        let side = BookSide.allCases[Int.random(in: 0..<2, using: &random)]
        let offset = Int64.random(in: 1...60, using: &random)
        let price = FixedDecimal(mantissa: side == .bid ? 1000 - offset : 1000 + offset, digits: 2)
        let isRemoval = Int.random(in: 0..<3, using: &random) == 0
        let size = isRemoval ? 0 : Int64.random(in: 1...1_000_000, using: &random)
        return BookLevel(side: side, price: price, size: FixedDecimal(mantissa: size, digits: 8))
    }

    /// The checksum of the venue's own book, by an independent computation.
    private func checksum() -> UInt32? {
        guard rule.checksum == .sides else { return nil }
        var text = ""
        for side in [BookSide.ask, .bid] {
            for level in book.levels(side).prefix(10) { text += "\(level.price.mantissa)\(level.size.mantissa)" }
        }
        var sum = UInt32.max
        for byte in text.utf8 {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
