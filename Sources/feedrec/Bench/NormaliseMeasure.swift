import MarketModel
import Venues

/// The CPU time that a dialect needs for the messages of one kind.
struct NormaliseResult {
    let venue: String
    let kind: String
    let messages: Int
    let bytesAverage: Double
    /// Microseconds of CPU per message.
    let microseconds: Double
    /// The same for messages with shuffled keys.
    let shuffledMicroseconds: Double
}

/// Sorts the messages of a conversation by kind, and measures each.
struct NormaliseMeasure {
    let venue: String
    let dialect: any VenueDialect
    /// How many messages to read in each measurement, at least.
    let count: Int
    let seed: UInt64
    /// CPU seconds of the calling thread.
    let cpuSeconds: () -> Double

    /// A socket read delivers about this many messages.
    private static let batchCount = 64
    private static let repeats = 5

    /// Measures every kind in `messages`, in order of the kinds' names.
    func results(_ messages: MessageBatch) throws(Failure) -> [NormaliseResult] {
        var results: [NormaliseResult] = []
        for (kind, indices) in kinds(of: messages).sorted(by: { $0.key < $1.key }) {
            var shuffle = JSONShuffle(seed: seed)
            var (ordered, shuffled) = (MessageBatch(), MessageBatch())
            for index in indices.prefix(count) {
                ordered.append(messageAt: index, of: messages)
                let entry = messages.entries[index]
                let text = messages.withPayload(at: index) { entry.kind == .text ? shuffle.shuffled($0) : Array($0) }
                shuffled.append(text, kind: entry.kind, direction: .received, tsRecv: entry.tsRecv)
            }
            guard ticks(ordered) == ticks(shuffled) else {
                throw Failure("\(venue): '\(kind)' messages give other events if their keys are in another order")
            }
            results.append(
                NormaliseResult(
                    venue: venue,
                    kind: kind,
                    messages: ordered.count,
                    bytesAverage: Double(ordered.bytes.count) / Double(ordered.count),
                    microseconds: microseconds(ordered),
                    shuffledMicroseconds: microseconds(shuffled)
                )
            )
        }
        return results
    }

    /// The messages by what they contain, which the dialect decides.
    private func kinds(of messages: MessageBatch) -> [String: [Int]] {
        var reader = dialect
        var kinds: [String: [Int]] = [:]
        var events = MarketEvents()
        var outgoing = MessageBatch()
        for index in 0..<messages.count where messages.entries[index].direction == .received {
            var single = MessageBatch()
            single.append(messageAt: index, of: messages)
            events.removeAll()
            _ = reader.receive(single, now: single.entries[0].tsRecv, events: &events, outgoing: &outgoing)
            outgoing = MessageBatch()
            if let kind = events.usualKind { kinds[kind, default: []].append(index) }
        }
        return kinds
    }

    /// The ticks in `messages`, which must not depend on the order of keys.
    private func ticks(_ messages: MessageBatch) -> Ticks {
        var reader = dialect
        var events = MarketEvents()
        var outgoing = MessageBatch()
        _ = reader.receive(messages, now: messages.entries[0].tsRecv, events: &events, outgoing: &outgoing)
        return Ticks(quotes: events.quotes, trades: events.trades, levels: Set(events.bookLevels))
    }

    private struct Ticks: Equatable {
        let quotes: [Quote]
        let trades: [Trade]
        /// A message has its levels in the order of its keys.
        let levels: Set<BookLevel>
    }

    /// The least CPU time of some runs, because other programs can only add to it.
    private func microseconds(_ messages: MessageBatch) -> Double {
        var batches: [MessageBatch] = []
        for start in stride(from: 0, to: messages.count, by: Self.batchCount) {
            batches.append(messages.part(start..<min(start + Self.batchCount, messages.count)))
        }
        let rounds = max(1, count / messages.count)
        var secondsMin = Double.infinity
        for _ in 0..<Self.repeats {
            var reader = dialect
            var events = MarketEvents()
            var outgoing = MessageBatch()
            let start = cpuSeconds()
            for _ in 0..<rounds {
                for batch in batches {
                    events.removeAll()
                    _ = reader.receive(batch, now: batch.entries[0].tsRecv, events: &events, outgoing: &outgoing)
                }
            }
            secondsMin = min(secondsMin, cpuSeconds() - start)
        }
        return secondsMin * 1e6 / Double(rounds * messages.count)
    }
}

extension MarketEvents {
    /// The usual kind of message that gives these events; `nil` for a message without market data.
    fileprivate var usualKind: String? {
        if !bookMessages.isEmpty, quotes.isEmpty { return "book" }
        if !trades.isEmpty { return "trade" }
        if !quotes.isEmpty { return "quote" }
        if !statistics.isEmpty { return "statistic" }
        if !venueBars.isEmpty { return "bar" }
        return marginUpdates.isEmpty ? nil : "margin"
    }
}
