/// Feeds to begin and to end while the others go on.
package struct FeedChange: Sendable {
    /// By name; one that is also in ``added`` is begun anew.
    package var removed: [String] = []
    package var added: [FeedConfiguration] = []

    package init() {}
}

/// Hands changes to a running recorder.
package final class FeedChanges: Sendable {
    private let queue = BoundedQueue<FeedChange>(capacity: 4)

    package init() {}

    /// Waits while many changes are under way; of no effect once the recorder has ended.
    package func apply(_ change: FeedChange) async {
        _ = await queue.push(change)
    }

    func next() async -> FeedChange? { await queue.next() }

    /// Nothing is taken any more.
    func finish() { queue.abandon() }
}
