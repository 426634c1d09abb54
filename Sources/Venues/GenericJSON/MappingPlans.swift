import MarketModel

/// All kinds of messages of a mapping, compiled, so that one pass over a message finds all wanted values.
struct MappingPlans: Sendable {
    /// A compiled kind of message; a class, because a copy of the plan would cost more than reading a short message.
    final class Entry: Sendable {
        let plan: MappingPlan
        /// The place of the book's name in ``MappingPlans/channels``; -1 if it has none.
        let channel: Int

        init(_ plan: MappingPlan, channel: Int) {
            self.plan = plan
            self.channel = channel
        }
    }

    private(set) var entries: [Entry] = []
    /// The names of the books, and how each is kept.
    private(set) var channels: [(name: String, rule: BookRule)] = []
    /// What is wanted of a message.
    private(set) var root = MappingShape()
    /// The number of slots for the values of one message, at least 1.
    private(set) var slotCount = 1
    /// True if messages that are not JSON can be recognised.
    private(set) var hasTexts = false

    /// Recognises no message.
    init() {}

    /// Compiles `messages`; mistakes that only the whole mapping shows are added to `problems`.
    init(_ messages: [MessageMapping], _ problems: inout [MappingProblem]) {
        var (root, count) = (MappingShape(), 0)
        channels = BookRule.channels(of: messages)
        for message in messages {
            var own: [MappingProblem] = []
            let plan = MappingPlan(message, root: &root, slotCount: &count, problems: &own)
            problems += own
            let channel = message.kind == .book ? channels.firstIndex { $0.name == message.book.channel } : nil
            entries.append(Entry(plan, channel: channel ?? -1))
        }
        self.root = root
        slotCount = max(1, count)
        hasTexts = messages.contains { $0.text != nil }
        problems += BookRule.problems(of: messages)
    }
}
