import Archive
import Testing

@testable import Recording

struct MessageRateTests {
    private static func perMinute(_ rate: MessageRate) -> Int64? { rate.measured.estimate(over: 60_000_000_000) }

    @Test("the rate follows the traffic within five minutes, and ignores an interruption")
    func follows() {
        var rate = MessageRate()
        #expect(Self.perMinute(rate) == nil)
        for second in 0...30 { rate.note(Int64(second * 100), at: .seconds(second)) }
        #expect(Self.perMinute(rate) == 6000)
        rate.interrupt()
        rate.note(3000, at: .seconds(3600))
        rate.note(3200, at: .seconds(3601))
        #expect(Self.perMinute(rate) ?? 0 > 6000 && Self.perMinute(rate) ?? 0 < 6300)
        for second in 2...400 { rate.note(3200 + Int64(second - 1) * 200, at: .seconds(3600 + second)) }
        #expect(Self.perMinute(rate) == 12_000)
    }

    @Test("kind 1 time after the last message counts when the next one comes, but not if a gap begins there")
    func idle() {
        var rate = MessageRate()
        for second in 0...10 { rate.note(Int64(1 + second * 10), at: .seconds(second)) }
        for second in 11...60 { rate.note(101, at: .seconds(second)) }
        #expect(Self.perMinute(rate) == 600, "a silence is not part of the traffic before it")
        rate.note(102, at: .seconds(61))
        #expect(Self.perMinute(rate) == 99, "but a pause is")
        rate.interrupt()
        rate.note(102, at: .seconds(100))
        #expect(Self.perMinute(rate) == 99)
    }

    @Test("kind 1 a rate of earlier recordings is not replaced by a moment of this one")
    func earlier() {
        var rate = MessageRate(DeliveryRate(messages: 3000, spanNS: 300_000_000_000))
        rate.note(0, at: .seconds(1))
        rate.note(1, at: .milliseconds(1250))
        rate.note(2, at: .milliseconds(1500))
        #expect(Self.perMinute(rate) == 600)
        for second in 2...302 { rate.note(Int64(second), at: .seconds(second)) }
        #expect(Self.perMinute(rate) == 60, "it is used until there are two and a half minutes of newer data")
    }
}
