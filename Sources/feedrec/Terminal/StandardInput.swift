import Dispatch
import Foundation

/// Standard input, line by line.
struct StandardInput: Sendable {
    private static let linesMax = 64

    private let lines: AsyncStream<String>
    /// Places for lines that were read and not yet taken.
    private let room = DispatchSemaphore(value: linesMax)

    /// Begins to read, on a thread of its own, since reading blocks.
    init() {
        let (stream, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(Self.linesMax))
        lines = stream
        let room = room
        Thread.detachNewThread {
            while let line = readLine() {
                room.wait()
                continuation.yield(line)
            }
            continuation.finish()
        }
    }

    /// Calls `body` with each line until the end of the input or the task's cancellation.
    func forEachLine(_ body: (String) async throws -> Void) async rethrows {
        for await line in lines {
            room.signal()
            try await body(line)
        }
    }
}
