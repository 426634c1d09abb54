import NIOCore
import NIOPosix

/// Runs `body` with an event loop, and shuts the loop down afterwards, even if `body` throws.
func withEventLoop<Value: Sendable>(
    _ body: (any EventLoopGroup) async throws -> Value
) async throws -> Value {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(group))
    } catch {
        result = .failure(error)
    }
    try await group.shutdownGracefully()
    return try result.get()
}
