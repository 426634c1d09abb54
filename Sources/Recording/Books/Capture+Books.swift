import MarketModel

/// The order books of a capture's connections.
extension Capture {
    /// The changes of the books of a lane since the last call.
    mutating func takeBookNews(lane: Int = 0) -> [BookNews] { lanes[lane].content.books.takeNews() }

    /// Ends the books of a lane with its connection, at `time`.
    mutating func endBooks(_ lane: Int, at time: UnixNanoseconds) {
        let states = lanes[lane].content.books.endConnection(
            connectionID: lanes[lane].connectionID,
            messageIndex: pendingIndex + Int64(pendingCount),
            at: time
        )
        for state in states { pipeline.rows.append(state) }
    }

    /// True if the same book is valid on another connection, so that nothing of it is missing.
    func hasValidBook(like news: BookNews, besides lane: Int) -> Bool {
        lanes.indices.contains { $0 != lane && lanes[$0].content.books.hasValidBook(news.symbol, news.channel) }
    }
}
