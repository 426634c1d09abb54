import JSONScanning
package import MarketModel

extension KrakenSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        greet(&replies)
        let request: KrakenRequest
        do throws(JSONError) {
            request = try JSONText.withPlain(payload) { plain throws(JSONError) in try KrakenRequest(plain) }
        } catch {
            reply(KrakenReply.refusal("Malformed request: \(error.detail)", of: nil, symbol: nil), &replies)
            return .none
        }
        switch request.method {
        case "ping":
            reply(KrakenReply.members(method: "pong", request), &replies)
            return .none
        case "subscribe": return subscribe(request, &replies)
        case "unsubscribe": return unsubscribe(request, &replies)
        default:
            reply(KrakenReply.refusal("Unsupported method", of: request, symbol: nil), &replies)
            return .none
        }
    }

    /// Sends the state of the system, which the venue sends when a client connects.
    private mutating func greet(_ replies: inout MessageBatch) {
        guard !hasGreeted else { return }
        hasGreeted = true
        let state = #"{"version":"2.0.10","system":"online","api_version":"v2","connection_id":7204881492680171915}"#
        let text = #"{"channel":"status","type":"update","data":[\#(state)]}"#
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    private mutating func subscribe(_ request: KrakenRequest, _ replies: inout MessageBatch) -> SessionSignal {
        guard let channel = accepted(request, &replies) else { return .none }
        let depth = request.depth ?? KrakenDepth.standard
        var hasChanged = false
        for symbol in request.symbols {
            if let reason = refusal(of: symbol, channel, depth) {
                reply(KrakenReply.refusal(reason, of: request, symbol: symbol), &replies)
                continue
            }
            let index = index(symbol)
            subscribe(index, channel, depth: depth, hasSnapshot: request.hasSnapshot)
            hasChanged = true
            reply(KrakenReply.acceptance(of: request, channel, symbol, depth: depth), &replies)
        }
        return hasChanged ? .subscriptionsChanged : .none
    }

    private mutating func unsubscribe(_ request: KrakenRequest, _ replies: inout MessageBatch) -> SessionSignal {
        guard let channel = accepted(request, &replies) else { return .none }
        var hasChanged = false
        for symbol in request.symbols {
            guard let ended = unsubscribe(index(symbol), channel) else {
                reply(KrakenReply.refusal("Subscription Not Found", of: request, symbol: symbol), &replies)
                continue
            }
            hasChanged = true
            reply(KrakenReply.acceptance(of: request, channel, symbol, depth: ended.depth), &replies)
        }
        return hasChanged ? .subscriptionsChanged : .none
    }

    /// The channel of a request that can be served; `nil` after a refusal of the whole request.
    private mutating func accepted(_ request: KrakenRequest, _ replies: inout MessageBatch) -> KrakenChannel? {
        guard let channel = request.channel else {
            let reason = "Unsupported channel \(request.channelName.prefix(Self.symbolBytesMax))"
            reply(KrakenReply.refusal(reason, of: request, symbol: nil), &replies)
            return nil
        }
        guard !request.symbols.isEmpty else {
            reply(KrakenReply.refusal("Symbol(s) not found", of: request, symbol: nil), &replies)
            return nil
        }
        return channel
    }

    private mutating func index(_ symbol: String) -> SymbolIndex {
        var text = symbol
        return text.withUTF8 { index(of: UnsafeRawBufferPointer($0)) }
    }

    /// The reason why a symbol cannot be subscribed to; `nil` if it can.
    private mutating func refusal(of symbol: String, _ channel: KrakenChannel, _ depth: Int) -> String? {
        guard symbol.utf8.count <= Self.symbolBytesMax, symbol.contains("/"), KrakenInstruments.symbol(symbol) == symbol
        else { return "Currency pair not supported \(symbol.prefix(Self.symbolBytesMax))" }
        if let reason = offer?.refusal(ofSymbols: [symbol]) {
            report.noteRefused([channel.subscriptionName(symbol)])
            return "Currency pair not supported \(symbol): \(reason)"
        }
        if channel == .book, let reason = refusal(ofDepth: depth) { return reason }
        guard subscriptions.count < Self.subscriptionsMax else { return "Exceeded the subscriptions of a connection" }
        let number = index(symbol)
        return isSubscribed(number, channel) ? "Already subscribed" : nil
    }

    /// A tape has the book of one depth only, because a shallower book needs levels that move up.
    private func refusal(ofDepth depth: Int) -> String? {
        let refusal = "Subscription depth not supported"
        guard KrakenDepth.all.contains(depth) else { return refusal }
        guard let offer, offer.isComplete, !offer.streams.isEmpty,
            !offer.streams.contains(KrakenOfferReader.stream(depth: depth))
        else { return nil }
        return "\(refusal); the tape has \(offer.streams.sorted().joined(separator: ", "))"
    }

    private func reply(_ members: String, _ replies: inout MessageBatch) {
        let time = KrakenReply.time(lastTime)
        let text = #"{\#(members),"time_in":"\#(time)","time_out":"\#(time)"}"#
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}

/// The members of Kraken's answers, without braces and times.
enum KrakenReply {
    /// A time with six digits after the point.
    static func time(_ time: UnixNanoseconds) -> String { "\(time.iso8601.prefix(26))Z" }

    static func members(method: String, _ request: KrakenRequest?) -> String {
        var text = #""method":\#(JSONText.quoted(method))"#
        if let id = request?.requestID, !id.isEmpty { text += #","req_id":\#(id)"# }
        return text
    }

    static func refusal(_ reason: String, of request: KrakenRequest?, symbol: String?) -> String {
        var text = #""error":\#(JSONText.quoted(reason)),"#
        if let request { text += members(method: request.method, request) + "," }
        text += #""success":false"#
        if let symbol { text += #","symbol":\#(JSONText.quoted(symbol))"# }
        return text
    }

    static func acceptance(
        of request: KrakenRequest,
        _ channel: KrakenChannel,
        _ symbol: String,
        depth: Int
    ) -> String {
        var result = #""channel":"\#(channel.name)""#
        if channel == .book { result += #","depth":\#(depth)"# }
        if channel == .candles { result += #","interval":\#(request.interval ?? 1)"# }
        if request.method == "subscribe" { result += #","snapshot":\#(request.hasSnapshot)"# }
        result += #","symbol":\#(JSONText.quoted(symbol))"#
        return members(method: request.method, request) + #","result":{\#(result)},"success":true"#
    }
}
