import NIOCore
import NIOPosix

/// Lets the network of a test proceed without waiting for time to pass.
package enum NetworkTurns {
    /// Waits until every event loop has handled the events that were ready, `count` times.
    package static func wait(_ count: Int = 1) async {
        for _ in 0..<count {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
                try? await loop.submit {}.get()
            }
        }
    }
}
