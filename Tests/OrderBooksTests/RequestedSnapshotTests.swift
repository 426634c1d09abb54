import MarketModel
import OrderBooks
import Testing

/// The rules of books whose snapshots are requested over HTTP while the changes already flow.
struct RequestedSnapshotTests {
    /// The rule of the spot market: numbers without gaps.
    private func following() -> KeeperScript {
        KeeperScript {
            $0.start = .request(offset: 1)
            $0.chain = .following
        }
    }

    /// The rule of the futures: numbers with gaps, each change names the one before it.
    private func linked() -> KeeperScript {
        KeeperScript {
            $0.start = .request(offset: 0)
            $0.chain = .previous
        }
    }

    @Test func `a snapshot and the waiting changes that follow it are one state`() throws {
        var script = following()
        try script.apply(.change, "b 1 1", first: 10, last: 12)
        try script.apply(.change, "b 1 2,b 2 0", first: 13, last: 16)
        try script.apply(.change, "b 1 3", first: 17, last: 17)
        // It ends inside the second change, all of which is applied.
        #expect(try script.apply(.snapshot, "b 1 9,b 2 9,a 5 1", last: 14) == .state(began: true))
        #expect(script.bids == ["1 3"])
        #expect(script.keeper.counts.stale == 1 && script.keeper.counts.applied == 2)
        #expect(script.keeper.counts.states == 1)
        #expect(try script.apply(.change, "b 1 4", first: 18, last: 20) == .state(began: false))
        #expect(try script.apply(.change, "b 1 4", first: 18, last: 20) == .stale)
        #expect(try script.apply(.change, "b 1 5", first: 22, last: 23) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.sequence, expected: 21, found: 22))
    }

    @Test func `a snapshot from before the waiting changes is too old`() throws {
        var script = following()
        try script.apply(.change, "b 1 1", first: 10, last: 12)
        #expect(try script.apply(.snapshot, "b 1 9", last: 8) == .refused)
        #expect(script.keeper.invalidity == BookInvalidity(.oldSnapshot, expected: 9, found: 10))
        try script.apply(.change, "b 1 2", first: 13, last: 13)
        // The changes still wait for the next answer.
        #expect(try script.apply(.snapshot, "b 1 9", last: 9) == .state(began: true))
        #expect(script.bids == ["1 2"])
    }

    @Test func `after a snapshot that is ahead, old changes are passed over`() throws {
        var script = following()
        #expect(try script.apply(.snapshot, "b 1 9", last: 20) == .state(began: true))
        for number in 10...20 {
            #expect(try script.apply(.change, "b 1 1", first: Int64(number), last: Int64(number)) == .stale)
        }
        #expect(try script.apply(.change, "b 1 1", first: 21, last: 22) == .state(began: false))
        var gap = following()
        try gap.apply(.snapshot, "b 1 9", last: 20)
        #expect(try gap.apply(.change, "b 1 1", first: 22, last: 22) == .invalidated)
    }

    @Test func `a hole empties the buffer, which begins again with the change that revealed it`() throws {
        var script = following()
        try script.apply(.change, "b 1 1", first: 10, last: 10)
        try script.apply(.change, "b 1 2", first: 12, last: 12)
        #expect(try script.apply(.snapshot, "b 1 9", last: 10) == .refused)
        #expect(try script.apply(.snapshot, "b 1 9", last: 11) == .state(began: true))
        #expect(script.bids == ["1 2"])
        #expect(script.keeper.counts.chainBreaks == 1 && script.keeper.counts.holes == 0)
        try script.apply(.change, "b 1 3", first: 14, last: 14)
        try script.apply(.change, "b 1 4", first: 15, last: 15)
        #expect(try script.apply(.snapshot, "b 1 9", last: 13) == .state(began: true))
        #expect(script.bids == ["1 4"])
    }

    @Test func `numbers with gaps continue by the change before`() throws {
        var script = linked()
        try script.apply(.change, "b 1 1", first: 5, last: 9, previous: 2)
        try script.apply(.change, "b 1 2", first: 15, last: 19, previous: 9)
        #expect(try script.apply(.snapshot, "b 1 9", last: 9) == .state(began: true))
        #expect(script.bids == ["1 2"])
        // The next change begins after the snapshot, but names it.
        #expect(try script.apply(.snapshot, "b 1 8", last: 19) == .state(began: false))
        #expect(try script.apply(.change, "b 1 3", first: 25, last: 29, previous: 19) == .state(began: false))
        #expect(try script.apply(.change, "b 1 4", first: 35, last: 39, previous: 30) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.sequence, expected: 29, found: 30))
    }

    @Test func `a snapshot older than a valid book is passed over`() throws {
        var script = following()
        try script.apply(.snapshot, "b 1 9", last: 20)
        try script.apply(.change, "b 1 1", first: 21, last: 21)
        #expect(try script.apply(.snapshot, "b 1 7", last: 20) == .stale)
        #expect(script.bids == ["1 1"])
        #expect(try script.apply(.change, "b 1 2", first: 22, last: 22) == .state(began: false))
    }

    @Test func `numbers that restart do not leave the book standing`() throws {
        var script = following()
        try script.apply(.snapshot, "b 1 9", last: 2000)
        try script.apply(.change, "b 1 1", first: 2001, last: 2001)
        var number: Int64 = 1
        while script.keeper.isValid, number < 100 {
            try script.apply(.change, "b 1 5", first: number, last: number)
            number += 1
        }
        #expect(!script.keeper.isValid && number < 20)
        #expect(try script.apply(.snapshot, "b 1 7", last: number) == .state(began: true))
    }

    @Test func `the buffer is bounded, and keeps its newest part`() throws {
        var script = following()
        for number in 1...10_000 {
            try script.apply(.change, "b 1 \(number)", first: Int64(number), last: Int64(number))
        }
        #expect(try script.apply(.snapshot, "b 1 9", last: 10) == .refused)
        #expect(try script.apply(.snapshot, "b 1 9", last: 9_000) == .state(began: true))
        #expect(script.bids == ["1 10000"])
    }
}
