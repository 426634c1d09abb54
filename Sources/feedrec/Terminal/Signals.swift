@preconcurrency import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The signals that end a long-running verb in an orderly way.
enum Signals {
    /// A closed pipe, and a file that has reached its limit, are errors of the write, not the end of the program.
    static func ignoreFailedWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Calls `handler` at SIGINT or SIGTERM; another one, two seconds later or more, ends the program at once.
    static func onStop(_ handler: @escaping @Sendable () -> Void) -> StopSignals {
        StopSignals(handler)
    }
}

/// Listens for SIGINT and SIGTERM as long as it lives.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // `timeout` and terminals may send a signal to the process and again to its group: only one that comes
                // later means that somebody lost patience.
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(2)) { signal(number, SIG_DFL) }
                handler()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}

extension Signals {
    /// Waits for SIGINT, SIGTERM or cancellation.
    static func waitForStop() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let signals = onStop { continuation.yield() }
        // Also ends when the task is cancelled.
        for await _ in stream { break }
        withExtendedLifetime(signals) {}
    }
}

extension Signals {
    /// An element for each SIGHUP, until the task is cancelled.
    static func hangUps() -> AsyncStream<Void> {
        signal(SIGHUP, SIG_IGN)
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
            source.setEventHandler { continuation.yield() }
            continuation.onTermination = { _ in source.cancel() }
            source.resume()
        }
    }
}
