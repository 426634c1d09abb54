import MarketModel
import OrderBooks
import Testing

/// Streams of an invented venue, complete and with mistakes.
struct SyntheticVenueTests {
    private static let rules = SyntheticVenue.rules.indices

    @Test(arguments: rules, 1...5 as ClosedRange<UInt64>)
    func `a complete stream gives the venue's book after each message`(rule: Int, seed: UInt64) {
        let rule = SyntheticVenue.rules[rule]
        var venue = SyntheticVenue(rule: rule, seed: seed)
        for _ in 0..<400 { venue.step() }
        var keeper = BookKeeper(rule: rule)
        for (index, message) in venue.messages.enumerated() {
            _ = keeper.apply(message, levels: venue.levels)
            guard keeper.isValid else { continue }
            #expect(Array(keeper.book.bids) + Array(keeper.book.asks) == venue.states[index], "message \(index)")
        }
        #expect(keeper.isValid && keeper.counts.holes == 0 && keeper.counts.states > 300)
    }

    /// What happens to one message of a stream.
    enum Mistake: CaseIterable {
        case removed
        case repeated
        case swapped
    }

    /// A thousand tries for each rule with numbers: the book is right whenever it is called valid, and a lost change of
    /// a valid book is noticed with the next message.
    @Test(arguments: [0, 1, 2, 3])
    func `a wrong book is never called valid`(rule: Int) {
        let rule = SyntheticVenue.rules[rule]
        for seed in 0..<50 as Range<UInt64> {
            var random = SplitMix64(seed: seed &* 77)
            var venue = SyntheticVenue(rule: rule, seed: seed)
            for _ in 0..<60 { venue.step() }
            for round in 0..<20 {
                let place = Int.random(in: 0..<venue.messages.count - 1, using: &random)
                let mistake = Mistake.allCases[round % 3]
                check(venue, mistake, at: place, rule: rule, comment: "seed \(seed), \(mistake) at \(place)")
            }
        }
    }

    private func check(_ venue: SyntheticVenue, _ mistake: Mistake, at place: Int, rule: BookRule, comment: Comment) {
        var order = Array(venue.messages.indices)
        switch mistake {
        case .removed: order.remove(at: place)
        case .repeated: order.insert(place, at: place + 1)
        case .swapped: order.swapAt(place, place + 1)
        }
        var keeper = BookKeeper(rule: rule)
        for (step, index) in order.enumerated() {
            let message = venue.messages[index]
            let wasValid = keeper.isValid
            let effect = keeper.apply(message, levels: venue.levels)
            // A change that was applied leaves the book that the venue had after it. Comparing is slow.
            if effect == .state(began: false), message.kind == .change, step >= place, step < place + 4 || step % 9 == 0
            {
                let isRight = Array(keeper.book.bids) + Array(keeper.book.asks) == venue.states[index]
                #expect(isRight, comment)
            }
            let isAfterLoss = mistake == .removed && index == place + 1 && venue.messages[place].kind == .change
            if wasValid, isAfterLoss, message.kind == .change, effect != .stale {
                #expect(effect == .invalidated, comment)
            }
        }
    }
}
