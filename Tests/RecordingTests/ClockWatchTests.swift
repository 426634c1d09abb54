import Archive
import MarketModel
import Testing

@testable import Recording

struct ClockWatchTests {
    private let start = UnixNanoseconds(1_767_571_200_000_000_000)

    /// The steps detected when the wall clock is `walls` seconds from the start at each second.
    private func steps(_ walls: [Duration]) -> [Duration] {
        var watch = ClockWatch(stepMin: .milliseconds(500), interval: .seconds(60))
        return walls.enumerated().compactMap { second, wall in
            watch.step(wall: start.advanced(by: wall), uptime: .seconds(second))
        }
    }

    @Test("a clock that runs normally, or is slewed, does not step")
    func noStep() {
        #expect(steps((0..<100).map { .seconds($0) }) == [])
        #expect(steps((0..<100).map { .milliseconds(Int64($0) * 1001) }) == [])
        // A machine that slept does not step either: both clocks count that time.
        var watch = ClockWatch(stepMin: .milliseconds(500), interval: .seconds(60))
        #expect(watch.step(wall: start, uptime: .zero) == nil)
        #expect(watch.step(wall: start.advanced(by: .seconds(3600)), uptime: .seconds(3600)) == nil)
    }

    @Test("a step of an hour in either direction is reported once, with its sign")
    func step() {
        #expect(steps([.seconds(0), .seconds(3601), .seconds(3602)]) == [.seconds(3600)])
        #expect(steps([.seconds(0), .seconds(-3599), .seconds(-3598)]) == [.seconds(-3600)])
    }

    @Test("a sample is due immediately, and then once per interval")
    func samples() {
        var watch = ClockWatch(stepMin: .milliseconds(500), interval: .seconds(60))
        let due = (0..<150).filter { watch.isSampleDue(uptime: .seconds($0)) }
        #expect(due == [0, 60, 120])
    }
}
