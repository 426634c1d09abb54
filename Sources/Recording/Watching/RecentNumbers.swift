/// The latest numbers of one symbol, to know a tick that another connection brought already.
struct RecentNumbers: Sendable {
    private let capacity: Int
    private var known: Set<Int64> = []
    /// In the order they came; the oldest is at `next` once all places are taken.
    private var ring: [Int64] = []
    private var next = 0

    init(capacity: Int) {
        precondition(capacity > 0, "a memory holds at least one number")
        self.capacity = capacity
    }

    /// Notes a number; false where it is known already.
    mutating func insert(_ number: Int64) -> Bool {
        guard known.insert(number).inserted else { return false }
        if ring.count < capacity {
            ring.append(number)
        } else {
            known.remove(ring[next])
            ring[next] = number
            next = (next + 1) % capacity
        }
        return true
    }
}
