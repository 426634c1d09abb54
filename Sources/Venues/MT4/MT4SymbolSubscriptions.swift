/// A client's symbol subscriptions, by symbol number.
///
/// Each call takes constant time, unless it says otherwise.
struct MT4SymbolSubscriptions: Sendable {
    private struct Entry {
        /// The position of the symbol in the list of subscriptions; -1 if it is not subscribed.
        var place = -1
        /// True after the client got a tick under this subscription.
        var isAnswered = false
        /// Ticks that passed before the client's first subscription.
        var passed: Int64 = 0
        /// True after the first subscription.
        ///
        /// Later ticks without a subscription were given up by the client.
        var wasWanted = false
    }

    private var entries: [Entry] = []
    /// The numbers of the subscribed symbols.
    private(set) var numbers: [Int] = []

    func contains(_ number: Int) -> Bool { number < entries.count && entries[number].place >= 0 }

    /// Subscribes to a symbol; returns the number of its ticks that had passed, or `nil` if it was already subscribed.
    mutating func add(_ number: Int) -> Int64? {
        makeRoom(for: number)
        guard entries[number].place < 0 else { return nil }
        let passed = entries[number].passed
        entries[number] = Entry(place: numbers.count, wasWanted: true)
        numbers.append(number)
        return passed
    }

    /// Ends a subscription; returns its position, which the last one takes over, or `nil` if there was none.
    mutating func remove(_ number: Int) -> Int? {
        guard contains(number), let last = numbers.popLast() else { return nil }
        let place = entries[number].place
        if last != number {
            numbers[place] = last
            entries[last].place = place
        }
        entries[number].place = -1
        return place
    }

    mutating func removeAll() {
        for number in numbers { entries[number].place = -1 }
        numbers = []
    }

    /// Records a tick of a symbol; returns true if the client is subscribed to it.
    mutating func note(_ number: Int) -> Bool {
        makeRoom(for: number)
        guard entries[number].place < 0 else {
            entries[number].isAnswered = true
            return true
        }
        if !entries[number].wasWanted { entries[number].passed += 1 }
        return false
    }

    /// The numbers of subscribed symbols without a tick so far.
    var unanswered: some Sequence<Int> { numbers.lazy.filter { !entries[$0].isAnswered } }

    /// Ticks of all symbols that passed without a subscription.
    ///
    /// Takes time proportional to the number of symbols.
    var passed: Int64 { entries.reduce(0) { $0 + $1.passed } }

    mutating func forgetPassed() {
        for number in entries.indices { entries[number].passed = 0 }
    }

    private mutating func makeRoom(for number: Int) {
        while entries.count <= number { entries.append(Entry()) }
    }
}
