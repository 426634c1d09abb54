import MarketModel
import OrderBooks
import Testing

/// The rules of books whose snapshots come on the connection.
struct BookKeeperTests {
    private func numbered() -> KeeperScript { KeeperScript { $0.chain = .following } }
    private func linked() -> KeeperScript { KeeperScript { $0.chain = .previous } }

    @Test func `a book is empty and not valid before its snapshot`() throws {
        var script = numbered()
        #expect(try script.apply(.change, "b 1 1", last: 5) == .waiting)
        #expect(script.keeper.invalidity == BookInvalidity(.noSnapshot))
        #expect(script.keeper.book.isEmpty)
        #expect(script.keeper.counts.notValid == 1)
    }

    @Test func `changes follow the snapshot by their numbers`() throws {
        var script = numbered()
        #expect(try script.apply(.snapshot, "b 1 1,a 2 1", last: 5) == .state(began: true))
        #expect(try script.apply(.change, "b 1 0,b 1.5 3", last: 6) == .state(began: false))
        #expect(script.bids == ["1.5 3"])
        #expect(try script.apply(.snapshot, "b 1 7", last: 90) == .state(began: false))
        #expect(script.bids == ["1 7"] && script.asks == [])
        #expect(script.keeper.counts.states == 3)
        #expect(script.keeper.counts.chainChecked == 1)
    }

    @Test func `nothing is applied across a hole`() throws {
        var script = numbered()
        try script.apply(.snapshot, "b 1 1", last: 5)
        #expect(try script.apply(.change, "b 2 1", last: 7) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.sequence, expected: 6, found: 7))
        #expect(script.keeper.book.isEmpty)
        #expect(try script.apply(.change, "b 3 1", last: 8) == .waiting)
        #expect(script.keeper.book.isEmpty)
        #expect(script.keeper.counts.holes == 1 && script.keeper.counts.chainBreaks == 1)
        #expect(try script.apply(.snapshot, "b 4 1", last: 20) == .state(began: true))
        #expect(script.keeper.isValid)
    }

    @Test func `a repeated message is old, an older one is a hole`() throws {
        var script = numbered()
        try script.apply(.snapshot, "b 1 1", last: 5)
        try script.apply(.change, "b 1 2", last: 6)
        #expect(try script.apply(.change, "b 1 2", last: 6) == .stale)
        #expect(script.bids == ["1 2"] && script.keeper.counts.chainBreaks == 0)
        // On one connection nothing overtakes: the venue has restarted its numbers.
        #expect(try script.apply(.change, "b 1 9", last: 2) == .invalidated)
    }

    @Test func `messages that name the one before them may jump, stand still and go back`() throws {
        var script = linked()
        try script.apply(.snapshot, "b 1 1", last: 10)
        #expect(try script.apply(.change, "b 1 2", last: 15, previous: 10) == .state(began: false))
        // A keep-alive.
        #expect(try script.apply(.change, last: 15, previous: 15) == .state(began: false))
        // A reset of the venue's numbers.
        #expect(try script.apply(.change, "b 1 3", last: 3, previous: 15) == .state(began: false))
        #expect(try script.apply(.change, "b 1 3", last: 3, previous: 15) == .stale)
        #expect(try script.apply(.change, "b 1 4", last: 8, previous: 4) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.sequence, expected: 3, found: 4))
    }

    @Test func `a message without the number of its book is a hole`() throws {
        var script = linked()
        try script.apply(.snapshot, "b 1 1", last: 10)
        #expect(try script.apply(.change, "b 1 2") == .invalidated)
        var unnumbered = linked()
        try unnumbered.apply(.snapshot, "b 1 1")
        #expect(try unnumbered.apply(.change, "b 1 2", last: 3, previous: 2) == .invalidated)
    }

    @Test func `a book without numbers and checksums is unverifiable`() throws {
        var script = linked()
        try script.apply(.snapshot, "b 1 1")
        #expect(try script.apply(.change, "b 1 2") == .state(began: false))
        #expect(script.keeper.isUnverifiable)
        try script.apply(.snapshot, "b 1 1", last: 1)
        #expect(!script.keeper.isUnverifiable)
        #expect(KeeperScript { _ in }.keeper.isUnverifiable)
    }

    @Test(arguments: [("b 2 1,a 2.0 1", 1, 0), ("b 3 1,a 2 1", 0, 1)])
    func `a book that locks or crosses has a hole`(levels: String, locked: Int, crossed: Int) throws {
        var script = KeeperScript { _ in }
        try script.apply(.snapshot, "b 1 1,a 5 1")
        #expect(try script.apply(.change, levels) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.crossed))
        #expect(script.keeper.counts.locked == locked && script.keeper.counts.crossed == crossed)
        var auction = KeeperScript { $0.mayCross = true }
        #expect(try auction.apply(.snapshot, levels) == .state(began: true))
        #expect(auction.keeper.spread == (locked > 0 ? .locked : .crossed))
    }

    @Test func `inside a message a book may cross`() throws {
        var script = KeeperScript { _ in }
        try script.apply(.snapshot, "b 1 1,a 2 1")
        #expect(try script.apply(.change, "b 3 1,a 4 1,a 2 0") == .state(began: false))
    }

    @Test func `a crossed snapshot is refused`() throws {
        var script = KeeperScript { _ in }
        #expect(try script.apply(.snapshot, "b 2 1,a 1 1") == .refused)
        #expect(script.keeper.book.isEmpty && script.keeper.invalidity?.reason == .crossed)
        #expect(script.keeper.counts.holes == 0)
    }

    @Test func `the end of the subscription and of the connection are no holes`() throws {
        var script = numbered()
        try script.apply(.snapshot, "b 1 1", last: 5)
        #expect(try script.apply(.ended) == .invalidated)
        #expect(script.keeper.invalidity?.reason == .unsubscribed)
        #expect(try script.apply(.change, "b 1 1", last: 6) == .waiting)
        try script.apply(.snapshot, "b 1 1", last: 9)
        #expect(script.keeper.disconnect() == .invalidated)
        #expect(script.keeper.invalidity?.reason == .disconnected)
        #expect(script.keeper.disconnect() == .waiting)
        #expect(script.keeper.counts.holes == 0)
    }

    @Test func `the reason of a hole stays when the subscription is renewed`() throws {
        var script = numbered()
        try script.apply(.snapshot, "b 1 1", last: 5)
        try script.apply(.change, "b 1 1", last: 9)
        try script.apply(.ended)
        #expect(script.keeper.invalidity == BookInvalidity(.sequence, expected: 6, found: 9))
    }

    @Test func `a hole of the connection and an unreadable message are holes`() throws {
        var script = KeeperScript { $0.isNumberedByConnection = true }
        try script.apply(.snapshot, "b 1 1")
        #expect(try script.apply(.connectionHole, first: 247, previous: 4) == .invalidated)
        #expect(script.keeper.invalidity == BookInvalidity(.connectionHole, expected: 5, found: 247))
        #expect(try script.apply(.connectionHole, first: 249, previous: 247) == .waiting)
        #expect(script.keeper.counts.chainBreaks == 2 && script.keeper.counts.holes == 1)
        try script.apply(.snapshot, "b 1 1")
        #expect(try script.apply(.unreadable) == .invalidated)
        try script.apply(.snapshot, "b 1 1")
        #expect(try script.apply(.change, "b 1 -1") == .invalidated)
        #expect(script.keeper.invalidity?.reason == .unreadable)
    }

    @Test func `levels that do not exist are never read`() {
        for range in [0..<1, 5..<9, 0..<Int.max] {
            for kind in [BookMessage.Kind.snapshot, .change] {
                var keeper = BookKeeper(rule: BookRule())
                var message = BookMessage(origin: EventOrigin(message: 0, item: 0), book: BookIndex(0), kind: kind)
                message.levels = range
                let effect = keeper.apply(message, levels: [])
                #expect(effect == (kind == .snapshot ? .refused : .waiting))
            }
        }
    }
}
