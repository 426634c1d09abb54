import Dispatch

/// Runs long work on files without blocking the threads of the task pool.
enum BackgroundWork {
    /// Serial: two pieces of work at a time would only compete for the disk.
    private static let queue = DispatchQueue(label: "feedrec.upkeep", qos: .utility)

    /// Runs `body`, which may block, on a thread of its own.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let result: Result<Value, ArchiveError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(ArchiveError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
