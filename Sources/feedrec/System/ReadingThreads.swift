import NIOPosix
import Replaying

/// Threads that read files, so that task threads and event loops never wait for the disk.
struct ReadingThreads: BlockingPool {
    private let pool: NIOThreadPool

    func submit(_ job: @escaping @Sendable () -> Void) {
        // Run the job even if the pool is shutting down, because a caller waits for it.
        pool.submit { _ in job() }
    }

    /// Runs `body` with `count` threads, and stops the threads afterwards.
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
