import MarketModel
import Venues

/// The numbers of trades, and the latency of messages.
extension Capture {
    /// Starts watching the numbers of trades.
    mutating func watchNumbers() {
        sequence = SequenceWatch(grace: .seconds(2))
    }

    /// The holes that were not filled in time, or all holes if `isEnd`.
    mutating func takeHoles(at time: Duration, isEnd: Bool) -> [SequenceHole] {
        defer { connectionHoles = [] }
        return connectionHoles + (sequence?.takeHoles(at: time, isEnd: isEnd) ?? [])
    }

    /// Notes the holes of a connection that numbers all its messages; `tsBefore` is the time of the message before the
    /// batch.
    mutating func noteConnectionHoles(in batch: MessageBatch, tsBefore: UnixNanoseconds?) {
        for hole in pipeline.events.connectionHoles where hole.next > hole.last {
            let place = hole.origin.message
            let (first, overflow) = hole.last.addingReportingOverflow(1)
            guard !overflow, first < hole.next, batch.entries.indices.contains(place) else { continue }
            let tsTo = batch.entries[place].tsRecv
            let received = batch.entries[..<place].last { $0.direction == .received }?.tsRecv
            connectionHoles.append(
                SequenceHole(
                    symbol: "",
                    numbers: first...(hole.next - 1),
                    kind: .message,
                    tsFrom: received ?? tsBefore ?? tsTo,
                    tsTo: tsTo
                )
            )
        }
    }

    /// Prepares for another dialect, which numbers its symbols differently.
    mutating func forgetNumberPlaces(of lane: Int = 0) {
        lanes[lane].sequencePlaces.removeAll(keepingCapacity: true)
    }

    /// The instrument that the latest tick of a symbol belongs to.
    func instrumentID(of symbol: String) -> Int64? {
        pipeline.rows.book.instrumentID(of: symbol)
    }

    mutating func noteLatency(in batch: MessageBatch) {
        let trade = pipeline.events.trades.last.flatMap { trade in trade.tsEvent.map { (trade.origin.message, $0) } }
        let quote = pipeline.events.quotes.last.flatMap { quote in quote.tsEvent.map { (quote.origin.message, $0) } }
        guard let (message, tsEvent) = trade ?? quote, batch.entries.indices.contains(message) else { return }
        let tsRecv = batch.entries[message].tsRecv
        guard EventTimeRule.canBeRight(tsEvent, receivedAt: tsRecv) else { return }
        messageTotals.latency = tsRecv.since(tsEvent)
    }

    mutating func noteNumbers(of batch: MessageBatch, lane: Int, symbols: SymbolTable, now: UnixNanoseconds) {
        let time = now.since(UnixNanoseconds(0))
        var unreadable = pipeline.events.venueEvents[...]
        for trade in pipeline.events.trades where trade.tradeID != nil || trade.executionIDs != nil {
            noteUnreadable(&unreadable, before: trade.origin.message)
            let place = sequencePlace(of: trade.symbol, lane: lane, symbols)
            let tsRecv = batch.entries[trade.origin.message].tsRecv
            if trade.isAggregate {
                sequence?.received(
                    aggregate: trade.tradeID,
                    executions: trade.executionIDs,
                    at: place,
                    tsRecv: tsRecv,
                    time: time
                )
            } else if let number = trade.tradeID {
                sequence?.received(number, at: place, tsRecv: tsRecv, time: time)
            }
        }
        noteUnreadable(&unreadable, before: .max)
    }

    private mutating func sequencePlace(of symbol: SymbolIndex, lane: Int, _ symbols: SymbolTable) -> Int {
        let index = Int(symbol.value)
        while lanes[lane].sequencePlaces.count <= index { lanes[lane].sequencePlaces.append(nil) }
        if let place = lanes[lane].sequencePlaces[index] { return place }
        let place = sequence?.place(of: symbols.text(of: symbol)) ?? 0
        lanes[lane].sequencePlaces[index] = place
        return place
    }

    /// Notes the messages before `message` that could not be read, and removes them from `events`.
    private mutating func noteUnreadable(_ events: inout ArraySlice<VenueEvent>, before message: Int) {
        while let event = events.first, event.origin.message < message {
            if event.isOddity { sequence?.receivedUnreadable() }
            events.removeFirst()
        }
    }
}
