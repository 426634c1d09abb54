import MarketModel
import NIOCore
import Replaying
import Synchronization
import Transport

/// Replays events into standard output.
enum StandardOutputReplay {
    static func run(
        _ catalog: TapeCatalog,
        _ options: ReplayOptions,
        _ threads: ReadingThreads,
        _ loop: any EventLoop
    ) async throws -> SessionReport {
        let printer = try EventPrinter(catalog, options: options, pool: threads, clock: Clocks.monotonic)
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

/// Standard output as a reader of a tape: it is written to at once, and waited for.
private final class OutputSink: MessageSink {
    private let state = Mutex<(any Error)?>(nil)

    /// What writing failed with.
    var failure: (any Error)? { state.withLock { $0 } }

    func trySend(_ batch: MessageBatch, beforeWrite: () -> Void) throws -> Bool {
        var output = StandardOutput()
        do {
            // Events lie end to end with their line feeds; a summary has none.
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
