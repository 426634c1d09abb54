import Dispatch

/// Long work on files, which must not hold up the threads that tasks share.
enum BackgroundWork {
    /// One piece at a time: two would only make each other's disk slower.
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
