import MarketModel
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The real clocks; everything below the executable is given them.
enum Clocks {
    static let monotonic = ContinuousClock()

    /// The wall clock, made to never run backwards within a run: a step back stands still until time has caught up.
    static let wall: @Sendable () -> UnixNanoseconds = {
        let latest = Latest()
        return { latest.advance(to: readWall()) }
    }()

    private final class Latest: Sendable {
        private let value = Atomic<Int64>(.min)

        func advance(to time: Int64) -> UnixNanoseconds {
            UnixNanoseconds(value.max(time, ordering: .relaxed).newValue)
        }
    }

    private static func readWall() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// CPU seconds that the calling thread has used.
    static func threadCPUSeconds() -> Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

    /// CPU seconds that this process has used, over all threads.
    static func cpuSeconds() -> Double { seconds(of: CLOCK_PROCESS_CPUTIME_ID) }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
