/// What a keeper has counted since it began.
package struct BookCounts: Sendable, Hashable {
    package var snapshots = 0
    package var changes = 0
    /// Changes that are part of a valid book.
    package var applied = 0
    /// Changes that are older than the book.
    package var stale = 0
    /// Times that a missing or wrong message ended a valid book.
    package var holes = 0
    /// Pairs of messages whose numbers were compared, whether the book was valid or not.
    package var chainChecked = 0
    package var chainBreaks = 0
    package var checksumsRight = 0
    package var checksumsWrong = 0
    /// Checksums of 0 where 0 means absent.
    package var checksumsZero = 0
    /// Complete messages after which the best bid was the best ask.
    package var locked = 0
    /// Complete messages after which the best bid was above the best ask.
    package var crossed = 0
    /// Removals of prices that are not in the book, which is normal.
    package var unknownRemovals = 0
    package var bidsMax = 0
    package var asksMax = 0
    /// States of a valid book.
    package var states = 0

    package init() {}

    /// Changes that are not part of a valid book, or wait for a snapshot.
    package var notValid: Int { changes - applied - stale }
}
