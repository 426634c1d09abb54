@preconcurrency import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The signals that end a long-running verb cleanly.
enum Signals {
    /// Makes a closed pipe, or a file at its size limit, an error of the write instead of the end of the program.
    static func ignoreFailedWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Calls `handler` at SIGINT or SIGTERM.
    ///
    /// Another signal at least two seconds later ends the program at once.
    static func onStop(_ handler: @escaping @Sendable () -> Void) -> StopSignals {
        StopSignals(handler)
    }
}

/// Listens for SIGINT and SIGTERM for as long as it lives.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // `timeout` and terminals may signal the process and then its group. Only a later signal means that the
                // user is impatient.
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
        // The stream also ends if the task is cancelled.
        for await _ in stream { break }
        withExtendedLifetime(signals) {}
    }
}

extension Signals {
    /// Returns a stream with an element for each SIGHUP.
    ///
    /// It ends when the task is cancelled.
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
