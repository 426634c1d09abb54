import Testing

@testable import Recording

struct MessageRateTests {
    @Test("the rate follows the traffic within about ten seconds, and ignores an interruption")
    func follows() throws {
        var rate = MessageRate()
        #expect(rate.perSecond == nil)
        for second in 0...30 { rate.note(Int64(second * 100), at: .seconds(second)) }
        #expect(try #require(rate.perSecond) == 100)
        // Too soon for a measurement.
        rate.note(1_000_000, at: .milliseconds(30_500))
        #expect(rate.perSecond == 100)
        rate.interrupt()
        rate.note(3000, at: .seconds(3600))
        rate.note(3200, at: .seconds(3601))
        let risen = try #require(rate.perSecond)
        #expect(risen > 100 && risen < 120)
        for second in 2...60 { rate.note(3200 + Int64(second - 1) * 200, at: .seconds(3600 + second)) }
        #expect(abs(try #require(rate.perSecond) - 200) < 2)
    }
}
