import JSONScanning
import MarketModel
import TextEncoding

extension BinanceDialect {
    /// Reads the answer to an HTTP request; returns false if it carries no data.
    mutating func readExchange(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ now: UnixNanoseconds,
        _ events: inout MarketEvents
    ) -> Bool {
        guard let (exchange, offset) = RESTExchange.read(payload), let status = exchange.status else {
            events.venueEvents.append(.malformed(origin, reason: "not an HTTP exchange", bytes: payload.count))
            return false
        }
        let body = UnsafeRawBufferPointer(rebasing: payload[offset...])
        guard status == 200 else {
            refuse(exchange, status, body, origin, now, &events)
            return false
        }
        do throws(BinancePayloadError) {
            return try JSONText.withPlain(body) { plain throws(BinancePayloadError) in
                try readAnswer(plain, to: exchange, origin, &events)
            }
        } catch {
            events.venueEvents.append(.malformed(origin, reason: error.reason, bytes: payload.count))
            return false
        }
    }

    private mutating func readAnswer(
        _ body: UnsafeRawBufferPointer,
        to exchange: RESTExchange,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> Bool {
        if exchange.path.hasSuffix("/depth") {
            guard let symbol = Self.symbol(of: exchange), let index = symbols.find(symbol) else { return true }
            try readSnapshot(body, of: orderBooks.requested(of: index), origin, &events)
        } else if exchange.path.hasSuffix("/exchangeInfo") {
            for instrument in try BinanceInstrument.read(body) {
                events.instrumentDetails.append(instrument.details(symbols.intern(instrument.symbol), origin))
            }
        } else if exchange.path.hasSuffix("/v3/account") {
            try readAccountState(body, origin, &events)
        } else if exchange.path.hasSuffix("/openInterest") {
            try readOpenInterest(body, origin, &events)
        }
        return true
    }

    private static func symbol(of exchange: RESTExchange) -> String? {
        exchange.parameter("symbol").map { PercentEncoding.decode($0) }
    }

    /// Reports a refusal as an event, and asks again later if it is not final.
    private mutating func refuse(
        _ exchange: RESTExchange,
        _ status: Int,
        _ body: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ now: UnixNanoseconds,
        _ events: inout MarketEvents
    ) {
        var json = Array(#"{"status":\#(status),"url":\#(JSONText.quoted(exchange.redactedURL)),"answer":"#.utf8)
        JSONText.appendString(String(decoding: body.prefix(1000), as: UTF8.self), to: &json)
        json.append(UInt8(ascii: "}"))
        events.venueEvents.append(VenueEvent(origin: origin, kind: "http_error", json: json))
        if isOpen, BinanceAccount.isExtension(exchange), BinanceAccount.isExpiry(body) { ending = Self.keyExpired }
        // 418 and 429 mean too many requests.
        guard isOpen, status == 418 || status == 429 || status >= 500 else {
            if isOpen, let refusal = BinanceAccount.refusal(of: exchange, body) { accountRefusals.append(refusal) }
            return
        }
        requests.pause(now: now)
        if exchange.path.hasSuffix("/depth"), let symbol = Self.symbol(of: exchange) {
            requests.addSnapshot(of: symbol)
        }
    }
}
