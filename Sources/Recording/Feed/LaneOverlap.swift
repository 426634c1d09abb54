/// Decides when a feed opens a second connection and closes the first: while one takes over from another, or always.
struct LaneOverlap: Sendable {
    /// A lane as the rule sees it.
    struct Lane: Hashable, Sendable {
        let number: Int
        /// True if it has a connection that is subscribed and not being closed.
        var isReady = false
        var isClosing = false
        /// True while the connection is meant to take over from the other one.
        var isSuccessor = false
        /// True if the connection is about to end: the venue has said so, or its token was renewed.
        var isLeaving = false
        /// How long the connection has been subscribed, on the monotonic clock.
        var age: Duration?
        /// True if it delivered a tick that the other connection had delivered already: both deliver the same data.
        var hasRepeated = false
    }

    enum Action: Hashable, Sendable {
        /// Opens this lane, which will take over from the other one.
        case open(Int)
        /// Closes the connection of this lane; `isRenewal` is true if the other one has taken over permanently.
        case close(Int, isRenewal: Bool)
    }

    let rules: OverlapRules
    let laneCount: Int
    /// The numbers of the lanes that keep a connection.
    private(set) var running: Set<Int>

    init(_ rules: OverlapRules, isOnce: Bool) {
        self.rules = rules
        laneCount = rules.isPossible && !isOnce ? 2 : 1
        running = laneCount == 2 && rules.isRedundant ? [0, 1] : [0]
    }

    mutating func ended(_ number: Int) { running.remove(number) }

    /// True if the feed needs only one connection and another lane than this one provides it.
    func isSuperfluous(_ lane: Lane) -> Bool {
        !rules.isRedundant && !lane.isSuccessor && running.contains { $0 != lane.number }
    }

    /// True if the connection should be replaced before it ends.
    func isDue(_ lane: Lane) -> Bool {
        guard lane.isReady else { return false }
        if lane.isLeaving { return true }
        guard let renewAfter = rules.renewAfter, let age = lane.age else { return false }
        return age >= renewAfter
    }

    /// What to do now, with the lanes in the order of their numbers.
    mutating func tick(_ lanes: [Lane]) -> Action? {
        guard laneCount > 1 else { return nil }
        if rules.isRedundant { return renewOneOfTwo(lanes) }
        if running.count > 1 { return finishRenewal(lanes) }
        guard let old = lanes.first(where: isDue) else { return nil }
        running.insert(1 - old.number)
        return .open(1 - old.number)
    }

    /// Of two connections, closes one at a time, the older first; its lane then opens another.
    private func renewOneOfTwo(_ lanes: [Lane]) -> Action? {
        guard lanes.allSatisfy(\.isReady) else { return nil }
        let due = lanes.filter(isDue).max { ($0.age ?? .zero) < ($1.age ?? .zero) }
        guard let due, let other = lanes.first(where: { $0.number != due.number }), hasCaughtUp(other) else {
            return nil
        }
        return .close(due.number, isRenewal: false)
    }

    /// Closes the old connection when the new one delivers the same data.
    private func finishRenewal(_ lanes: [Lane]) -> Action? {
        guard let new = lanes.first(where: \.isSuccessor), let old = lanes.first(where: { $0.number != new.number }),
            !old.isClosing, hasCaughtUp(new)
        else { return nil }
        return .close(old.number, isRenewal: true)
    }

    /// True if the connection delivers what the other one delivered, or if the time for the handover is over.
    private func hasCaughtUp(_ lane: Lane) -> Bool {
        guard lane.isReady, let age = lane.age else { return false }
        return lane.hasRepeated || age >= rules.handoverMax
    }
}
