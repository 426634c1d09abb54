import Archive
import MarketModel

/// Which parts of a loss are missing data: none while the market is closed.
extension FeedMarket {
    /// The gaps of a loss.
    struct Gaps: Hashable, Sendable {
        /// Gaps that have ended, in order.
        var ended: [Range<UnixNanoseconds>] = []
        /// The start of the gap that is still open; `nil` if the loss is excused.
        var openFrom: UnixNanoseconds?
    }

    /// The gaps of a loss since `from`: one for each time with an open market.
    ///
    /// In a closed market the loss is excused. It becomes a gap if it lasts until the opening.
    mutating func gaps(
        of loss: ExcusedLosses.Loss,
        since from: UnixNanoseconds,
        until time: UnixNanoseconds
    ) -> Gaps {
        let parts = openParts(since: from, until: time)
        guard !isOpen else {
            // Without a part, the market has just opened.
            return Gaps(ended: parts.dropLast(), openFrom: parts.last?.lowerBound ?? max(from, time))
        }
        excused.excuse(loss)
        return Gaps(ended: loss.cause == .restart ? parts : unheard(loss, since: from, until: time))
    }

    /// The parts of a time in which the market was open.
    func openParts(since from: UnixNanoseconds, until time: UnixNanoseconds) -> [Range<UnixNanoseconds>] {
        from < time ? hours.openParts(of: from..<time) : []
    }

    /// The time before the market closed that may be missing, if a connection was found dead right after the close.
    private func unheard(
        _ loss: ExcusedLosses.Loss,
        since from: UnixNanoseconds,
        until time: UnixNanoseconds
    ) -> [Range<UnixNanoseconds>] {
        guard loss.cause == .noPong || loss.cause == .silence, let closing = closedSpan?.tsFrom, from < closing,
            time.since(closing) <= .seconds(60)
        else { return [] }
        return hours.openParts(of: from..<closing)
    }
}
