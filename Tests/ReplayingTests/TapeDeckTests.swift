import MarketModel
import Testing

@testable import Replaying

/// The state machine alone: a member is a list of times, the clock is a number.
struct TapeDeckTests {
    /// A session that plays the messages of `times` in chunks of three.
    private struct Session {
        let id: Int
        let times: [Int64]
        var place = 0
        var take = 0
        var sent: [Int64] = []

        init(_ id: Int, _ times: [Int64], in deck: inout TapeDeck, now: Int64 = 0, atStart: Bool = false) {
            self.id = id
            self.times = times
            let start = deck.join(id, atStart: atStart, now: now)
            take = start.take
            place = times.firstIndex { $0 >= start.position ?? .min } ?? times.count
            deck.ready(id, first: place < times.count ? times[place] : .max, now: now)
        }

        /// Follows the deck's verdicts until it must wait; returns the end of the wait.
        mutating func run(_ deck: inout TapeDeck, now: Int64) -> Int64? {
            // A loop at full speed has no end.
            while sent.count < 100 {
                let head = place < times.count ? times[place] : .max
                let tail = place < times.count ? times[min(times.count, (place / 3 + 1) * 3) - 1] : .max
                switch deck.verdict(for: id, head: head, tail: tail, take: take, now: now) {
                case .wait(let until): return until
                case .stop: return -1
                case .reposition(let position, let take):
                    self.take = take
                    place = times.firstIndex { $0 >= position } ?? times.count
                case .send(let before, let countMax, let pace):
                    var count = 0
                    let end = min(times.count, (place / 3 + 1) * 3)
                    while place < end, times[place] < before, count < countMax {
                        if let pace { precondition(pace.deadline(of: times[place]) <= now) }
                        sent.append(times[place])
                        place += 1
                        count += 1
                    }
                    deck.sent(id, delivered: count, last: times[place - 1])
                }
            }
            return nil
        }
    }

    private static let times: [Int64] = [100, 200, 200, 300, 450, 700, 701, 1000]

    private static func deck(_ speed: Double? = 1, loop: TapeDeck.Loop? = nil, expect: Int = 1) -> TapeDeck {
        TapeDeck(
            speed: speed.map { .factor($0) } ?? .max,
            loop: loop,
            expect: expect,
            bounds: 100...1000,
            lapPace: LapPace(shortest: 0)
        )
    }

    @Test(
        "each message is due at its distance from the first on the tape, divided by the speed",
        arguments: [1, 2, 0.3, 7]
    )
    func paced(speed: Double) {
        var deck = Self.deck(speed)
        var session = Session(1, Self.times, in: &deck)
        var now: Int64 = 0
        while now < 5000 {
            let next = session.run(&deck, now: now)
            #expect(session.sent == Self.times.filter { Double($0 - 100) <= Double(now) * speed }, "at \(now)")
            guard let next else { break }
            #expect(next > now)
            // First just before it is due, then exactly on time.
            now = now < next - 1 ? next - 1 : next
        }
        #expect(session.sent == Self.times)
    }

    @Test("a late wake-up sends everything that is due, and makes no other message late")
    func late() {
        var deck = Self.deck()
        var session = Session(1, Self.times, in: &deck)
        #expect(session.run(&deck, now: 0) == 100)
        #expect(session.run(&deck, now: 360) == 600)
        #expect(session.sent == [100, 200, 200, 300, 450])
    }

    @Test("a pause holds back all later messages, and play continues as if no time had passed")
    func pause() throws {
        var deck = Self.deck()
        var session = Session(1, Self.times, in: &deck)
        _ = session.run(&deck, now: 0)
        try deck.apply(.pause, now: 100)
        #expect(session.run(&deck, now: 5000) == nil)
        #expect(session.sent == [100, 200, 200], "what was due at that moment still leaves")
        try deck.apply(.play, now: 9000)
        #expect(session.run(&deck, now: 9000) == 9099, "the moment of the pause itself has passed")
        _ = session.run(&deck, now: 20_000)
        #expect(session.sent == Self.times)
        #expect(deck.isAtEnd)
    }

    @Test("a seek, while playing or paused, continues at exactly that position", arguments: [true, false])
    func seek(isPaused: Bool) throws {
        for target in [0, 100, 200, 201, 450, 1000, 2000] as [Int64] {
            var deck = Self.deck()
            var session = Session(1, Self.times, in: &deck)
            _ = session.run(&deck, now: 350)
            if isPaused { try deck.apply(.pause, now: 350) }
            session.sent = []
            try deck.apply(.seek(.to(.absolute(target))), now: 400)
            if isPaused {
                _ = session.run(&deck, now: 5000)
                #expect(session.sent == [])
                try deck.apply(.play, now: 5000)
            }
            _ = session.run(&deck, now: 99_999)
            #expect(session.sent == Self.times.filter { $0 >= min(target, 1000) }, "to \(target)")
        }
    }

    @Test("a change of speed applies from that moment")
    func speed() throws {
        var deck = Self.deck()
        var session = Session(1, Self.times, in: &deck)
        #expect(session.run(&deck, now: 200) == 350)
        try deck.apply(.speed(.factor(10)), now: 200)
        #expect(session.run(&deck, now: 200) == 215)
        try deck.apply(.speed(.factor(0.5)), now: 215)
        #expect(session.run(&deck, now: 215) == 715)
        try deck.apply(.speed(.max), now: 300)
        #expect(session.run(&deck, now: 300) == nil)
        #expect(session.sent == Self.times)
    }

    @Test("steps by events send that number, steps by an interval everything before its next multiple")
    func step() throws {
        for speed in [1, nil] as [Double?] {
            var deck = TapeDeck(speed: speed.map { .factor($0) } ?? .max, startsPaused: true, bounds: 100...1000)
            var session = Session(1, Self.times, in: &deck)
            #expect(session.run(&deck, now: 0) == nil && session.sent == [])
            try deck.apply(.stepEvents(2), now: 0)
            _ = session.run(&deck, now: 0)
            #expect(session.sent == [100, 200])
            try deck.apply(.stepEvents(2), now: 0)
            _ = session.run(&deck, now: 0)
            #expect(session.sent == [100, 200, 200, 300])
            try deck.apply(.stepInterval(500), now: 0)
            _ = session.run(&deck, now: 0)
            #expect(session.sent == [100, 200, 200, 300, 450])
            try deck.apply(.stepInterval(500), now: 0)
            _ = session.run(&deck, now: 0)
            #expect(session.sent == [100, 200, 200, 300, 450, 700, 701], "1000 begins the next")
            #expect(deck.state == .paused)
            try deck.apply(.stepEvents(5), now: 0)
            _ = session.run(&deck, now: 0)
            #expect(session.sent == Self.times)
        }
    }

    @Test("a loop repeats its part", arguments: [1, nil] as [Double?])
    func loop(speed: Double?) {
        var deck = Self.deck(speed, loop: .init(from: 200, to: 500))
        var session = Session(1, Self.times, in: &deck)
        for now in 0...1300 as ClosedRange<Int64> where session.sent.count < 14 { _ = session.run(&deck, now: now) }
        let lap: [Int64] = [200, 200, 300, 450]
        #expect(Array(session.sent.prefix(13)) == [100] + lap + lap + lap)
    }

    @Test("a whole tape loops, and a tape without messages does not loop for ever")
    func wholeLoop() {
        var deck = Self.deck(1, loop: .init(from: 100, to: .max))
        var session = Session(1, Self.times, in: &deck)
        for now in 0...1900 as ClosedRange<Int64> { _ = session.run(&deck, now: now) }
        #expect(Array(session.sent.prefix(16)) == Self.times + Self.times)
        #expect(deck.laps == 2)
        var empty = Self.deck(nil, loop: .init(from: 100, to: .max))
        var nobody = Session(1, [], in: &empty)
        #expect(nobody.run(&empty, now: 0) == nil)
    }

    // MARK: Shared

    @Test("a shared tape starts with the last member, at the earliest message of all, with one time for all")
    func shared() throws {
        var deck = Self.deck(1, expect: 2)
        var first = Session(1, [300, 400], in: &deck)
        #expect(first.run(&deck, now: 50) == nil)
        var second = Session(2, [200, 500], in: &deck, now: 1000)
        #expect(first.run(&deck, now: 1000) == 1100)
        #expect(second.run(&deck, now: 1000) == 1300)
        try deck.apply(.pause, now: 1150)
        _ = first.run(&deck, now: 9000)
        _ = second.run(&deck, now: 9000)
        #expect(first.sent == [300] && second.sent == [200])
        #expect(throws: DeckError.self) { try deck.apply(.stepEvents(1), now: 9000) }
    }

    @Test("at full speed no member passes what all have loaded, and no member waits for ever")
    func sharedAtFullSpeed() {
        var deck = Self.deck(nil, expect: 2)
        var dense = Session(1, Array(stride(from: 100, through: 1000, by: 10)), in: &deck)
        var sparse = Session(2, [100, 500, 505, 900], in: &deck)
        var rounds = 0
        while dense.place < dense.times.count || sparse.place < sparse.times.count {
            rounds += 1
            guard rounds < 100 else { break }
            _ = dense.run(&deck, now: 0)
            #expect(dense.sent.last ?? 0 <= (sparse.place < 3 ? 505 : .max))
            _ = sparse.run(&deck, now: 0)
        }
        #expect(dense.sent == dense.times && sparse.sent == sparse.times)
    }

    @Test("a late member starts at the tape's position, or gets all earlier messages at once")
    func lateJoiner() {
        var deck = Self.deck(1)
        var first = Session(1, Self.times, in: &deck)
        _ = first.run(&deck, now: 250)
        var live = Session(2, Self.times, in: &deck, now: 250)
        var whole = Session(3, Self.times, in: &deck, now: 250, atStart: true)
        #expect(live.run(&deck, now: 250) == 350)
        #expect(whole.run(&deck, now: 250) == 350)
        #expect(live.sent == [] && whole.sent == [100, 200, 200, 300])
        for now in [350, 1000] as [Int64] {
            _ = live.run(&deck, now: now)
            _ = whole.run(&deck, now: now)
        }
        #expect(live.sent == [450, 700, 701, 1000] && whole.sent == Self.times)
    }

    @Test("a member that leaves does not hold back the others")
    func leaver() {
        var deck = Self.deck(nil, expect: 2)
        var stays = Session(1, Self.times, in: &deck)
        var leaves = Session(2, [100, 150], in: &deck)
        _ = leaves.run(&deck, now: 0)
        deck.leave(2)
        _ = stays.run(&deck, now: 0)
        #expect(stays.sent == Self.times)
    }

    @Test("the time of skipped stretches is left out, forwards and backwards")
    func skips() {
        let skips = TapeSkips([500..<700, 200..<300, 250..<400])
        #expect(skips.distance(from: 100, to: 1000) == 500)
        #expect(skips.distance(from: 1000, to: 100) == -500)
        let pace = TapePace(tape: 100, real: 0, factor: 2, skips: skips)
        for time in [100, 150, 200, 400, 450, 500, 700, 1000] as [Int64] {
            #expect(pace.position(at: pace.deadline(of: time)) >= time)
        }
        #expect(pace.deadline(of: 1000) == 250 && pace.deadline(of: 350) == 50)
    }
}
