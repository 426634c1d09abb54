import MarketModel

/// What a tape has for the clients of its venue, so that a client does not wait for data that never comes.
///
/// A venue has symbols, streams, or both; the other set is empty.
package struct VenueOffer: Sendable, Hashable {
    /// Symbols with ticks, as the venue writes them.
    package var symbols: Set<String> = []
    /// The names of streams that clients can subscribe to.
    package var streams: Set<String> = []
    /// False if the tape may have more than this.
    ///
    /// Nothing is refused then.
    package var isComplete = true
    /// The units of the times in the messages; empty if no message has a time, or if the venue has only one unit.
    package var timeUnits: Set<VenueTimeUnit> = []

    package init() {}

    package mutating func formUnion(_ other: VenueOffer) {
        symbols.formUnion(other.symbols)
        streams.formUnion(other.streams)
        timeUnits.formUnion(other.timeUnits)
        isComplete = isComplete && other.isComplete
    }

    /// The reason why `names` are refused, with the nearest name for the first missing one and some existing names;
    /// `nil` if all are available.
    package func refusal(ofStreams names: [String]) -> String? {
        guard isComplete else { return nil }
        return refusal(of: names, among: streams, "stream", "streams")
    }

    /// The same as ``refusal(ofStreams:)``, for symbols.
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
