import JSONScanning
package import MarketModel
import TextEncoding

extension BybitSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard let request = try? BybitRequest(payload) else {
            refuse("error:request is not JSON", BybitRequest.none, to: &replies)
            return .none
        }
        switch request.operation {
        case "ping": answerPing(request, &replies)
        case "auth" where isPrivate: logIn(request, &replies)
        case "subscribe", "unsubscribe": return change(request, &replies)
        default: refuse("error:unknown operation", request, to: &replies)
        }
        return .none
    }

    private mutating func change(_ request: BybitRequest, _ replies: inout MessageBatch) -> SessionSignal {
        if let reason = reason(toRefuse: request) {
            refuse(reason, request, to: &replies)
            return .none
        }
        if request.operation == "unsubscribe" {
            for name in request.arguments { topics.index(of: name).map { topics.unsubscribe($0) } }
        } else {
            if let unknown = unknown(request.arguments) {
                report.noteRefused(unknown)
                // For this refusal the venue leaves out the ID of the request.
                var anonymous = request
                anonymous.id = nil
                refuse("Invalid symbol :[\(unknown.joined(separator: ","))]", anonymous, to: &replies)
                return .none
            }
            for name in request.arguments { subscribe(name) }
        }
        report.count = topics.subscribedCount
        let message = product == .spot && request.operation == "subscribe" ? "subscribe" : ""
        reply(true, message, request, to: &replies)
        return .subscriptionsChanged
    }

    private mutating func subscribe(_ name: String) {
        guard let index = topics.index(of: name) else { return }
        if topics[index].subscriptions == 0 { report.noteSkipped(name, messages: topics[index].passed) }
        topics.subscribe(index)
        hasSubscribed = true
    }

    /// The topics that the tape does not have; `nil` if there are none.
    private func unknown(_ names: [String]) -> [String]? {
        guard let offer, offer.isComplete else { return nil }
        let unknown = names.filter { !offer.streams.contains($0) }
        return unknown.isEmpty ? nil : unknown
    }

    // MARK: Limits

    /// The venue's words for what is wrong with a request, before symbols are looked at; `nil` if nothing is.
    private mutating func reason(toRefuse request: BybitRequest) -> String? {
        if isPrivate, !isLoggedIn { return "Request not authorized" }
        if request.argumentCount == 0 || request.argumentCount != request.arguments.count {
            return "error:args is not a list of topics"
        }
        if product == .spot, request.argumentCount > product.argumentsMax {
            return "args size >\(product.argumentsMax)"
        }
        guard request.operation == "subscribe" else { return nil }
        var names: Set<String> = []
        var length = topics.argumentBytes
        for name in request.arguments {
            guard handles(name) else { return "error:handler not found,topic:\(name)" }
            guard names.insert(name).inserted, !hasTopic(name) else { return "error:already subscribed,topic:\(name)" }
            length += BybitProduct.argumentBytes(name)
        }
        guard length <= BybitProduct.argumentBytesMax else {
            return "error:args have more than \(BybitProduct.argumentBytesMax) characters"
        }
        return nil
    }

    private mutating func hasTopic(_ name: String) -> Bool {
        topics.index(of: name).map { topics[$0].isSubscribed } ?? true
    }

    /// True for a topic that this endpoint has.
    private func handles(_ name: String) -> Bool {
        guard BybitVenue.isWord(name) else { return false }
        if let offer, offer.streams.contains(name) { return true }
        let topic = BybitTopic(name)
        guard topic.isPrivate == isPrivate else { return false }
        switch topic.kind {
        case .book(let channel, _): return Self.depths.contains(channel)
        case .liquidations: return product != .spot
        case .trades, .ticker, .bars, .wallet, .positions, .orders, .executions: return true
        case .other: return false
        }
    }

    private static let depths: Set<String> = ["orderbook.1", "orderbook.50", "orderbook.200", "orderbook.1000"]

    // MARK: Replies

    private mutating func logIn(_ request: BybitRequest, _ replies: inout MessageBatch) {
        guard request.argumentCount == 3 else { return refuse("Params Error", request, to: &replies) }
        if let keys, let reason = Self.refusal(of: request.login, keys) {
            return refuse(reason, request, to: &replies)
        }
        isLoggedIn = true
        reply(true, "", request, to: &replies)
    }

    /// The reason why a login is refused; `nil` if it is right.
    private static func refusal(
        of login: (key: String, expires: Int64, signature: String)?,
        _ keys: AccountKeys
    ) -> String? {
        guard let login else { return "Params Error" }
        guard login.key == keys.key else { return "API key is invalid." }
        guard login.expires > keys.milliseconds else { return "Request expired" }
        let signature = keys.signature(of: BybitLogin.textToSign(expires: login.expires)).hexadecimal
        return login.signature == signature ? nil : "error sign! origin_string"
    }

    private func answerPing(_ request: BybitRequest, _ replies: inout MessageBatch) {
        guard isPrivate else { return reply(true, "pong", request, to: &replies) }
        let id = request.id.map { "\"req_id\":\($0)," } ?? ""
        let milliseconds = time.rawValue / 1_000_000
        let text = #"{\#(id)"op":"pong","args":["\#(milliseconds)"],"conn_id":"\#(Self.connectionID)"}"#
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    private func refuse(_ reason: String, _ request: BybitRequest, to replies: inout MessageBatch) {
        reply(false, reason, request, to: &replies)
    }

    /// The same for every client, so that a simulation is repeatable.
    private static let connectionID = "feedrec"

    private func reply(
        _ isSuccess: Bool,
        _ message: String,
        _ request: BybitRequest,
        to replies: inout MessageBatch
    ) {
        var writer = JSONObjectWriter()
        writer.boolean("success", isSuccess)
        writer.text("ret_msg", message)
        writer.text("conn_id", Self.connectionID)
        writer.raw("req_id", request.id)
        writer.text("op", request.operation)
        replies.append(writer.text().utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
