import JSONScanning
package import MarketModel
import TextEncoding

extension DeribitSession {
    package mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard let request = try? DeribitRequest(payload) else {
            fail(.unreadable, DeribitRequest(), to: &replies)
            return .none
        }
        let (scope, method) = Self.parts(of: request.method)
        guard scope == "public" || isLoggedIn || (request.hasToken && keys == nil) else {
            fail(scope == "private" ? .unauthorized : .unknownMethod, request, to: &replies)
            return .none
        }
        switch method {
        case "subscribe": return subscribe(request, &replies)
        case "unsubscribe", "unsubscribe_all": return unsubscribe(request, &replies)
        default: answer(method, request, &replies)
        }
        return .none
    }

    /// The scope and the name of a method such as `public/subscribe`.
    private static func parts(of method: String) -> (scope: Substring, name: Substring) {
        let parts = method.split(separator: "/", maxSplits: 1)
        return parts.count == 2 ? (parts[0], parts[1]) : ("", "")
    }

    private mutating func answer(_ method: Substring, _ request: DeribitRequest, _ replies: inout MessageBatch) {
        switch method {
        case "test", "hello": reply(#"{"version":"1.2.26"}"#, request, to: &replies)
        case "get_time": reply("\(time.rawValue / 1_000_000)", request, to: &replies)
        case "set_heartbeat":
            guard let interval = request.interval, (10...86_400).contains(interval) else {
                return fail(.invalid(parameter: "interval"), request, to: &replies)
            }
            keepAliveInterval = .seconds(interval)
            reply(#""ok""#, request, to: &replies)
        case "disable_heartbeat":
            keepAliveInterval = nil
            reply(#""ok""#, request, to: &replies)
        case "auth":
            if let keys, !Self.isRight(request.login, keys) { return fail(.wrongLogin, request, to: &replies) }
            isLoggedIn = true
            let tokens = #""access_token":"feedrec","refresh_token":"feedrec""#
            reply(
                #"{\#(tokens),"expires_in":31536000,"scope":"connection","token_type":"bearer"}"#,
                request,
                to: &replies
            )
        default: fail(.unknownMethod, request, to: &replies)
        }
    }

    /// True for a login with the key's signature, and a time close to now.
    private static func isRight(_ login: DeribitRequest.Login, _ keys: AccountKeys) -> Bool {
        guard login.grant == "client_signature", login.clientID == keys.key, let time = login.milliseconds,
            keys.isNow(time, tolerance: 60_000)
        else { return false }
        let text = DeribitLogin.textToSign(milliseconds: time, nonce: login.nonce, data: login.data)
        return login.signature == keys.signature(of: text).hexadecimal
    }

    // MARK: Subscriptions

    /// The most channels in one request.
    private static let channelsMax = 500

    private mutating func subscribe(_ request: DeribitRequest, _ replies: inout MessageBatch) -> SessionSignal {
        guard request.hasChannels, request.channels.count <= Self.channelsMax else {
            fail(.invalid(parameter: "channels"), request, to: &replies)
            return .none
        }
        let needsLogin = request.channels.contains { DeribitChannel($0).needsLogin && !isOffered($0) }
        guard !needsLogin || isLoggedIn || request.hasToken else {
            fail(.rawNeedsLogin, request, to: &replies)
            return .none
        }
        let accepted = request.channels.filter(has)
        let unknown = request.channels.filter { !has($0) }
        if !unknown.isEmpty { report.noteRefused(unknown) }
        for name in accepted {
            guard let index = channels.index(of: name) else { continue }
            if channels[index].subscriptions == 0 { report.noteSkipped(name, messages: channels[index].passed) }
            channels.subscribe(index)
            hasSubscribed = true
        }
        report.count = channels.subscribed.count
        reply(JSONText.list(accepted), request, to: &replies)
        return .subscriptionsChanged
    }

    private func isOffered(_ name: String) -> Bool { offer?.streams.contains(name) ?? false }

    /// True for a channel that the tape has, or that the venue could have.
    private func has(_ name: String) -> Bool {
        if isOffered(name) { return true }
        if let offer, offer.isComplete { return false }
        return DeribitVenue.isWord(name) && DeribitChannel(name).kind != .other
    }

    private mutating func unsubscribe(_ request: DeribitRequest, _ replies: inout MessageBatch) -> SessionSignal {
        let isAll = request.method.hasSuffix("_all")
        guard isAll || request.hasChannels else {
            fail(.invalid(parameter: "channels"), request, to: &replies)
            return .none
        }
        var left: [String] = []
        for name in isAll ? channels.subscribed.map({ channels[$0].name }) : request.channels {
            guard let index = channels.index(of: name), channels.unsubscribe(index) else { continue }
            left.append(name)
        }
        report.count = channels.subscribed.count
        reply(isAll ? #""ok""# : JSONText.list(left), request, to: &replies)
        return .subscriptionsChanged
    }

    // MARK: Replies

    private enum Failure {
        case unreadable
        case unknownMethod
        case unauthorized
        case rawNeedsLogin
        case wrongLogin
        case invalid(parameter: String)

        /// The venue's code, its words, and more about it in JSON.
        var parts: (code: Int64, message: String, data: String?) {
            switch self {
            case .unreadable: (-32700, "Parse error", nil)
            case .unknownMethod: (-32601, "Method not found", nil)
            case .unauthorized: (13009, "unauthorized", nil)
            case .wrongLogin: (13004, "invalid_credentials", nil)
            case .rawNeedsLogin: (13778, "raw_subscriptions_not_available_for_unauthorized", nil)
            case .invalid(let parameter):
                (-32602, "Invalid params", #"{"reason":"wrong format","param":"\#(parameter)"}"#)
            }
        }
    }

    private func fail(_ failure: Failure, _ request: DeribitRequest, to replies: inout MessageBatch) {
        let (code, message, data) = failure.parts
        var error = JSONObjectWriter()
        error.integer("code", code)
        error.text("message", message)
        error.raw("data", data)
        send("error", error.text(), request, to: &replies)
    }

    private func reply(_ result: String, _ request: DeribitRequest, to replies: inout MessageBatch) {
        send("result", result, request, to: &replies)
    }

    private func send(_ name: String, _ json: String, _ request: DeribitRequest, to replies: inout MessageBatch) {
        let microseconds = time.rawValue / 1000
        var writer = JSONObjectWriter()
        writer.text("jsonrpc", "2.0")
        writer.raw("id", request.id)
        writer.raw(name, json)
        writer.integer("usIn", microseconds)
        writer.integer("usOut", microseconds)
        writer.integer("usDiff", 0)
        writer.boolean("testnet", false)
        replies.append(writer.text().utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
