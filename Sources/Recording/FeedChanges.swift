/// Feeds to start and to stop while the others continue.
package struct FeedChange: Sendable {
    /// The names of the feeds to stop; a name that is also in ``added`` is restarted.
    package var removed: [String] = []
    package var added: [FeedConfiguration] = []

    package init() {}
}

/// Hands changes to a running recorder.
package final class FeedChanges: Sendable {
    private let queue = BoundedQueue<FeedChange>(capacity: 4)

    package init() {}

    /// Queues a change; waits while four others are queued, and has no effect after the recorder has ended.
    package func apply(_ change: FeedChange) async {
        _ = await queue.push(change)
    }

    func next() async -> FeedChange? { await queue.next() }

    /// Accepts no further changes and discards the queued ones.
    func finish() { queue.abandon() }
}
