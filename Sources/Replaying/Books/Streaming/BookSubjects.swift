import JSONScanning

/// A book on a tape: what it is about, whatever recording and connection it comes from.
struct BookSubject: Hashable, Sendable {
    let venue: String
    let symbol: String
    /// The venue's name for the channel.
    let channel: String

    /// The constant part of its events' JSON.
    var names: [UInt8] {
        var names = Array(#","venue":"#.utf8)
        JSONText.appendString(venue, to: &names)
        names += Array(#","symbol":"#.utf8)
        JSONText.appendString(symbol, to: &names)
        names += Array(#","channel":"#.utf8)
        JSONText.appendString(channel, to: &names)
        return names
    }
}

/// The books of a tape, numbered as they are met.
struct BookSubjects {
    private(set) var all: [BookSubject] = []
    /// For each, the constant part of its events' JSON.
    private(set) var names: [[UInt8]] = []
    private var numbers: [BookSubject: Int] = [:]
    /// `nil` for all symbols.
    let symbols: Set<String>?

    init(symbols: Set<String>?) { self.symbols = symbols }

    /// The number of a book, which may be new; `nil` if its symbol is not selected.
    mutating func number(_ venue: String, _ symbol: String, _ channel: String) -> Int? {
        guard symbols?.contains(symbol) ?? true else { return nil }
        let subject = BookSubject(venue: venue, symbol: symbol, channel: channel)
        if let known = numbers[subject] { return known }
        numbers[subject] = all.count
        all.append(subject)
        names.append(subject.names)
        return all.count - 1
    }
}
