import MarketModel
import Testing

@testable import Recording

struct SequenceWatchTests {
    /// The holes that these numbers leave, one number a second, each hole after `grace` seconds.
    private func holes(_ numbers: [Int64], grace: Int = 2) -> [ClosedRange<Int64>] {
        var watch = SequenceWatch(grace: .seconds(grace))
        var holes: [SequenceHole] = []
        for (second, number) in numbers.enumerated() {
            let time = UnixNanoseconds(Int64(second) * 1_000_000_000)
            watch.received(number, at: watch.place(of: "btcusdt"), tsRecv: time, time: .seconds(second))
            holes += watch.takeHoles(at: .seconds(second))
        }
        return (holes + watch.takeHoles(at: .zero, isEnd: true)).map(\.numbers)
    }

    @Test("numbers in order leave no hole, wherever they begin")
    func none() {
        #expect(holes([]) == [])
        #expect(holes([7]) == [])
        #expect(holes([7, 8, 9, 10]) == [])
        #expect(holes([.max - 1, .max, .max]) == [])
    }

    @Test("a jump is a hole with its numbers and times")
    func jump() {
        #expect(holes([1, 2, 5, 6]) == [3...4])
        #expect(holes([1, 3, 5]) == [2...2, 4...4])
        #expect(holes([.min, .max]) == [(.min + 1)...(.max - 1)])
        var watch = SequenceWatch(grace: .zero)
        watch.received(1, at: watch.place(of: "a"), tsRecv: UnixNanoseconds(10), time: .zero)
        watch.received(4, at: watch.place(of: "a"), tsRecv: UnixNanoseconds(20), time: .zero)
        #expect(
            watch.takeHoles(at: .zero) == [
                SequenceHole(symbol: "a", numbers: 2...3, tsFrom: UnixNanoseconds(10), tsTo: UnixNanoseconds(20))
            ]
        )
        #expect(watch.takeHoles(at: .zero) == [], "a hole is reported once")
    }

    @Test("numbers that come late but in time are not missing, and neither are duplicates")
    func outOfOrder() {
        #expect(holes([1, 3, 2, 4]) == [])
        #expect(holes([1, 5, 3, 2, 4]) == [4...4], "the grace is two seconds")
        #expect(holes([1, 5, 3, 2, 4], grace: 10) == [])
        #expect(holes([1, 6, 3], grace: 10) == [2...2, 4...5])
        #expect(holes([1, 2, 2, 1, 3]) == [])
    }

    @Test("symbols are counted separately, and a count that starts over is not a hole")
    func symbols() {
        var watch = SequenceWatch(grace: .zero)
        for (symbol, number) in [("a", 1), ("b", 100), ("a", 2), ("b", 101)] as [(String, Int64)] {
            watch.received(number, at: watch.place(of: symbol), tsRecv: UnixNanoseconds(0), time: .zero)
        }
        #expect(watch.takeHoles(at: .zero) == [])
        #expect(holes([5_000_000, 1, 2, 3]) == [])
    }

    @Test("holes are bounded: the oldest is reported early")
    func bounded() {
        var watch = SequenceWatch(grace: .seconds(1000))
        for number in 0..<Int64(SequenceWatch.pendingMax + 11) {
            watch.received(number * 2, at: watch.place(of: "a"), tsRecv: UnixNanoseconds(0), time: .zero)
        }
        #expect(watch.takeHoles(at: .zero).count == 10)
    }

    @Test("numbers of another connection are recognised, up to the capacity; a connection's own repetitions are not")
    func recent() {
        var recent = RecentNumbers(capacity: 3)
        func take(_ numbers: [Int64], _ connection: Int64) -> [Bool] {
            numbers.map { recent.insert($0, content: 7, from: connection) == .new }
        }
        #expect(take([10, 12, 12, 14], 1) == [true, true, true, true])
        #expect(take([9, 10, 11, 12, 13, 14, 15], 2) == [true, false, true, false, true, false, true])
        #expect(take([13, 11, 15, 16], 1) == [false, false, false, true])
        let isOther = recent.insert(15, content: 8, from: 3) == .new
        #expect(isOther, "the same number for something else")
        #expect(take(Array(17..<40), 1).allSatisfy { $0 })
        #expect(take([10, 38], 2) == [true, false], "10 is forgotten")
        #expect(take([.min, .max, .min + 1], 3) == [true, true, true], "a count that starts over")
    }

    /// The holes that single trades and aggregates leave, one number a second.
    private enum Number {
        case single(Int64)
        case aggregate(Int64, ClosedRange<Int64>?)
    }

    private func holes(of numbers: [Number]) -> [SequenceHole] {
        var watch = SequenceWatch(grace: .seconds(2))
        let place = watch.place(of: "btcusdt")
        var holes: [SequenceHole] = []
        for (second, number) in numbers.enumerated() {
            let time = UnixNanoseconds(Int64(second) * 1_000_000_000)
            switch number {
            case .single(let number):
                watch.received(number, at: place, tsRecv: time, time: .seconds(second))
            case .aggregate(let number, let executions):
                watch.received(
                    aggregate: number,
                    executions: executions,
                    at: place,
                    tsRecv: time,
                    time: .seconds(second)
                )
            }
            holes += watch.takeHoles(at: .seconds(second))
        }
        return holes + watch.takeHoles(at: .zero, isEnd: true)
    }

    @Test("B5 aggregates 101 of 504 to 506 and 102 of 510 and 511 lack the trades 507 to 509")
    func aggregates() {
        let holes = holes(of: [.aggregate(101, 504...506), .aggregate(102, 510...511)])
        #expect(holes.map(\.numbers) == [507...509] && holes.map(\.kind) == [.trade])
        #expect(holes.allSatisfy { $0.touchesBars && $0.detail == "trades 507 to 509 of btcusdt never arrived" })
    }

    @Test("kind 5 a lost aggregate is one hole, of its executions if their numbers are known")
    func lostAggregate() {
        #expect(holes(of: [.aggregate(1, 1...2), .aggregate(3, 5...5)]).map(\.numbers) == [3...4])
        let plain = holes(of: [.aggregate(1, nil), .aggregate(4, nil)])
        #expect(plain.map(\.numbers) == [2...3] && plain.map(\.kind) == [.aggregate] && plain[0].touchesBars)
        let empty = holes(of: [.aggregate(1, 1...2), .aggregate(3, 3...4)])
        #expect(empty.map(\.numbers) == [2...2] && empty.map(\.kind) == [.aggregate] && !empty[0].touchesBars)
    }

    @Test("kind 5 aggregates out of order, repeated or starting over leave no hole")
    func aggregatesOutOfOrder() {
        let late: [Number] = [.aggregate(1, 1...2), .aggregate(3, 5...6), .aggregate(2, 3...4), .aggregate(4, 7...7)]
        #expect(holes(of: late) == [])
        #expect(holes(of: [.aggregate(1, 1...2), .aggregate(1, 1...2), .aggregate(2, 3...3)]) == [])
        #expect(holes(of: [.aggregate(9_000_000, 9_000_000...9_000_001), .aggregate(1, 1...1)]) == [])
    }

    @Test("kind 5 executions missing in both kinds are one hole; those that one kind has are not missing executions")
    func bothKinds() {
        let both = holes(
            of: [.single(1), .aggregate(1, 1...1), .single(4), .aggregate(3, 4...4), .single(5), .aggregate(4, 5...5)]
        )
        #expect(both.map(\.numbers) == [2...3] && both.map(\.kind) == [.trade])
        let singlesWhole = holes(
            of: [.single(1), .aggregate(1, 1...1), .single(2), .single(3), .aggregate(3, 3...3)]
        )
        #expect(singlesWhole.map(\.kind) == [.aggregate] && singlesWhole.map(\.touchesBars) == [false])
        let singlesLack = holes(of: [.single(1), .aggregate(1, 1...2), .single(3), .aggregate(2, 3...3)])
        #expect(singlesLack.map(\.numbers) == [2...2] && singlesLack.map(\.kind) == [.trade])
    }
}
