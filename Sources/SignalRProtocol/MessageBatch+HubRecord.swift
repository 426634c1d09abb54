package import MarketModel

extension MessageBatch {
    /// Makes one outgoing text message of the bytes appended since there were `start` of them.
    ///
    /// Nothing happens where none were appended.
    package mutating func endMessage(from start: Int, tsRecv: UnixNanoseconds) {
        guard bytes.count > start else { return }
        entries.append(
            Entry(offset: start, length: bytes.count - start, tsRecv: tsRecv, direction: .sent, kind: .text)
        )
    }
}
