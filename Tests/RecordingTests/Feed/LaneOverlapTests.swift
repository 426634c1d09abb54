import Testing

@testable import Recording

/// When a feed opens and closes its second connection, without connections.
struct LaneOverlapTests {
    private typealias Lane = LaneOverlap.Lane

    private static func overlap(isRedundant: Bool = false, isOnce: Bool = false) -> LaneOverlap {
        var rules = OverlapRules()
        rules.isRedundant = isRedundant
        rules.renewAfter = .seconds(100)
        return LaneOverlap(rules, isOnce: isOnce)
    }

    private static func ready(_ number: Int, age: Int64, _ change: (inout Lane) -> Void = { _ in }) -> Lane {
        var lane = Lane(number: number, isReady: true, age: .seconds(age))
        change(&lane)
        return lane
    }

    @Test("a feed has one lane if it does not overlap, or ends with its first connection")
    func oneLane() {
        var plain = LaneOverlap(OverlapRules(), isOnce: false)
        #expect(plain.laneCount == 1 && plain.running == [0])
        #expect(plain.tick([Self.ready(0, age: 1000)]) == nil)
        #expect(Self.overlap(isOnce: true).laneCount == 1)
    }

    @Test("a renewal opens the other lane at the age, and closes the old one when both bring the same")
    func renewal() {
        var overlap = Self.overlap()
        let spare = Lane(number: 1)
        #expect(overlap.running == [0])
        #expect(overlap.tick([Self.ready(0, age: 99), spare]) == nil)
        #expect(overlap.tick([Self.ready(0, age: 100), spare]) == .open(1))
        #expect(overlap.running == [0, 1])
        let connecting = Lane(number: 1, isSuccessor: true)
        #expect(overlap.tick([Self.ready(0, age: 101), connecting]) == nil)
        #expect(overlap.isSuperfluous(Self.ready(0, age: 101)) && !overlap.isSuperfluous(connecting))
        let new = Self.ready(1, age: 1) { $0.isSuccessor = true }
        #expect(overlap.tick([Self.ready(0, age: 102), new]) == nil)
        let same = Self.ready(1, age: 1) { ($0.isSuccessor, $0.hasRepeated) = (true, true) }
        #expect(overlap.tick([Self.ready(0, age: 102), same]) == .close(0, isRenewal: true))
        #expect(overlap.tick([Lane(number: 0, isClosing: true, age: .seconds(102)), same]) == nil)
        overlap.ended(0)
        #expect(overlap.running == [1] && !overlap.isSuperfluous(same))
        #expect(overlap.tick([Lane(number: 0), Self.ready(1, age: 100)]) == .open(0))
    }

    @Test("a handover ends after 30 s even if nothing shows that the new connection has caught up")
    func handover() {
        var overlap = Self.overlap()
        _ = overlap.tick([Self.ready(0, age: 100), Lane(number: 1)])
        let new = { (age: Int64) in Self.ready(1, age: age) { $0.isSuccessor = true } }
        #expect(overlap.tick([Self.ready(0, age: 129), new(29)]) == nil)
        #expect(overlap.tick([Self.ready(0, age: 130), new(30)]) == .close(0, isRenewal: true))
    }

    @Test("a connection that the venue is about to close is replaced at once")
    func leaving() {
        var overlap = Self.overlap()
        let leaving = Self.ready(0, age: 1) { $0.isLeaving = true }
        #expect(overlap.tick([leaving, Lane(number: 1)]) == .open(1))
    }

    @Test("of two connections the older is closed first, and only while the other one delivers")
    func two() {
        var overlap = Self.overlap(isRedundant: true)
        #expect(overlap.running == [0, 1])
        #expect(overlap.tick([Self.ready(0, age: 100), Lane(number: 1)]) == nil)
        #expect(overlap.tick([Self.ready(0, age: 100), Self.ready(1, age: 20)]) == nil)
        #expect(overlap.tick([Self.ready(0, age: 110), Self.ready(1, age: 30)]) == .close(0, isRenewal: false))
        #expect(overlap.tick([Self.ready(0, age: 110), Self.ready(1, age: 120)]) == .close(1, isRenewal: false))
        #expect(!overlap.isSuperfluous(Self.ready(0, age: 1)))
    }
}
