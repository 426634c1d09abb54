import MarketModel
import OrderBooks
import Testing

/// Real streams of venues whose messages have numbers, with one message lost, repeated or swapped with the next.
@Suite(.enabled(if: BookCapture.shared != nil, BookCapture.reason))
struct CaptureMutationTests {
    enum Mistake: CaseIterable {
        case removed
        case repeated
        case swapped
    }

    /// The largest book of each capture that is short enough for a thousand tries.
    static let captures = [
        "binance-spot-btcusdt-20240808-head1200", "binance-usdm-btcusdt-20240808-head800",
        "bybit-v5-spot-testnet-20260913", "deribit-v2-options-20210722",
    ].compactMap(BookCapture.named)

    @Test(arguments: captures)
    func `a hole always ends the book, and a wrong book is never called valid`(capture: BookCapture) throws {
        let stream = try capture.read()
        let book = try #require(Self.busiestBook(of: stream))
        let messages = stream.messages.filter { $0.book == book }
        let rule = stream.books[book].rule
        let right = RightStates(messages, stream.levels, rule)
        var random = SplitMix64(seed: 20_240_808)
        for attempt in 0..<1000 {
            let place = Int.random(in: 0..<messages.count - 1, using: &random)
            let mistake = Mistake.allCases[attempt % 3]
            var keeper = right.keepers[place]
            for index in Self.order(mistake, place, count: messages.count) {
                guard case .state = keeper.apply(messages[index], levels: stream.levels) else { continue }
                #expect(right.summaries[index].map { $0 == Summary(keeper.book) } ?? true, "\(mistake) at \(place)")
                let isLost = mistake == .removed && right.summaries[place] != nil
                #expect(!isLost, "\(mistake) at \(place): the book stayed valid at \(index)")
            }
        }
    }

    /// The messages from `place` on, with the mistake there; 40 of them show its effect.
    private static func order(_ mistake: Mistake, _ place: Int, count: Int) -> [Int] {
        let rest = Array(place + 2..<max(place + 2, min(count, place + 40)))
        switch mistake {
        case .removed: return [place + 1] + rest
        case .repeated: return [place, place, place + 1] + rest
        case .swapped: return [place + 1, place] + rest
        }
    }

    /// The part of a book that is compared.
    struct Summary: Equatable {
        let counts: [Int]
        let best: [BookLevel]
        init(_ book: OrderBook) {
            counts = [book.bids.count, book.asks.count]
            best = Array(book.bids.prefix(5)) + Array(book.asks.prefix(5))
        }
    }

    /// What a keeper makes of the whole stream.
    struct RightStates {
        /// Before each message.
        var keepers: [BookKeeper] = []
        /// The book after each change that was applied on its own, by the position of the change.
        var summaries: [Int: Summary] = [:]

        init(_ messages: [BookMessage], _ levels: [BookLevel], _ rule: BookRule) {
            var keeper = BookKeeper(rule: rule)
            for (index, message) in messages.enumerated() {
                keepers.append(keeper)
                guard case .state = keeper.apply(message, levels: levels), message.kind == .change else { continue }
                summaries[index] = Summary(keeper.book)
            }
        }
    }

    private static func busiestBook(of stream: BookStream) -> BookIndex? {
        var counts: [BookIndex: Int] = [:]
        for message in stream.messages where message.kind == .change { counts[message.book, default: 0] += 1 }
        return counts.max { $0.value < $1.value }?.key
    }
}
