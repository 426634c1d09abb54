import JSONScanning
import MarketModel
import Venues

/// The client's side of a connection to Acme: it subscribes, waits for the answer, and reads trades.
struct AcmeDialect: VenueDialect {
    private(set) var symbols = SymbolTable()
    private(set) var isSubscribed = false
    private let wanted: [String]
    /// Symbols without a trade so far.
    private var missing: Set<String>

    /// Makes a client that subscribes to `wanted`, or one that only reads if it is never opened.
    init(symbols wanted: [String]) {
        self.wanted = wanted
        missing = Set(wanted)
    }

    var undelivered: [String] { missing.sorted() }

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
            let origin = EventOrigin(message: index, item: 0)
            guard let message = batch.withPayload(at: index, { AcmeMessage($0) }) else {
                outcome.unrecognised += 1
                events.venueEvents.append(Self.oddity(origin))
                continue
            }
            outcome.recognised += 1
            take(message, origin, &outcome, &events)
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
            missing.remove(symbol)
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

    private static func oddity(_ origin: EventOrigin) -> VenueEvent {
        let json = #"{"reason":"nothing that this venue sends"}"#
        return VenueEvent(origin: origin, kind: "unrecognised", isOddity: true, json: Array(json.utf8))
    }

    // The connection's pings keep it alive.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
}
