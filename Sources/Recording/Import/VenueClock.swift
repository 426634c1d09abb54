import Interchange
import MarketModel
import Venues

/// Gives receive times to the messages of a file without them, from the times in the messages.
///
/// The venue's reader finds the times. Events of history that the venue repeats are left out, because they are older
/// than their message.
struct VenueClock {
    private let source: ReceiveTimeSource
    private var dialect: any VenueDialect
    private var events = MarketEvents()
    /// The time of the venue in each message of the batch; `.min` for a message without one.
    private var times: [UnixNanoseconds] = []
    /// For ``ReceiveTimeSource/venue``, the latest time of the venue.
    private var latest: UnixNanoseconds?
    /// For ``ReceiveTimeSource/monotonic``, the distance from the file's clock to the venue's.
    private var shift: Duration?

    init(_ source: ReceiveTimeSource, _ dialect: any VenueDialect) {
        self.source = source
        self.dialect = dialect
    }

    /// True from the first message with a time of the venue.
    var isSet: Bool { latest != nil || shift != nil }

    /// Replaces the receive times of the next messages, which the venue's reader has not read yet.
    ///
    /// While the clock is not set, the batch stays as it is; ``setEarlier(_:)`` then does the rest.
    mutating func set(_ batch: inout MessageBatch) {
        guard let first = batch.entries.first else { return }
        events.removeAll()
        ReadingPipeline.recall(batch, dialect: &dialect, now: latest ?? first.tsRecv, into: &events)
        findTimes(batch.count)
        if !isSet { begin(batch) }
        guard isSet else { return }
        for index in batch.entries.indices {
            if let latest { self.latest = max(latest, times[index]) }
            replaceTime(of: &batch.entries[index])
        }
    }

    /// Replaces the receive times of messages before the first one with a time of the venue; `time` is the time that
    /// the message after them got.
    func setEarlier(_ batch: inout MessageBatch, before time: UnixNanoseconds) {
        for index in batch.entries.indices {
            if shift == nil { batch.entries[index].tsRecv = time } else { replaceTime(of: &batch.entries[index]) }
        }
    }

    private func replaceTime(of entry: inout MessageBatch.Entry) {
        if let shift {
            entry.tsRecv = entry.tsRecv.advanced(by: shift)
        } else if let latest {
            entry.tsRecv = latest
        }
    }

    /// Sets the clock by the first message with a time.
    private mutating func begin(_ batch: MessageBatch) {
        guard let index = times.firstIndex(where: { $0 != UnixNanoseconds(.min) }) else { return }
        switch source {
        case .monotonic: shift = times[index].since(batch.entries[index].tsRecv)
        case .venue, .recorded: latest = times[index]
        }
    }

    private mutating func findTimes(_ count: Int) {
        times.removeAll(keepingCapacity: true)
        times.append(contentsOf: repeatElement(UnixNanoseconds(.min), count: count))
        for quote in events.quotes { note(quote.tsEvent, quote.origin) }
        for trade in events.trades where trade.administrativeKind == nil { note(trade.tsEvent, trade.origin) }
        for message in events.bookMessages { note(message.tsEvent, message.origin) }
        for statistic in events.statistics { note(statistic.tsEvent, statistic.origin) }
        for update in events.marginUpdates { note(update.tsEvent, update.origin) }
        for update in events.orderUpdates { note(update.tsEvent, update.origin) }
    }

    private mutating func note(_ time: UnixNanoseconds?, _ origin: EventOrigin) {
        guard let time, times.indices.contains(origin.message) else { return }
        times[origin.message] = max(times[origin.message], time)
    }
}
