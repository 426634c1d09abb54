package import MarketModel

/// The part of a recording that a cursor reads.
package struct ReadRange: Hashable, Sendable {
    /// The first `ts_recv` to include.
    package var from: UnixNanoseconds
    /// The first `ts_recv` to exclude.
    package var to: UnixNanoseconds
    /// The last message to include, so that a growing recording is read as it was.
    package var messageIndexMax: Int64
    /// The last message to exclude: what a reader that follows a recording has already read.
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
