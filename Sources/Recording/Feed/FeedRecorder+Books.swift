import Archive
import MarketModel
import OrderBooks
import Venues

/// Order books: what is missing of them, and how they become valid again.
extension FeedRecorder {
    /// How long the venue may take for a new snapshot before it is asked again.
    private static let repairPatience = Duration.seconds(15)

    /// Stores the holes of a lane's books, and asks the venue for new snapshots.
    func followBooks(of lane: FeedLane, outgoing: inout MessageBatch) {
        for news in capture.takeBookNews(lane: lane.number) {
            let isCarried = capture.hasValidBook(like: news, besides: lane.number)
            if !isCarried || news.invalidity == nil { storeGap(of: news, lane) }
            if news.invalidity == nil { lane.brokenBooks[news.book] = nil }
            if news.needsSnapshot { repair(news.book, lane, &outgoing) }
        }
    }

    /// Asks again for snapshots that have not come; called by the ticker.
    func repairBooks(of lane: FeedLane, outgoing: inout MessageBatch) {
        for (book, askedAt) in lane.brokenBooks where elapsed - askedAt >= Self.repairPatience {
            repair(book, lane, &outgoing)
        }
    }

    private func repair(_ book: BookIndex, _ lane: FeedLane, _ outgoing: inout MessageBatch) {
        lane.brokenBooks[book] = elapsed
        lane.dialect.repair(book, now: steady(), outgoing: &outgoing)
    }

    private func storeGap(of news: BookNews, _ lane: FeedLane) {
        let change = lane.bookGaps.change(for: news) {
            GapRow(
                gapID: place.writer.makeGapID(),
                sessionID: place.sessionID,
                feedID: place.feedID,
                connectionID: lane.connectionID,
                instrumentID: capture.instrumentID(of: news.symbol),
                tsFrom: news.tsRecv,
                cause: GapCause.sequence.rawValue
            )
        }
        switch change {
        case .began(let gap):
            capture.append(gap)
            ledger.noteWhole()
            report(.gapBegan(cause: gap.cause))
        case .ended(let gap): capture.append(gap)
        case nil: break
        }
    }
}
