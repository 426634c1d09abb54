import NIOPosix
import Replaying

/// Threads that read files, so that those of tasks and of event loops never wait for the disk.
struct ReadingThreads: BlockingPool {
    private let pool: NIOThreadPool

    func submit(_ job: @escaping @Sendable () -> Void) {
        // Also where the pool is being shut down: somebody waits for the job.
        pool.submit { _ in job() }
    }

    /// Runs `body` with some threads, which are gone afterwards.
    static func with<Value>(_ count: Int = 2, _ body: (ReadingThreads) async throws -> Value) async throws -> Value {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(ReadingThreads(pool: pool)))
        } catch {
            result = .failure(error)
        }
        try await pool.shutdownGracefully()
        return try result.get()
    }
}
