import JSONScanning
import MarketModel

// Decides what a message is, and reads answers to requests.
extension KrakenDialect {
    /// Channels of the venue without rows: accounts and orders need a token.
    private static let otherChannels: [StaticString] = [
        "status", "instrument", "level3", "executions", "balances",
    ]

    /// Reads a message; see ``JSONText/plain(_:)``.
    mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        let payload = start.bytes
        let envelope: KrakenEnvelope
        do {
            envelope = try KrakenEnvelope(start)
        } catch {
            events.venueEvents.append(.malformed(origin, reason: "\(error)", bytes: payload.count))
            // Its content is unknown, so any book may miss a change.
            knownBooks.appendHoles(origin, to: &events)
            outcome.unrecognised += 1
            return
        }
        if let channel = envelope.channel, channel.kind == .string {
            read(envelope, channel: channel.bytes, payload, origin, &events, &outcome)
        } else if envelope.method != nil || envelope.error != nil {
            outcome.recognised += 1
            readAnswer(envelope, payload, origin, &events)
        } else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    private mutating func read(
        _ envelope: KrakenEnvelope,
        channel name: UnsafeRawBufferPointer,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        if name.equals("heartbeat") {
            outcome.recognised += 1
            return
        }
        if let channel = KrakenChannel(name: name) {
            let isReadable = readData(envelope, channel, payload.count, origin, &events)
            if isReadable { outcome.recognised += 1 } else { outcome.unrecognised += 1 }
            outcome.dataMessages += 1
            return
        }
        guard Self.otherChannels.contains(where: { name.equals($0) }) else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
            return
        }
        outcome.recognised += 1
        outcome.dataMessages += 1
        if name.equals("status") {
            events.venueEvents.append(VenueEvent(origin: origin, kind: "status", json: Array(payload)))
        } else if name.equals("instrument"), let data = envelope.data {
            readInstruments(data, payload.count, origin, &events)
        }
    }

    // MARK: Answers

    private mutating func readAnswer(
        _ envelope: KrakenEnvelope,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        let isRefused = envelope.success?.kind == .false || envelope.error.map { !$0.isNull } ?? false
        if isRefused {
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
            if envelope.method?.equals("subscribe") ?? false { noteRefusal(envelope) }
            return
        }
        guard let result = envelope.result, result.kind == .object else { return }
        var (channel, symbol, depth): (JSONValue?, JSONValue?, JSONValue?)
        try? result.forEachMember { key, value in
            if key.equals("channel") {
                channel = value
            } else if key.equals("symbol") {
                symbol = value
            } else if key.equals("depth") {
                depth = value
            }
        }
        guard let channel = (channel?.bytes).flatMap({ KrakenChannel(name: $0) }),
            let symbol = try? KrakenValues.symbol(symbol)
        else { return }
        let index = symbols.intern(symbol)
        if envelope.method?.equals("subscribe") ?? false {
            queue.accepted(channel.subscriptionName(symbols.text(of: index)))
            if channel == .book, let depth = depth?.integer, (1...100_000).contains(depth) {
                _ = knownBooks.book(of: index, channel: "book", depth: Int(depth))
            }
        } else if envelope.method?.equals("unsubscribe") ?? false, channel == .book,
            let book = knownBooks.find(index)
        {
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .ended))
        }
    }

    /// Finds what the venue refused: by the symbol, by a symbol in the error's text, or by the request's number.
    private mutating func noteRefusal(_ envelope: KrakenEnvelope) {
        let reason = envelope.error?.text ?? "no reason given"
        let number = envelope.requestID?.integer ?? 0
        let isKnown = number >= 1 && number <= Int64(requestNames.count)
        let asked = isKnown ? requestNames[Int(number) - 1] : queue.unanswered
        let symbol = envelope.symbol?.text
        let words = reason.split(separator: " ").map(String.init)
        let meant = asked.filter { name in
            guard let end = name.lastIndex(of: " ") else { return false }
            let askedSymbol = String(name[..<end])
            return symbol.map { $0 == askedSymbol } ?? words.contains(askedSymbol)
        }
        let unanswered = Set(queue.unanswered)
        for name in meant.isEmpty ? asked.filter(unanswered.contains) : meant {
            refusedNames.insert(name)
            queue.refused(name, reason: reason)
        }
    }
}
