import MarketModel

/// The order books of a capture's connections.
extension Capture {
    /// The changes of the books of a lane since the last call.
    mutating func takeBookNews(lane: Int = 0) -> [BookNews] { lanes[lane].content.books.takeNews() }

    /// Takes what a lane's connection has brought so far, so that another connection can use the lane for a while.
    mutating func takeContent(lane: Int = 0) -> ConnectionContent {
        defer { lanes[lane].content = ConnectionContent(reading) }
        return lanes[lane].content
    }

    /// Continues with what a lane's connection had brought before.
    mutating func putBack(_ content: ConnectionContent, lane: Int = 0) { lanes[lane].content = content }

    /// Continues the books of a lane's connection from stored states.
    mutating func continueBooks(from stored: StoredBooks, lane: Int = 0) {
        lanes[lane].content.books.resume(from: stored)
    }

    /// Ends the books of a lane with its connection, at `time`.
    mutating func endBooks(_ lane: Int, at time: UnixNanoseconds) {
        let states = lanes[lane].content.books.endConnection(
            connectionID: lanes[lane].connectionID,
            messageIndex: pendingIndex + Int64(pendingCount),
            at: time
        )
        for state in states { pipeline.rows.append(state) }
    }

    /// Ends the books of a connection that uses no lane at present, at `time`.
    mutating func endBooks(of content: ConnectionContent, connectionID: Int64, at time: UnixNanoseconds) {
        var content = content
        let states = content.books.endConnection(
            connectionID: connectionID,
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
