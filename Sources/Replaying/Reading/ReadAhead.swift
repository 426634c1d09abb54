import Synchronization
import Venues

/// Threads that may block, for reading files.
///
/// They are never the threads that run tasks.
package protocol BlockingPool: Sendable {
    /// Runs `job`, which must be short, on a thread. Jobs may run at the same time.
    func submit(_ job: @escaping @Sendable () -> Void)
}

/// Reads a tape and blocks.
///
/// Only one thread at a time may use it.
protocol TapeReader {
    /// Moves to a time; `nil` for the start.
    mutating func open(at time: Int64?) throws
    mutating func next() throws -> ChunkStep
}

/// Reads a tape on threads of a pool, a few chunks ahead of the player.
final class ReadAhead: ChunkSource {
    /// The maximum number of chunks read ahead.
    private static let depth = 3

    private struct State {
        var ready: [ChunkStep] = []
        var failure: (any Error)?
        /// The position to open before the next read; `.none` if there is no seek.
        var seek: Int64??
        /// Counts seeks, so that chunks read before a seek are discarded.
        var generation = 0
        var isWorking = false
        var isAtEnd = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// Only the running job uses the reader, and there is at most one job.
    private final class Shelf: @unchecked Sendable {
        var reader: any TapeReader
        init(_ reader: any TapeReader) { self.reader = reader }
    }

    private let pool: any BlockingPool
    private let shelf: Shelf
    private let state: Mutex<State>

    init(_ reader: sending any TapeReader, pool: any BlockingPool) {
        shelf = Shelf(reader)
        self.pool = pool
        state = Mutex(State(seek: .some(nil)))
    }

    func seek(to time: Int64?) {
        state.withLock { state in
            state.seek = .some(time)
            state.generation += 1
            state.ready = []
            state.failure = nil
            state.isAtEnd = false
        }
    }

    func next(for session: (any VenueSession)?, isolation: isolated (any Actor)?) async throws -> ChunkStep {
        while true {
            if let step = try popReady() { return step }
            await withCheckedContinuation(isolation: isolation) { continuation in
                let isReady = state.withLock { state in
                    if !state.ready.isEmpty || state.failure != nil || state.isAtEnd { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Returns the next chunk if it has been read, and starts a job to read more.
    private func popReady() throws -> ChunkStep? {
        let (step, failure, starts) = state.withLock { state -> (ChunkStep?, (any Error)?, Bool) in
            let step = state.ready.isEmpty ? (state.isAtEnd ? .end : nil) : state.ready.removeFirst()
            let starts = !state.isWorking && !state.isAtEnd && state.failure == nil
            if starts { state.isWorking = true }
            return (step, step == nil ? state.failure : nil, starts)
        }
        if starts { pool.submit { self.work() } }
        if let failure { throw failure }
        return step
    }

    // MARK: On a thread of the pool

    private func work() {
        while let order = nextOrder() {
            do {
                if let time = order.seek { try shelf.reader.open(at: time) }
                deliver(.success(try shelf.reader.next()), generation: order.generation)
            } catch {
                deliver(.failure(error), generation: order.generation)
            }
        }
    }

    /// Returns the next read to do; `nil` ends the job, because enough has been read.
    private func nextOrder() -> (seek: Int64??, generation: Int)? {
        state.withLock { state in
            let isEnough = state.ready.count >= Self.depth || state.isAtEnd || state.failure != nil
            // After `nothingYet`, the next call to `popReady()` starts the next job.
            let isWaitingForMore = if case .nothingYet = state.ready.last { true } else { false }
            guard !isEnough, !isWaitingForMore else {
                state.isWorking = false
                return nil
            }
            let seek = state.seek
            state.seek = .none
            return (seek, state.generation)
        }
    }

    private func deliver(_ result: Result<ChunkStep, any Error>, generation: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.generation == generation else { return nil }
            switch result {
            case .success(.end): state.isAtEnd = true
            case .success(let step): state.ready.append(step)
            case .failure(let error): state.failure = error
            }
            let waiter = state.waiter
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }
}
