package import MarketModel

/// Which part of a recording a cursor walks.
package struct ReadRange: Hashable, Sendable {
    /// The first `ts_recv` wanted.
    package var from: UnixNanoseconds
    /// The first `ts_recv` not wanted any more.
    package var to: UnixNanoseconds
    /// The last message wanted: a recording that grows meanwhile is read as it was.
    package var messageIndexMax: Int64
    /// The last message not wanted: what a reader that follows a recording has had before.
    package var messageIndexBehind: Int64

    package init(
        from: UnixNanoseconds = UnixNanoseconds(.min),
        to: UnixNanoseconds = UnixNanoseconds(.max),
        messageIndexMax: Int64 = .max,
        messageIndexBehind: Int64 = .min
    ) {
        self.from = from
        self.to = to
        self.messageIndexMax = messageIndexMax
        self.messageIndexBehind = messageIndexBehind
    }

    /// True for a row at `tsRecv` of message `messageIndex`.
    @inline(__always)
    package func contains(_ tsRecv: UnixNanoseconds, _ messageIndex: Int64) -> Bool {
        tsRecv >= from && (tsRecv < to || to.rawValue == .max) && messageIndex <= messageIndexMax
            && messageIndex > messageIndexBehind
    }
}
