import MarketModel
import NIOCore
import Replaying
import Synchronization
import Transport

/// Replays events to standard output.
enum StandardOutputReplay {
    static func run(
        _ catalog: TapeCatalog,
        _ options: ReplayOptions,
        _ threads: ReadingThreads,
        _ loop: any EventLoop
    ) async throws -> SessionReport {
        let printer = try EventPrinter(catalog, options: options, pool: threads, timers: .eventLoops(Clocks.monotonic))
        let timer = EventLoopTimer(loop)
        let output = OutputSink()
        let report: SessionReport
        if options.isPrecise {
            report = await printer.run(to: output, timer: PreciseTimer(timer), executor: timer.executor)
        } else {
            report = await printer.run(to: output, timer: timer, executor: timer.executor)
        }
        if let failure = output.failure { throw failure }
        guard report.ending != "the recording cannot be read" else { throw Failure(report.ending) }
        return report
    }
}

/// Standard output as a client of a replay.
///
/// Writes go out at once and block.
private final class OutputSink: MessageSink {
    private let state = Mutex<(any Error)?>(nil)

    /// The error of a failed write.
    var failure: (any Error)? { state.withLock { $0 } }

    func trySend(_ batch: MessageBatch, payloadBytes: Int, beforeWrite: () -> Void) throws -> Bool {
        var output = StandardOutput()
        do {
            // Each event ends with a line feed. The summary gets one here.
            for entry in batch.entries {
                try output.write(Array(batch.bytes[entry.range]) + [UInt8(ascii: "\n")])
            }
            beforeWrite()
            try output.flush()
        } catch {
            state.withLock { $0 = error }
            throw error
        }
        return true
    }

    func waitUntilWritable() async throws {}
}
