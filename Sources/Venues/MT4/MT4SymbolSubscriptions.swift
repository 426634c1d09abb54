/// The symbols that a client subscribed to, by their numbers in a symbol table; each call takes constant time.
struct MT4SymbolSubscriptions: Sendable {
    private struct Entry {
        /// Where the symbol stands in the list of subscriptions; -1 without one.
        var place = -1
        /// True once a tick went to the client under this subscription.
        var isAnswered = false
        /// Ticks that passed before the client's first subscription.
        var passed: Int64 = 0
        /// True after the first subscription: what passes later was given up.
        var wasWanted = false
    }

    private var entries: [Entry] = []
    /// The numbers of the symbols subscribed to.
    private(set) var numbers: [Int] = []

    func contains(_ number: Int) -> Bool { number < entries.count && entries[number].place >= 0 }

    /// Subscribes to a symbol; returns how many ticks of it had passed, or `nil` if the client was subscribed already.
    mutating func add(_ number: Int) -> Int64? {
        makeRoom(for: number)
        guard entries[number].place < 0 else { return nil }
        let passed = entries[number].passed
        entries[number] = Entry(place: numbers.count, wasWanted: true)
        numbers.append(number)
        return passed
    }

    /// Ends a subscription; returns its place in the list, which the last one takes over, or `nil` if there was none.
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

    /// Notes a tick of a symbol; true if the client is subscribed to it.
    mutating func note(_ number: Int) -> Bool {
        makeRoom(for: number)
        guard entries[number].place < 0 else {
            entries[number].isAnswered = true
            return true
        }
        if !entries[number].wasWanted { entries[number].passed += 1 }
        return false
    }

    /// The numbers of symbols that the client is subscribed to without having had a tick.
    var unanswered: some Sequence<Int> { numbers.lazy.filter { !entries[$0].isAnswered } }

    /// Ticks of all symbols that passed without a subscription.
    var passed: Int64 { entries.reduce(0) { $0 + $1.passed } }

    mutating func forgetPassed() {
        for number in entries.indices { entries[number].passed = 0 }
    }

    private mutating func makeRoom(for number: Int) {
        while entries.count <= number { entries.append(Entry()) }
    }
}
