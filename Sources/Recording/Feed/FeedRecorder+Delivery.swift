import Archive
import JSONScanning
import MarketModel
import Venues

/// Compares what was requested with what arrives.
extension FeedRecorder {
    /// Notes what a lane's connection has delivered, and reports what is still missing after the delivery time-out.
    func watchDelivery(_ lane: FeedLane) {
        guard !notices.undelivered.isComplete else { return }
        notices.undelivered.note(lane.dialect.undelivered)
        guard let subscribedAt = lane.subscribedAt else { return }
        // A closed market delivers nothing.
        let begin = max(subscribedAt, market.openedAt ?? subscribedAt)
        let (time, patience) = (now(), policy.deliveryPatience)
        let news = notices.undelivered.news(afterSubscribed: market.isOpen ? elapsed - begin : .zero) {
            market.hours.isOpen($0, for: patience, at: time)
        }
        guard let news else { return }
        let reason = news.names.isEmpty ? nil : lane.dialect.undeliveredReason.map(configuration.safe)
        report(.undelivered(news.names, isFirst: news.isFirst, reason: reason))
        if news.isFirst { recordUndelivered(news.names, reason) }
    }

    private func recordUndelivered(_ names: [String], _ reason: String?) {
        var object = JSONObjectWriter()
        object.raw("names", "[" + names.map(JSONText.quoted).joined(separator: ",") + "]")
        object.text("reason", reason)
        capture.append(
            EventRow(
                tsRecv: now(),
                messageIndex: nil,
                item: nil,
                feedID: place.feedID,
                kind: "undelivered",
                json: Array(object.text().utf8)
            )
        )
    }
}
