import MarketModel

/// What a tape has for the clients of its venue, so that they do not wait for what will never come.
///
/// A venue has symbols, streams, or both; the other set is empty.
package struct VenueOffer: Sendable, Hashable {
    /// The symbols that there are ticks of, as the venue writes them.
    package var symbols: Set<String> = []
    /// The names of streams that clients can subscribe to.
    package var streams: Set<String> = []
    /// False if the tape may hold more than this: nothing is refused then.
    package var isComplete = true
    /// The units of the times in its messages; empty if none has a time, or if the venue has one unit only.
    package var timeUnits: Set<VenueTimeUnit> = []

    package init() {}

    package mutating func formUnion(_ other: VenueOffer) {
        symbols.formUnion(other.symbols)
        streams.formUnion(other.streams)
        timeUnits.formUnion(other.timeUnits)
        isComplete = isComplete && other.isComplete
    }

    /// Why `names` are refused, with the nearest name for the first of them and some of those that there are; `nil` if
    /// all are on offer.
    package func refusal(ofStreams names: [String]) -> String? {
        guard isComplete else { return nil }
        return refusal(of: names, among: streams, "stream", "streams")
    }

    /// As ``refusal(ofStreams:)``, for symbols.
    package func refusal(ofSymbols names: [String]) -> String? {
        guard isComplete else { return nil }
        return refusal(of: names, among: symbols, "symbol", "symbols")
    }

    private func refusal(of names: [String], among known: Set<String>, _ one: String, _ many: String) -> String? {
        let missing = names.filter { !known.contains($0) }
        guard let first = missing.first else { return nil }
        let wanted = missing.count == 1 ? "\(one) " : "\(many) "
        let hint = Suggestion.hint(for: first, among: known)
        let rest = known.isEmpty ? "it has no \(many)" : "it has \(Suggestion.list(known.sorted()))"
        let shown = missing.prefix(10).map { String($0.prefix(64)) }
        return "the tape lacks the \(wanted)\(Suggestion.list(shown))\(hint); \(rest)"
    }
}

/// The unit of the times in a venue's messages.
package enum VenueTimeUnit: String, Sendable, Hashable, CaseIterable {
    case milliseconds, microseconds
}
