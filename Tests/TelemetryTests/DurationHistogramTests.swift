import MarketModel
import Telemetry
import Testing

struct DurationHistogramTests {
    @Test("percentiles are exact to about 6 %, and never above the greatest value", arguments: 0..<5 as Range<UInt64>)
    func percentiles(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var histogram = DurationHistogram()
        var values: [Int64] = []
        for _ in 0..<5000 {
            let value = Int64.random(in: 0...(1 << Int64.random(in: 1...38, using: &generator)), using: &generator)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        #expect(histogram.count == 5000 && histogram.max == values[4999])
        for quantile in [0.01, 0.5, 0.9, 0.99, 1] {
            let exact = values[max(0, Int((5000 * quantile).rounded(.up)) - 1)]
            let told = histogram.percentile(quantile)
            #expect(told >= exact && Double(told) <= Double(exact) * 1.0626 + 1, "seed \(seed), \(quantile)")
        }
    }

    @Test("negative values count as 0, huge values are counted, and sums are exact")
    func ends() {
        var one = DurationHistogram()
        for value in [-5, 0, 3, .max] as [Int64] { one.record(value) }
        #expect(one.count == 4 && one.percentile(0.5) == 0 && one.percentile(0.75) == 3 && one.max == .max)
        #expect(DurationHistogram().percentile(0.5) == 0)
        var two = DurationHistogram()
        two.add(one)
        two.add(DurationHistogram())
        #expect(two == one)
        #expect(two.count(upTo: 3) == 3)
    }
}
