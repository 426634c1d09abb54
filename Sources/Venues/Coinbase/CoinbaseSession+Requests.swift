import JSONScanning
package import MarketModel

extension CoinbaseSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        let request: CoinbaseRequest
        do throws(JSONError) {
            request = try JSONText.withPlain(payload) { plain throws(JSONError) in try CoinbaseRequest(plain) }
        } catch {
            refuse("malformed JSON", &replies)
            return .none
        }
        let isSubscription = request.type == "subscribe"
        guard isSubscription || request.type == "unsubscribe" else {
            refuse("type is neither subscribe nor unsubscribe", &replies)
            return .none
        }
        if request.channelName == "heartbeats" {
            hasHeartbeats = isSubscription
            acknowledge(&replies)
            return .none
        }
        if let reason = refusal(of: request) {
            refuse(reason, &replies)
            return .none
        }
        guard let channel = request.channel else { return .none }
        for symbol in request.symbols {
            if isSubscription { subscribe(symbol, channel) } else { unsubscribe(symbol, channel) }
        }
        acknowledge(&replies)
        return .subscriptionsChanged
    }

    /// The reason why a request cannot be served; `nil` if it can.
    private mutating func refusal(of request: CoinbaseRequest) -> String? {
        guard let channel = request.channel else {
            return "channel \(request.channelName.prefix(Self.symbolBytesMax)) is not supported"
        }
        guard !request.symbols.isEmpty else { return "no product_ids" }
        for symbol in request.symbols where symbol.utf8.count > Self.symbolBytesMax || !symbol.contains("-") {
            return "\(symbol.prefix(Self.symbolBytesMax)) is not a valid product"
        }
        guard request.type == "subscribe" else { return nil }
        guard subscriptions.count + request.symbols.count <= Self.subscriptionsMax else {
            return "too many subscriptions on one connection"
        }
        let names = request.symbols.map(CoinbaseSymbol.answered)
        guard let reason = offer?.refusal(ofSymbols: names) else { return nil }
        let missing = request.symbols.filter { offer?.refusal(ofSymbols: [CoinbaseSymbol.answered($0)]) != nil }
        if request.symbols.count == 1 { report.noteRefused(missing.map(channel.subscriptionName)) }
        return reason
    }

    private func refuse(_ reason: String, _ replies: inout MessageBatch) {
        let text = #"{"type":"error","message":"failed to subscribe","reason":\#(JSONText.quoted(reason))}"#
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    /// Sends everything that the client is subscribed to.
    private mutating func acknowledge(_ replies: inout MessageBatch) {
        var members = hasHeartbeats ? [#""heartbeats":["heartbeats"]"#] : []
        for channel in CoinbaseChannel.allCases {
            let names = subscriptions.filter { $0.channel == channel }.map(\.asked)
            if !names.isEmpty { members.append(#""\#(channel.name)":\#(JSONText.list(names))"#) }
        }
        let event = #"{"subscriptions":{\#(members.joined(separator: ","))}}"#
        let text = CoinbaseReply.message("subscriptions", lastTime, takeNumber(), event)
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}

/// The texts of the venue's messages.
enum CoinbaseReply {
    /// A message with one event.
    static func message(_ channel: StaticString, _ time: UnixNanoseconds, _ number: Int64, _ event: String) -> String {
        #"{"channel":"\#(channel)","timestamp":"\#(time.iso8601)","sequence_num":\#(number),"events":[\#(event)]}"#
    }

    /// A time with six digits after the point.
    static func time(_ time: UnixNanoseconds) -> String { "\(time.iso8601.prefix(26))Z" }

    /// The time of a heartbeat, such as `2026-04-07 14:30:10.000000 +0000 UTC`.
    static func clock(_ time: UnixNanoseconds) -> String {
        let text = time.iso8601
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(15)) +0000 UTC"
    }

    /// The list in an event of a channel.
    static func list(_ channel: CoinbaseChannel) -> StaticString {
        switch channel {
        case .trades: "trades"
        case .ticker: "tickers"
        case .book: "updates"
        case .candles: "candles"
        }
    }
}
