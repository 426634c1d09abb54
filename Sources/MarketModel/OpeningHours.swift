/// The times at which a market is open.
package protocol OpeningHours: Sendable {
    /// The intervals within `range` in which the market is open, in order, without touching each other.
    func openings(in range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>]
}

/// The state of a market at a moment.
package struct MarketState: Hashable, Sendable {
    package let isOpen: Bool
    /// When that changes; `nil` if it does not change within the next year.
    package let until: UnixNanoseconds?

    package init(isOpen: Bool, until: UnixNanoseconds?) {
        (self.isOpen, self.until) = (isOpen, until)
    }
}

extension OpeningHours {
    /// Whether the market is open at a moment, and until when.
    package func state(at time: UnixNanoseconds) -> MarketState {
        for days in [9, 70, 367] {
            let end = time.advanced(by: .seconds(days * 86_400))
            guard let first = openings(in: time..<end).first else { continue }
            if first.lowerBound > time { return MarketState(isOpen: false, until: first.lowerBound) }
            if first.upperBound < end { return MarketState(isOpen: true, until: first.upperBound) }
        }
        return MarketState(isOpen: isOpen(at: time), until: nil)
    }

    package func isOpen(at time: UnixNanoseconds) -> Bool {
        !openings(in: time..<time.advanced(by: .nanoseconds(1))).isEmpty
    }

    /// The intervals within `range` in which the market is closed.
    package func closures(in range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>] {
        var closures: [Range<UnixNanoseconds>] = []
        var from = range.lowerBound
        for opening in openings(in: range) {
            if from < opening.lowerBound { closures.append(from..<opening.lowerBound) }
            from = opening.upperBound
        }
        if from < range.upperBound { closures.append(from..<range.upperBound) }
        return closures
    }
}

extension [Range<UnixNanoseconds>] {
    /// Appends an interval and joins it with those that it touches; intervals must come nearly in order.
    ///
    /// A clock change may make an interval begin before the last one ends.
    mutating func appendJoined(_ span: Range<UnixNanoseconds>) {
        var joined = span
        while let last, last.upperBound >= joined.lowerBound {
            joined = Swift.min(last.lowerBound, joined.lowerBound)..<Swift.max(last.upperBound, joined.upperBound)
            removeLast()
        }
        append(joined)
    }
}
