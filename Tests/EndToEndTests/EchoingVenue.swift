import FeedrecTestKit
import Foundation
import MarketModel
import Synchronization
import Transport
import WebSocketProtocol

/// A careless venue: it repeats what clients send in answers over HTTP, in refusals of the handshake, in messages and
/// in close reasons.
final class EchoingVenue: WebSocketServerHandler {
    /// What the venue refuses first; it repeats the client's own words as the reason.
    enum Refusal: Sendable, CaseIterable {
        case request, handshake, login
    }

    /// The name of the stream of an account at Binance.
    static let listenKey = "PLANTEDListenKey0123456789abcdefghijklmnopqrstuvwxyz"
    /// A reason that no log should get in full.
    static let filler = String(repeating: "filler ", count: 3000)

    private let refusal: Refusal
    private let seen = Mutex<[String]>([])
    private let connectionCount = Atomic<Int>(0)

    init(_ refusal: Refusal) { self.refusal = refusal }

    /// The number of connections and of refused attempts to connect.
    var attempts: Int { connectionCount.load(ordering: .relaxed) }

    /// The signatures that clients have sent, as they were written.
    var signatures: [String] {
        let texts = seen.withLock(\.self)
        let patterns = [/"sign(?:ature)?":"([^"]+)"/, /"auth","args":\["[^"]+",\d+,"([^"]+)"/, /signature=([^& ]+)/]
        return texts.flatMap { text in
            patterns.flatMap { pattern in text.matches(of: pattern).map { String($0.output.1) } }
        }
    }

    // MARK: HTTP

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let words = Self.words(of: request.head)
        seen.withLock { $0.append(words) }
        if request.head.method == "POST", refusal != .request {
            return Self.answer(200, #"{"listenKey":"\#(Self.listenKey)","request":"\#(words)"}"#, words)
        }
        if refusal == .request { connectionCount.add(1, ordering: .relaxed) }
        return Self.answer(400, #"{"code":-1022,"msg":"\#(words) is refused. \#(Self.filler)"}"#, words)
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        let words = Self.words(of: request)
        connectionCount.add(1, ordering: .relaxed)
        guard refusal == .handshake else { return .accept(subprotocol: nil) }
        return .reject(Self.answer(403, "\(words) is refused", words))
    }

    private static func answer(_ status: Int, _ text: String, _ echo: String) -> HTTPResponse {
        var response = HTTPResponse(status: status, text: text, contentType: "application/json")
        response.headers.append("X-Echo", echo)
        response.headers.append("Set-Cookie", "last=\(echo.filter { $0 != ";" && $0 != "," })")
        return response
    }

    private static func words(of head: HTTPRequestHead) -> String {
        let key = head.headers.fields.first { $0.name.lowercased() == "x-mbx-apikey" }?.value ?? ""
        return "\(head.method) \(head.target) of \(key)"
    }

    // MARK: Messages

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        guard let batch = try? await connection.receive() else { return }
        var replies = MessageBatch()
        var reason = ""
        for index in batch.entries.indices {
            let text = batch.withPayload(at: index) { String(decoding: $0, as: UTF8.self) }
            seen.withLock { $0.append(text) }
            for echo in [text, text.replacing("/", with: "\\/")] {
                for answer in Self.answers(to: echo) {
                    replies.append(answer.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
                }
            }
            reason = text.matches(of: /PLANTED[-\w]+/).first.map { String($0.output) } ?? reason
        }
        try? await connection.send(replies)
        _ = await connection.close(code: 4001, reason: "go away, \(reason)")
    }

    /// The refusals of a login at OKX, Bybit and Deribit, each with the login as the reason.
    private static func answers(to echo: String) -> [String] {
        let quoted = String(decoding: (try? JSONEncoder().encode("\(echo) \(filler)")) ?? Data(), as: UTF8.self)
        return [
            echo, #"{"event":"error","code":"60007","msg":\#(quoted),"connId":"a"}"#,
            #"{"success":false,"ret_msg":\#(quoted),"op":"auth","conn_id":"c","req_id":"auth"}"#,
            #"{"jsonrpc":"2.0","id":2,"error":{"code":13004,"message":\#(quoted)}}"#,
        ]
    }
}
