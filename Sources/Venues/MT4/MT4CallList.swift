/// The calls of a connection, in the order of their first sending.
///
/// It keeps the counts that the dialect needs after each answer, so that an answer costs the same for any number of
/// calls.
struct MT4CallList: Sendable {
    private var all: [MT4Call] = []
    private var places: [Int: Int] = [:]
    /// The number of calls without `Connect`.
    private(set) var subscriptionCount = 0
    /// The number of calls that wait for the hub's answer.
    private(set) var openCount = 0
    private(set) var refusedCount = 0
    /// The number of accepted calls, without `Connect` and without streams, which have no acknowledgement.
    private(set) var takenCount = 0

    var indices: Range<Int> { all.indices }
    var isEmpty: Bool { all.isEmpty }
    var count: Int { all.count }
    /// True if the hub refused all subscriptions.
    var areAllRefused: Bool { subscriptionCount > 0 && refusedCount == subscriptionCount }
    /// The first call that waits for its answer.
    var firstOpen: MT4Call? { all.first { !$0.isSettled } }

    subscript(index: Int) -> MT4Call {
        get { all[index] }
        set {
            count(all[index], by: -1)
            if all[index].id != newValue.id { places[all[index].id] = nil }
            all[index] = newValue
            places[newValue.id] = index
            count(newValue, by: 1)
        }
    }

    mutating func append(_ call: MT4Call) {
        all.append(call)
        count(call, by: 1)
    }

    /// The position of the call sent with this ID, if it is not completed.
    func place(ofID id: Int) -> Int? {
        guard let place = places[id], !all[place].isCompleted else { return nil }
        return place
    }

    /// True if there is an open stream that has delivered an item, or that was not refused in time.
    func hasStream(hasStreamed: Bool, notRefusedBy time: (MT4Call) -> Bool) -> Bool {
        all.contains { $0.isStream && !$0.isCompleted && !$0.isRefused && (hasStreamed || time($0)) }
    }

    private mutating func count(_ call: MT4Call, by step: Int) {
        if !call.isSettled { openCount += step }
        guard call.arguments != .connect else { return }
        subscriptionCount += step
        if call.isRefused { refusedCount += step }
        if call.isCompleted, !call.isStream, !call.isRefused { takenCount += step }
    }
}
