import MarketModel

/// Changes that wait for a requested snapshot, without a hole between them.
///
/// At the limit the older half is dropped. A snapshot from before the rest is then too old, and is requested again.
struct ChangeBuffer: Sendable, Equatable {
    static let messagesMax = 4096
    static let levelsMax = 16_384

    /// The ranges refer to ``levels``.
    private(set) var messages: [BookMessage] = []
    private(set) var levels: [BookLevel] = []

    /// Appends a change; a change with more levels than the limit is dropped with all before it.
    mutating func append(_ message: BookMessage, levels source: ArraySlice<BookLevel>) {
        guard source.count <= Self.levelsMax else {
            removeAll()
            return
        }
        while messages.count >= Self.messagesMax || levels.count + source.count > Self.levelsMax { dropOlderHalf() }
        var message = message
        message.levels = levels.count..<levels.count + source.count
        levels.append(contentsOf: source)
        messages.append(message)
    }

    mutating func removeAll() {
        messages.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
    }

    /// Gives the memory back, because a valid book needs no buffer.
    mutating func release() {
        messages = []
        levels = []
    }

    private mutating func dropOlderHalf() {
        let dropped = (messages.count + 1) / 2
        let kept = dropped < messages.count ? messages[dropped].levels.lowerBound : levels.count
        messages.removeFirst(dropped)
        levels.removeFirst(kept)
        for index in messages.indices {
            let range = messages[index].levels
            messages[index].levels = range.lowerBound - kept..<range.upperBound - kept
        }
    }
}
