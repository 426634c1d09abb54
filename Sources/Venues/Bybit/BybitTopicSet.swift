import MarketModel

/// The topics of a client and of its tape, with what has passed of each.
struct BybitTopicSet: Sendable {
    struct Entry: Sendable {
        let name: String
        /// `nil` for topics without a symbol.
        let symbol: String?
        var isSubscribed = false
        /// How often the client has subscribed to it.
        var subscriptions = 0
        var delivered: Int64 = 0
        /// Messages before the client's first subscription.
        var passed: Int64 = 0
    }

    private var names = SymbolTable()
    private var entries: [Entry] = []
    /// Places of the topics that the client has, in the order of subscription.
    private(set) var subscribed: [Int] = []
    /// The sum of ``BybitProduct/argumentBytes(_:)`` of these topics.
    private(set) var argumentBytes = 0
    /// A client cannot fill the memory with names.
    private static let namesMax = 100_000

    subscript(index: Int) -> Entry { entries[index] }

    var subscribedCount: Int { subscribed.count }

    /// The place of a topic; `nil` if there are too many.
    mutating func index(of name: UnsafeRawBufferPointer) -> Int? {
        if entries.count >= Self.namesMax { return names.find(String(decoding: name, as: UTF8.self)).map(place) }
        let index = place(names.intern(name))
        if index == entries.count {
            let text = String(decoding: name, as: UTF8.self)
            entries.append(Entry(name: text, symbol: BybitTopic(text).symbol))
        }
        return index
    }

    private func place(_ index: SymbolIndex) -> Int { Int(index.value) }

    /// The place of a topic; `nil` if there are too many.
    mutating func index(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { index(of: UnsafeRawBufferPointer($0)) }
    }

    /// Notes a message of the tape; returns true if the client gets it.
    mutating func notePassing(_ index: Int) -> Bool {
        guard entries[index].isSubscribed else {
            if entries[index].subscriptions == 0 { entries[index].passed += 1 }
            return false
        }
        entries[index].delivered += 1
        return true
    }

    mutating func subscribe(_ index: Int) {
        guard !entries[index].isSubscribed else { return }
        entries[index].isSubscribed = true
        entries[index].subscriptions += 1
        entries[index].delivered = 0
        subscribed.append(index)
        argumentBytes += BybitProduct.argumentBytes(entries[index].name)
    }

    mutating func unsubscribe(_ index: Int) {
        guard entries[index].isSubscribed else { return }
        entries[index].isSubscribed = false
        subscribed.removeAll { $0 == index }
        argumentBytes -= BybitProduct.argumentBytes(entries[index].name)
    }

    /// Subscribed topics without a message so far.
    var unanswered: [String] {
        let silent = subscribed.lazy.filter { entries[$0].delivered == 0 }
        return silent.prefix(SubscriptionReport.namesMax).map { entries[$0].name }
    }

    mutating func forgetPassed() {
        for index in entries.indices { entries[index].passed = 0 }
    }
}
