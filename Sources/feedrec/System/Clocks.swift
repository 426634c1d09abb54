import MarketModel
import Recording

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The real clocks and the real random source.
///
/// Everything below the executable receives them as parameters.
enum Clocks {
    static let monotonic = ContinuousClock()

    /// The wall clock, in nanoseconds since the UNIX epoch.
    ///
    /// It may be set at any time, forwards and backwards.
    static let wall: @Sendable () -> UnixNanoseconds = { UnixNanoseconds(readWall()) }

    /// The wall clock at the start of the program, advanced by the monotonic clock.
    ///
    /// It never jumps.
    static let steady: @Sendable () -> UnixNanoseconds = {
        let (start, began) = (UnixNanoseconds(readWall()), monotonic.now)
        return { start.advanced(by: began.duration(to: monotonic.now)) }
    }()

    /// The system's random numbers.
    static let random = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
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
