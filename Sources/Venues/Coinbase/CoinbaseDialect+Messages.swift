import JSONScanning
import MarketModel

// Decides what a message is, and reads answers to requests.
extension CoinbaseDialect {
    /// Channels without rows, whose messages are kept as events.
    private static let eventChannels: [StaticString] = [
        "ticker_batch", "status", "user", "futures_balance_summary",
    ]

    /// Reads a message; see ``JSONText/plain(_:)``.
    mutating func read(
        _ start: JSONCursor,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        let payload = start.bytes
        let envelope: CoinbaseEnvelope
        do throws(JSONError) {
            envelope = try CoinbaseEnvelope(start)
        } catch {
            return fail(error.description, origin, bytes: payload.count, &events, &outcome)
        }
        if let channel = envelope.channel, channel.kind == .string {
            read(envelope, channel.bytes, payload, origin, &events, &outcome)
        } else if envelope.type?.equals("error") ?? false {
            outcome.recognised += 1
            events.venueEvents.append(VenueEvent(origin: origin, kind: "error", json: Array(payload)))
            noteError(envelope)
        } else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    /// Notes a message of unknown content: any book may miss a change.
    private mutating func fail(
        _ reason: String,
        _ origin: EventOrigin,
        bytes: Int,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        outcome.unrecognised += 1
        events.venueEvents.append(.malformed(origin, reason: reason, bytes: bytes))
        numbers.noteUnreadable()
        appendHoles(origin, nil, &events)
    }

    private mutating func read(
        _ envelope: CoinbaseEnvelope,
        _ name: UnsafeRawBufferPointer,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        var isOld = false
        if let value = envelope.number {
            guard let number = value.integer, number >= 0 else {
                return fail("no number as sequence_num", origin, bytes: payload.count, &events, &outcome)
            }
            isOld = note(number, origin, &events) == .old
        } else {
            numbers.noteUnreadable()
        }
        if name.equals("heartbeats") {
            outcome.recognised += 1
        } else if name.equals("subscriptions") {
            outcome.recognised += 1
            if !isOld { readSubscriptions(envelope, payload.count, origin, &events) }
        } else if let channel = CoinbaseChannel(dataName: name) {
            outcome.dataMessages += 1
            let isReadable = readData(envelope, channel, isOld: isOld, payload.count, origin, &events)
            if isReadable { outcome.recognised += 1 } else { outcome.unrecognised += 1 }
        } else if Self.eventChannels.contains(where: { name.equals($0) }) {
            outcome.recognised += 1
            outcome.dataMessages += 1
            let kind = String(decoding: name, as: UTF8.self)
            events.venueEvents.append(VenueEvent(origin: origin, kind: kind, json: Array(payload)))
        } else {
            outcome.unrecognised += 1
            events.venueEvents.append(.unrecognised(origin, bytes: payload.count))
        }
    }

    // MARK: Numbers of the connection

    @inline(__always)
    private mutating func note(
        _ number: Int64,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) -> CoinbaseNumbers.Effect {
        let effect = numbers.note(number, origin)
        switch effect {
        case .continues, .old: break
        case .hole(let hole):
            events.connectionHoles.append(hole)
            appendHoles(origin, hole, &events)
        case .restart: appendHoles(origin, nil, &events)
        }
        return effect
    }

    /// Reports that a message of unknown content is missing, for every book.
    func appendHoles(_ origin: EventOrigin, _ hole: ConnectionHole?, _ events: inout MarketEvents) {
        for index in books.entries.indices {
            let book = BookIndex(Int32(truncatingIfNeeded: index))
            var message = BookMessage(origin: origin, book: book, kind: .connectionHole)
            message.previous = hole?.last
            message.first = hole?.next
            events.bookMessages.append(message)
        }
    }

    // MARK: Answers

    /// Reads `[{"subscriptions":{"level2":["BTC-USD"],…}}]`: everything that the connection is subscribed to.
    private mutating func readSubscriptions(
        _ envelope: CoinbaseEnvelope,
        _ bytes: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        var listed: [CoinbaseChannel: Set<String>] = [:]
        do throws(JSONError) {
            guard let list = envelope.events else { throw JSONError(offset: 0, detail: "no events") }
            try list.forEachElement { _, event throws(JSONError) in
                try event.forEachMember { key, value throws(JSONError) in
                    guard key.equals("subscriptions") else { return }
                    try value.forEachMember { key, value throws(JSONError) in
                        guard let channel = CoinbaseChannel(name: key) else { return }
                        var products: Set<String> = []
                        try value.forEachElement { _, product in
                            if let text = product.text { products.insert(text) }
                        }
                        listed[channel] = products
                    }
                }
            }
        } catch {
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: bytes))
            return
        }
        for (channel, products) in listed {
            for product in products { queue.accepted(channel.subscriptionName(asked(product))) }
        }
        noteAnswer(listed)
        if let products = listed[.book] { endBooks(except: products, origin, &events) }
    }

    /// Finds the request that the venue has answered; what the answer leaves out is refused.
    private mutating func noteAnswer(_ listed: [CoinbaseChannel: Set<String>]) {
        guard let (place, names) = answeredRequest(listed) else { return }
        let part = unanswered.remove(at: place)
        for symbol in part.symbols where !names.contains(CoinbaseSymbol.answered(symbol)) {
            queue.refused(part.channel.subscriptionName(symbol), reason: "the acknowledgement does not name it")
        }
    }

    private func answeredRequest(
        _ listed: [CoinbaseChannel: Set<String>]
    ) -> (place: Int, names: Set<String>)? {
        for (place, part) in unanswered.enumerated() {
            guard let products = listed[part.channel] else { continue }
            let names = Set(products.map(CoinbaseSymbol.answered))
            if part.symbols.contains(where: { names.contains(CoinbaseSymbol.answered($0)) }) { return (place, names) }
        }
        return nil
    }

    /// Ends the books that the connection is not subscribed to any more.
    private func endBooks(except products: Set<String>, _ origin: EventOrigin, _ events: inout MarketEvents) {
        let names = Set(products.map(CoinbaseSymbol.answered))
        for (index, entry) in books.entries.enumerated() {
            guard !names.contains(CoinbaseSymbol.answered(symbols.text(of: entry.symbol))) else { continue }
            let book = BookIndex(Int32(truncatingIfNeeded: index))
            events.bookMessages.append(BookMessage(origin: origin, book: book, kind: .ended))
        }
    }

    /// An error answers the oldest open request, and does not say which of its symbols is wrong.
    ///
    /// They are asked for again, one by one; a symbol that was asked for alone is refused.
    private mutating func noteError(_ envelope: CoinbaseEnvelope) {
        let open = Set(queue.unanswered)
        guard let part = unanswered.first, part.names.contains(where: open.contains) else { return }
        unanswered.removeFirst()
        guard part.symbols.count > 1 else {
            let reason = [envelope.message?.text, envelope.reason?.text].compactMap { $0 }.joined(separator: ": ")
            for name in part.names { queue.refused(name, reason: reason.isEmpty ? "no reason given" : reason) }
            return
        }
        for symbol in part.symbols {
            let single = CoinbaseSubscriptions.Part(channel: part.channel, symbols: [symbol])
            unanswered.append(single)
            queue.add(single.request)
        }
    }
}
