import JSONScanning
import MarketModel
import Venues

/// The client's side of a connection to Acme: it subscribes, waits for the answer, and reads trades.
struct AcmeDialect: VenueDialect {
    private(set) var symbols = SymbolTable()
    private(set) var isSubscribed = false
    private let wanted: [String]

    /// Makes a client that subscribes to `wanted`, or one that only reads if it is never opened.
    init(symbols wanted: [String]) { self.wanted = wanted }

    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        outgoing.append(#"{"subscribe":\#(JSONText.list(wanted))}"#.utf8, direction: .sent, tsRecv: now)
    }

    mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        for index in batch.entries.indices where batch.entries[index].direction == .received {
            guard let message = batch.withPayload(at: index, { AcmeMessage($0) }) else {
                outcome.unrecognised += 1
                continue
            }
            outcome.recognised += 1
            take(message, EventOrigin(message: index, item: 0), &outcome, &events)
        }
        outcome.isSubscribed = isSubscribed
        return outcome
    }

    private mutating func take(
        _ message: AcmeMessage,
        _ origin: EventOrigin,
        _ outcome: inout DialectOutcome,
        _ events: inout MarketEvents
    ) {
        switch message {
        case .subscribed: isSubscribed = true
        case .trade(let symbol, let id, let price, let size, let time):
            outcome.dataMessages += 1
            events.trades.append(
                Trade(
                    origin: origin,
                    symbol: symbols.intern(symbol),
                    tsEvent: time,
                    price: price,
                    size: size,
                    aggressorSide: nil,
                    tradeID: id
                )
            )
        }
    }

    // The connection's pings keep it alive.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
}
