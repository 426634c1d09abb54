import Archive
import FeedrecTestKit
import Foundation

@testable import Replaying

/// One thread per job.
struct TestThreads: BlockingPool {
    func submit(_ job: @escaping @Sendable () -> Void) {
        Thread { job() }.start()
    }
}

extension ReplayServer {
    /// A server of the recordings of `readers`, with a clock that the test moves.
    init(
        _ readers: [ArchiveReader],
        clock: ManualClock = ManualClock(),
        _ change: (inout ReplayOptions) -> Void = { _ in }
    ) throws {
        var options = ReplayOptions()
        options.defaults.speed = .max
        options.settling = .zero
        change(&options)
        try self.init(try TapeCatalog(readers), options: options, pool: TestThreads(), timers: .clock(clock))
    }
}
