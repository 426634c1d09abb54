package import MarketModel

/// A row of `gap`: data known or suspected to be missing; a write replaces the row with the same key.
///
/// ``ArchiveWriter/makeGapID()`` assigns the key. A gap is written first without `tsTo`, and again when data flows.
package struct GapRow: Hashable, Sendable {
    /// The cause of a gap that `verify --repair` stores for messages that can no longer be read.
    package static let damageCause = "damage"
    /// How the `detail` of a hole in an order book begins.
    package static let bookDetail = "the book "

    package var gapID: Int64
    package var sessionID: Int64
    package var feedID: Int64?
    package var connectionID: Int64?
    package var instrumentID: Int64?
    package var tsFrom: UnixNanoseconds
    /// `nil` while the gap is open.
    package var tsTo: UnixNanoseconds?
    package var cause: String
    package var detail: String?
    /// The missing range of the venue's numbers, from the first to the last.
    package var sequenceFrom: Int64?
    package var sequenceTo: Int64?
    package var estimatedCount: Int64?

    package init(
        gapID: Int64,
        sessionID: Int64,
        feedID: Int64? = nil,
        connectionID: Int64? = nil,
        instrumentID: Int64? = nil,
        tsFrom: UnixNanoseconds,
        tsTo: UnixNanoseconds? = nil,
        cause: String,
        detail: String? = nil,
        sequenceFrom: Int64? = nil,
        sequenceTo: Int64? = nil,
        estimatedCount: Int64? = nil
    ) {
        self.gapID = gapID
        self.sessionID = sessionID
        self.feedID = feedID
        self.connectionID = connectionID
        self.instrumentID = instrumentID
        self.tsFrom = tsFrom
        self.tsTo = tsTo
        self.cause = cause
        self.detail = detail
        self.sequenceFrom = sequenceFrom
        self.sequenceTo = sequenceTo
        self.estimatedCount = estimatedCount
    }

    /// True for a hole in an order book: no tick is missing because of it, so bars are complete.
    package var isOfBook: Bool { detail?.hasPrefix(Self.bookDetail) ?? false }
}

/// A row of `clock_sample`: the host clock as the kernel reports it.
package struct ClockSampleRow: Hashable, Sendable {
    package var ts: UnixNanoseconds
    package var offsetNS: Int64
    package var errorNS: Int64
    package var status: Int64

    package init(ts: UnixNanoseconds, offsetNS: Int64, errorNS: Int64, status: Int64) {
        self.ts = ts
        self.offsetNS = offsetNS
        self.errorNS = errorNS
        self.status = status
    }
}
