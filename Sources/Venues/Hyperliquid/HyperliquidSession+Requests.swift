import JSONScanning
import MarketModel

// What a client may ask for, and the answers. All errors have the form `{"channel":"error","data":"text"}`.
extension HyperliquidSession {
    /// Types of subscriptions, other than `allMids`, that a tape can serve; each needs a coin.
    private static let types: Set<String> = ["trades", "bbo", "l2Book", "candle", "activeAssetCtx"]

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard takeTurn() else {
            refuse("Cannot send more than \(Self.messagesPerMinuteMax) messages per minute.", &replies)
            return .none
        }
        do throws(JSONError) {
            let request = try JSONText.withPlain(payload) { plain throws(JSONError) in try HyperliquidRequest(plain) }
            return perform(request, payload, &replies)
        } catch {
            refuseText(payload, &replies)
            return .none
        }
    }

    private mutating func perform(
        _ request: HyperliquidRequest,
        _ payload: UnsafeRawBufferPointer,
        _ replies: inout MessageBatch
    ) -> SessionSignal {
        switch request.method {
        case "ping":
            reply(#"{"channel":"pong"}"#, to: &replies)
            return .none
        case "subscribe", "unsubscribe":
            return change(request, &replies)
        default:
            refuseText(payload, &replies)
            return .none
        }
    }

    private mutating func change(_ request: HyperliquidRequest, _ replies: inout MessageBatch) -> SessionSignal {
        let text = request.subscriptionText
        guard let subscription = request.subscription, Self.isServed(subscription) else {
            refuse("Invalid subscription \(text)", &replies)
            return .none
        }
        let name = subscription.name
        let isEnd = request.method == "unsubscribe"
        guard isSubscribed(to: name) == isEnd else {
            refuse("Already \(request.method)d: \(text)", &replies)
            return .none
        }
        if isEnd {
            unsubscribe(name)
        } else {
            guard subscriptions.count < Self.subscriptionsMax else {
                refuse("Cannot subscribe to more than \(Self.subscriptionsMax) channels.", &replies)
                return .none
            }
            if let reason = refusalBeyondOffer(of: name) {
                refuse("Invalid subscription \(text): \(reason)", &replies)
                return .none
            }
            subscribe(subscription)
        }
        reply(
            #"{"channel":"subscriptionResponse","data":{"method":"\#(request.method)","subscription":"#
                + "\(subscription.acknowledged)}}",
            to: &replies
        )
        return .subscriptionsChanged
    }

    private static func isServed(_ subscription: HyperliquidSubscription) -> Bool {
        if subscription.type == "allMids" { return subscription.coin == nil && subscription.interval == nil }
        guard types.contains(subscription.type), subscription.coin?.isEmpty == false else { return false }
        return (subscription.type == "candle") == (subscription.interval != nil)
    }

    private func refuse(_ text: String, _ replies: inout MessageBatch) {
        reply(#"{"channel":"error","data":\#(JSONText.quoted(text))}"#, to: &replies)
    }

    private func refuseText(_ payload: UnsafeRawBufferPointer, _ replies: inout MessageBatch) {
        let text = String(decoding: payload.prefix(1000), as: UTF8.self)
        refuse("Error parsing JSON into valid websocket request: \(text)", &replies)
    }
}
