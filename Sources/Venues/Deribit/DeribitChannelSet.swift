import MarketModel

/// The channels of a client and of its tape, with what has passed of each.
struct DeribitChannelSet: Sendable {
    struct Entry: Sendable {
        let name: String
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
    /// Places of the channels that the client has, in the order of subscription.
    private(set) var subscribed: [Int] = []
    /// A client cannot fill the memory with names.
    private static let namesMax = 100_000

    subscript(index: Int) -> Entry { entries[index] }

    /// The place of a channel; `nil` if there are too many.
    mutating func index(of name: UnsafeRawBufferPointer) -> Int? {
        if entries.count >= Self.namesMax {
            return names.find(String(decoding: name, as: UTF8.self)).map { Int($0.value) }
        }
        let index = Int(names.intern(name).value)
        if index == entries.count {
            let text = String(decoding: name, as: UTF8.self)
            entries.append(Entry(name: text, symbol: DeribitChannel(text).symbol))
        }
        return index
    }

    /// The place of a channel; `nil` if there are too many.
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
    }

    /// Returns false if the client does not have the channel.
    mutating func unsubscribe(_ index: Int) -> Bool {
        guard entries[index].isSubscribed else { return false }
        entries[index].isSubscribed = false
        subscribed.removeAll { $0 == index }
        return true
    }

    /// Subscribed channels without a message so far.
    var unanswered: [String] {
        let silent = subscribed.lazy.filter { entries[$0].delivered == 0 }
        return silent.prefix(SubscriptionReport.namesMax).map { entries[$0].name }
    }

    mutating func forgetPassed() {
        for index in entries.indices { entries[index].passed = 0 }
    }
}
