import JSONScanning
package import MarketModel

/// Reads recorded messages of Kraken's WebSocket API v1 (docs.kraken.com, "Spot WebSockets v1").
package struct KrakenV1Dialect: VenueDialect {
    package internal(set) var symbols = SymbolTable()
    private var tokens = JSONIndex()
    var knownBooks = KrakenBooks()

    package init() {}

    package var books: BookTable { knownBooks.table }

    /// Sends nothing: the venue is for import only.
    package mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    package mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {}

    package mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        var outcome = DialectOutcome()
        var tokens = self.tokens.take()
        defer { self.tokens = tokens }
        batch.forEachReceived { payload, entry, origin in
            if entry.kind == .rest {
                outcome.recognised += 1
            } else {
                tokens.withPlainCursor(payload) { read($0, origin, &events, &outcome) }
            }
        }
        return outcome
    }

    private mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        let payload = start.bytes
        do throws(JSONError) {
            switch try KrakenV1Message(start) {
            case .event(let event): read(event, payload, origin, &events, &outcome)
            case .data(let payloads, let channel, let pair):
                outcome.dataMessages += 1
                let isReadable = readData(payloads, channel, pair, origin, &events, payload.count)
                if isReadable { outcome.recognised += 1 } else { outcome.unrecognised += 1 }
            }
        } catch {
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: "\(error)", bytes: payload.count))
            // Its content is unknown, so any book may miss a change.
            knownBooks.appendHoles(origin, to: &events)
        }
    }

    private mutating func read(
        _ event: KrakenV1Event,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        guard let name = event.event, name.kind == .string else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
            return
        }
        outcome.recognised += 1
        if name.equals("systemStatus") {
            outcome.dataMessages += 1
            events.venueEvents.append(VenueEvent(origin: origin, kind: "status", json: Array(payload)))
        } else if name.equals("error") || event.status?.equals("error") ?? false {
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
        } else if name.equals("subscriptionStatus") {
            readStatus(event, origin, &events)
        } else if !["heartbeat", "pong", "addOrderStatus", "cancelOrderStatus"].contains(name.text) {
            outcome.recognised -= 1
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    /// The end of a book's subscription ends the book.
    private mutating func readStatus(_ event: KrakenV1Event, _ origin: EventOrigin, _ events: inout MarketEvents) {
        guard event.status?.equals("unsubscribed") ?? false, let channel = event.channel, let pair = event.pair,
            pair.kind == .string, case .book(let depth)? = KrakenV1Channel(channel.bytes)
        else { return }
        let book = book(of: symbols.intern(pair.bytes), channel.bytes, depth)
        events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .ended))
    }

    mutating func book(of symbol: SymbolIndex, _ channel: UnsafeRawBufferPointer, _ depth: Int) -> BookIndex {
        knownBooks.book(of: symbol, channel: String(decoding: channel, as: UTF8.self), depth: depth)
    }
}
