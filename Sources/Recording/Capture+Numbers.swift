import MarketModel
import Venues

/// The numbers of trades, and how late messages are.
extension Capture {
    /// Watches the numbers of trades from now on.
    mutating func watchNumbers() {
        sequence = SequenceWatch(grace: .seconds(2))
    }

    /// The holes that nobody has filled in time; all of them where `isEnd`.
    mutating func takeHoles(at time: Duration, isEnd: Bool) -> [SequenceHole] {
        sequence?.takeHoles(at: time, isEnd: isEnd) ?? []
    }

    /// The instrument that the latest tick of a symbol belongs to.
    func instrumentID(of symbol: String) -> Int64? {
        rowBuilder.book.instrumentID(of: symbol)
    }

    mutating func noteLatency(in batch: MessageBatch) {
        let trade = events.trades.last.flatMap { trade in trade.tsEvent.map { (trade.origin.message, $0) } }
        let quote = events.quotes.last.flatMap { quote in quote.tsEvent.map { (quote.origin.message, $0) } }
        guard let (message, tsEvent) = trade ?? quote, batch.entries.indices.contains(message) else { return }
        messageTotals.latency = batch.entries[message].tsRecv.since(tsEvent)
    }

    mutating func noteNumbers(of batch: MessageBatch, symbols: SymbolTable, now: UnixNanoseconds) {
        // The number of a message that cannot be read is not missing; which it was nobody knows.
        guard !events.venueEvents.contains(where: \.isOddity) else {
            sequence?.startOver()
            return
        }
        let time = now.since(UnixNanoseconds(0))
        for trade in events.trades {
            guard let number = trade.tradeID else { continue }
            let index = Int(trade.symbol.value)
            while lane.sequencePlaces.count <= index { lane.sequencePlaces.append(nil) }
            let place = lane.sequencePlaces[index] ?? sequence?.place(of: symbols.text(of: trade.symbol)) ?? 0
            lane.sequencePlaces[index] = place
            sequence?.received(number, at: place, tsRecv: batch.entries[trade.origin.message].tsRecv, time: time)
        }
    }
}
