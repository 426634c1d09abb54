import MarketModel
import Testing

@testable import Archive

/// Time spans, compared with a set of small numbers.
struct TimeSpansTests {
    private static func numbers(_ spans: TimeSpans) -> Set<Int64> {
        Set(spans.spans.flatMap { $0.from..<$0.to })
    }

    @Test("spans hold what was added, in ascending order and separate", arguments: Seeds.first(40))
    func adding(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var spans = TimeSpans()
        var numbers: Set<Int64> = []
        for _ in 0..<30 {
            let (from, to) = (random.number(-40...40), random.number(-40...40))
            spans.add(from, to)
            if from < to { numbers.formUnion(from..<to) }
            #expect(Self.numbers(spans) == numbers)
            #expect(spans.spans.allSatisfy { $0.from < $0.to })
            #expect(zip(spans.spans, spans.spans.dropFirst()).allSatisfy { $0.to < $1.from }, "adjacent spans are one")
            let probe = random.number(-45...45)
            #expect(spans.overlaps(probe, probe + 3) == !numbers.isDisjoint(with: probe..<probe + 3))
        }
    }

    @Test("a difference and a union are those of the sets", arguments: Seeds.first(60))
    func difference(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (one, other) = (TimeSpans(), TimeSpans())
        for _ in 0..<random.number(0...8) {
            let (from, start) = (random.number(-40...40), random.number(-40...40))
            one.add(from, from + random.number(0...12))
            other.add(start, start + random.number(0...12))
        }
        #expect(Self.numbers(one.subtracting(other)) == Self.numbers(one).subtracting(Self.numbers(other)))
        var union = one
        union.add(other)
        #expect(Self.numbers(union) == Self.numbers(one).union(Self.numbers(other)))
        #expect(one.subtracting(one).spans.isEmpty && one.subtracting(TimeSpans()).spans == one.spans)
    }

    @Test("spans at the limits of time do not overflow")
    func limits() {
        var spans = TimeSpans()
        spans.add(.min, .min + 5)
        spans.add(.max - 5, .max)
        spans.add(5, 5)
        #expect(spans.spans.count == 2)
        var hole = TimeSpans()
        hole.add(.min + 1, .max - 1)
        #expect(spans.subtracting(hole).spans.map(\.to) == [.min + 1, .max])
        spans.add(.min, .max)
        #expect(spans.spans == [TimeSpans.Span(from: .min, to: .max)])
    }

    @Test("the numbers that a set lacks are those that a scan finds", arguments: Seeds.first(20))
    func messageNumbers(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var numbers = MessageNumberSet()
        var plain: Set<Int64> = []
        for _ in 0..<20 {
            let first = random.number(0...400)
            let run = first...first + random.number(0...70)
            numbers.insert(run)
            plain.formUnion(run)
            #expect(numbers.count == Int64(plain.count) && !numbers.isEmpty)
            let from = random.number(0...450)
            let range = from...from + random.number(0...200)
            let missing = numbers.missing(in: range)
            #expect(missing.flatMap(Array.init) == range.filter { !plain.contains($0) })
            #expect(zip(missing, missing.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
            #expect(numbers.contains(from) == plain.contains(from))
            #expect(numbers.contains(anyOf: range) == !plain.isDisjoint(with: range))
        }
    }

    @Test("known absences leave the uncovered parts of a range", arguments: Seeds.first(20))
    func absences(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rows = (0..<random.number(0...6)).map { number in
            let first = random.number(0...60)
            let messages = first...first + random.number(0...9)
            return AbsenceRow(
                sessionID: number % 2,
                kind: .message,
                cause: .damage,
                messages: messages,
                rowCount: Int64(messages.count),
                tsNoted: UnixNanoseconds(0)
            )
        }
        let absences = Absences(rows)
        let covered = Set(rows.compactMap(\.messages).flatMap(Array.init))
        for first in 0..<70 as Range<Int64> {
            let range = first...first + 15
            #expect(absences.uncovered(of: range).flatMap(Array.init) == range.filter { !covered.contains($0) })
        }
        let own = rows.filter { $0.sessionID == 1 }.reduce(0) { $0 + $1.rowCount }
        #expect(absences.count(.message, session: 1) == own && absences.count(.quote, session: 1) == 0)
    }
}
