import JSONScanning
import MarketModel
import TextEncoding

// What a client may ask for, and the answers (docs-v5 "WebSocket" error codes).
extension OKXSession {
    private enum Refusal {
        case invalid(String)
        case tooFrequent
        case loginFailed
        case loginMissing
        case wrongLogin(code: String, String)
        case unknown(OKXArgument, String?)

        var code: String {
            switch self {
            case .invalid: "60012"
            case .tooFrequent: "60014"
            case .loginFailed: "60009"
            case .loginMissing: "60011"
            case .wrongLogin(let code, _): code
            case .unknown: "60018"
            }
        }

        var text: String {
            switch self {
            case .invalid(let reason): "Invalid request: \(reason)"
            case .tooFrequent: "Requests too frequent"
            case .loginFailed: "Login failed."
            case .loginMissing: "Please log in"
            case .wrongLogin(_, let text): text
            case .unknown(let argument, let reason):
                "Wrong URL or channel:\(argument.channel),\(Self.subject(argument)) doesn't exist"
                    + (reason.map { ": \($0)" } ?? ".")
            }
        }

        private static func subject(_ argument: OKXArgument) -> String {
            argument.instrument.map { "instId:\($0)" } ?? "instType:\(argument.kind ?? "")"
        }
    }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        if payload.equals("ping") {
            reply("pong", to: &replies)
            return .none
        }
        guard payload.count <= Self.requestBytesMax else {
            refuse(.invalid("more than 64 KB"), id: nil, &replies)
            return .none
        }
        do throws(JSONError) {
            return perform(try OKXRequest(payload), &replies)
        } catch {
            refuse(.invalid(error.description), id: nil, &replies)
            return .none
        }
    }

    private mutating func perform(_ request: OKXRequest, _ replies: inout MessageBatch) -> SessionSignal {
        guard ["subscribe", "unsubscribe", "login"].contains(request.operation) else {
            refuse(.invalid("op must be subscribe, unsubscribe or login"), id: request.id, &replies)
            return .none
        }
        guard takeTurn() else {
            refuse(.tooFrequent, id: request.id, &replies)
            return .none
        }
        if request.operation == "login" {
            logIn(request, &replies)
            return .none
        }
        let arguments = request.arguments.compactMap { $0 }
        guard !arguments.isEmpty, arguments.count == request.arguments.count else {
            refuse(.invalid("each of args needs a channel"), id: request.id, &replies)
            return .none
        }
        for argument in arguments { change(request, argument, &replies) }
        return .subscriptionsChanged
    }

    private mutating func logIn(_ request: OKXRequest, _ replies: inout MessageBatch) {
        guard endpoint != .public, request.login.isComplete else {
            return refuse(.loginFailed, id: request.id, &replies)
        }
        if let keys, let refusal = Self.refusal(of: request.login, keys) {
            return refuse(refusal, id: request.id, &replies)
        }
        isLoggedIn = true
        reply(#"{"event":"login","code":"0","msg":"","connId":"\#(Self.connection)"}"#, to: &replies)
    }

    /// The reason why a login is refused; `nil` if it is right.
    private static func refusal(of login: OKXRequest.Login, _ keys: AccountKeys) -> Refusal? {
        guard login.key == keys.key else { return .wrongLogin(code: "60005", "Invalid apiKey") }
        guard login.passphrase == keys.passphrase else { return .wrongLogin(code: "60024", "Wrong passphrase") }
        guard let seconds = Int64(login.timestamp), (0..<1 << 40).contains(seconds) else {
            return .wrongLogin(code: "60004", "Invalid timestamp")
        }
        guard keys.isNow(seconds * 1000, tolerance: 30_000) else {
            return .wrongLogin(code: "60006", "Timestamp request expired")
        }
        let signature = Base64.encode(keys.signature(of: OKXLogin.textToSign(seconds: seconds)))
        return login.signature == signature ? nil : .wrongLogin(code: "60007", "Invalid sign")
    }

    private mutating func change(_ request: OKXRequest, _ argument: OKXArgument, _ replies: inout MessageBatch) {
        if request.operation == "subscribe" {
            guard OKXEndpoint(channel: argument.channel) == endpoint else {
                return refuse(.unknown(argument, nil), id: request.id, &replies)
            }
            guard !OKXChannel(name: argument.channel).isPrivate || isLoggedIn else {
                return refuse(.loginMissing, id: request.id, &replies)
            }
            if let reason = refusalBeyondOffer(of: argument) {
                return refuse(.unknown(argument, reason), id: request.id, &replies)
            }
            subscribe(argument)
        } else {
            unsubscribe(argument)
        }
        let id = request.id.map { #""id":\#(JSONText.quoted($0)),"# } ?? ""
        let text =
            #"{\#(id)"event":"\#(request.operation)","arg":\#(argument.json),"connId":"\#(Self.connection)"}"#
        reply(text, to: &replies)
    }

    private func refuse(_ refusal: Refusal, id: String?, _ replies: inout MessageBatch) {
        let id = id.map { #""id":\#(JSONText.quoted($0)),"# } ?? ""
        let text = JSONText.quoted(refusal.text)
        reply(
            #"{\#(id)"event":"error","msg":\#(text),"code":"\#(refusal.code)","connId":"\#(Self.connection)"}"#,
            to: &replies
        )
    }
}
