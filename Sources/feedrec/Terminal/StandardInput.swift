import Dispatch
import Foundation

/// Standard input, line by line.
struct StandardInput: Sendable {
    private static let linesMax = 64

    private let lines: AsyncStream<String>
    /// Free places for lines that were read but not taken yet.
    private let room = DispatchSemaphore(value: linesMax)

    /// Starts to read on a separate thread, because reading blocks.
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
